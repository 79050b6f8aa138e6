"""What every family promises, on vectors, series and fields, against conditional Gaussians."""

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest
import torch
from jaxtyping import config
from safetensors.torch import load, save
from torch import Tensor, nn

from ingenium.generators.admission import admitted
from ingenium.generators.families import FAMILIES, build, plan
from ingenium.generators.model import Family, HasDensity
from ingenium.generators.row_families import CLASSICAL, COMPOSED, LATENT, LEARNED
from ingenium.sampling.steer import Steer
from ingenium.train.plan import Plan

SHAPES = [(2,), (2, 3), (2, 2, 3), (2, 2, 2, 1)]
NAMES = {1: "vector", 2: "series", 3: "plane", 4: "space"}
GUIDED = ["diffusion", "flow_matching", "energy"]
FOLLOWING = [*GUIDED, "vae", "gan", "flow"]  # follow the gradient of an energy
DENSE = ["vae", "flow", "autoregressive", "diffusion", "flow_matching"]
BRIEF = Plan(steps=6, batch=32, check_every=3)
ASKED = torch.tensor([[1.0, -0.5]])


def truth(shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Slope of the mean on the conditions, and Cholesky factor of the covariance."""
    d = math.prod(shape)
    slope = torch.linspace(-1, 1, 2 * d).reshape(2, d)
    factor = 0.3 * torch.eye(d) + 0.5 / d**0.5 * torch.ones(d, d).tril()
    return slope, factor


def designs(shape: tuple[int, ...], n: int) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(0)
    slope, factor = truth(shape)
    cond = torch.randn(n, 2, generator=rng)
    x = cond @ slope + torch.randn(n, len(factor), generator=rng) @ factor.T
    return x.reshape(n, *shape), cond


def inner(name: str) -> str:
    """The family that steering reaches."""
    return name.removeprefix("principal_").removeprefix("latent_")


@cache
def fitted(name: str, shape: tuple[int, ...]) -> Family:
    """Fitted for a moment: enough for all that does not depend on quality."""
    family = build(name, shape, 2, seed=1)
    family.fit(*designs(shape, 96), BRIEF)
    return family


def rng(seed: int = 7) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


KINDS = [(n, s) for n in FAMILIES for s in SHAPES if admitted(n, s)]


HEAVY = ("energy", "gan", "diffusion", "flow_matching")  # whose fits in space take longest


def over(*dear: str, most: int = 2) -> pytest.MarkDecorator:
    """Every family on every kind that it admits; `dear` ones are slow above `most` axes.

    Heavy ones in space are slow everywhere: what they promise there they promise in the plane.
    """

    def slow(name: str, axes: int) -> bool:
        return (name in dear and axes > most) or (name in HEAVY and axes > 3)

    return pytest.mark.parametrize(
        ("name", "shape"),
        [
            pytest.param(
                *(n, s),
                id=f"{n}-{NAMES[len(s)]}",
                marks=[pytest.mark.slow] if slow(n, len(s)) else [],
            )
            for n, s in KINDS
        ],
    )


promised = over("energy")


@promised
def test_same_generator_same_designs(name: str, shape: tuple[int, ...]) -> None:
    family, cond = fitted(name, shape), designs(shape, 16)[1]
    first = family.propose(cond, rng())
    assert first.shape == (16, *shape)
    assert first.dtype == torch.float32
    assert not first.requires_grad
    assert torch.isfinite(first).all()
    assert torch.equal(first, family.propose(cond, rng()))
    assert not torch.equal(first, family.propose(cond, rng(8)))


@promised
def test_rows_are_independent(name: str, shape: tuple[int, ...]) -> None:
    family, cond = fitted(name, shape), designs(shape, 16)[1]
    other = cond.clone()
    other[5] = torch.tensor([3.0, -3.0])
    before, after = family.propose(cond, rng()), family.propose(other, rng())
    rest = torch.arange(16) != 5
    assert torch.equal(before[rest], after[rest])
    if name != "random":
        assert not torch.equal(before[5], after[5])


@promised
def test_state_survives_safetensors(name: str, shape: tuple[int, ...]) -> None:
    family, cond = fitted(name, shape), designs(shape, 16)[1]
    fresh = build(name, shape, 2, seed=99)
    fresh.load_state_dict(load(save(dict(family.state_dict()))))
    assert torch.equal(family.propose(cond, rng()), fresh.propose(cond, rng()))


@pytest.mark.parametrize("name", [*COMPOSED, *LATENT])
def test_components_and_latent_numbers_of_vectors_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a field"):
        build(name, (2,), 2)


@pytest.fixture
def annotations_off() -> Iterator[None]:
    """As for users, who run without checked annotations."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)


@promised
@pytest.mark.usefixtures("annotations_off")
def test_wrong_width_is_refused(name: str, shape: tuple[int, ...]) -> None:
    family, (x, cond) = build(name, shape, 2), designs(shape, 8)
    for bad_x, bad_cond in [
        (x, cond[:, :1]),
        (x[:, :1], cond),
        (x, cond[:4]),
        (x * torch.nan, cond),
        (x, cond * torch.inf),
    ]:
        with pytest.raises(ValueError, match="expected"):
            family.fit(bad_x, bad_cond, BRIEF)
    with pytest.raises(ValueError, match="expected"):
        fitted(name, shape).propose(cond[:, :1], rng())


@pytest.mark.parametrize("name", CLASSICAL)
def test_nothing_learned_nothing_proposed(name: str) -> None:
    with pytest.raises(ValueError, match="fit first"):
        build(name, (2,), 2).propose(ASKED, rng())


@promised
def test_projection_comes_last(name: str, shape: tuple[int, ...]) -> None:
    family, cond = fitted(name, shape), designs(shape, 16)[1]

    def sums_to_one(x: Tensor) -> Tensor:
        excess = x.flatten(1).mean(1) - 1
        return x - excess.view(-1, *[1] * len(shape))

    steered = family.propose(cond, rng(), Steer(project=sums_to_one))
    torch.testing.assert_close(steered.flatten(1).mean(1), torch.ones(16), atol=1e-5, rtol=0)


@over("energy", "flow", "vae", *COMPOSED, *LATENT)
def test_energy_is_followed_or_refused(name: str, shape: tuple[int, ...]) -> None:
    family, cond = fitted(name, shape), designs(shape, 64)[1]
    target = 3.0
    steer = Steer(energy=lambda x: (x - target).square().flatten(1).sum(1), strength=2.0)
    if inner(name) not in FOLLOWING:
        with pytest.raises(ValueError, match="energy"):
            family.propose(cond, rng(), steer)
        return
    off = (family.propose(cond, rng()) - target).abs().mean()
    # Of composed families components alone move, and fields of a new gan hardly follow its noise.
    reach = 1.0 if name in (*COMPOSED, *LATENT) or (name == "gan" and len(shape) > 2) else 0.8
    assert (family.propose(cond, rng(), steer) - target).abs().mean() < reach * off


@over("energy")
def test_weight_is_used_or_refused(name: str, shape: tuple[int, ...]) -> None:
    family, cond = fitted(name, shape), designs(shape, 16)[1]
    if inner(name) not in GUIDED:
        with pytest.raises(ValueError, match="weight"):
            family.propose(cond, rng(), Steer(weight=2.0))
        return
    plain = family.propose(cond, rng())
    assert not torch.equal(plain, family.propose(cond, rng(), Steer(weight=2.0)))


@over("diffusion", "flow_matching", most=1)
@pytest.mark.usefixtures("annotations_off")
def test_density_of_each_row_or_none(name: str, shape: tuple[int, ...]) -> None:
    """Days of composed families carry the residuals of real days, which have no density."""
    family, (x, cond) = fitted(name, shape), designs(shape, 16)
    if name not in DENSE:
        assert not isinstance(family, HasDensity)
        return
    assert isinstance(family, HasDensity)
    with torch.no_grad():
        found = family.log_density(x, cond)
        alone = family.log_density(x[:5], cond[:5])
    assert found.shape == (16,)
    assert torch.isfinite(found).all()
    torch.testing.assert_close(alone, found[:5])
    assert (family.log_density(x[:5] + 20, cond[:5]) < alone).all()
    with pytest.raises(ValueError, match="expected"):
        family.log_density(x, cond[:4])


def moments(family: Family, shape: tuple[int, ...], n: int) -> tuple[float, float]:
    """Largest error of a mean in true deviations, and relative error of the covariance."""
    slope, factor = truth(shape)
    y = family.propose(ASKED.expand(n, 2), rng()).flatten(1)
    covariance = factor @ factor.T
    off = (y.mean(0) - (ASKED @ slope)[0]).abs() / covariance.diagonal().sqrt()
    return float(off.max()), float((torch.cov(y.T) - covariance).norm() / covariance.norm())


# Largest error of the mean (in deviations) and relative error of the covariance.
QUICK = {"vae": (0.25, 0.35), "flow": (0.25, 0.35), "autoregressive": (0.25, 0.35)}
QUICK |= {"diffusion": (0.3, 0.45), "flow_matching": (0.3, 0.45), "energy": (0.4, 0.5)}
QUICK |= {"gaussian_copula": (0.15, 0.15), "gaussian_process": (0.15, 0.15), "gan": (0.3, 0.5)}
SHORT = Plan(steps=200, batch=128, ema_decay=0.97, check_every=50)
# A step of the GAN holds six of an optimiser.
SHORTER = replace(SHORT, steps=60, learning_rate=2e-3, ema_decay=0.9, check_every=20)


SLOW = ("diffusion", "flow", "energy", "gan")  # as long as all others together


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] if n in SLOW else []) for n in QUICK]
)
def test_learns_a_conditional_gaussian(name: str) -> None:
    family = build(name, (2,), 2)
    family.fit(*designs((2,), 500), SHORTER if name == "gan" else SHORT)
    mean, covariance = moments(family, (2,), 1000)
    assert mean < QUICK[name][0]
    assert covariance < QUICK[name][1]


