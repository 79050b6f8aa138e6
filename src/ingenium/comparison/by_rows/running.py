"""The comparison by rows: targets, arms and seeds, each stored when it is measured."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from ingenium.comparison.by_rows.arms import RowArms
from ingenium.comparison.by_rows.desk import RowDesk
from ingenium.comparison.by_rows.table import RowResult, RowTable
from ingenium.comparison.by_rows.targets import RowTargets
from ingenium.core.counts import check_least
from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.problem import Problem, Watch, silent
from ingenium.core.provenance import code_digest, package_digest
from ingenium.core.seeds import one_thread
from ingenium.core.spec import GeneratorChoice
from ingenium.generators.fitted import FittedFamily, fit
from ingenium.generators.inverse.family import INVERSE, InverseFamily
from ingenium.runs.loop import training
from ingenium.sampling.labels import LabelledRows, Labeller

WITNESSES = 6_000  # rows of held-out designs that targets are taken from, with another seed


@dataclass(frozen=True)
class RowPlan:
    """Requests, targets of each zone, calls for each, and labelled rows."""

    requests: tuple[tuple[str, ...], ...]
    rows: int
    targets: int = 30
    calls: int = 32
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


def compare_by_rows(
    problem: Problem,
    plan: RowPlan,
    folder: Path,
    *,
    fitted: FittedFamily | None = None,
    watch: Watch = silent,
) -> RowTable:
    """Compare the inverse with what learns nothing, at equal calls of the engine.

    `fitted` is the inverse to use; without it one is fitted to the rows. Results that are in the
    folder are not measured again.

    Raises:
        InputError: for a number below 1, an unknown quantity, or a problem without held-out
            designs to take targets from.
    """
    check_least(plan.targets, "--targets", "target of each zone", say=30)
    if plan.calls < 4:
        raise InputError("--calls of at least 4", plan.calls, "Write --calls 32.")
    labeller = Labeller(problem)
    if fitted is None:
        choice = GeneratorChoice(family=INVERSE, rows=plan.rows)
        fitted = fit(problem, training(problem), choice, watch=watch)
    family = fitted.family
    assert isinstance(family, InverseFamily)
    rows = _answered(labeller.rows(plan.rows, watch=watch))
    witnesses = labeller.rows(WITNESSES, "held_out", seed=1, watch=watch)
    results: list[RowResult] = []
    for request in plan.requests:
        targets = RowTargets.of(family.scale, request, rows, witnesses, count=plan.targets)
        desk = RowDesk(labeller, family, rows, targets, plan.calls)
        key = [problem.name, fitted.digest, plan.rows, plan.calls, request, code_digest()]
        key += [package_digest(problem), targets.values.tolist()]
        for seed in plan.seeds:
            part = folder / "parts" / f"{digest([*key, seed])[7:19]}.json"
            if not part.is_file():
                found = measure_seed(desk, request, seed, watch)
                write_atomic(part, json.dumps([asdict(r) for r in found]))
            results += [RowResult.of(r) for r in json.loads(part.read_text())]
    spacing, engine = desk.listed.spacing, problem.tiers[0].name
    both = zip(family.names, family.tolerance.tolist(), strict=True)
    tolerance = {n: t for n, t in both if any(n in r for r in plan.requests)}
    verdict = str(fitted.meta.get("verdict", "fitted elsewhere"))
    return RowTable(
        problem.name, plan.rows, plan.calls, spacing, engine, tolerance, verdict, tuple(results)
    )


def measure_seed(
    desk: RowDesk, request: tuple[str, ...], seed: int, watch: Watch
) -> list[RowResult]:
    """Return the outcomes of all arms with one seed."""
    found, arms = [], RowArms(desk, seed).all()
    for i, (name, arm) in enumerate(arms.items()):
        watch(f"{len(request)} requested, seed {seed}: {name}", i, len(arms))
        began, outcomes, calls = time.process_time(), [], []
        with one_thread():
            for target in range(len(desk.targets.zone)):
                answer = arm(target)
                hit = desk.targets.met(target, answer.y)
                new, listed = desk.new(answer)
                outcomes.append((hit.any(), (hit & new).any(), (hit & listed).any()))
                calls.append((len(hit), float((hit & new).to(torch.float32).mean())))
        met, fresh, unlisted = (tuple(map(bool, one)) for one in zip(*outcomes, strict=True))
        spent = (time.process_time() - began) / len(outcomes)
        mean, share = np.mean(calls, 0)
        zone = desk.targets.zone
        found.append(
            RowResult(
                name, request, seed, zone, met, fresh, unlisted, float(share), float(mean), spent
            )
        )
    return found


def _answered(rows: LabelledRows) -> LabelledRows:
    found = torch.nonzero(rows.y.isfinite().all(1))[:, 0]
    return LabelledRows(rows.z[found], rows.given[found], rows.y[found], rows.way[found])
