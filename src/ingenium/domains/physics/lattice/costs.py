"""Cost of an independent configuration: by a sampler, and by an autocorrelated chain.

Shapes: n chains, t steps, k quantities.
"""

import math
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ingenium.domains.physics.lattice.chains import autocorrelation, metropolis
from ingenium.domains.physics.lattice.ensemble import counts, effective
from ingenium.domains.physics.lattice.laws import Law, Sampler


@dataclass(frozen=True)
class ChainRun:
    """Measurements of parallel chains at a coupling, and the CPU time of a step of one."""

    name: str
    measured: np.ndarray  # (n, t, k)
    seconds: float

    @classmethod
    def of(
        cls,
        law: Law,
        name: str,
        coupling: float,
        steps: int,
        *,
        start: Tensor | None = None,
        seed: int = 0,
    ) -> "ChainRun":
        """Run `steps` steps, after a tenth as many of warm-up, of one chain or from each start."""
        rng = torch.Generator().manual_seed(seed)
        field, rows = law.start(1, rng) if start is None else start, []
        at = torch.full((len(field),), coupling, dtype=torch.float64)
        before = max(steps // 10, 20)
        started = time.process_time()
        for i in range(before + steps):
            if i == before:
                started = time.process_time()
            field = law.step(name, field, at, rng)
            rows.append(law.measure(field))
        seconds = (time.process_time() - started) / steps / len(field)
        return cls(name, torch.stack(rows[before:], 1).numpy(), seconds)

    def condition(self, law: Law, place: int) -> str:
        """Format the mean of an observable, with its error."""
        own = self._observed(law)[..., place]
        tau = autocorrelation(own)
        if not math.isfinite(tau):
            return "never moved"
        return number(float(own.mean()), float(own.std() * math.sqrt(2 * tau / own.size)))

    def memory(self, law: Law) -> float:
        """Longest autocorrelation time, in steps, of the observables and of `slow`."""
        slow = self.measured[..., [q.name for q in law.quantities].index(law.slow)]
        every = [slow, *np.moveaxis(self._observed(law), -1, 0)]
        return max(autocorrelation(own) for own in every)

    def rate(self, law: Law) -> float:
        """Independent configurations per second; 0 for frozen chains."""
        return 1 / (2 * self.memory(law) * self.seconds)

    def _observed(self, law: Law) -> np.ndarray:
        n, t, k = self.measured.shape
        return law.observed(self.measured.reshape(n * t, k)).reshape(n, t, -1)


@dataclass(frozen=True)
class DrawnRun:
    """Acceptance and cost of a sampler's proposals at a coupling."""

    retained: float  # share accepted
    moved: float  # share that an independence chain after Metropolis accepts
    effective: float  # effective sample size of their weights, as a share
    rate: float  # independent configurations a second, by acceptance and counts

    @classmethod
    def of(
        cls, law: Law, sampler: Sampler, coupling: float, n: int, *, seed: int = 1
    ) -> "DrawnRun":
        """Sample `n` proposals and measure them."""
        at = torch.full((n,), coupling, dtype=torch.float64)
        rng, chance = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
        sampler.log_z(coupling)  # loads the weights before the clock starts
        started = time.process_time()
        field = sampler.sample(at, rng)[0]
        weight = (-law.action(field, at) - sampler.log_density(field, at)).numpy()
        seconds = time.process_time() - started
        log_z = law.log_z(coupling)
        weight = weight - (sampler.log_z(coupling) if log_z is None else log_z)
        count = counts(weight, chance.random(n))
        return cls(
            float((count > 0).mean()),
            float((np.diff(metropolis(weight, chance)) != 0).mean()),
            effective(np.exp(weight - weight.max())) / n,
            effective(count) / seconds,
        )


def number(value: float, error: float) -> str:
    """Format a mean with its error, in significant digits."""
    digits = max(0, 1 - math.floor(math.log10(error))) if error > 0 else 6
    return f"{value:.{digits}f} ± {error:.{digits}f}"
