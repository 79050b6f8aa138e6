"""Tests that every family of generators must pass, on vectors, series and fields.

The tests of a family inherit it and declare the family's abilities::

    class TestGaussian(GeneratorContract):
        skills = Skills(Gaussian, dense=True, learns=(0.25, 0.35))

Designs are conditional Gaussians whose moments are known.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import pytest
import torch
from jaxtyping import config
from safetensors.torch import load, save
from torch import Tensor

from ingenium.generators.model import Family, HasDensity
from ingenium.sampling.steer import Steer
from ingenium.train.plan import Plan

BRIEF = Plan(steps=6, batch=32, check_every=3)
SHORT = Plan(steps=200, batch=128, ema_decay=0.97, check_every=50)
REQUESTED = torch.tensor([[1.0, -0.5]])
KINDS = {1: "vector", 2: "series", 3: "plane", 4: "space"}  # of designs, by their axes


@dataclass(frozen=True)
class Skills:
    """Declared abilities of a family.

    `make` receives the shape of a design and the number of features of its conditions. `learns` are
    the largest error of a mean (in true deviations) and the relative error of the covariance that
    it may have after a fit by `plan` to 500 designs of two numbers; without it there is no
    requirement.
    """

    make: Callable[[tuple[int, ...], int], Family]
    dense: bool = False  # it evaluates its density
    follows: bool = False  # the gradient of an energy
    weighs: bool = False  # its conditions, without a classifier
    conditional: bool = True
    reach: float = 0.8  # share of a distance that may remain if it follows an energy
    learns: tuple[float, float] | None = None
    plan: Plan = SHORT


def truth(shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Slope of the mean on the conditions, and Cholesky factor of the covariance."""
    d = math.prod(shape)
    slope = torch.linspace(-1, 1, 2 * d).reshape(2, d)
    factor = 0.3 * torch.eye(d) + 0.5 / d**0.5 * torch.ones(d, d).tril()
    return slope, factor


def designs(shape: tuple[int, ...], n: int) -> tuple[Tensor, Tensor]:
    """Sample conditional Gaussians, and their conditions."""
    rng = torch.Generator().manual_seed(0)
    slope, factor = truth(shape)
    cond = torch.randn(n, 2, generator=rng)
    x = cond @ slope + torch.randn(n, len(factor), generator=rng) @ factor.T
    return x.reshape(n, *shape), cond


def moments(family: Family, n: int) -> tuple[float, float]:
    """Largest error of a mean in true deviations, and relative error of the covariance."""
    slope, factor = truth(family.shape)
    y = family.propose(REQUESTED.expand(n, 2), rng()).flatten(1)
    covariance = factor @ factor.T
    off = (y.mean(0) - (REQUESTED @ slope)[0]).abs() / covariance.diagonal().sqrt()
    return float(off.max()), float((torch.cov(y.T) - covariance).norm() / covariance.norm())


