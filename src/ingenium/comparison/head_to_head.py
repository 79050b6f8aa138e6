"""Head-to-head comparison of tools on target specifications; results are stored as they arrive."""

import json
import time
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from math import ceil
from pathlib import Path

import numpy as np

from ingenium.comparison.contestants import Desk, arms
from ingenium.comparison.head_to_head_table import HeadToHeadTable
from ingenium.comparison.judging import ArmResult, Referee
from ingenium.comparison.targets import TargetSet
from ingenium.comparison.verdicts import LOOK_UP, OPTIMISER, RANDOM, is_search
from ingenium.core import spec as specs
from ingenium.core.counts import check_least
from ingenium.core.digest import dataset_digest, digest
from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.problem import Problem, Watch, silent
from ingenium.core.provenance import code_digest, package_digest
from ingenium.core.resolving import resolve
from ingenium.core.spec import GeneratorChoice, Spec
from ingenium.generators.fitted import fit
from ingenium.generators.model import Family
from ingenium.generators.offer import check
from ingenium.runs.loop import training
from ingenium.searches import strategies


@dataclass(frozen=True)
class TargetPlan:
    """Targets of each zone, calls for each target, and families besides baselines and search."""

    families: tuple[str, ...]  # as `chosen` reads them
    targets: int = 16
    calls: int = 66
    seeds: tuple[int, ...] = (0, 1, 2)

    @property
    def chosen(self) -> dict[str, GeneratorChoice]:
        """Return families by their text: a name, or a name and training steps such as `vae:500`.

        Searches by another strategy, such as `optimiser:genetic`, are left out.

        Raises:
            InputError: for steps that are not a number.
        """
        return {text: _choice(text) for text in self.families if not is_search(text)}

    @property
    def searches(self) -> tuple[str, ...]:
        """Strategies named in addition to that of the problem."""
        return tuple(x.partition(":")[2] for x in self.families if is_search(x) and x != OPTIMISER)


@dataclass(frozen=True)
class HeadToHead:
    """A problem, the targets, and the contestants."""

    problem: Problem
    plan: TargetPlan
    folder: Path
    referee: Referee

    @classmethod
    def of(
        cls,
        problem: Problem,
        plan: TargetPlan,
        folder: Path,
        requested: Spec | None = None,
        watch: Watch = silent,
    ) -> "HeadToHead":
        """Set up a comparison on a problem.

        Raises:
            InputError: for an unknown family, a number below 1, fewer calls than the repair of one
                design takes, or a problem none of whose conditions its engine measures.
        """
        check_least(plan.targets, "--targets", "target of each zone", say=16)
        check_least(plan.calls, "--calls", "call for each target", say=66)
        if plan.calls < (least := ceil(1 + problem.comparison().repair_calls)):
            raise InputError(
                f"--calls of at least {least}, which repairing and judging one design takes",
                plan.calls,
                f"Write --calls {3 * least}, for three repaired designs.",
            )
        for choice in plan.chosen.values():
            check(problem, choice.family)
        for name in plan.searches:
            strategies.parted(name, problem.searches.own())
        spec = replace(
            resolve(requested or Spec(problem.name), problem), generator=GeneratorChoice()
        )
        problem.prepare(watch)
        targets = TargetSet.of(problem, spec, plan.targets)
        return cls(problem, plan, folder, Referee(problem, spec, training(problem), targets))

    @property
    def contestants(self) -> list[tuple[str, int]]:
        """Names and seeds; the nearest-neighbour baseline has no randomness."""
        rest = [n for n in (RANDOM, OPTIMISER, *self.plan.families) if n != LOOK_UP]
        names = dict.fromkeys(rest)
        return [(LOOK_UP, 0), *((n, s) for n in names for s in self.plan.seeds)]

    @cached_property
    def _under(self) -> list[object]:
        referee = self.referee
        how = [self.plan.calls, specs.as_table(referee.spec)]
        data = [dataset_digest(referee.learned), referee.targets.requested.tolist()]
        return [how, data, code_digest(), package_digest(self.problem)]

    def part(self, name: str, seed: int) -> Path:
        """Path of the results of a contestant."""
        key = digest([self.problem.name, name, seed, *self._under])
        return self.folder / "head_to_head" / f"{name.replace(':', '-')}-{seed}-{key[7:15]}.json"

    def run(self, watch: Watch = silent) -> HeadToHeadTable:
        """Return all results; stored ones are not measured again."""
        found: list[ArmResult] = []
        for i, (name, seed) in enumerate(self.contestants):
            watch(f"contest {name}, seed {seed}", i, len(self.contestants))
            path = self.part(name, seed)
            if not path.is_file():
                own = [asdict(result) for result in self._measured(name, seed, watch)]
                write_atomic(path, json.dumps(own))
            found += [ArmResult.of(record) for record in json.loads(path.read_text())]
        watch("compare", len(self.contestants), len(self.contestants))
        reported, spacing = self.referee.targets.scale.reported(), self.referee.spacing
        name, setup = self.problem.name, self.problem.comparison().setup
        return HeadToHeadTable(name, self.plan.calls, reported, spacing, tuple(found), setup)

    def _measured(self, name: str, seed: int, watch: Watch) -> list[ArmResult]:
        """Results of the arms of one contestant."""
        family, fitted, losses = self._family(name, seed, watch)
        desk = Desk(self.referee, self.plan.calls, seed)
        results = []
        for arm, answer in arms(desk, name, family).items():
            began = time.process_time()
            answers = answer()
            spent = time.process_time() - began
            calls = np.mean([a.cost * a.designs.sizes["design"] for a in answers])
            results.append(
                ArmResult(
                    arm,
                    seed,
                    fitted,
                    losses,
                    spent / len(answers),
                    float(calls),
                    self.referee.gain(answers),
                    tuple(self.referee.outcomes(answers)),
                )
            )
        return results

    def _family(
        self, name: str, seed: int, watch: Watch
    ) -> tuple[Family | None, float | None, tuple[float, ...]]:
        """Model of a name, seconds of its fit and losses; None for baseline and search."""
        if name == LOOK_UP or is_search(name):
            return None, None, ()
        choice = replace(_choice(name), seed=seed)
        began = time.process_time()
        model = fit(self.problem, self.referee.learned, choice, watch=watch)
        spent = None if model.cached else time.process_time() - began
        return model.family, spent, tuple(model.meta.get("held_out", ()))


def usual(problem: Problem) -> tuple[str, ...]:
    """Return the families of a comparison that names none: those that the problem has chosen."""
    return tuple(dict.fromkeys(x for x in (problem.default_family, problem.steered_family) if x))


def _choice(text: str) -> GeneratorChoice:
    name, _, steps = text.partition(":")
    if steps and not (steps.isdecimal() and int(steps)):
        raise InputError("a family, or a family and steps of training", text, "Write vae:500.")
    return GeneratorChoice(family=name, steps=int(steps) if steps else None)
