"""Contestants: nearest neighbours, random choice, an optimiser, and generators with repair."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.comparison.judging import Answer, Referee
from ingenium.comparison.verdicts import OPTIMISER, is_search
from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.problem import Problem, silent
from ingenium.core.seeds import block_rng, one_thread
from ingenium.core.spec import Between
from ingenium.generators.model import Family
from ingenium.runs.aim import Aim
from ingenium.searches import strategies

NEAR = 8  # known designs for the conditions that a target leaves open, one after another
LIGHTLY, REPAIRED = (
    "touched up",
    "repaired",
)  # with the least repair of a problem, and with all of it
ROUND = 16  # designs of the optimiser between two updates

Sampler = Callable[[int, int], tuple[tuple[Tensor, ...], xr.Dataset]]  # target, number of designs


@dataclass(frozen=True)
class Desk:
    """Common inputs of contestants: the referee, the calls for each target, and the seed."""

    referee: Referee
    calls: int
    seed: int

    @property
    def problem(self) -> Problem:
        """Problem of the comparison."""
        return self.referee.problem

    @cached_property
    def bare(self) -> Problem:
        """The same problem without repair of proposals by its engine."""
        bare = self.problem.comparison().bare
        return self.problem if bare is None else bare()

    def conditions(self, target: int, rows: np.ndarray) -> xr.Dataset:
        """Return a target as conditions; those that it leaves open come from known designs."""
        known = self.referee.learned.isel({DESIGN: rows})
        own = {c.name: (DESIGN, known[c.name].to_numpy()) for c in self.problem.conditions}
        for name, requested in self.referee.targets.wanted[target].items():
            value = (
                requested.at_least
                if isinstance(requested, Between)
                else np.array(requested).flat[0]
            )
            own[name] = (DESIGN, np.full(len(rows), value))
        return xr.Dataset(own, {DESIGN: np.arange(len(rows))})

    def looked_up(self, target: int, n: int) -> tuple[tuple[Tensor, ...], xr.Dataset]:
        """Return the nearest known designs, projected onto the target and the constraints."""
        rows = self.referee.targets.nearest[target, :n]
        known, conditions = self.referee.learned.isel({DESIGN: rows}), self.conditions(target, rows)
        both = zip(self.problem.variables, to_arrays(known, self.problem.variables), strict=True)
        arrays = tuple(
            a if v.given is None else torch.as_tensor(conditions[v.given].to_numpy().copy())
            for v, a in both
        )
        return self.problem.project(self.referee.spec.fixed, conditions)(arrays), conditions

    def sampled(self, family: Family, target: int, n: int) -> tuple[tuple[Tensor, ...], xr.Dataset]:
        """Return projected proposals of a family."""
        conditions = self.conditions(
            target, self.referee.targets.nearest[target, np.arange(n) % NEAR]
        )
        rng = block_rng(self.seed, target, "contest")
        with one_thread():
            x = family.propose(self.problem.features(conditions), rng).to(torch.float64)
        project = self.problem.project(self.referee.spec.fixed, conditions)
        return project(self.problem.decode(x, conditions)), conditions

    def answers(self, sample: Sampler, problem: Problem | None) -> list[Answer]:
        """Return proposals for each target within the calls, repaired by `problem` if given."""
        cost = 1 + (0.0 if problem is None else problem.comparison().repair_calls)
        n = max(1, int(self.calls / cost))
        return [self._answer(problem, *sample(i, n), i) for i in range(len(self.referee.targets))]

    def _answer(
        self,
        problem: Problem | None,
        arrays: tuple[Tensor, ...],
        conditions: xr.Dataset,
        target: int,
    ) -> Answer:
        own, cost = self.problem, 1.0
        if problem is not None:
            arrays = _repaired(problem, arrays, conditions)
            cost = 1 + problem.comparison().repair_calls
        coords = own.labels() | {c.name: conditions[c.name] for c in own.conditions}
        designs = to_dataset(arrays, own.variables, coords)
        return Answer(designs, self.referee.verdicts(target, designs), cost)

    def optimised(self, name: str) -> list[Answer]:
        """Search for each target, with the target as limits; designs are not repaired."""
        return [self._searched(name, i) for i in range(len(self.referee.targets))]

    def _searched(self, name: str, target: int) -> Answer:
        spec = self.referee.spec_of(target)
        near = self.referee.learned.isel(
            {DESIGN: self.referee.targets.nearest[target, : self.calls]}
        )
        searcher = strategies.make(
            name, strategies.Task(self.bare, spec, near, self.seed, silent)
        ).strategy
        aim: Aim | None = None
        designs, verdicts, spent = list[xr.Dataset](), list[xr.Dataset](), 0
        cost = 1 + self.bare.comparison().repair_calls
        while (left := int(self.calls / cost) - spent) > 0:
            rng = block_rng(self.seed, spent, "contest search")
            requested = searcher.ask(min(ROUND, left), rng)
            if not requested.sizes[DESIGN]:
                break
            found = self.referee.verdicts(target, requested)
            aim = Aim.of(spec.limits, spec.objectives, found) if aim is None else aim
            searcher.tell(requested, aim.weighed(found))
            spent += requested.sizes[DESIGN]
            designs.append(requested)
            verdicts.append(found)
        return Answer(xr.concat(designs, DESIGN), xr.concat(verdicts, DESIGN), cost)


def _repaired(
    problem: Problem, arrays: tuple[Tensor, ...], conditions: xr.Dataset
) -> tuple[Tensor, ...]:
    """Repair proposals by a problem."""
    size, parts = problem.batch_size, []
    for first in range(0, len(arrays[0]), size):
        rows = slice(first, first + size)
        own = conditions.isel({DESIGN: rows})
        parts.append(problem.repair(tuple(a[rows] for a in arrays), own))
    return tuple(torch.cat(column) for column in zip(*parts, strict=True))


def arms(desk: Desk, name: str, family: Family | None) -> Mapping[str, Callable[[], list[Answer]]]:
    """Return the arms of a contestant: with the least repair of the problem, and with all of it.

    Known designs are also an arm without repair.
    """
    if is_search(name):
        strategy = name.partition(":")[2] or desk.problem.searches.strategy
        return {f"{OPTIMISER} ({strategy})": partial(desk.optimised, strategy)}
    sample: Sampler = desk.looked_up if family is None else partial(desk.sampled, family)
    mends = type(desk.problem).repair is not Problem.repair
    ways: dict[str, Problem | None] = {name: None} if family is None else {name: desk.bare}
    if desk.bare is not desk.problem and family is None:
        ways[f"{name}, {LIGHTLY}"] = desk.bare
    if desk.bare is not desk.problem or (family is None and mends):
        ways[f"{name}, {REPAIRED}"] = desk.problem
    return {arm: partial(desk.answers, sample, way) for arm, way in ways.items()}
