"""Whole runs of `propose` against the raw engine: the cost of a run, and of one more feeder-day.

The command runs as users run it, in a process of its own, once the generator is fitted: proposals,
verdicts, cross-check, export and read-back, evidence, report and ledger. The earlier source is
taken from the history and runs in turn with the present one. The cost of one more day is the slope
between the two sizes, which excludes start, opening and pictures. Seconds are CPU time, with the
kernel's, which writes and reads the files. The raw engine solves the same days.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
import xarray as xr

from benchmarks.measuring import report
from ingenium.core import spec as specs
from ingenium.core.designs import to_arrays
from ingenium.domains import open_problem

ROOT = Path(__file__).parents[1]
SPEC = ROOT / "examples" / "grid" / "winter_evening_peak.toml"
BEFORE = "5507e3a"  # of the history, before runs became cheaper
SIZES = (500, 10_000)
WARM = 4  # designs of a first run, which fits
AIM = 2.0  # times the raw engine's seconds a day


def run() -> None:
    """Run both sources at both sizes."""
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder)
        sources = {"before": unpacked(there / "before", BEFORE), "now": ROOT / "src"}
        for name, source in sources.items():
            spent(source, WARM, there / name / "warm", there / "cache")
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in sources}
        for n in SIZES:
            for name, source in sources.items():
                found[name].append(spent(source, n, there / name / str(n), there / "cache"))
        raw = _raw_ms(there / "now" / str(SIZES[-1]))
    rows = [_row(name, both, raw) for name, both in found.items()]
    title = f"What a feeder-day of a whole run costs (aim: {AIM:g} times the raw engine)"
    report("propose_rates", title, rows, {"sizes": SIZES, "before": BEFORE, "aim": AIM})


def spent(source: Path, n: int, out: Path, cache: Path) -> tuple[float, float]:
    """CPU seconds and peak memory (MB) of a run of n designs."""
    command = [sys.executable, "-m", "ingenium", "propose", "grid.feeder_day"]
    command += ["--spec", str(SPEC), "-n", str(n), "--out", str(out), "--json"]
    own = {"PYTHONPATH": str(source), "INGENIUM_CACHE": str(cache), "OMP_NUM_THREADS": "1"}
    own["INGENIUM_LEDGER"] = f"{out}.db"
    out.parent.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(command, env=os.environ | own, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"a run of {n} days that ends well, got status {status}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6


def unpacked(folder: Path, commit: str) -> Path:
    """The source of a commit of the history in a folder."""
    folder.mkdir(parents=True)
    packed = subprocess.run(
        ["git", "archive", commit, "src"], cwd=ROOT, check=True, capture_output=True
    )
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed.stdout, check=True)
    # That source fails at other packages of this name, which report that there is no such counter.
    (folder / "src" / "pynvml.py").write_text('raise ImportError("left out")\n', encoding="utf-8")
    return folder / "src"


def _raw_ms(folder: Path) -> float:
    """CPU time of the engine alone for a day of a run."""
    problem = open_problem(specs.load(SPEC))
    with xr.open_dataset(folder / "designs.nc") as whole:
        days = to_arrays(whole.load(), problem.variables)
    torch.set_num_threads(1)
    problem.verifier.measure(*(x[:WARM] for x in days))
    started = time.process_time()
    problem.verifier.measure(*days)
    return 1e3 * (time.process_time() - started) / len(days[0])


def _row(name: str, both: list[tuple[float, float]], raw: float) -> dict[str, Any]:
    (cpu, memory), more = both[0], SIZES[1] - SIZES[0]
    row: dict[str, Any] = {"source": name}
    row |= {f"ms/day at {n}": 1e3 * own / n for n, (own, _) in zip(SIZES, both, strict=True)}
    slope = 1e3 * (both[1][0] - cpu) / more
    row |= {"ms/day more": slope, "raw ms/day": raw, "times raw": slope / raw}
    row |= {f"MB at {n}": mb for n, (_, mb) in zip(SIZES, both, strict=True)}
    return row | {"kB/day more": 1e3 * (both[1][1] - memory) / more}
