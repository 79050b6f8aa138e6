"""Savings and losses of screens on sections of wings: NeuralFoil, or a learned model, before XFOIL.

Proposals are not repaired by NeuralFoil's gradient here, which would use the cheap tier already.
"""

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.measuring import report
from ingenium.core.problem import Problem, silent
from ingenium.core.resolving import resolve
from ingenium.core.spec import Spec, load
from ingenium.domains import open_problem
from ingenium.evaluate.intervals import clopper_pearson, t_interval
from ingenium.runs.loop import training
from ingenium.runs.search_plan import ScreenPlan
from ingenium.runs.store import Store
from ingenium.searches import screens
from ingenium.searches.search import Search
from ingenium.searches.stopping import Stop
from ingenium.searches.strategies import Task, make

CALLS, SEEDS, BATCH = 48, 5, 32
FILE = Path(__file__).parents[1] / "examples" / "airfoils" / "section.toml"
SCREENS: tuple[ScreenPlan | None, ...] = (
    None,
    ScreenPlan("cheap", pass_fraction=0.25, audit=0.2),
    ScreenPlan("process", pass_fraction=0.25, audit=0.2),
)


def requested() -> Spec:
    """The example, without repair and judged by XFOIL."""
    spec = load(FILE)
    return replace(spec, setup={**spec.setup, "refine_steps": 0, "judge": "xfoil"})


def once(problem: Problem, spec: Spec, strategy: str, plan: ScreenPlan | None, seed: int) -> Search:
    """Run one search, and read its results before its file is deleted."""
    task = Task(problem, spec, training(problem), seed, silent)
    own = make(strategy, task).strategy
    screening = None if plan is None else screens.make(plan, task)
    with tempfile.TemporaryDirectory() as place, Store(Path(place) / "s.sqlite") as store:
        store.sit({})
        search = Search(problem, spec, own, store, seed=seed, batch=BATCH, screening=screening)
        search.run(Stop(calls=CALLS))
    return search


def row(
    problem: Problem, spec: Spec, strategy: str, plan: ScreenPlan | None, best_of: str
) -> dict[str, Any]:
    """Five seeds of one screen."""
    began = time.process_time()
    ends = [once(problem, spec, strategy, plan, seed).history[-1] for seed in range(SEEDS)]
    audits = [end.audit for end in ends if end.audit is not None]
    held, lost, wrong = (sum(getattr(a, k) for a in audits) for k in ("held", "lost", "wrong"))
    best = [end.best for end in ends if end.best is not None]
    accepted = t_interval([end.accepted for end in ends])
    reached = t_interval(best) if best else None
    return {
        "strategy": strategy,
        "screen": "none" if plan is None else plan.by,
        "accepted, mean (95 %)": _words(accepted.value, accepted.low, accepted.high),
        f"best {best_of}, mean (95 %)": _words(reached.value, reached.low, reached.high)
        if reached
        else "",
        "seeds with an accepted one": f"{len(best)} of {SEEDS}",
        "screened out": int(np.sum([end.screened for end in ends])),
        "audited": sum(a.audited for a in audits),
        "kept out, of those that hold": _share(lost, held) if audits else "",
        "wrongly hopeless": _share(wrong, held) if audits else "",
        "cpu_s": round(time.process_time() - began, 1),
    }


def _words(value: float, low: float, high: float) -> str:
    return f"{value:.1f} ({low:.1f} to {high:.1f})"


def _share(count: int, n: int) -> str:
    low, high = clopper_pearson(count, n) if n else (0.0, 1.0)
    return f"{count} of {n} ({100 * low:.0f} to {100 * high:.0f} %)"


def run() -> None:
    """Run one strategy with three screens."""
    torch.set_num_threads(1)
    wanted = requested()
    problem = open_problem(wanted)
    spec = resolve(wanted, problem)
    rows = [row(problem, spec, "evolution", plan, "lift over drag") for plan in SCREENS]
    about = {
        "calls": CALLS,
        "seeds": SEEDS,
        "batch": BATCH,
        "spec": "examples/airfoils/section.toml",
    }
    title = f"Screens before XFOIL, {CALLS} calls of it, proposals that are not mended"
    report("search_screens", title, rows, about)
