"""A fit by one process and by two ranks beside a plain loop of PyTorch, and what a crew costs.

The same transformer on batches of the same size. The plain loop is what a reader of PyTorch's
documents would write. A crew of two workers is timed on tasks that do nothing, in rounds of 16
designs.
"""

import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.measuring import report
from ingenium.core.spec import GeneratorChoice, Spec
from ingenium.domains import open_problem
from ingenium.fitting import FitRequest, fit
from ingenium.generators import offer
from ingenium.loop import training
from ingenium.scale import crew
from ingenium.scale.place import WorkPlace
from ingenium.scale.processes import ProcessSite

SPEC = Spec(
    "molecules.library",
    setup={"known": 2000},
    generator=GeneratorChoice(family="autoregressive"),
)
STEPS, TASKS, ROUND = 20, 512, 16


def plain() -> dict[str, Any]:
    """A step of a plain loop."""
    problem = open_problem(SPEC)
    known = training(problem)
    x, cond = problem.encode(known).float(), problem.features(known).float()
    plan = offer.plan(problem, "autoregressive", steps=STEPS)
    model = offer.make(problem, "autoregressive", cond.shape[1])
    optimiser = torch.optim.AdamW(model.parameters(), lr=plan.learning_rate)
    rng, taken = torch.Generator().manual_seed(0), list[float]()
    for _ in range(STEPS):
        began = time.perf_counter()
        rows = torch.randperm(len(x), generator=rng)[: plan.batch]
        optimiser.zero_grad()
        model.loss(x[rows], cond[rows], rng).mean().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), plan.clip_norm)
        optimiser.step()
        taken.append(time.perf_counter() - began)
    return row("a plain loop", statistics.median(taken[2:]))


def ours(workers: int) -> dict[str, Any]:
    """A step of our fit, and how far it was predicted."""
    place = WorkPlace.parse(f"processes:{workers}")
    with tempfile.TemporaryDirectory() as folder:
        asked = FitRequest(SPEC, place, f"data:{workers}", STEPS)
        found = fit(asked, Path(folder) / "fit").record
    most = max(one["total"] for one in found["measured"]["bytes"])
    predicted = found["predicted"]
    name = "our fit, " + ("one process" if workers == 1 else f"{workers} ranks")
    return row(name, found["measured"]["step_s"], predicted["step_s"]) | {
        "peak, MB": most / 1e6,
        "predicted, MB": predicted["bytes"]["total"] / 1e6,
    }


def row(name: str, step_s: float, predicted_s: float | None = None) -> dict[str, Any]:
    """A row of the table."""
    own = {"what": name, "a step, s": step_s, "predicted, s": predicted_s}
    return own | {"peak, MB": None, "predicted, MB": None}


def crewed() -> dict[str, Any]:
    """What two workers add to a round of designs that cost nothing."""
    made = partial(partial, len)

    def seconds(tasks: int) -> float:
        began = time.perf_counter()
        for _ in crew.spread(ProcessSite(2), made, [(0,) * ROUND] * tasks):
            pass
        return time.perf_counter() - began

    start = seconds(2)
    return row(f"a crew of two, a round of {ROUND}", (seconds(TASKS) - start) / TASKS)


def run() -> None:
    """All of them, one after the other."""
    rows = [plain(), ours(1), ours(2), crewed()]
    about = {"steps": STEPS, "tasks": TASKS, "batch": 128}
    report("scale_ranks", "Fits of one transformer over processes", rows, about)
