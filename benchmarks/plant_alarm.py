"""Weeks of C-Town, an alarm fitted to them, and its run on unseen weeks.

The three commands of the domain's page run in turn from a cold start: the cost of each, and the
values that the second one measured on the exported file.
"""

import json
import tempfile
from pathlib import Path

from benchmarks.measuring import cost, report

ROOT = Path(__file__).parents[1]
COMMANDS = (
    "propose plant.campaign --spec examples/plant/ctown_attacks.toml -n 200 --seed 7"
    " --out out/ctown",
    "monitor fit out/ctown --augment diffusion --out out/monitor",
    "monitor run out/monitor heldout.csv",
)


def run() -> None:
    """Write and print both tables."""
    with tempfile.TemporaryDirectory() as name:
        job(Path(name))


def job(folder: Path) -> None:
    """Run all three in a folder, which then contains their reports."""
    (folder / "examples").symlink_to(ROOT / "examples")
    costs = [cost(command, folder) for command in COMMANDS]
    report("plant_alarm_cost", "A water works' alarm, from nothing", costs, {})
    record = json.loads((folder / "out" / "monitor" / "monitor.json").read_text())
    rows = [
        {"quantity": name, **{k: _short(own[k]) for k in ("value", "low", "high")}}
        | {"unit": own["unit"]}
        for name, own in record["measured"].items()
    ]
    chance = record["chance"]["point_adjusted_f1"]
    reported = "F1 of a random alarm, point-adjusted"
    rows.append({"quantity": reported, "value": _short(chance), "low": "", "high": "", "unit": "1"})
    about = {"kinds": record["kinds"], "normal_weeks": record["normal_weeks"]}
    title = f"An alarm by a {record['family']} with diffusion, on what it never saw"
    report("plant_alarm", title, rows, about)


def _short(value: float | None) -> object:
    return "unknown" if value is None else float(f"{value:.3g}")
