"""Row 27.15: one table of all model families over the series of the energy system."""

import json
import math
from collections.abc import Mapping
from pathlib import Path

from ingenium.compare import Entry, Protocol, compare
from ingenium.core.designs import DESIGN
from ingenium.core.digest import dataset_digest
from ingenium.core.problem import Problem
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.loop import Watch
from ingenium.studies.rules import Part
from ingenium.studies.study import FEWEST, SOURCE, Budget, Measured, Study

HUB = {  # the chapter's models by the families that stand for them
    "GAN": "principal_gan",
    "VAE": "principal_vae",
    "flow": "principal_flow",
    "diffusion": "principal_diffusion",
    "transformer": "principal_autoregressive",
}
TASKS = ("load", "price", "PV", "wind")
COMPARISON = SOURCE.parents[1] / "benchmarks" / "results" / "compare_feeder_day.json"
MEASURES = ("energy_score", "variogram_score", "crps", "classifier_auc")


def measure(budget: Budget, watch: Watch) -> Measured:
    """Count the filled cells of the table; a quick one fits a few steps with one seed."""
    problem = open_problem(Spec(problem="grid.feeder_day"))
    data = dataset_digest(problem.data())
    if budget.quick:
        families = tuple(HUB.values())[:3]
        protocol = Protocol(families, budget.seeds, members=4, steps=20)
        return table(compare(problem, protocol, budget.folder, watch=watch), tasks(problem), data, 1)
    kept = read_comparison(COMPARISON)
    if kept and all(_cell(kept, family, len(budget.seeds)) for family in HUB.values()):
        note = "Taken from the comparison of the repository (benchmarks/results)."
        return table(kept, tasks(problem), data, len(budget.seeds), notes=(note,))
    protocol = Protocol(tuple(HUB.values()), budget.seeds)
    entries = compare(problem, protocol, budget.folder, watch=watch)
    return table(entries, tasks(problem), data, len(budget.seeds))


def read_comparison(path: Path) -> list[Entry]:
    """Entries of a written comparison: a list, or a table with them under `entries`."""
    if not path.is_file():
        return []
    found = json.loads(path.read_text(encoding="utf-8"))
    rows = found.get("entries", []) if isinstance(found, dict) else found
    names = ("family", "seed", "fit_seconds", "propose_seconds", "card")
    whole = [row for row in rows if isinstance(row, dict) and all(name in row for name in names)]
    return [Entry(**{name: row[name] for name in names}) for row in whole]


def tasks(problem: Problem) -> tuple[str, ...]:
    """Which of the chapter's series the designs of the comparison hold."""
    days = problem.data()
    names = {v.name for v in problem.variables}
    kinds = set(days["infeed_kind"].to_numpy().tolist()) if days.sizes[DESIGN] else set()
    held = {"load": "load_p" in names, "PV": "solar" in kinds, "wind": "wind" in kinds}
    return tuple(task for task in TASKS if held.get(task, False))


def table(
    entries: list[Entry],
    held: tuple[str, ...],
    data: str,
    least: int = FEWEST,
    *,
    notes: tuple[str, ...] = (),
) -> Measured:
    """How much of families by tasks is filled with scores of at least `least` seeds."""
    whole = [model for model, family in HUB.items() if _cell(entries, family, least)]
    values = {
        "models": _exact(len(whole)),
        "tasks": _exact(len(held) if whole else 0),
        "cells": _exact(len(whole) * len(held)),
    }
    beside = {}
    for model, family in HUB.items():
        cards = [e.card for e in entries if e.family == family]
        for name in MEASURES:
            numbers = [_mean(card, name) for card in cards if name in card]
            if numbers:
                beside[f"{model} {name}"] = t_interval(numbers)
    text = f"Series in the comparison: {', '.join(held) or 'none'}, proposed and scored jointly."
    return Measured(values, beside, data, (text, *notes))


def _cell(entries: list[Entry], family: str, least: int) -> bool:
    """Whether a family has finite scores of enough seeds."""
    seeds = {
        e.seed
        for e in entries
        if e.family == family and math.isfinite(_mean(e.card, "energy_score"))
    }
    return len(seeds) >= least


def _mean(card: Mapping[str, object], name: str) -> float:
    value = card.get(name, math.nan)
    if isinstance(value, list):
        return sum(float(v) for v in value) / len(value)
    return float(value) if isinstance(value, int | float) else math.nan


def _exact(count: int) -> Interval:
    return Interval(float(count), float(count), float(count))


STUDY = Study(
    row="27.15",
    chapter="27 Generative AI for Smart Grids and Intelligent Energy Systems",
    title="One table of generative models",
    claim=(
        "A hub of generative models (GAN, VAE, flow, diffusion, transformer) for load, price, PV "
        "and wind: one benchmark table over all models and tasks."
    ),
    claimed="5 models on 4 tasks",
    protocol=(
        "The comparison of `ingenium compare grid.feeder_day`: the same split with whole weeks "
        "held out, the same conditions, five seeds. A cell of the table counts as filled if its "
        "family has finite scores with every seed on designs that hold the task's series. Load "
        "and PV come from SimBench 1-LV-rural1--0-sw, proposed jointly; SimBench has no prices. "
        "The autoregressive family stands for the transformer."
    ),
    budget="5 seeds; quick: 1 seed, 3 models, 20 steps",
    parts=(
        Part("cells", "cells of the table that are filled", at_least=20),
        Part("models", "models on all tasks that there are data for", at_least=5),
        Part("tasks", "tasks with data", at_least=4),
    ),
    headline="cells",
    measure=measure,
    depends=(
        "domains/grid",
        "generators",
        "sampling",
        "train",
        "evaluate",
        "compare.py",
        "studies/model_hub.py",
    ),
    packages=("simbench",),
)
