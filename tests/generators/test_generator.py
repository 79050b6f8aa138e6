"""What a problem's generator does once a run, and what it does for each block."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from torch import Tensor

import toy
from ingenium.core.asking import resolve
from ingenium.core.seeds import BLOCK
from ingenium.core.spec import GeneratorChoice, Spec, Target
from ingenium.domains import open_problem
from ingenium.generators import families
from ingenium.generators.generator import Generator
from ingenium.loop import training

pytestmark = pytest.mark.usefixtures("beams")


def test_known_designs_are_measured_once_for_all_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The spread of a steered quantity; and a fresh generator, as in a replay, gives the same."""
    measured: list[int] = []
    whole = toy.Cantilever.steerable

    def counted(self: toy.Cantilever) -> Mapping[str, Any]:
        def one(soft: Callable[..., Tensor]) -> Callable[..., Tensor]:
            def measure(*arrays: Tensor) -> Tensor:
                measured.append(len(arrays[0]))
                return soft(*arrays)

            return measure

        return {name: one(soft) for name, soft in whole(self).items()}

    monkeypatch.setattr(toy.Cantilever, "steerable", counted)
    choice = GeneratorChoice("flow_matching", steer=(Target("mass_kg", 60.0),))
    asked = Spec(problem="toy.cantilever", generator=choice)
    problem = open_problem(asked)
    known = training(problem)
    family = families.build("flow_matching", problem.codec.shape, problem.features(known).shape[1])
    generator = Generator(problem, family, resolve(asked, problem), known)
    assert len(known["design"]) != BLOCK
    blocks = [generator.propose_block(3, block) for block in range(3)]
    assert measured.count(len(known["design"])) == 1
    assert measured.count(BLOCK) > 3, "the energy is that of the proposals"
    alone = Generator(problem, family, generator.spec, known).propose_block(3, 2)
    for v in problem.variables:
        np.testing.assert_array_equal(alone[v.name], blocks[2][v.name])
