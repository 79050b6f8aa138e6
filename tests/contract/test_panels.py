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
    """Thicken a line between rows."""
    level = table["y0_mm"] == table["y1_mm"]
    return table.assign(thickness_mm=table["thickness_mm"] * (1 + 0.5 * level))


def _on_its_side(table: pd.DataFrame) -> pd.DataFrame:
    """Exchange both directions."""
    return table.assign(
        **{a: table[b] for a, b in (("x0_mm", "y0_mm"), ("y0_mm", "x0_mm"))},
        **{a: table[b] for a, b in (("x1_mm", "y1_mm"), ("y1_mm", "x1_mm"))},
    )


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
                "a strut of nothing": _changed(
                    lambda t: t.assign(thickness_mm=t["thickness_mm"].where(t.index != 0, 0.0))
                ),
                "a strut thinner than none": _changed(
                    lambda t: t.assign(thickness_mm=t["thickness_mm"].where(t.index != 0, -0.5))
                ),
                "a strut of a point": _changed(
                    lambda t: t.assign(x1_mm=t["x0_mm"], y1_mm=t["y0_mm"])
                ),
                "turned on its side": _changed(_on_its_side),
                "ends exchanged between struts": _changed(
                    lambda t: t.assign(x1_mm=t["x1_mm"].to_numpy()[::-1])
                ),
                "with a column more": _changed(lambda t: t.assign(holes_mm=0.2)),
                "with columns in another order": _changed(lambda t: t[t.columns[::-1]]),
                "in micrometres": _changed(lambda t: 1000 * t),
            }
        }
