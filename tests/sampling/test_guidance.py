"""Guidance against closed forms for Gaussians."""

import math

import pytest
import torch
from torch import Tensor

from ingenium.sampling.guidance import classifier_free, steered
from ingenium.sampling.solvers import Ancestral, Denoiser, Multistep, ladder
from ingenium.sampling.steer import FREE, Steer

EYE = torch.eye(2, dtype=torch.float64)


def gaussian(mean: Tensor, cov: Tensor) -> Denoiser:
    def denoise(x: Tensor, sigma: float) -> Tensor:
        gain = cov @ torch.linalg.inv(cov + sigma**2 * EYE)
        return mean + (x - mean) @ gain.T

    return denoise


def noise(n: int) -> Tensor:
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def draw(denoise: Denoiser, n: int = 20_000, steps: int = 100) -> Tensor:
    levels = ladder(steps, 0.002, 200.0)
    rng = torch.Generator().manual_seed(1)
    return Multistep().solve(denoise, levels[0] * noise(n), levels, rng)


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0, 3.0])
def test_classifier_free_guidance_of_two_gaussians(weight: float) -> None:
    """Equal covariances: the mixed score is that of a Gaussian with the extrapolated mean."""
    cov = torch.tensor([[1.0, 0.5], [0.5, 2.0]], dtype=torch.float64)
    known = torch.tensor([1.0, -1.0], dtype=torch.float64)
    unknown = torch.tensor([0.2, 0.3], dtype=torch.float64)
    x = draw(classifier_free(gaussian(known, cov), gaussian(unknown, cov), weight))
    torch.testing.assert_close(x.mean(0), unknown + weight * (known - unknown), atol=0.04, rtol=0)
    torch.testing.assert_close(x.T.cov(), cov, atol=0.06, rtol=0)


def test_guidance_multiplies_densities_when_the_model_is_unconditional_elsewhere() -> None:
    """Score of N(m, v) to the power w over N(0, V)^(w-1), compared at one noise level."""
    v, big, w, s, m = 0.5, 2.0, 3.0, 0.7, 1.0
    x = torch.tensor([[0.4, -0.2]], dtype=torch.float64)
    mean = torch.full((2,), m, dtype=torch.float64)
    out = classifier_free(gaussian(mean, v * EYE), gaussian(0 * mean, big * EYE), w)(x, s)
    score = w * (mean - x) / (v + s**2) - (w - 1) * (0 - x) / (big + s**2)
    torch.testing.assert_close((out - x) / s**2, score)


COV = torch.tensor([[1.0, 0.8], [0.8, 1.0]], dtype=torch.float64)


def test_a_linear_energy_shifts_a_gaussian_by_its_covariance() -> None:
    """exp(-s a.x) N(0, C) is N(-s C a, C), exactly; element 1 moves with element 0."""
    steer = Steer(energy=lambda x: x[:, 0], strength=0.7)
    x = draw(steered(gaussian(torch.zeros(2, dtype=torch.float64), COV), steer))
    torch.testing.assert_close(x.mean(0), -0.7 * COV[0], atol=0.03, rtol=0)
    torch.testing.assert_close(x.T.cov(), COV, atol=0.04, rtol=0)


def test_a_quadratic_energy_moves_a_gaussian_near_its_closed_form() -> None:
    """exp(-k (x0 - a)^2 / 2) N(0, C): mean C e0 k a / (1 + k C00), variance 1 / (1 + k)."""
    k, a = 0.3, 2.0
    steer = Steer(energy=lambda x: 0.5 * k * (x[:, 0] - a).square())
    x = draw(steered(gaussian(torch.zeros(2, dtype=torch.float64), COV), steer))
    torch.testing.assert_close(x.mean(0), COV[0] * k * a / (1 + k), atol=0.1, rtol=0)
    assert x[:, 0].var().item() == pytest.approx(1 / (1 + k), abs=0.1)


def test_without_the_network_only_the_element_of_the_energy_moves() -> None:
    steer = Steer(energy=lambda x: x[:, 0], strength=0.5, through=False)
    denoise = gaussian(torch.zeros(2, dtype=torch.float64), COV)
    x, s = noise(4), 0.6
    shift = steered(denoise, steer)(x, s) - denoise(x, s)
    expected = torch.tensor([-0.5 * s**2 / (1 + s**2), 0.0], dtype=torch.float64)
    torch.testing.assert_close(shift, expected.expand_as(shift))


def test_steep_energies_are_bounded_and_undefined_ones_ignored() -> None:
    denoise = gaussian(torch.zeros(2, dtype=torch.float64), EYE)
    x, s = noise(4), 0.5
    for through in (True, False):
        steep = Steer(energy=lambda x: 1e9 * x.sum(-1), through=through)
        length = (steered(denoise, steep)(x, s) - denoise(x, s)).square().mean(-1).sqrt()
        torch.testing.assert_close(length, torch.full_like(length, s / math.sqrt(1 + s**2)))
        bad = Steer(energy=lambda x: (x[:, 0] - 1e9).sqrt() + x[:, 1], through=through)
        assert torch.equal(steered(denoise, bad)(x, s), denoise(x, s))


def test_a_row_is_steered_alone() -> None:
    denoise = gaussian(torch.zeros(2, dtype=torch.float64), COV)
    moved = steered(denoise, Steer(energy=lambda x: x.pow(4).sum(-1), project=lambda x: x.abs()))
    x = noise(5)
    alone = torch.cat([moved(row[None], 0.4) for row in x])
    torch.testing.assert_close(moved(x, 0.4), alone)


def test_projection_holds_and_the_rest_follows_its_correlation() -> None:
    """The conditional of x1, given x0 = 1, has mean 0.8 and variance 0.36."""

    def hold(x: Tensor) -> Tensor:
        return torch.stack([torch.ones_like(x[:, 0]), x[:, 1]], dim=-1)

    levels = ladder(300, 0.002, 200.0)
    denoise = steered(gaussian(torch.zeros(2, dtype=torch.float64), COV), Steer(project=hold))
    x = Ancestral().solve(
        denoise, levels[0] * noise(4000), levels, torch.Generator().manual_seed(0)
    )
    assert torch.equal(x[:, 0], torch.ones_like(x[:, 0]))
    assert x[:, 1].mean().item() == pytest.approx(0.8, abs=0.05)
    assert x[:, 1].var().item() == pytest.approx(0.36, abs=0.05)


def test_nothing_asked_nothing_changed() -> None:
    denoise = gaussian(torch.zeros(2, dtype=torch.float64), COV)
    assert steered(denoise, FREE) is denoise
    assert classifier_free(denoise, denoise, 1.0) is denoise
