"""Cost of the loop for a design beyond model and engine: files, evidence, report, ledger.

Two sizes of run separate fixed costs from costs of each design. Export and reading back include a
second measurement by the engine, that of the files.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

import ingenium
from benchmarks.measuring import report, spread
from ingenium.runs.loop import Clock
from ingenium.trust.ledger import Ledger, open_ledger

SPEC = Path(__file__).parents[1] / "examples" / "grid" / "winter_evening_peak.toml"
FEW, MANY = 64, 576
ROUNDS = 3
MODEL_AND_ENGINE = ("fit", "propose", "verify", "cross-check")
BEYOND, ALL = "beyond model and engine", "all"


@dataclass
class BothClocks(Clock):
    """Wall and CPU seconds by stage."""

    cpu: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        spent = time.process_time()
        with super().__call__(stage):
            yield
        self.cpu[stage] = self.cpu.get(stage, 0.0) + time.process_time() - spent


def once(n: int, place: Path, book: Ledger) -> tuple[dict[str, float], dict[str, float]]:
    """Wall and CPU seconds of one run by stage."""
    clock, started, spent = BothClocks(), time.perf_counter(), time.process_time()
    ingenium.propose(ingenium.load_spec(SPEC), n, 7, place, ledger=book, clock=clock)
    wall, cpu = time.perf_counter() - started, time.process_time() - spent
    return _whole(clock.seconds, wall), _whole(clock.cpu, cpu)


def _whole(stages: dict[str, float], whole: float) -> dict[str, float]:
    """Stages with the unassigned remainder, and sums."""
    rest = {"folder and ledger": whole - sum(stages.values())}
    sums = {BEYOND: whole - sum(stages[stage] for stage in MODEL_AND_ENGINE), ALL: whole}
    return stages | rest | sums


def run() -> None:
    """Run the default spec, fitted before the measured runs."""
    torch.set_num_threads(1)
    found: dict[int, list[tuple[dict[str, float], dict[str, float]]]] = {FEW: [], MANY: []}
    with tempfile.TemporaryDirectory() as place, open_ledger(Path(place) / "ledger.db") as book:
        first = once(FEW, Path(place) / "fit", book)[0]
        for turn in range(ROUNDS):
            for n, times in found.items():
                times.append(once(n, Path(place) / f"{n}-{turn}", book))
    rows: list[dict[str, Any]] = []
    for stage in found[MANY][0][0]:
        row: dict[str, Any] = {"stage": stage}
        for kind, i in (("wall", 0), ("CPU", 1)):
            few, many = ([times[i][stage] for times in found[n]] for n in (FEW, MANY))
            each = [(b - a) / (MANY - FEW) for a, b in zip(few, many, strict=True)]
            row[f"ms a design, {kind}"] = spread([1000 * s for s in each])
            row[f"s once, {kind}"] = spread([a - FEW * s for a, s in zip(few, each, strict=True)])
        rows.append(row)
    report(
        "loop",
        f"The loop by stage, {FEW} and {MANY} designs of {SPEC.stem}, model from the cache",
        rows,
        {"n": [FEW, MANY], "rounds": ROUNDS, "first_run_with_fit": first},
    )
