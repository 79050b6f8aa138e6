"""The contract of `grid.bids`, with few scenarios, and forged bids."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from ingenium.testing import Damage, ProblemContract

SETUP: Mapping[str, Any] = {"scenarios": 4, "planning": 6, "known": 20, "auction": {"steps": 2}}


def _of_table(change: Callable[[pd.DataFrame], pd.DataFrame], path: Path) -> None:
    change(pd.read_csv(path)).to_csv(path, index=False)


def _sold_twice(table: pd.DataFrame) -> pd.DataFrame:
    """Offer all power in the auction and as reserve."""
    table.loc[table["product"] == "reserve", "volume_mw"] = 8.0
    table.loc[table["product"] == "hour", "volume_mw"] = 10.0
    return table


def _falling(table: pd.DataFrame) -> pd.DataFrame:
    hours = table["product"] == "hour"
    table.loc[hours, "volume_mw"] = [2.0, 1.0, 0.0] * 24
    return table


def _beyond(table: pd.DataFrame) -> pd.DataFrame:
    table.loc[2, "price_eur_per_mwh"] = 4000.1
    return table


def _equal(table: pd.DataFrame) -> pd.DataFrame:
    table.loc[1, "price_eur_per_mwh"] = table.loc[2, "price_eur_per_mwh"]
    return table


def _off_tick(table: pd.DataFrame) -> pd.DataFrame:
    table.loc[1, "price_eur_per_mwh"] += 0.03
    return table


def _later(table: pd.DataFrame) -> pd.DataFrame:
    table.loc[1, "price_eur_per_mwh"] = float("nan")
    return table


def _in_kw(table: pd.DataFrame) -> pd.DataFrame:
    table["volume_mw"] = 1000.0 * table["volume_mw"] + 1.0
    return table


def _negative_reserve(table: pd.DataFrame) -> pd.DataFrame:
    table.loc[table["product"] == "reserve", "volume_mw"] = -1.0
    return table


def _short_day(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(index=range(6, 9))


def _long_day(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table[:9], table[6:9], table[9:]])


def _yesterday(table: pd.DataFrame) -> pd.DataFrame:
    table["delivery_start"] = table["delivery_start"].str.replace("-14T", "-13T", regex=False)
    return table


def _in_utc(table: pd.DataFrame) -> pd.DataFrame:
    table["delivery_start"] = table["delivery_start"].str.replace("+02:00", "Z", regex=False)
    return table


def _without_base(table: pd.DataFrame) -> pd.DataFrame:
    table.loc[0, "price_eur_per_mwh"] = -400.0
    return table


def _priced_reserve(table: pd.DataFrame) -> pd.DataFrame:
    table.loc[table["product"] == "reserve", "price_eur_per_mwh"] = 99.0
    return table


class TestBids(ProblemContract):
    problem_name = "grid.bids"
    setup: ClassVar[Mapping[str, Any]] = SETUP
    few = 3

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        changes: Mapping[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
            "that sell the same power twice": _sold_twice,
            "that sell less at a higher price": _falling,
            "beyond the highest price": _beyond,
            "with two positions at one price": _equal,
            "between ticks": _off_tick,
            "without a price": _later,
            "in kW": _in_kw,
            "of negative reserve": _negative_reserve,
            "of 23 hours": _short_day,
            "of 25 hours": _long_day,
            "of another day": _yesterday,
            "in UTC": _in_utc,
            "that say nothing of low prices": _without_base,
            "of reserve at a price": _priced_reserve,
        }
        return {"csv": {name: partial(_of_table, change) for name, change in changes.items()}}
