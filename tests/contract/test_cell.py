"""The contract of `grid.cell` on declared cells, and forged files."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from ingenium.domains.grid.cell.problem import SMALL, UNSIGNED
from ingenium.testing import Damage, ProblemContract


def _table(change: Callable[[pd.DataFrame], None]) -> Damage:
    def damage(path: Path) -> None:
        table = pd.read_csv(path)
        change(table)
        table.to_csv(path, index=False)

    return damage


def _json(change: Callable[[dict[str, Any]], None]) -> Damage:
    def damage(path: Path) -> None:
        whole = json.loads(path.read_text())
        change(whole)
        path.write_text(json.dumps(whole))

    return damage


def _milli(table: pd.DataFrame) -> None:
    own = [c for c in map(str, table) if c.startswith(("reference", "change"))]
    table[own] = table[own] * 1000.0


def _falling(table: pd.DataFrame) -> None:
    table["reference:10"] = table["reference:3"]


def _backwards(table: pd.DataFrame) -> None:
    own = [c for c in map(str, table) if c.startswith("reference")]
    table[own] = table[own[::-1]].to_numpy()


def _other_current(whole: dict[str, Any]) -> None:
    own = whole["Validation"]["Later discharge"]
    own["Current [A]"] = [10.0 * a for a in own["Current [A]"]]


def _other_curve(whole: dict[str, Any]) -> None:
    user = whole["Parameterisation"]["User-defined"]
    name = next(k for k in user if k.startswith("Charge given") and "later" in k)
    user[name]["y"] = [1.1 * y for y in user[name]["y"]]


def _more(whole: dict[str, Any]) -> None:
    whole["Parameterisation"]["Cell"] = {"Nominal cell capacity [A.h]": 20.0}


class TestCell(ProblemContract):
    problem_name = "grid.cell"
    few = 3
    harmless: ClassVar[Mapping[str, str]] = {
        "warmth below nothing": UNSIGNED,
        "change:0 below nothing": SMALL,
    }

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "csv": {
                "in milliampere-hours": _table(_milli),
                "with a charge that falls": _table(_falling),
                "with its voltages in reverse": _table(_backwards),
            },
            "bpx": {
                "with another current": _json(_other_current),
                "with another curve than its discharge": _json(_other_curve),
                "with a cell of another size": _json(_more),
            },
        }
