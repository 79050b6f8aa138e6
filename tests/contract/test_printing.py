"""The contract on settings of printers, and on invalid tables of them."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from ingenium.testing import Damage, ProblemContract


def _column(name: str, change: Callable[[Any], Any]) -> Damage:
    def damage(path: Path) -> None:
        table = pd.read_csv(path)
        table.assign(**{name: change(table[name])}).to_csv(path, index=False)

    return damage


def _entry(name: str, change: Callable[[float], float]) -> Damage:
    def damage(path: Path) -> None:
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        changed = [json.dumps(row | {name: change(row[name])}) for row in rows]
        path.write_text("\n".join(changed) + "\n")

    return damage


class TestPrintSettings(ProblemContract):
    problem_name = "printing.settings"
    setup: ClassVar = {"known": 20}
    few = 3

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "settings-csv": {
                "in kilowatts": _column("power_w", lambda p: p / 1e3),
                "in metres a second": _column("speed_mm_s", lambda v: v / 1e3),
                "with a beam in millimetres": _column("beam_um", lambda d: d / 1e3),
                "with a hatch of three": _column("hatch_um", lambda h: 3 * h),
                "twice as slow": _column("speed_mm_s", lambda v: v // 8),
            },
            "settings-jsonl": {
                "with twice the layer": _entry("layer_um", lambda t: 4 * t),
                "with three times the power": _entry("power_w", lambda p: 3 * p),
            },
        }
