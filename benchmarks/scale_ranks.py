"""A fit by one process and by two ranks against a plain loop of PyTorch, and the cost of workers.

The same transformer on batches of the same size. The plain loop follows PyTorch's documents. Wall
and CPU seconds are reported, since other programs may use the machine. A search is timed by the
cost of 1,024 more designs, in this process, in two processes and, if Ray is installed, in two of
its actors. A pool of two workers is timed on empty tasks, in rounds of 16 designs.
"""

import os
import statistics
import tempfile
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

import ingenium
from benchmarks.measuring import report
from ingenium.core.spec import GeneratorChoice, Spec
from ingenium.domains import open_problem
from ingenium.generators import offer
from ingenium.runs.loop import training
from ingenium.runs.search_plan import SearchPlan
from ingenium.scale import worker_pool
from ingenium.scale.place import WorkPlace
from ingenium.scale.processes import ProcessSite
from ingenium.searches.stopping import Stop
from ingenium.verbs.ranked_fit import FitRequest, fit

SPEC = Spec(
    "molecules.library",
    setup={"known": 2000},
    generator=GeneratorChoice(family="autoregressive"),
)
STEPS, TASKS, ROUND = 20, 4096, 16
SEARCH, FEW, MORE = Spec("molecules.library", setup={"known": 200}), 64, 1088
PLACES = ("local", "processes:2", "ray://local?workers=2")


def plain() -> dict[str, Any]:
    """Time a step of a plain loop."""
    problem = open_problem(SPEC)
    known = training(problem)
    x, cond = problem.encode(known).float(), problem.features(known).float()
    plan = offer.plan(problem, "autoregressive", steps=STEPS)
    model = offer.make(problem, "autoregressive", cond.shape[1])
    optimiser = torch.optim.AdamW(model.parameters(), lr=plan.learning_rate)
    rng, taken, spent = torch.Generator().manual_seed(0), list[float](), list[float]()
    for _ in range(STEPS):
        began, cpu = time.perf_counter(), time.process_time()
        rows = torch.randperm(len(x), generator=rng)[: plan.batch]
        optimiser.zero_grad()
        model.loss(x[rows], cond[rows], rng).mean().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), plan.clip_norm)
        optimiser.step()
        taken.append(time.perf_counter() - began)
        spent.append(time.process_time() - cpu)
    cpu_s = statistics.median(spent[2:])
    return row("a plain loop, a step", statistics.median(taken[2:]), cpu_s)


def ours(workers: int) -> dict[str, Any]:
    """Time a step of our fit, and the error of its prediction."""
    place = WorkPlace.parse(f"processes:{workers}")
    with tempfile.TemporaryDirectory() as folder:
        requested = FitRequest(SPEC, place, f"data:{workers}", STEPS)
        found = fit(requested, Path(folder) / "fit").record
    most = max(one["total"] for one in found["measured"]["bytes"])
    predicted = found["predicted"]
    name = f"our fit, {'one process' if workers == 1 else f'{workers} ranks'}, a step"
    measured = found["measured"]
    # Steps of the rehearsal: those of so short a fit are checked on held-out designs each time.
    return row(name, measured["rehearsed_step_s"], sum(measured["rehearsed_cpu_s"])) | {
        "predicted, s": predicted["step_s"],
        "predicted, CPU s": workers * predicted["step_cpu_s"],
        "peak, MB": most / 1e6,
        "predicted, MB": predicted["bytes"]["total"] / 1e6,
    }


def row(name: str, seconds: float, cpu_s: float | None = None) -> dict[str, Any]:
    """Format a row of the table."""
    own = {
        "what": name,
        "s": seconds,
        "CPU s": cpu_s,
        "predicted, s": None,
        "predicted, CPU s": None,
    }
    return own | {"peak, MB": None, "predicted, MB": None}


def searched(on: str) -> dict[str, Any]:
    """Cost of a design of a search, by the difference of a long and a short one."""

    def seconds(budget: int) -> tuple[float, float]:
        began, before = time.perf_counter(), os.times()
        with tempfile.TemporaryDirectory() as folder:
            plan = SearchPlan("generator", 0, 32)
            ingenium.search(SEARCH, plan, Stop(budget), Path(folder) / "o", on=on)
        wall, after = time.perf_counter() - began, os.times()
        return wall, sum(after[:4]) - sum(before[:4])

    few, more = seconds(FEW), seconds(MORE)
    wall, cpu = ((b - a) / (MORE - FEW) for a, b in zip(few, more, strict=True))
    # Actors are children of Ray, whose processor time is not known here.
    return row(f"a search, {on}, a design", wall, None if on.startswith("ray") else cpu)


def crewed() -> dict[str, Any]:
    """Overhead of two workers on a round of designs that cost nothing."""
    made = partial(partial, len)
    ticks = [
        time.perf_counter()
        for _ in worker_pool.spread(ProcessSite(2), made, [(0,) * ROUND] * TASKS)
    ]
    both = TASKS // 8  # from which on the second has started too
    each = (ticks[-1] - ticks[both]) / (TASKS - 1 - both) / ROUND
    return row(f"a crew of two, rounds of {ROUND}, a design", each)


def run() -> None:
    """Run all of them in turn."""
    places = PLACES if find_spec("ray") else PLACES[:-1]
    rows = [plain(), ours(1), ours(2), *map(searched, places), crewed()]
    one, two = rows[1], rows[2]
    about = {
        "steps": STEPS,
        "tasks": TASKS,
        "batch": 128,
        "efficiency": one["s"] / two["s"] / 2,
        "efficiency_of_cpu": one["CPU s"] / two["CPU s"],
        "prediction_off": [own["s"] / own["predicted, s"] - 1 for own in (one, two)],
        "prediction_off_cpu": [own["CPU s"] / own["predicted, CPU s"] - 1 for own in (one, two)],
        "overhead_over_plain": one["CPU s"] / rows[0]["CPU s"] - 1,
    }
    report("scale_ranks", "Fits of one transformer over processes", rows, about)
