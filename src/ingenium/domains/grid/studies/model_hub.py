"""Row 27.15: one table of all model families over the series of the energy system.

The comparison of `ingenium compare grid.feeder_day`: the same split with whole weeks held out,
the same conditions, five seeds. A cell of the table counts as filled if its family has finite
scores with every seed on designs that hold the task's series. Load and PV come from SimBench
1-LV-rural1--0-sw, proposed jointly; SimBench has no prices. The autoregressive family stands for
the transformer. Budget: 5 seeds; quick: 1 seed, 3 models, 20 steps.
"""

from pathlib import Path

import numpy as np

from ingenium.compare import Protocol, compare, tabulate
from ingenium.core.designs import DESIGN
from ingenium.core.digest import dataset_digest, digest, file_digest
from ingenium.core.problem import Problem, Watch
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.evaluate.intervals import Interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.evaluate.table import Comparison

HUB = {  # the chapter's models by the families that stand for them
    "GAN": "principal_gan",
    "VAE": "principal_vae",
    "flow": "principal_flow",
    "diffusion": "principal_diffusion",
    "transformer": "principal_autoregressive",
}
TASKS = ("load", "price", "PV", "wind")
FEWEST = 5  # seeds that count
COMPARISON = Path(__file__).parents[5] / "benchmarks" / "results" / "compare_feeder_day.json"
MEASURES = ("energy_score", "variogram_score", "crps", "classifier_auc")


def measure(budget: Budget, watch: Watch) -> Measured:
    """Count the filled cells of the table; a quick one fits a few steps with one seed."""
    problem = open_problem(Spec(problem="grid.feeder_day"))
    data = dataset_digest(problem.data())
    if budget.quick:
        families = tuple(HUB.values())[:3]
        protocol = Protocol(families, budget.seeds, members=4, steps=20)
        entries = compare(problem, protocol, budget.folder, watch=watch)
        return table(tabulate(problem, entries), tasks(problem), data, len(budget.seeds))
    kept = read_comparison(COMPARISON)
    if kept is not None and all(_filled(kept, name, len(budget.seeds)) for name in HUB.values()):
        note = (
            "Scores are those that the comparison of the repository has kept (benchmarks/results). "
            "It is not run again with this row: seconds and energy are those of reading it."
        )
        both = digest([data, file_digest(COMPARISON)])
        return table(kept, tasks(problem), both, len(budget.seeds), notes=(note,))
    protocol = Protocol(tuple(HUB.values()), budget.seeds)
    entries = compare(problem, protocol, budget.folder, watch=watch)
    return table(tabulate(problem, entries), tasks(problem), data, len(budget.seeds))


def read_comparison(path: Path) -> Comparison | None:
    """A written comparison, if there is one.

    Raises:
        InputError: if the file is none.
    """
    return Comparison.from_json(path.read_text(encoding="utf-8")) if path.is_file() else None


def tasks(problem: Problem) -> tuple[str, ...]:
    """Which of the chapter's series the designs of the comparison hold."""
    days = problem.data()
    names = {v.name for v in problem.variables}
    kinds = set(days["infeed_kind"].to_numpy().tolist()) if days.sizes[DESIGN] else set()
    held = {"load": "load_p" in names, "PV": "solar" in kinds, "wind": "wind" in kinds}
    return tuple(task for task in TASKS if held.get(task, False))


def table(
    found: Comparison,
    held: tuple[str, ...],
    data: str,
    least: int = FEWEST,
    *,
    notes: tuple[str, ...] = (),
) -> Measured:
    """How much of families by tasks is filled with scores of at least `least` seeds."""
    whole = [model for model, family in HUB.items() if _filled(found, family, least)]
    values = {
        "models": _exact(len(whole)),
        "tasks": _exact(len(held) if whole else 0),
        "cells": _exact(len(whole) * len(held)),
    }
    beside = {}
    for family in found.families:
        for name in MEASURES:
            interval = found.find(family, name)
            if interval is not None:
                beside[f"{family} {name}"] = interval
    text = f"Series in the comparison: {', '.join(held) or 'none'}, proposed and scored jointly."
    return from_intervals(values, beside, data, (text, *notes))


def _filled(found: Comparison, family: str, least: int) -> bool:
    """Whether a family has finite scores of enough seeds."""
    if found.find(family, MEASURES[0]) is None:
        return False
    values = found.values(family, MEASURES[0])
    return len(values) >= least and bool(np.isfinite(values).all())


def _exact(count: int) -> Interval:
    return Interval(float(count), float(count), float(count))
