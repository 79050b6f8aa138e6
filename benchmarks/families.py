"""Seconds of a training step, designs a second and memory of every family on real days.

Each family runs in a process of its own, forked before any training, so that its peak memory is its
own. Times are CPU times, on one thread. A training step is one step of the family's optimiser on a
batch; for a composed family that of its inner one. The fit is tiny: proposals are worthless, and
take as long as after a long fit.
"""

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

import torch
from torch import Tensor

from benchmarks.measuring import report, save, spread
from ingenium.core.designs import to_arrays
from ingenium.core.provenance import peak_memory_mb
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.generators import families
from ingenium.generators.model import Family, Model
from ingenium.generators.principal import Principal
from ingenium.runs.loop import training

PROPOSED = 64
ROUNDS = 3
FEW, MORE = 3, 13  # steps of two fits, whose difference is that of the steps alone


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of some work."""
    started = time.process_time()
    work()
    return time.process_time() - started


def a_step(model: Model, cond: Tensor, plan: Any) -> float:
    """CPU seconds of one training step."""
    x = torch.randn(len(cond), *model.shape, generator=torch.Generator().manual_seed(0))
    few, more = (
        seconds(lambda steps=steps: model.fit(x, cond, replace(plan, steps=steps)))
        for steps in (FEW, MORE)
    )
    return max(more - few, 0.0) / (MORE - FEW)


def measure(name: str, x: Tensor, cond: Tensor) -> dict[str, Any]:
    """Measure one family."""
    torch.set_num_threads(1)
    before = peak_memory_mb()
    family: Family = families.build(name, tuple(x.shape[1:]), cond.shape[1])
    plan = families.plan(name, steps=FEW)
    fit_s = seconds(lambda: family.fit(x, cond, plan))
    rng = torch.Generator().manual_seed(1)
    requested = cond[:PROPOSED]
    family.propose(requested, rng)
    each = [seconds(lambda: family.propose(requested, rng)) for _ in range(ROUNDS)]
    peak = peak_memory_mb() - before
    learner = family.inner if isinstance(family, Principal) else family
    step = 1000 * a_step(learner, cond, plan) if isinstance(learner, Model) else None
    return {
        "family": name,
        "ms a training step": "none" if step is None else step,
        f"fit of {FEW} steps (s)": fit_s,
        "designs/s": spread([len(requested) / s for s in each]),
        "memory beyond the start (MB)": peak,
    }


def _child(name: str, x: Tensor, cond: Tensor, end: Connection) -> None:
    end.send(measure(name, x, cond))


def run() -> None:
    """Run all families in turn."""
    torch.set_num_threads(1)
    problem = open_problem(Spec(problem="grid.feeder_day"))
    known = training(problem)
    x = problem.codec.encode(to_arrays(known, problem.variables)).float()
    cond = problem.features(known)
    fork = multiprocessing.get_context("fork")
    title = f"Families on {len(x)} days of {x.shape[1]} channels and {x.shape[2]} steps, one thread"
    about = {"proposed": PROPOSED, "rounds": ROUNDS}
    rows: list[dict[str, Any]] = []
    for name in families.FAMILIES:
        here, there = fork.Pipe(duplex=False)
        child = fork.Process(target=_child, args=(name, x, cond, there))
        child.start()
        there.close()
        try:
            rows.append(here.recv())
        except EOFError:
            raise RuntimeError(f"the process of {name} ended without a result") from None
        finally:
            child.join()
        save("families", title, rows, about)  # saved even if a later one stops
    report("families", title, rows, about)