def made(skills: Skills, shape: tuple[int, ...]) -> Family:
    """A family with its initial weights, which are the same each time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return skills.make(shape, 2)


@cache
def fitted(skills: Skills, shape: tuple[int, ...]) -> Family:
    """A family after a brief fit: enough for all that does not depend on quality."""
    family = made(skills, shape)
    family.fit(*designs(shape, 96), BRIEF)
    return family


def rng(seed: int = 7) -> torch.Generator:
    """Random generator with a seed."""
    return torch.Generator().manual_seed(seed)


class GeneratorContract:
    """Tests for each family; `shapes` are those of the designs that it takes."""

    skills: ClassVar[Skills]
    shapes: ClassVar[tuple[tuple[int, ...], ...]] = ((2,), (2, 3), (2, 2, 3), (2, 2, 2, 1))

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run each test on each kind of design."""
        if "shape" in metafunc.fixturenames:
            names = [KINDS[len(shape)] for shape in self.shapes]
            metafunc.parametrize("shape", self.shapes, ids=names)

    @pytest.fixture(name="skills")
    def skills_of_family(self) -> Skills:
        return self.skills

    @pytest.fixture
    def annotations_off(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Disable checked annotations, as for users."""
        monkeypatch.setattr(config, "jaxtyping_disable", True)

    def test_same_generator_same_designs(self, skills: Skills, shape: tuple[int, ...]) -> None:
        family, cond = fitted(skills, shape), designs(shape, 16)[1]
        first = family.propose(cond, rng())
        assert first.shape == (16, *shape)
        assert first.dtype == torch.float32
        assert not first.requires_grad
        assert torch.isfinite(first).all()
        assert torch.equal(first, family.propose(cond, rng()))
        assert not torch.equal(first, family.propose(cond, rng(8)))

    def test_rows_are_independent(self, skills: Skills, shape: tuple[int, ...]) -> None:
        family, cond = fitted(skills, shape), designs(shape, 16)[1]
        other = cond.clone()
        other[5] = torch.tensor([3.0, -3.0])
        before, after = family.propose(cond, rng()), family.propose(other, rng())
        rest = torch.arange(16) != 5
        assert torch.equal(before[rest], after[rest])
        assert torch.equal(before[5], after[5]) != skills.conditional

    def test_state_survives_safetensors(self, skills: Skills, shape: tuple[int, ...]) -> None:
        family, cond = fitted(skills, shape), designs(shape, 16)[1]
        fresh = made(skills, shape)
        fresh.load_state_dict(load(save(dict(family.state_dict()))))
        assert torch.equal(family.propose(cond, rng()), fresh.propose(cond, rng()))

    @pytest.mark.usefixtures("annotations_off")
    def test_wrong_width_is_refused(self, skills: Skills, shape: tuple[int, ...]) -> None:
        family, (x, cond) = made(skills, shape), designs(shape, 8)
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
            fitted(skills, shape).propose(cond[:, :1], rng())

    def test_projection_comes_last(self, skills: Skills, shape: tuple[int, ...]) -> None:
        family, cond = fitted(skills, shape), designs(shape, 16)[1]

        def sums_to_one(x: Tensor) -> Tensor:
            excess = x.flatten(1).mean(1) - 1
            return x - excess.view(-1, *[1] * len(shape))

        steered = family.propose(cond, rng(), Steer(project=sums_to_one))
        torch.testing.assert_close(steered.flatten(1).mean(1), torch.ones(16), atol=1e-5, rtol=0)

    def test_energy_is_followed_or_refused(self, skills: Skills, shape: tuple[int, ...]) -> None:
        family, cond = fitted(skills, shape), designs(shape, 64)[1]
        target = 3.0
        steer = Steer(energy=lambda x: (x - target).square().flatten(1).sum(1), strength=2.0)
        if not skills.follows:
            with pytest.raises(ValueError, match="energy"):
                family.propose(cond, rng(), steer)
            return
        off = (family.propose(cond, rng()) - target).abs().mean()
        steered = family.propose(cond, rng(), steer)
        assert (steered - target).abs().mean() < skills.reach * off

    def test_weight_is_used_or_refused(self, skills: Skills, shape: tuple[int, ...]) -> None:
        family, cond = fitted(skills, shape), designs(shape, 16)[1]
        if not skills.weighs:
            with pytest.raises(ValueError, match="weight"):
                family.propose(cond, rng(), Steer(weight=2.0))
            return
        plain = family.propose(cond, rng())
        assert not torch.equal(plain, family.propose(cond, rng(), Steer(weight=2.0)))

    @pytest.mark.usefixtures("annotations_off")
    def test_density_of_each_row_or_none(self, skills: Skills, shape: tuple[int, ...]) -> None:
        family, (x, cond) = fitted(skills, shape), designs(shape, 16)
        if not skills.dense:
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

    def test_learns_a_conditional_gaussian(self, skills: Skills) -> None:
        if skills.learns is None:
            pytest.skip("nothing is said of what it learns")
        family = made(skills, (2,))
        family.fit(*designs((2,), 500), skills.plan)
        mean, covariance = moments(family, 1000)
        assert mean < skills.learns[0]
        assert covariance < skills.learns[1]
