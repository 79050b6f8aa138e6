"""Diffusion and flow matching against closed forms of Gaussian data."""

import dataclasses
import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from ingenium.generators.denoising import Denoising
from ingenium.generators.diffusion import Diffusion, DiffusionSettings
from ingenium.generators.flow_matching import FlowMatching, FlowMatchingSettings
from ingenium.generators.model import Family, HasDensity
from ingenium.generators.path_density import PathDensity
from ingenium.sampling import density
from ingenium.sampling.guidance import classifier_free
from ingenium.sampling.solvers import Ancestral, Ddim, Denoiser, Multistep, ladder
from ingenium.sampling.steer import Steer
from ingenium.train.plan import Plan

Build = Callable[..., Denoising]


def diffusion(shape: tuple[int, ...], c: int, drop: float = 0.1, width: int = 32) -> Diffusion:
    torch.manual_seed(0)
    return Diffusion(shape, c, DiffusionSettings(width=width, depth=2, drop=drop))


def flow_matching(
    shape: tuple[int, ...], c: int, drop: float = 0.1, width: int = 32
) -> FlowMatching:
    torch.manual_seed(0)
    return FlowMatching(shape, c, FlowMatchingSettings(width=width, depth=2, drop=drop))


BOTH = pytest.mark.parametrize("build", [diffusion, flow_matching])


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("build", "expected"), [(diffusion, 1.0), (flow_matching, math.pi / 2)])
def test_untrained_loss_on_white_data(build: Build, expected: float) -> None:
    """The preconditioning is exact for white data; what is left is the noise itself.

    For flow matching that is the integral of 1 / (t^2 + (1 - t)^2) over [0, 1], which is pi / 2.
    """
    x = torch.randn(10_000, 4, generator=rng())
    loss = build((4,), 0).loss(x, torch.zeros(len(x), 0), rng(1))
    assert loss.shape == (10_000,)
    assert loss.mean().item() == pytest.approx(expected, rel=0.02)


@BOTH
def test_untrained_denoiser_is_exact_for_white_data(build: Build) -> None:
    x = torch.randn(5, 3, 12, generator=rng())
    sigma = torch.tensor([0.01, 0.3, 1.0, 5.0, 80.0])
    clean = build((3, 12), 0, width=32).denoise(x, sigma, torch.zeros(5, 0))
    torch.testing.assert_close(clean, x / (1 + sigma**2)[:, None, None], atol=1e-6, rtol=1e-5)


def regression(n: int) -> tuple[Tensor, Tensor]:
    """Rows x = 0.8 cond + noise, so that given cond its mean is 0.8 cond and its covariance 0.36;
    the two elements of the noise correlate with 0.9."""
    draws = rng(5)
    cond = torch.randn(n, 2, generator=draws)
    white = torch.randn(n, 2, generator=draws)
    mixed = torch.stack([white[:, 0], 0.9 * white[:, 0] + math.sqrt(0.19) * white[:, 1]], dim=-1)
    return 0.8 * cond + 0.6 * mixed, cond


@pytest.fixture(scope="module", params=[diffusion, flow_matching], ids=lambda f: f.__name__)
def fitted(request: pytest.FixtureRequest) -> Denoising:
    model: Denoising = request.param((2,), 2)
    model.fit(*regression(4000), Plan(steps=600, batch=128, learning_rate=4e-3, patience=100))
    return model


@pytest.mark.slow
def test_a_fit_learns_the_conditional_density(fitted: Denoising) -> None:
    cond = torch.tensor([[1.5, -1.0]]).expand(2000, -1)
    x = fitted.propose(cond, rng(1)).double()
    cov = 0.36 * torch.tensor([[1.0, 0.9], [0.9, 1.0]], dtype=torch.float64)
    mean = torch.tensor([1.2, -0.8], dtype=torch.float64)
    torch.testing.assert_close(x.mean(0), mean, atol=0.08, rtol=0)
    torch.testing.assert_close(x.T.cov(), cov, atol=0.1, rtol=0)


