"""Generated programs a second in the sandbox, against a bubblewrap and an interpreter for each.

Each program computes a value that is judged. In every round all canonical programs must pass and
all null programs must fail; otherwise nothing is reported.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.measuring import report, spread
from ingenium.trust.sandbox.sandbox import ControlProgram, GeneratedProgram, ProgramEnd, Sandbox

PROGRAMS, DISTANCE, ROUNDS = 600, 20, 5
SORTED = """
def merge_sort(values):
    if len(values) < 2:
        return values
    left, right = merge_sort(values[::2]), merge_sort(values[1::2])
    out = []
    while left and right:
        out.append((left if left[0] <= right[0] else right).pop(0))
    return out + left + right
"""
NULL = "def merge_sort(values):\n    return None"
VALUES = [(7 * i) % 31 for i in range(31)]


def passes(end: ProgramEnd) -> bool:
    """True if the values were returned in order."""
    return end.returned and end.value == sorted(VALUES)


def spent_s(process: Path) -> float:
    """CPU seconds of a process, its descendants, and those it has reaped."""
    times = (process / "stat").read_text().rpartition(")")[2].split()[11:15]
    below = " ".join(p.read_text() for p in process.glob("task/*/children")).split()
    own = sum(map(int, times)) / os.sysconf("SC_CLK_TCK")
    return own + sum(spent_s(Path("/proc") / child) for child in below)


def sandboxed(sandbox: Sandbox) -> dict[str, float]:
    """Programs per wall second, and per CPU second of all processes."""
    good = GeneratedProgram(SORTED, "merge_sort", (VALUES,))
    bad = GeneratedProgram(NULL, "merge_sort", (VALUES,))
    began, before_s = time.perf_counter(), spent_s(Path("/proc/self"))
    ends = sandbox.run([good, bad] * (PROGRAMS // 2), ControlProgram(good, bad, passes))
    seconds = time.perf_counter() - began
    if [passes(end) for end in ends] != [True, False] * (PROGRAMS // 2):
        raise SystemExit("the sandbox gives wrong verdicts; nothing is reported")
    cpu_s = spent_s(Path("/proc/self")) - before_s
    return {"rate": PROGRAMS / seconds, "of CPU": PROGRAMS / cpu_s}


def distance() -> float:
    """Programs a second if each starts bubblewrap and Python, one after the other."""
    code = f"{SORTED}\nprint(merge_sort({VALUES}))"
    walls = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "--tmpfs", "/tmp"]
    began = time.perf_counter()
    for _ in range(DISTANCE):
        subprocess.run(
            [*walls, sys.executable, "-I", "-S", "-c", code], check=True, stdout=subprocess.DEVNULL
        )
    return DISTANCE / (time.perf_counter() - began)


def measure(processes: int) -> dict[str, Any]:
    """Measure with a number of concurrent programs."""
    with Sandbox(processes=processes) as sandbox:
        sandboxed(sandbox)  # starts the interpreters
        found = [sandboxed(sandbox) for _ in range(ROUNDS)]
    row: dict[str, Any] = {"at a time": processes}
    row["programs/s"] = spread([f["rate"] for f in found])
    row["programs/s of CPU"] = spread([f["of CPU"] for f in found])
    row["started anew, programs/s"] = spread([distance() for _ in range(ROUNDS)])
    return row


def run() -> None:
    """Measure one at a time, and as many as there are cores."""
    cores = len(os.sched_getaffinity(0))
    report(
        "sandbox",
        "Generated programs a second in the sandbox (aim: 300)",
        [measure(n) for n in sorted({1, cores})],
        {"aim": 300, "programs": PROGRAMS, "rounds": ROUNDS},
    )