THOROUGH = dict.fromkeys(LEARNED, (0.15, 0.2)) | {"gan": (0.4, 0.6), "energy": (0.25, 0.35)}


@pytest.mark.slow
@pytest.mark.parametrize("name", LEARNED)
@pytest.mark.parametrize("shape", [(4,), (2, 3)], ids=["vector", "series"])
def test_learns_a_conditional_gaussian_well(name: str, shape: tuple[int, ...]) -> None:
    family = build(name, shape, 2)
    own = plan(name, steps=1000)
    family.fit(*designs(shape, 4000), replace(own, batch=128, ema_decay=0.99))
    mean, covariance = moments(family, shape, 4000)
    assert mean < THOROUGH[name][0]
    assert covariance < THOROUGH[name][1]


def test_build_leaves_the_global_state_alone() -> None:
    state = torch.random.get_rng_state()
    first, second, third = (build("vae", (2,), 2, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(state, torch.random.get_rng_state())
    assert isinstance(first, nn.Module)
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name])
    assert any(not torch.equal(v, third.state_dict()[k]) for k, v in first.state_dict().items())


def test_build_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="family"):
        build("vea", (2,), 2)
    for shape, c in [((2, 3, 4, 5, 6), 2), ((), 2), ((0,), 2), ((2,), 0)]:
        with pytest.raises(ValueError, match="expected a design of shape"):
            build("vae", shape, c)
