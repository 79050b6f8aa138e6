"""The suite of emulators passes the law itself and catches every fault that is planted."""

import pytest
import torch
from torch import Tensor

from ingenium.generators.families import build
from ingenium.testing.emulator_suite import CONDITIONS, SHAPE, Change, DrawnLaw, emulated
from ingenium.train.plan import Plan

def _none(own: DrawnLaw, x: Tensor, cond: Tensor, rng: torch.Generator) -> Tensor:
    return x


def _thin(own: DrawnLaw, x: Tensor, cond: Tensor, rng: torch.Generator) -> Tensor:
    """No value goes beyond 1.6 deviations."""
    return x.clamp(x.mean() - 1.6 * x.std(), x.mean() + 1.6 * x.std())


def _smooth(own: DrawnLaw, x: Tensor, cond: Tensor, rng: torch.Generator) -> Tensor:
    """Each step is the mean with its neighbours."""
    return (x + x.roll(1, -1) + x.roll(-1, -1)) / 3


def _few(own: DrawnLaw, x: Tensor, cond: Tensor, rng: torch.Generator) -> Tensor:
    """Twelve designs, again and again."""
    near = x[torch.arange(len(x)) % 12]
    return near + 0.01 * torch.randn(x.shape, generator=rng)


def _known(own: DrawnLaw, x: Tensor, cond: Tensor, rng: torch.Generator) -> Tensor:
    """Designs it learned from, hardly changed."""
    chosen = torch.randint(0, len(own.training), (len(x),), generator=rng)
    return own.training[chosen] + 0.05 * torch.randn(x.shape, generator=rng)


def _narrow(own: DrawnLaw, x: Tensor, cond: Tensor, rng: torch.Generator) -> Tensor:
    """Beyond what was learned it stays at the border."""
    return own.law.draw(cond.clamp(-1, 1), rng)


@pytest.mark.parametrize(
    ("fault", "caught"),
    [
        (_none, ""),
        (_thin, "tails"),
        (_smooth, "spectrum (dB)"),
        (_few, "different ones"),
        (_known, "nearness to training"),
        (_narrow, "shift"),
    ],
)
def test_planted_faults_are_caught_and_the_law_is_not(fault: Change, caught: str) -> None:
    for seed in range(2):
        faults = emulated(DrawnLaw(fault), Plan(), seed=seed).faults()
        assert (caught in faults) if caught else not faults


def test_a_family_of_the_engine_is_asked_through_its_contract() -> None:
    """The nearest known design hardly changed is found out; so are numbers without a spectrum."""
    near = emulated(build("nearest_neighbours", SHAPE, CONDITIONS), Plan()).faults()
    assert "nearness to training" in near
    assert "spectrum (dB)" in emulated(build("random", SHAPE, CONDITIONS), Plan()).faults()
