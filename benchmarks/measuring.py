"""Interleaved timing, and results as JSON files and tables."""

import json
import os
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ingenium.core.provenance import machine, versions

RESULTS = Path(__file__).parent / "results"
PACKAGES = (
    *("lightsim2grid", "pandapower", "numba", "scikit-fem", "pymoto", "scipy", "muSpectre"),
    *("control", "gymnasium", "stable-baselines3", "wntr", "diffusers"),
    *("chgnet", "ase"),
    *("sionna", "sionna-rt", "clarabel", "cvxpy", "pyro-ppl", "sbi"),
)


@dataclass(frozen=True)
class Timing:
    """Repeated runs: wall time, and CPU time summed over threads.

    CPU seconds measure the work also where other programs run.
    """

    wall_s: tuple[float, ...]
    cpu_s: tuple[float, ...]

    def spread(self) -> dict[str, Any]:
        """Median, minimum and maximum of both."""
        return {"wall_s": spread(self.wall_s), "cpu_s": spread(self.cpu_s)}


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, minimum and maximum."""
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def timed(work: Callable[[], object], rounds: int) -> Timing:
    """Time some work a number of times."""
    return interleaved({"work": work}, rounds)["work"]


def interleaved(works: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Timing]:
    """Time several works in turn, so that a slowdown of the machine affects all of them."""
    wall: dict[str, list[float]] = {name: [] for name in works}
    cpu: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            started, spent = time.perf_counter(), time.process_time()
            work()
            wall[name].append(time.perf_counter() - started)
            cpu[name].append(time.process_time() - spent)
    return {name: Timing(tuple(wall[name]), tuple(cpu[name])) for name in works}


def ratio(slow: Sequence[float], fast: Sequence[float], scale: float) -> dict[str, float]:
    """Speed-up from the pairs of each round; `scale` makes their work equal."""
    return spread([scale * a / b for a, b in zip(slow, fast, strict=True)])


def report(
    name: str, title: str, rows: Sequence[Mapping[str, Any]], about: Mapping[str, Any]
) -> None:
    """Write `results/NAME.json` and print the medians."""
    save(name, title, rows, about)
    table = Table(title=title)
    for key in rows[0]:
        table.add_column(key)
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    Console(width=140).print(table)


def save(
    name: str, title: str, rows: Sequence[Mapping[str, Any]], about: Mapping[str, Any]
) -> None:
    """Write `results/NAME.json`, with the machine of the measurement."""
    RESULTS.mkdir(exist_ok=True)
    found = {
        "benchmark": name,
        "title": title,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine() | {"load_average": os.getloadavg()[0]},
        "versions": versions(PACKAGES),
        **about,
        "rows": list(rows),
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def cost(command: str, folder: Path) -> dict[str, Any]:
    """Seconds and the largest memory of a command in a process of its own, with an empty cache."""
    own = {k: str(folder / k) for k in ("INGENIUM_CACHE", "INGENIUM_LEDGER")}
    started = time.perf_counter()
    words = [sys.executable, "-m", "ingenium", *shlex.split(command)]
    done = subprocess.Popen(words, cwd=folder, env=os.environ | own)
    _, code, used = os.wait4(done.pid, 0)
    return {
        "command": f"`ingenium {command}`",
        "exit code": os.waitstatus_to_exitcode(code),
        "wall_s": round(time.perf_counter() - started, 1),
        "cpu_s": round(used.ru_utime + used.ru_stime, 1),
        "memory_mb": round(used.ru_maxrss / 1024),
        "load_average": round(os.getloadavg()[0], 1),
    }


def _cell(value: Any) -> str:
    if isinstance(value, Mapping) and set(value) == {"median", "least", "most"}:
        return f"{value['median']:.3g}"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
