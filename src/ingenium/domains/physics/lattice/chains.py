"""Markov chains of configurations: hybrid Monte Carlo, and autocorrelation times.

Shapes: n chains, t steps.
"""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

Action = Callable[[Tensor], Tensor]  # of n configurations, n numbers


def hybrid(
    action: Action, start: Tensor, steps: int, rng: torch.Generator, *, leaps: int = 10
) -> tuple[Tensor, float]:
    """Run each chain for `steps` trajectories of length 1; return the acceptance rate too.

    Source: Duane et al., Phys. Lett. B 195 (1987) 216.
    """
    x, retained = start, 0.0
    for _ in range(steps):
        x, took = trajectory(action, x, rng, leaps)
        retained += float(took.to(torch.float64).mean())
    return x, retained / max(steps, 1)


def trajectory(
    action: Action, x: Tensor, rng: torch.Generator, leaps: int
) -> tuple[Tensor, Float64[Tensor, " n"]]:
    """Run one trajectory of length 1 by the leapfrog; also return which chains accepted."""
    momentum = torch.randn(x.shape, generator=rng, dtype=x.dtype)
    before = action(x) + _kinetic(momentum)
    new, p, step = x, momentum - _force(action, x) / (2 * leaps), 1 / leaps
    for i in range(leaps):
        new = new + step * p
        p = p - (step if i + 1 < leaps else step / 2) * _force(action, new)
    after = action(new) + _kinetic(p)
    lot = torch.rand(len(x), generator=rng, dtype=x.dtype)
    took = lot.log() < before - after
    return torch.where(took.view(-1, *[1] * (x.ndim - 1)), new, x), took.to(torch.float64)


def _kinetic(p: Tensor) -> Tensor:
    return p.square().flatten(1).sum(1) / 2


def _force(action: Action, x: Tensor) -> Tensor:
    with torch.enable_grad():
        at = x.detach().requires_grad_()
        (slope,) = torch.autograd.grad(action(at).sum(), at)
    return slope


def autocorrelation(series: Float[np.ndarray, "n t"]) -> float:
    """Integrated autocorrelation time in steps, 0.5 for independent ones; infinite if frozen.

    The sum ends at five times the time itself, over chains about their common mean.
    Source: Sokal, in Functional Integration, 1997; Madras and Sokal, J. Stat. Phys. 50 (1988) 109.
    """
    x = series - series.mean()
    if not x.any():
        return float("inf")
    wide = 2 * x.shape[1]
    power = np.abs(np.fft.rfft(x, wide, axis=1)) ** 2
    whole = np.fft.irfft(power, wide, axis=1)[:, : x.shape[1]].mean(0)
    rho = whole / (x.shape[1] - np.arange(x.shape[1])) / (whole[0] / x.shape[1])
    tau = 0.5 + np.cumsum(rho[1:])
    enough = np.flatnonzero(np.arange(1, len(tau) + 1) >= 5 * tau)
    return float(max(tau[enough[0]] if len(enough) else tau[-1], 0.5))


def metropolis(log_weight: Float[np.ndarray, " t"], rng: np.random.Generator) -> np.ndarray:
    """Return the index of the current proposal after each step of an independence chain."""
    at, found, lots = 0, np.zeros(len(log_weight), dtype=np.int64), rng.random(len(log_weight))
    for i, lot in enumerate(np.log(lots)):
        if lot < log_weight[i] - log_weight[at]:
            at = i
        found[i] = at
    return found
