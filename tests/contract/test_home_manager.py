"""The contract of `grid.home_manager`, on few tables, and forged tables."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from ingenium.testing import Damage, ProblemContract


def _of_table(change: Callable[[pd.DataFrame], pd.DataFrame], path: Path) -> None:
    change(pd.read_csv(path)).to_csv(path, index=False)


def _unknown(table: pd.DataFrame) -> pd.DataFrame:
    table.loc[0, "purchase"] = 4
    return table


def _between(table: pd.DataFrame) -> pd.DataFrame:
    table["purchase"] = table["purchase"].astype(float)
    table.loc[0, "purchase"] = 0.5
    return table


def _negative(table: pd.DataFrame) -> pd.DataFrame:
    table.loc[3, "purchase"] = -1
    return table


def _missing(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(index=7)


def _twice(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table[:5], table[4:]])


def _moved(table: pd.DataFrame) -> pd.DataFrame:
    return table[::-1]


def _renamed(table: pd.DataFrame) -> pd.DataFrame:
    table["balance"] = table["balance"].str.replace("deficit", "surplus")
    return table


def _dear(table: pd.DataFrame) -> pd.DataFrame:
    """Always charge from the grid, which costs more than the rule."""
    table["purchase"] = 3
    return table


class TestHomeManager(ProblemContract):
    problem_name = "grid.home_manager"
    setup: ClassVar[Mapping[str, Any]] = {"known": 20}
    few = 3

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        changes: Mapping[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
            "with an action that there is not": _unknown,
            "between actions": _between,
            "with a negative action": _negative,
            "without a state": _missing,
            "with a state twice": _twice,
            "in another order": _moved,
            "with deficits called surplus": _renamed,
            "that purchase at any price": _dear,
        }
        return {"csv": {name: partial(_of_table, change) for name, change in changes.items()}}
