"""What the loop costs a design beyond model and engine: files, evidence, report, ledger."""

import json
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from benchmarks.measuring import report, spread
from ingenium import loop
from ingenium.core.spec import load
from ingenium.domains import open_problem
from ingenium.report import write
from ingenium.trust.ledger import open_ledger

SPEC = Path(__file__).parents[1] / "examples" / "grid" / "winter_evening_peak.toml"
N = 256
ROUNDS = 3
MODEL_AND_ENGINE = ("fit", "propose", "verify", "cross-check")


def run() -> None:
    """The default spec, fitted before the measured runs."""
    torch.set_num_threads(1)
    asked = load(SPEC)
    problem = open_problem(asked)
    stages: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as place, open_ledger(Path(place) / "ledger.db") as book:
        for turn in range(ROUNDS + 1):
            started, spent = time.perf_counter(), time.process_time()
            out = Path(place) / f"run{turn}"
            loop.run(problem, asked, N, 7, out, ledger=book, finish=write)
            wall, cpu = time.perf_counter() - started, time.process_time() - spent
            seconds: dict[str, float] = json.loads((out / "run.json").read_text())["seconds"]
            rest = wall - sum(seconds.values())
            stages.append(seconds | {"records, report and ledger": rest, "all": wall, "CPU": cpu})
    first, stages = stages[0], stages[1:]  # the first one fits
    rows: list[dict[str, Any]] = [
        {
            "stage": stage,
            "seconds": spread([s[stage] for s in stages]),
            "ms a design": spread([1000 * s[stage] / N for s in stages]),
        }
        for stage in stages[0]
    ]
    beyond = [s["all"] - sum(s[k] for k in MODEL_AND_ENGINE) for s in stages]
    rows.append(
        {
            "stage": "beyond model and engine",
            "seconds": spread(beyond),
            "ms a design": spread([1000 * s / N for s in beyond]),
        }
    )
    report(
        "loop",
        f"The loop by stage, {N} designs of {SPEC.stem}, model from the cache",
        rows,
        {"n": N, "rounds": ROUNDS, "first_run_with_fit": first},
    )
