"""Eleven whole commands, before and after what every command costs was lowered.

Each runs as users run it, in a process of its own and one thread, once its cache is filled: the
fits are made, and pages, nets and circuits stored. The earlier source is taken from the history and
runs in turn with the present one; the least of some rounds counts. Exported files must be the same:
their digests and measured values in the evidence of both runs are compared. Uncertainties and the
designs themselves may differ, since proposals are rounded to their files now.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.measuring import report
from benchmarks.propose_rates import ROOT, unpacked

NAME, TITLE = "whole_commands", "Cost of whole commands (CPU s and peak MB, least of the rounds)"
BEFORE = "a55d4f29"  # of the history
N, ROUNDS = 16, 1
LAST_DIGITS = 1e-11  # of a value
RUNS = {
    "grid.feeder_day": "feeder",
    "structures.roof": "roof",
    "autonomy.controller": "controller",
    "molecules.library": "library",
}
MORE = {"molecules.library": 1000}  # designs of a run, where they are the cost
SHOWN = ("grid.feeder_day", "structures.roof", "molecules.library")
OPEN = "import ingenium; r = ingenium.open_run('feeder'); r.table; r.evidence"
SMALL = """
import json, os, sys
null = os.open(os.devnull, os.O_RDWR)
actions = [(os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, null, 2)]
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=actions)
_, status, used = os.wait4(pid, 0)
print(json.dumps([status, used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""  # a small process, since a child begins with the peak memory of the process that starts it
COMMANDS = {
    "list": "list",
    **{f"show {name}": f"show {name}" for name in SHOWN},
    **{
        f"propose {k} -n {MORE.get(k, N)}": f"propose {k} -n {MORE.get(k, N)} --out {v} --overwrite"
        for k, v in RUNS.items()
    },
    "open_run": "",
    "verify grid.feeder_day": "verify grid.feeder_day feeder/designs",
    "replay": "replay feeder --design 3",
}


def run() -> None:
    """Run both sources in turn."""
    with tempfile.TemporaryDirectory() as name:
        there = Path(name)
        sources = {"before": unpacked(there / "source", BEFORE), "now": ROOT / "src"}
        for source in sources:
            (there / source).mkdir()
        rows = [_row(what, words, sources, there) for what, words in COMMANDS.items()]
        same = {problem: _same(there, folder) for problem, folder in RUNS.items()}
    report(NAME, TITLE, rows, {"before": BEFORE, "rounds": ROUNDS, "same files": same})
    if not all(same.values()):
        raise RuntimeError(f"the same exported files from both sources, got {same}")


def _row(what: str, words: str, sources: dict[str, Path], there: Path) -> dict[str, Any]:
    """The least CPU and wall seconds, and the largest memory, of a command by each source."""
    print(what, file=sys.stderr)
    row: dict[str, Any] = {"command": f"`{what}`"}
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in sources}
    for number in range(ROUNDS + 1):  # the first fills the cache
        for name, source in sources.items():
            spent = _spent(words, source, there / name)
            found[name] += [spent] if number else []
    for i, head in enumerate(("CPU s", "s", "MB")):
        both = [min(x[i] for x in one) for one in found.values()]
        row |= {f"{head} {name}": value for name, value in zip(found, both, strict=True)}
    return row


def _spent(words: str, source: Path, folder: Path) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and peak memory (MB) of a command."""
    line = [sys.executable, *(("-m", "ingenium", *words.split()) if words else ("-c", OPEN))]
    own = {"PYTHONPATH": _path(source), "INGENIUM_CACHE": str(folder / "cache")}
    own |= {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
    own["INGENIUM_LEDGER"] = str(folder / "ledger.db")
    started = time.perf_counter()
    small = [sys.executable, "-I", "-S", "-c", SMALL, *line]
    done = subprocess.run(small, cwd=folder, env=os.environ | own, capture_output=True, check=True)
    status, cpu_s, kib = json.loads(done.stdout.splitlines()[-1])
    if status:
        raise RuntimeError(f"a command that ends well, got status {status} of {words or OPEN}")
    return cpu_s, time.perf_counter() - started, kib * 1024 / 1e6


def _path(source: Path) -> str:
    """Search path with the source, and with networks and grids of the checkout."""
    shared = (ROOT / name / "src" for name in ("networks", "grid-data"))
    return os.pathsep.join(map(str, (source, *shared)))


def _same(there: Path, folder: str) -> bool:
    """Return whether both sources exported the same files with the same values.

    The last digit of a sum depends on how many designs are measured together.
    """
    before, now = (_evidence(there / name / folder) for name in ("before", "now"))
    return _alike(before, now)


def _evidence(folder: Path) -> list[Any]:
    lines = (folder / "evidence.jsonl").read_text(encoding="utf-8").splitlines()
    exported = [record for record in map(json.loads, lines) if record["file"]]
    values = ({k: x["value"] for k, x in record["measured"].items()} for record in exported)
    kept = ("design", "file_digest", "margins", "verdict")
    return [[v, *(r[k] for k in kept)] for v, r in zip(values, exported, strict=True)]


def _alike(one: Any, other: Any) -> bool:
    """Compare plain data, numbers within `LAST_DIGITS`."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=LAST_DIGITS, abs_tol=LAST_DIGITS)
    return bool(one == other)
