"""Actions of a problem's generator once a run, and once a block."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import toy
from ingenium.core.resolving import resolve
from ingenium.core.seeds import BLOCK
from ingenium.core.spec import GeneratorChoice, Spec, Target
from ingenium.domains import open_problem
from ingenium.generators import families
from ingenium.generators.copula import GaussianCopula
from ingenium.generators.generator import Generator
from ingenium.runs.loop import proposed, training
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

pytestmark = pytest.mark.usefixtures("beams")


def test_known_designs_are_measured_once_for_all_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The spread of a steered quantity; a fresh generator, as in a replay, gives the same."""
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
    requested = Spec(problem="toy.cantilever", generator=choice)
    problem = open_problem(requested)
    known = training(problem)
    family = families.build("flow_matching", problem.codec.shape, problem.features(known).shape[1])
    generator = Generator(problem, family, resolve(requested, problem), known)
    assert len(known["design"]) != BLOCK
    blocks = [generator.propose_block(3, block) for block in range(3)]
    assert measured.count(len(known["design"])) == 1
    assert measured.count(BLOCK) > 3, "the energy is that of the proposals"
    alone = Generator(problem, family, generator.spec, known).propose_block(3, 2)
    for v in problem.variables:
        np.testing.assert_array_equal(alone[v.name], blocks[2][v.name])


class _SlowCopula(GaussianCopula):
    """A family that proposes eight designs at a time, and stores its conditions."""

    together = 8

    def propose(self, cond: Tensor, rng: torch.Generator, steer: Steer = FREE) -> Tensor:
        self.__dict__.setdefault("told", []).append(cond)
        return super().propose(cond, rng, steer)


def _slow() -> Generator:
    requested = Spec(problem="toy.cantilever")
    problem = open_problem(requested)
    known = training(problem)
    x, cond = problem.encode(known).float(), problem.features(known)
    family = _SlowCopula(problem.codec.shape, cond.shape[1])
    family.fit(x, cond, Plan())
    return Generator(problem, family, resolve(requested, problem), known)


def test_of_a_slow_family_only_the_parts_that_are_wanted_are_proposed() -> None:
    """A design is the same whatever else is requested, as for a replay of it alone."""
    whole = _slow()
    every = [proposed(whole, 5, block, range(BLOCK)) for block in (0, 1)]
    reported = whole.family.told
    assert [len(part) for part in reported] == [8] * (2 * BLOCK // 8)
    assert torch.equal(torch.cat(reported[: BLOCK // 8]), whole.problem.features(every[0]))
    for block, rows in ((0, range(2)), (0, range(11)), (1, [37])):
        few = _slow()
        some = proposed(few, 5, block, rows)
        assert some.sizes["design"] == BLOCK, "what is mended has one shape"
        assert [len(part) for part in few.family.told] == [8] * len({row // 8 for row in rows})
        for name in [v.name for v in few.problem.variables]:
            one, other = (x[name].to_numpy()[list(rows)] for x in (some, every[block]))
            np.testing.assert_array_equal(one, other)
    for v in whole.problem.variables:
        parts = every[0][v.name].to_numpy().reshape(BLOCK // 8, 8, -1)
        assert not np.array_equal(parts[0], parts[1]), "each part has chance of its own"
