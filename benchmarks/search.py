"""Cost of the learning loop for a design beyond strategy and engine: digests, store, trajectory.

The strategy is the model here: its own methods are not part of the loop. CPU seconds are given with
wall seconds, which other programs share.
"""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import xarray as xr

from benchmarks.measuring import report, spread
from ingenium.core.problem import Problem, silent
from ingenium.core.resolving import resolve
from ingenium.core.spec import Spec
from ingenium.core.verify import Verifier
from ingenium.domains import open_problem
from ingenium.runs.loop import training
from ingenium.runs.store import Store
from ingenium.searches.search import Search
from ingenium.searches.stopping import Stop
from ingenium.searches.strategies import Task, make
from ingenium.searches.strategy import State, Strategy

CALLS, ROUNDS = 128, 3
TASKS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "grid.feeder_day": ("random", {}),
    "structures.unit_cell": ("evolution", {"cells": (16, 16), "designs": 200, "refine_steps": 0}),
}


@dataclass
class Spent:
    """Wall and CPU seconds spent outside the loop."""

    wall: float = 0.0
    cpu: float = 0.0

    def __call__(self, work: Any, *given: Any) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        found = work(*given)
        self.wall += time.perf_counter() - wall
        self.cpu += time.process_time() - cpu
        return found


@dataclass
class TimedVerifier:
    """A verifier, timed."""

    own: Verifier
    spent: Spent

    def __getattr__(self, name: str) -> Any:
        return getattr(self.own, name)

    def measure(self, *arrays: torch.Tensor) -> Any:
        return self.spent(self.own.measure, *arrays)


@dataclass
class TimedStrategy:
    """A strategy, timed."""

    own: Strategy
    spent: Spent = field(default_factory=Spent)

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        designs: xr.Dataset = self.spent(self.own.ask, n, rng)
        return designs

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        self.spent(self.own.tell, designs, verdicts)

    def state_dict(self) -> State:
        return self.own.state_dict()

    def load_state_dict(self, state: State) -> None:
        self.own.load_state_dict(state)


def once(problem: Problem, strategy: str, batch: int, seed: int) -> dict[str, float]:
    """Milliseconds a design of one search, beyond strategy and engine and in total."""
    spec, spent, tiers = resolve(Spec(problem=problem.name), problem), Spent(), problem.tiers
    made = make(strategy, Task(problem, spec, training(problem), seed, silent))
    problem.tiers = (*tiers[:-1], TimedVerifier(tiers[-1], spent))  # type: ignore[arg-type]
    try:
        with tempfile.TemporaryDirectory() as place, Store(Path(place) / "s.sqlite") as store:
            store.sit({})
            timed = TimedStrategy(made.strategy, spent)
            search = Search(problem, spec, timed, store, seed=seed, batch=batch)
            wall, cpu = time.perf_counter(), time.process_time()
            search.run(Stop(calls=CALLS))
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    finally:
        problem.tiers = tiers
    return {
        "loop, ms a design, CPU": 1000 * (cpu - spent.cpu) / CALLS,
        "loop, ms a design, wall": 1000 * (wall - spent.wall) / CALLS,
        "all, ms a design, CPU": 1000 * cpu / CALLS,
    }


def run() -> None:
    """Run two problems, and rounds of three sizes."""
    torch.set_num_threads(1)
    rows: list[dict[str, Any]] = []
    for name, (strategy, setup) in TASKS.items():
        problem = open_problem(Spec(problem=name, setup=setup))
        problem.prepare(silent)
        for batch in (64, 16, 4):
            found = [once(problem, strategy, batch, seed) for seed in range(ROUNDS)]
            about = {"problem": name, "strategy": strategy, "designs of a round": batch}
            rows.append(about | {key: spread([f[key] for f in found]) for key in found[0]})
    report(
        "search",
        f"The loop that learns beyond strategy and engine, {CALLS} designs",
        rows,
        {"calls": CALLS, "rounds": ROUNDS},
    )
