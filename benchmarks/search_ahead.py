"""Savings by measuring in several processes, with an engine that sleeps, longer for some designs.

Sleeping takes no CPU time, so that the ratios are valid on a busy machine as well. The cost of
waiting for whole rounds is compared: the same processes, and a strategy that cannot propose ahead.
"""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import xarray as xr

from benchmarks.measuring import ratio, report, spread
from ingenium.core.problem import Problem, silent
from ingenium.core.resolving import resolve
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.runs.loop import training
from ingenium.runs.store import Store
from ingenium.scale.processes import ProcessSite
from ingenium.searches.search import Search
from ingenium.searches.spread import Spread
from ingenium.searches.stopping import Stop
from ingenium.searches.strategies import Task, make
from ingenium.searches.strategy import State, Strategy
from ingenium.searches.workers import Here, Workers

PROCESSES, BATCH, CALLS, ROUNDS = 4, 4, 64, 3
SHORT_S, LONG_S = 0.2, 2.0  # of a design, and of one in eight
SPEC = Spec(problem="airfoils.section", setup={"judge": "neuralfoil", "refine_steps": 0})


class Sleeping:
    """NeuralFoil with a sleep before it answers."""

    def __init__(self, own: Any) -> None:
        self.own = own

    def __getattr__(self, name: str) -> Any:
        return getattr(self.own, name)

    def measure(self, *arrays: torch.Tensor) -> Any:
        long = [float(row.sum() * 1e6) % 8 < 1 for row in arrays[0]]
        time.sleep(sum(LONG_S if slow else SHORT_S for slow in long))
        return self.own.measure(*arrays)


def opened() -> Problem:
    """Open the problem with a slow engine, measured one at a time."""
    problem = open_problem(SPEC)
    problem.tiers = (Sleeping(problem.verifier),)  # type: ignore[arg-type]
    problem.batch_size = 1
    return problem


@dataclass
class Waiting:
    """A strategy that waits for whole rounds."""

    own: Strategy

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        return self.own.ask(n, rng)

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        self.own.tell(designs, verdicts)

    def state_dict(self) -> State:
        return self.own.state_dict()

    def load_state_dict(self, state: State) -> None:
        self.own.load_state_dict(state)


def seconds(problem: Problem, strategy: str, workers: Workers, *, waits: bool, seed: int) -> float:
    """Wall seconds of one search."""
    spec = resolve(SPEC, problem)
    own = make(strategy, Task(problem, spec, training(problem), seed, silent)).strategy
    with tempfile.TemporaryDirectory() as place, Store(Path(place) / "s.sqlite") as store:
        store.sit({})
        chosen = Waiting(own) if waits else own
        search = Search(problem, spec, chosen, store, seed=seed, batch=BATCH)
        began = time.perf_counter()
        search.run(Stop(calls=CALLS), workers=workers)
        return time.perf_counter() - began


def row(strategy: str, problem: Problem, pool: Workers) -> dict[str, Any]:
    """Row of one process, and of several with and without waiting for rounds."""
    alone, waiting, ahead = ([] for _ in range(3))
    for seed in range(ROUNDS):
        here = Here(problem)
        alone.append(seconds(problem, strategy, here, waits=False, seed=seed))
        waiting.append(seconds(problem, strategy, pool, waits=True, seed=seed))
        ahead.append(seconds(problem, strategy, pool, waits=False, seed=seed))
    return {
        "strategy": strategy,
        "one process, s": spread(alone),
        f"{PROCESSES} processes, round by round, s": spread(waiting),
        f"{PROCESSES} processes, ahead, s": spread(ahead),
        "times faster than one": ratio(alone, ahead, 1.0),
        "times faster than round by round": ratio(waiting, ahead, 1.0),
    }


def run(strategies: Sequence[str] = ("random", "evolution", "cma_es")) -> None:
    """Run three strategies: one that needs no verdicts, and two that wait for generations."""
    torch.set_num_threads(1)
    problem = opened()
    pool = Spread(ProcessSite(PROCESSES), opened, batch_size=1)
    try:
        seconds(problem, "random", pool, waits=False, seed=99)  # until all have started
        rows = [row(strategy, problem, pool) for strategy in strategies]
    finally:
        pool.close()
    report(
        "search_ahead",
        f"{CALLS} designs of an engine that sleeps {SHORT_S} s, and {LONG_S} s for one in eight, "
        f"in rounds of {BATCH}",
        rows,
        {"calls": CALLS, "rounds": ROUNDS, "processes": PROCESSES, "batch": BATCH},
    )
