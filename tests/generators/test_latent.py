"""Tilting of latent numbers, and annealed Langevin sampling, against Gaussian closed forms."""

import pytest
import torch
from torch import Tensor

from ingenium.generators.latent import tilt
from ingenium.sampling.langevin import AnnealedLangevin
from ingenium.sampling.noise import gaussian
from ingenium.sampling.solvers import ladder
from ingenium.sampling.steer import FREE, Steer


def test_tilt_gives_the_tilted_normal() -> None:
    """N(0, 1) times exp(-s k (z - a)^2 / 2) is normal with precision 1 + s k."""
    rng = torch.Generator().manual_seed(0)
    z = torch.randn(20_000, 2, generator=rng)
    a, k, s = 1.5, 2.0, 0.5
    steer = Steer(energy=lambda x: 0.5 * k * (x - a).square().sum(1), strength=s)
    moved = tilt(z, lambda q: q, steer, rng)
    assert float(moved.mean()) == pytest.approx(s * k * a / (1 + s * k), abs=0.03)
    assert float(moved.std()) == pytest.approx((1 + s * k) ** -0.5, rel=0.06)


def test_tilt_without_energy_is_nothing() -> None:
    z = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    assert tilt(z, lambda q: q, FREE, torch.Generator()) is z


def test_tilt_by_a_flat_energy_keeps_the_normal() -> None:
    rng = torch.Generator().manual_seed(0)
    moved = tilt(
        torch.randn(20_000, 2, generator=rng),
        lambda q: q,
        Steer(energy=lambda x: 0 * x.sum(1)),
        rng,
    )
    assert float(moved.mean()) == pytest.approx(0, abs=0.02)
    assert float(moved.std()) == pytest.approx(1, abs=0.02)


def test_tilt_by_a_cliff_stays_finite() -> None:
    rng = torch.Generator().manual_seed(0)
    steer = Steer(energy=lambda x: 1e9 * (x - 3).square().sum(1))
    moved = tilt(torch.randn(100, 4, generator=rng), lambda q: q, steer, rng)
    assert torch.isfinite(moved).all()
    assert moved.abs().max() < 10


@pytest.mark.parametrize("corrections", [0, 1, 3])
def test_langevin_reaches_the_normal_it_denoises(corrections: int) -> None:
    """The exact denoiser of N(m, v) reproduces mean and variance."""
    m, v = 0.7, 0.25

    def denoise(x: Tensor, sigma: float) -> Tensor:
        return m + (x - m) * v / (v + sigma**2)

    rng = torch.Generator().manual_seed(0)
    levels = ladder(150, 0.01, 20.0)
    start = 20.0 * gaussian(torch.empty(20_000, 1), rng)
    y = AnnealedLangevin(corrections=corrections).solve(denoise, start, levels, rng)
    assert float(y.mean()) == pytest.approx(m, abs=0.02)
    assert float(y.std()) == pytest.approx(v**0.5, rel=0.05)
