"""Weeks of C-Town, an alarm that learned from them, and its run on weeks that it never saw.

The three commands of the domain's page, one after the other from nothing: what each of them takes,
and what the second one measured on the exported file.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measuring import report

ROOT = Path(__file__).parents[1]
COMMANDS = (
    "propose plant.campaign --spec examples/plant/ctown_attacks.toml -n 200 --seed 7"
    " --out out/ctown",
    "monitor fit out/ctown --augment diffusion --out out/monitor",
    "monitor run out/monitor heldout.csv",
)


def run() -> None:
    """Write and print both."""
    with tempfile.TemporaryDirectory() as name:
        job(Path(name))


def job(folder: Path) -> None:
    """All three in a folder, which afterwards holds their pages."""
    (folder / "examples").symlink_to(ROOT / "examples")
    costs = [_cost(command, folder) for command in COMMANDS]
    report("plant_alarm_cost", "A water works' alarm, from nothing", costs, {})
    record = json.loads((folder / "out" / "monitor" / "monitor.json").read_text())
    rows = [
        {"quantity": name, **{k: _short(own[k]) for k in ("value", "low", "high")}}
        | {"unit": own["unit"]}
        for name, own in record["measured"].items()
    ]
    chance = record["chance"]["point_adjusted_f1"]
    told = "F1 of a random alarm, point-adjusted"
    rows.append({"quantity": told, "value": _short(chance), "low": "", "high": "", "unit": "1"})
    about = {"kinds": record["kinds"], "calm_weeks": record["calm_weeks"]}
    title = f"An alarm by a {record['family']} with diffusion, on what it never saw"
    report("plant_alarm", title, rows, about)


def _cost(command: str, folder: Path) -> dict[str, object]:
    """Seconds and the largest memory of a command in a process of its own."""
    own = {k: str(folder / k) for k in ("INGENIUM_CACHE", "INGENIUM_LEDGER")}
    started = time.perf_counter()
    words = [sys.executable, "-m", "ingenium", *command.split()]
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


def _short(value: float | None) -> object:
    return "unknown" if value is None else float(f"{value:.3g}")
