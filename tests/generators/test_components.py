import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load, save
from sklearn.decomposition import PCA
from sklearn.gaussian_process.kernels import RBF
from sklearn.kernel_ridge import KernelRidge
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.generators import components
from ingenium.generators.components import Components, ComponentSettings, principal_axes
from ingenium.generators.families import FAMILIES
from ingenium.generators.flow_matching import FlowMatching
from ingenium.generators.gan import GAN
from ingenium.generators.smooth_mean import FLOOR, SmoothMean
from ingenium.sampling.steer import Steer
from ingenium.train.plan import Plan

FLAT, SOLID = (1, 12, 6), (2, 5, 4, 3)
BRIEF = Plan(steps=30, check_every=15)
shapes = pytest.mark.parametrize("shape", [FLAT, SOLID], ids=["plane", "solid"])


def fields(shape: tuple[int, ...], n: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Waves whose position follows the conditions, and whose height and tilt do not."""
    rng = torch.Generator().manual_seed(seed)
    cond = torch.rand(n, 2, generator=rng) * 2 - 1
    free = torch.randn(n, 2, generator=rng)
    axes = torch.meshgrid(*(torch.linspace(-1, 1, s) for s in shape), indexing="ij")
    lift = [-1] + [1] * len(shape)
    place, height, tilt = (v.reshape(lift) for v in (cond[:, 0], free[:, 0], free[:, 1]))
    wave = (3 * (axes[1] - place)).cos() + cond[:, 1].reshape(lift) * axes[2]
    return wave + 0.3 * height * axes[2] ** 2 + 0.2 * tilt * axes[1] * axes[2] + axes[0], cond


@cache
def fitted(shape: tuple[int, ...]) -> Components:
    torch.manual_seed(0)
    family = Components(shape, 2, FlowMatching)
    family.fit(*fields(shape, 200), BRIEF)
    return family


def rng(seed: int = 7) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("n", "d"), [(40, 90), (90, 40)], ids=["few designs", "few cells"])
def test_axes_are_those_of_scikit_learn(n: int, d: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(components, "SLICE", 16)  # several slices, the last one short
    x = torch.randn(n, d, generator=rng()) * torch.linspace(2, 0.5, d)
    x = x - x.mean(0)
    scores, axes = principal_axes(x, 7)
    known = PCA(7, svd_solver="full").fit(x.double().numpy())
    np.testing.assert_allclose(np.abs(axes.numpy() @ known.components_.T), np.eye(7), atol=1e-6)
    np.testing.assert_allclose(
        scores.square().sum(0) / (n - 1), known.explained_variance_, rtol=1e-6
    )


def test_as_many_axes_as_explain_the_share() -> None:
    x = torch.randn(80, 30, generator=rng())
    x = x - x.mean(0)
    for share in (0.3, 0.9):
        known = PCA(share, svd_solver="full").fit(x.double().numpy())
        assert len(principal_axes(x, 30, share)[1]) == known.n_components_
    assert len(principal_axes(x, 4, 0.9)[1]) == 4
    flat = x[:, :2] @ torch.randn(2, 30, generator=rng())
    assert len(principal_axes(flat, 30)[1]) == 2  # what rounding leaves is no direction


@shapes
def test_all_components_give_designs_back(shape: tuple[int, ...]) -> None:
    x, cond = fields(shape, 60)
    x = x + 0.1 * torch.randn(x.shape, generator=rng())
    d = math.prod(shape)
    family = Components(shape, 2, FlowMatching, ComponentSettings(basis=d, share=1.0, most=d))
    few = Plan(steps=1, check_every=1)
    family.fit(x, cond, few)
    again = family.decode(family.encode(x, cond), cond)
    torch.testing.assert_close(again, x, atol=2e-5, rtol=0)


def test_the_mean_is_kernel_ridge_regression() -> None:
    """All rows are landmarks, so the features are those of the exact kernel."""
    _, cond = fields(FLAT, 60)
    y = (2 * cond[:, :1]).sin() + 0.2 * torch.randn(60, 1, generator=rng())
    mean = SmoothMean()
    missed = mean.learn(y, cond)
    standard = ((cond - mean.centre) / mean.spread).numpy()
    # An unpenalised linear part and constant are a kernel of their own: compare the predictions
    # of the exact solution for every ridge, of which one must be ours.
    gaps = []
    for ridge in 10.0 ** np.arange(-3, 4):
        kernel = RBF(float(mean.length))(standard) + standard @ standard.T
        centred = kernel - kernel.mean(0) - kernel.mean(1)[:, None] + kernel.mean()
        exact = KernelRidge(alpha=ridge, kernel="precomputed").fit(centred, y - y.mean())
        ours = mean.mean(cond) - y.mean()
        gaps.append(float(np.abs(exact.predict(centred) - ours.numpy()).max()))
    assert min(gaps) < 100 * FLOOR
    assert missed.square().mean() < 2 * 0.2**2


def test_rows_left_out_are_left_out() -> None:
    _, cond = fields(FLAT, 30)
    y = cond[:, :1] + 0.5 * torch.randn(30, 1, generator=rng())
    torch.manual_seed(0)
    mean = SmoothMean()
    missed = mean.learn(y, cond)
    noise = torch.randn(30, 40, generator=rng()).double()
    idle = SmoothMean().learn(noise, cond)
    assert missed.square().mean() > (y - mean.mean(cond)).square().mean()
    # Where conditions are uninformative the plain mean of the other rows remains.
    plain = (noise - noise.mean(0)) * 30 / 29
    assert (idle - plain).abs().amax(0).median() == pytest.approx(0, abs=1e-9)


def test_the_mean_follows_the_conditions() -> None:
    family = fitted(FLAT)
    cond = torch.tensor([[0.5, 0.5], [-0.5, -0.5]])
    sampled = family.propose(cond.repeat_interleave(200, 0), rng()).reshape(2, 200, *FLAT).mean(1)
    axes = torch.meshgrid(*(torch.linspace(-1, 1, s) for s in FLAT), indexing="ij")
    for found, (place, tilt) in zip(sampled, cond, strict=True):
        want = (3 * (axes[1] - place)).cos() + tilt * axes[2] + axes[0]
        assert (found - want).abs().mean() < 0.08


@shapes
def test_same_generator_same_designs_and_rows_are_independent(shape: tuple[int, ...]) -> None:
    family, (_, cond) = fitted(shape), fields(shape, 12, seed=3)
    first = family.propose(cond, rng())
    assert first.shape == (12, *shape)
    assert first.dtype == torch.float32
    assert torch.equal(first, family.propose(cond, rng()))
    other = cond.clone()
    other[4] = torch.tensor([0.9, -0.9])
    after = family.propose(other, rng())
    rest = torch.arange(12) != 4
    assert torch.equal(first[rest], after[rest])
    assert not torch.equal(first[4], after[4])


@pytest.mark.parametrize("inner", [None, FlowMatching], ids=["near", "flow_matching"])
def test_state_comes_back_from_safetensors(inner: type[FlowMatching] | None) -> None:
    family = Components(FLAT, 2, inner)
    x, cond = fields(FLAT, 40)
    family.fit(x, cond, Plan(steps=2, check_every=1))
    again = Components(FLAT, 2, inner)
    again.load_state_dict(load(save(dict(family.state_dict()))))
    assert torch.equal(again.propose(cond, rng()), family.propose(cond, rng()))


class Stopped(Exception):
    pass


def test_a_stopped_fit_ends_as_one_that_was_not(tmp_path: Path) -> None:
    x, cond = fields(FLAT, 40)

    def fit(plan: Plan) -> Components:
        torch.manual_seed(5)
        family = Components(FLAT, 2, FlowMatching)
        torch.manual_seed(int(plan.progress is None))  # the first weights rest on the seed alone
        family.fit(x, cond, plan)
        return family

    def stop(step: int, steps: int, loss: float) -> None:
        if step == 7:
            raise Stopped

    plan = {"steps": 12, "check_every": 3}
    whole = fit(Plan(**plan))
    with pytest.raises(Stopped):
        fit(Plan(**plan, checkpoint=tmp_path, progress=stop))
    resumed = fit(Plan(**plan, checkpoint=tmp_path))
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


@pytest.mark.parametrize("inner", [FlowMatching, GAN])
def test_guidance_follows_the_slope_of_designs(inner: type) -> None:
    x, cond = fields(SOLID, 60)
    family = Components(SOLID, 2, inner)
    family.fit(x, cond, Plan(steps=2, check_every=1))

    def energy(x: Tensor) -> Tensor:
        return (x.flatten(1).mean(1) - 1.0).square() + x[:, 0, 0, 0, 0].sin()

    latent = family.encode(x, cond).double()
    at = latent.requires_grad_()
    (slope,) = torch.autograd.grad(energy(family.decode(at, cond)).sum(), at)
    step = 1e-2
    for i in range(at.shape[1]):
        aside = torch.zeros_like(latent)
        aside[:, i] = step
        with torch.no_grad():
            up, down = (energy(family.decode(latent + s, cond).double()) for s in (aside, -aside))
        torch.testing.assert_close(slope[:, i], (up - down) / (2 * step), atol=2e-4, rtol=1e-2)
    guided = family.propose(cond, rng(), Steer(energy=energy, strength=5.0))
    assert energy(guided).mean() < energy(family.propose(cond, rng())).mean()


def test_near_designs_stand_in_for_an_inner_family() -> None:
    x, cond = fields(FLAT, 40)
    family = Components(FLAT, 2, None, ComponentSettings(near=1))
    family.fit(x, cond, BRIEF)
    assert (family.propose(cond, rng()) - x).abs().max() < 0.3
    with pytest.raises(ValueError, match="energy"):
        family.propose(cond, rng(), Steer(energy=lambda x: x.flatten(1).sum(1)))


def test_names_choose_by_shape() -> None:
    for name in ("principal_flow", "residual_bootstrap"):
        assert isinstance(FAMILIES[name](FLAT, 2), Components)
        assert not isinstance(FAMILIES[name]((2, 24), 2), Components)


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="share"):
        Components(FLAT, 2, None, ComponentSettings(share=0.0))
    family = Components(FLAT, 2)
    x, cond = fields(FLAT, 12)
    with pytest.raises(InputError, match="fit first"):
        family.propose(cond, rng())
    with pytest.raises(InputError, match="at least"):
        family.fit(x[:3], cond[:3], BRIEF)
    with pytest.raises(InputError, match="differ"):
        family.fit(x[:1].expand(12, *FLAT), cond, BRIEF)
