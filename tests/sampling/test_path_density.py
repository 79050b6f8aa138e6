"""Densities along paths whose velocity, and so whose density, is known in closed form."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from ingenium.sampling.density import EXACT_UP_TO, Velocity, log_density, tangents

RATE = 1.5


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def normal(*size: int, seed: int = 0) -> Tensor:
    return torch.randn(*size, generator=rng(seed), dtype=torch.float64)


def grid(steps: int) -> tuple[float, ...]:
    return tuple(i / steps for i in range(steps + 1))


def to_noise(mean: Tensor, factor: Tensor) -> Velocity:
    """Every design `mean + factor z` goes straight to its z."""
    eye = torch.eye(len(mean), dtype=mean.dtype)

    def velocity(u: Tensor, s: float) -> Tensor:
        z = torch.linalg.solve(torch.lerp(factor, eye, s), (u.flatten(1) - (1 - s) * mean).T).T
        return (z - mean - z @ factor.T).reshape(u.shape)

    return velocity


def gaussian(d: int) -> tuple[Tensor, Tensor, MultivariateNormal]:
    """Mean, a factor near a multiple of the identity, and the density they make."""
    mean = normal(d, seed=1)
    factor = 0.6 * torch.eye(d, dtype=torch.float64) + 0.1 * normal(d, d, seed=2) / d**0.5
    return mean, factor, MultivariateNormal(mean, factor @ factor.T)


def off_by(velocity: Velocity, x: Tensor, known: Tensor, steps: int) -> float:
    along = tangents(x, 1, rng())
    return float((log_density(velocity, x, grid(steps), along).value - known).abs().max())


def test_gaussian_density_is_exact_to_the_fourth_order() -> None:
    mean, factor, law = gaussian(5)
    x = mean + normal(50, 5) @ factor.T
    errors = [off_by(to_noise(mean, factor), x, law.log_prob(x), steps) for steps in (8, 16, 64)]
    assert math.log2(errors[0] / errors[1]) > 3.5
    assert errors[2] < 1e-6


def test_bent_density_is_exact_to_the_fourth_order() -> None:
    """`du/ds = r sin u` takes tan(u / 2) to exp(r s) tan(u / 2); rotated, so that numbers mix."""
    turn = torch.linalg.qr(normal(3, 3))[0]

    def velocity(u: Tensor, s: float) -> Tensor:
        return RATE * (u @ turn).sin() @ turn.T

    start = 0.8 * normal(50, 3, seed=3).clamp(-2.5, 2.5)
    end = 2 * ((start / 2).tan() * math.exp(RATE)).atan()
    known = -0.5 * end.square().sum(1) - 1.5 * math.log(2 * math.pi)
    known = known + (end.sin() / start.sin()).log().sum(1)
    errors = [off_by(velocity, start @ turn.T, known, steps) for steps in (16, 32, 128)]
    assert math.log2(errors[0] / errors[1]) > 3.5
    assert errors[2] < 1e-6


@pytest.mark.parametrize("spread", [0.5, 2.0])
def test_noise_may_have_any_spread(spread: float) -> None:
    x = normal(20, 3)
    known = MultivariateNormal(
        torch.zeros(3, dtype=torch.float64), spread**2 * torch.eye(3, dtype=torch.float64)
    )
    found = log_density(lambda u, s: 0 * u, x, (0.0, 1.0), tangents(x, 1, rng()), spread)
    torch.testing.assert_close(found.value, known.log_prob(x))
    assert (found.error == 0).all()


def test_estimate_is_unbiased_and_knows_its_error() -> None:
    """Over 400 rows, each with signs of its own, the errors have the size that is stated."""
    d = 2 * EXACT_UP_TO
    mean, factor, law = gaussian(d)
    x = (mean + normal(400, d) @ factor.T).reshape(400, 4, d // 4)
    along = tangents(x, 24, rng(1))
    assert along.shape == (24, *x.shape)
    found = log_density(to_noise(mean, factor), x, grid(16), along)
    off = (found.value - law.log_prob(x.flatten(1))) / found.error
    assert float(off.mean()) == pytest.approx(0, abs=4 / 20)
    assert float(off.square().mean().sqrt()) == pytest.approx(1, abs=0.15)
    one = log_density(to_noise(mean, factor), x, grid(16), along[:1])
    assert torch.isinf(one.error).all()


def test_signs_of_a_row_do_not_depend_on_the_rows_behind_it() -> None:
    x = normal(30, EXACT_UP_TO + 1)
    assert torch.equal(tangents(x, 5, rng())[:, :20], tangents(x[:20], 5, rng()))
