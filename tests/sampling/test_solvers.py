"""Solvers with the exact denoiser of a Gaussian: right moments, right order of convergence."""

import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from ingenium.sampling.solvers import (
    Ancestral,
    Ddim,
    Denoiser,
    Multistep,
    Solver,
    ladder,
)
from ingenium.sampling.straight import Midpoint, straight

MEAN = torch.tensor([1.0, -2.0], dtype=torch.float64)
COV = torch.tensor([[1.5, 0.6], [0.6, 0.4]], dtype=torch.float64)
SOLVERS = [Ddim(), Multistep(), Ancestral(), Midpoint()]


def gaussian_denoiser(mean: Tensor = MEAN, cov: Tensor = COV) -> Denoiser:
    """E[clean | x] = mean + cov (cov + sigma^2)^-1 (x - mean)."""

    def denoise(x: Tensor, sigma: float) -> Tensor:
        gain = cov @ torch.linalg.inv(cov + sigma**2 * torch.eye(len(mean), dtype=cov.dtype))
        return mean + (x - mean) @ gain.T

    return denoise


def flow(x: Tensor, least: float) -> Tensor:
    """Exact probability flow from sigma 10 to `least`: (x - mean) goes with (cov + s^2)^1/2."""
    values, vectors = torch.linalg.eigh(COV)
    gain = ((values + least**2) / (values + 100.0)).sqrt().diag()
    return MEAN + (x - MEAN) @ vectors @ gain @ vectors.T


def noise(n: int, seed: int = 0) -> Tensor:
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: type(s).__name__)
def test_moments_of_a_gaussian(solver: Solver) -> None:
    rng = torch.Generator().manual_seed(1)
    levels = straight(500) if isinstance(solver, Midpoint) else ladder(500)
    x = solver.solve(gaussian_denoiser(), levels[0] * noise(20_000), levels, rng)
    torch.testing.assert_close(x.mean(0), MEAN, atol=0.03, rtol=0)
    # First-order solvers with 500 steps keep a bias of about 2 % of the variance.
    torch.testing.assert_close(x.T.cov(), COV, atol=0.05, rtol=0)


@pytest.mark.parametrize(
    ("solver", "order"),
    [(Ddim(), 1), (Multistep(), 2)],
    ids=lambda v: type(v).__name__ if not isinstance(v, int) else str(v),
)
def test_order_of_convergence_to_the_exact_flow(solver: Solver, order: int) -> None:
    """Integrate down to a level above 0, since the step to 0 is of first order by design."""
    x = 10.0 * noise(50)
    rng = torch.Generator()

    errors = []
    for steps in (40, 80, 160):
        levels = ladder(steps, 0.1, 10.0)[:-1]
        errors.append((solver.solve(gaussian_denoiser(), x, levels, rng) - flow(x, 0.1)).norm())
    for coarse, fine in pairwise(errors):
        assert abs(math.log2(coarse / fine) - order) < 0.25


@pytest.mark.parametrize(("solver", "order"), [(Ddim(), 1), (Midpoint(), 2)], ids=str)
def test_order_along_straight_paths(solver: Solver, order: int) -> None:
    """The order is a lower bound: on a Gaussian's smooth flow the midpoint rule does better."""
    x = 10.0 * noise(50)
    rng = torch.Generator()
    errors = []
    for steps in (40, 80, 160):
        times = torch.linspace(1 / 11, 1 / 1.1, steps + 1, dtype=torch.float64).tolist()
        levels = tuple((1 - t) / t for t in times)
        errors.append((solver.solve(gaussian_denoiser(), x, levels, rng) - flow(x, 0.1)).norm())
    for coarse, fine in pairwise(errors):
        assert order - 0.2 < math.log2(coarse / fine) < order + 1.2


def test_ddim_on_straight_levels_is_euler_in_time() -> None:
    levels = straight(7)
    x = levels[0] * noise(5)
    state = x / (1 + levels[0])
    times = torch.linspace(1 / (1 + levels[0]), 1, 8, dtype=torch.float64).tolist()
    denoise = gaussian_denoiser()
    for now, then in pairwise(times):
        slope = (denoise(state / now, (1 - now) / now) - state) / (1 - now)
        state = state + (then - now) * slope
    torch.testing.assert_close(Ddim().solve(denoise, x, levels, torch.Generator()), state)


def test_ancestral_step_is_the_posterior_of_ddpm() -> None:
    """Compute DDPM's formulas in its own frame: x = sqrt(abar) clean + sqrt(1 - abar) noise."""
    now, then, clean = 2.0, 0.7, 0.3
    abar, abar_before = 1 / (1 + now**2), 1 / (1 + then**2)
    alpha = abar / abar_before
    x = 1.9
    mean = (
        math.sqrt(abar_before) * (1 - alpha) / (1 - abar) * clean
        + math.sqrt(alpha) * (1 - abar_before) / (1 - abar) * (x * math.sqrt(abar))
    ) / math.sqrt(abar_before)
    variance = (1 - abar_before) / (1 - abar) * (1 - alpha) / abar_before
    start = torch.full((200_000, 1), x, dtype=torch.float64)
    out = Ancestral().solve(
        lambda v, s: torch.full_like(v, clean),
        start,
        (now, then),
        torch.Generator().manual_seed(0),
    )
    assert out.mean().item() == pytest.approx(mean, abs=0.005)
    assert out.var().item() == pytest.approx(variance, rel=0.01)


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("steps", [1, 2, 10, 50])
def test_any_number_of_steps_and_a_point_is_found(solver: Solver, steps: int) -> None:
    """All data in one point: every solver must end there exactly, in any number of steps."""
    levels = straight(steps) if isinstance(solver, Midpoint) else ladder(steps)
    assert len(levels) == steps + 1
    x = solver.solve(
        lambda v, s: MEAN.expand_as(v), levels[0] * noise(3), levels, torch.Generator()
    )
    torch.testing.assert_close(x, MEAN.expand_as(x), atol=1e-9, rtol=0)


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: type(s).__name__)
def test_the_generator_alone_decides(solver: Solver) -> None:
    levels = ladder(8)
    ends = [
        solver.solve(gaussian_denoiser(), noise(4), levels, torch.Generator().manual_seed(seed))
        for seed in (1, 1, 2)
    ]
    assert torch.equal(ends[0], ends[1])
    noisy = isinstance(solver, Ancestral)
    assert torch.equal(ends[0], ends[2]) != noisy


def test_ladder_has_the_published_levels() -> None:
    """Karras et al., eq. 5, by hand for 3 steps: the middle is a power mean."""
    levels = ladder(3, 0.002, 80.0)
    middle = ((80.0 ** (1 / 7) + 0.002 ** (1 / 7)) / 2) ** 7
    assert levels == pytest.approx((80.0, middle, 0.002, 0.0))
    with pytest.raises(ValueError, match="at least 1 step"):
        ladder(0)