def test_density_is_the_true_one(fitted: Denoising) -> None:
    """The mean difference on designs of the data is the divergence of the learned density."""
    assert isinstance(fitted, PathDensity)
    assert isinstance(fitted, HasDensity)
    x, cond = (rows[-1000:] for rows in regression(5000))  # not seen in training
    known = MultivariateNormal(0.8 * cond, 0.36 * torch.tensor([[1.0, 0.9], [0.9, 1.0]]))
    off = known.log_prob(x) - fitted.log_density(x, cond)
    assert -0.01 < off.mean().item() < 0.04
    assert off.square().mean().sqrt().item() < 0.35
    assert (fitted.density(x, cond).error == 0).all()


@pytest.mark.slow
def test_density_is_that_of_proposals(fitted: Denoising) -> None:
    """The integral is 1, and the entropy from proposals in many steps is the integral's."""
    assert isinstance(fitted, PathDensity)
    cond = torch.tensor([[1.5, -1.0]])
    axis = torch.linspace(-3.2, 3.2, 41)
    grid = torch.cartesian_prod(axis + 1.2, axis - 0.8)
    log = fitted.log_density(grid, cond.expand(len(grid), 2)).double()
    cell = float(axis[1] - axis[0]) ** 2
    assert float(log.exp().sum()) * cell == pytest.approx(1, abs=1e-3)
    entropy = -float((log.exp() * log).sum()) * cell
    many, levels = cond.expand(1500, 2), ladder(80, 0.005, 80.0)
    start = levels[0] * torch.randn(1500, 2, generator=rng(1))
    x = Multistep().solve(fitted.denoiser(many), start, levels, rng())
    assert -fitted.log_density(x, many).mean().item() == pytest.approx(entropy, abs=0.07)


@BOTH
def test_density_of_untrained_is_that_of_white_designs(build: Build) -> None:
    """A series has too many numbers for the exact trace; here the estimate has no error."""
    for shape in [(3,), (2, 20)]:
        model = build(shape, 1)
        assert isinstance(model, PathDensity)
        x = torch.randn(20, *shape, generator=rng())
        found = model.density(x, torch.zeros(20, 1), steps=2)
        size = x[0].numel()
        known = -0.5 * (x.flatten(1).square().sum(1) + size * math.log(2 * math.pi))
        torch.testing.assert_close(found.value, known, atol=1e-4 * size, rtol=1e-3)
        assert (found.error == 0).all()


