"""The suite of emulators passes the law itself and catches every fault that is planted."""

import pytest

from ingenium.generators.families import build
from ingenium.train.plan import Plan
from ingenium_book.checks.physics.emulator_suite import (
    CONDITIONS,
    FAULTS,
    SHAPE,
    DrawnLaw,
    emulated,
)


@pytest.mark.parametrize("name", FAULTS)
def test_planted_faults_are_caught(name: str) -> None:
    fault, caught = FAULTS[name]
    for seed in range(2):
        assert caught in emulated(DrawnLaw(fault), Plan(), seed=seed).faults()


def test_the_law_itself_passes() -> None:
    for seed in range(3):
        assert not emulated(DrawnLaw(), Plan(), seed=seed).faults()


def test_a_family_of_the_engine_is_asked_through_its_contract() -> None:
    """A nearly copied design is detected; so are numbers without a spectrum."""
    near = emulated(build("nearest_neighbours", SHAPE, CONDITIONS), Plan()).faults()
    assert "nearness to training" in near
    assert "spectrum (dB)" in emulated(build("random", SHAPE, CONDITIONS), Plan()).faults()
