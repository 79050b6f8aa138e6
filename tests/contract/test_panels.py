"""The contract on cores of panels, which are tokens and then numbers."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from ingenium.testing import Damage, ProblemContract


def _changed(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Damage:
    def damage(path: Path) -> None:
        change(pd.read_csv(path)).to_csv(path, index=False, float_format="%.4f")

    return damage


def _thicker(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(thickness_mm=table["thickness_mm"].where(table.index != 0, 1.9))


def _line(table: pd.DataFrame) -> pd.DataFrame:
    """A line between rows alone, thicker."""
    level = table["y0_mm"] == table["y1_mm"]
    return table.assign(thickness_mm=table["thickness_mm"] * (1 + 0.5 * level))


class TestPanel(ProblemContract):
    problem_name = "structures.panel"
    setup: ClassVar[Mapping[str, Any]] = {"known": 60, "layout": {"columns": 4, "rows": 3}}
    no_answer = "NO"

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "struts": {
                "a strut left out": _changed(lambda t: t.iloc[1:]),
                "a strut twice": _changed(lambda t: pd.concat([t, t.iloc[:1]])),
                "one strut thicker": _changed(_thicker),
                "lines thicker": _changed(_line),
                "all thicker": _changed(lambda t: t.assign(thickness_mm=1.1 * t["thickness_mm"])),
                "in micrometres": _changed(lambda t: 1000 * t),
            }
        }