@BOTH
@pytest.mark.slow
def test_density_of_series_agrees_with_the_exact_trace(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The estimate of a series lies within its stated error of the exact trace."""
    model = build((2, 20), 1)
    assert isinstance(model, PathDensity)
    x, cond = torch.randn(40, 2, 20, generator=rng()), torch.randn(40, 1, generator=rng())
    x = x.cumsum(-1) / 3 + cond[:, None]
    model.fit(x, cond, Plan(steps=60, batch=16, ema_decay=0.9))
    guess = model.density(x, cond, steps=4)
    assert torch.equal(guess.value[:7], model.density(x[:7], cond[:7], steps=4).value)
    monkeypatch.setattr(density, "EXACT_UP_TO", 40)
    exact = model.density(x, cond, steps=4)
    off = (guess.value - exact.value) / guess.error
    assert (guess.error > 0).all()
    assert (exact.error == 0).all()
    assert 0.6 < off.square().mean().sqrt().item() < 1.6


def test_guidance_by_conditions_goes_where_exact_denoisers_go(fitted: Denoising) -> None:
    """The exact ones are N(0.8 cond, C) with conditions and N(0, 0.64 + C) without."""
    cond = torch.tensor([1.5, -1.0], dtype=torch.float64)
    noise_cov = 0.36 * torch.tensor([[1.0, 0.9], [0.9, 1.0]], dtype=torch.float64)
    eye = torch.eye(2, dtype=torch.float64)

    def exact(mean: Tensor, cov: Tensor) -> Denoiser:
        return lambda x, s: mean + (x - mean) @ torch.linalg.solve(cov + s**2 * eye, cov)

    for weight in (0.0, 2.0):
        known, unknown = exact(0.8 * cond, noise_cov), exact(0 * cond, 0.64 * eye + noise_cov)
        guided = classifier_free(known, unknown, weight)
        # Linear denoisers take the mean of the noise to the mean of the designs.
        start = torch.zeros(1, 2, dtype=torch.float64)
        mean = fitted.solver.solve(guided, start, fitted.levels, rng())[0]
        x = fitted.propose(cond.float().expand(1500, -1), rng(1), Steer(weight=weight)).double()
        torch.testing.assert_close(x.mean(0), mean, atol=0.15, rtol=0)


def test_energy_and_projection_reach_the_designs(fitted: Denoising) -> None:
    cond = torch.zeros(800, 2)

    def hold(x: Tensor) -> Tensor:
        return torch.stack([torch.full_like(x[:, 0], 0.5), x[:, 1]], dim=-1)

    held = fitted.propose(cond, rng(1), Steer(project=hold))
    assert (held[:, 0] == 0.5).all()
    assert held[:, 1].mean().item() == pytest.approx(0.45, abs=0.12)
    low = fitted.propose(cond, rng(1), Steer(energy=lambda x: x[:, 0], strength=2.0))
    # exp(-2 x0) shifts the mean by -2 cov e0 = (-0.72, -0.648).
    torch.testing.assert_close(low.mean(0), torch.tensor([-0.72, -0.648]), atol=0.15, rtol=0)


def test_every_solver_works_with_a_fitted_model(fitted: Denoising) -> None:
    own, cond = fitted.solver, torch.tensor([[1.5, -1.0]]).expand(1000, -1)
    try:
        for solver in (Ddim(), Multistep(), Ancestral()):
            fitted.solver = solver
            x = fitted.propose(cond, rng(1))
            torch.testing.assert_close(x.mean(0), torch.tensor([1.2, -0.8]), atol=0.12, rtol=0)
    finally:
        fitted.solver = own


def test_proposals_repeat_and_rows_do_not_meet(fitted: Denoising) -> None:
    cond = torch.randn(600, 2, generator=rng(3))
    once = fitted.propose(cond, rng(1))
    assert torch.equal(once, fitted.propose(cond, rng(1)))
    assert not torch.equal(once, fitted.propose(cond, rng(2)))
    other = cond.clone()
    other[0] += 1
    moved = fitted.propose(other, rng(1))
    torch.testing.assert_close(moved[1:], once[1:], atol=1e-5, rtol=0)
    assert not torch.allclose(moved[0], once[0], atol=1e-3)


@BOTH
def test_series_fit_and_proposal(build: Build) -> None:
    model = build((2, 24), 3, width=32)
    x, cond = torch.randn(30, 2, 24, generator=rng()), torch.randn(30, 3, generator=rng())
    course = model.fit(x, cond, Plan(steps=4, batch=8))
    assert len(course["turn_1"]) == 1
    designs = model.propose(cond[:5], rng())
    assert designs.shape == (5, 2, 24)
    assert torch.isfinite(designs).all()
    assert isinstance(model, Family)


@BOTH
def test_guidance_needs_dropped_conditions(build: Build) -> None:
    model = build((2,), 2, drop=0.0)
    with pytest.raises(ValueError, match="drop"):
        model.propose(torch.zeros(3, 2), rng(), Steer(weight=2.0))


def test_settings_are_plain_and_comparable() -> None:
    assert DiffusionSettings() == DiffusionSettings()
    assert dataclasses.replace(DiffusionSettings(), solver=Ddim()) != DiffusionSettings()
