"""The contract of `grid.storage`, on a site with few scenarios, and forged schedules."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from ingenium.testing import Damage, ProblemContract

SETUP: Mapping[str, Any] = {"scenarios": 4, "planning": 6, "known": 20}


def _of_table(change: Callable[[pd.DataFrame], pd.DataFrame], path: Path) -> None:
    change(pd.read_csv(path)).to_csv(path, index=False)


def _more_energy(table: pd.DataFrame) -> pd.DataFrame:
    table["energy_kwh"] += 1.0
    return table


def _in_mwh(table: pd.DataFrame) -> pd.DataFrame:
    table["energy_kwh"] /= 1000.0
    return table


def _more_power(table: pd.DataFrame) -> pd.DataFrame:
    table["power_kw"] += 1.0
    return table


def _yesterday(table: pd.DataFrame) -> pd.DataFrame:
    table["time"] = table["time"].str.replace("-14T", "-13T", regex=False)
    return table


def _short_day(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(index=range(8, 12))


def _of_json(change: Callable[[dict[str, Any]], None], path: Path) -> None:
    whole = json.loads(path.read_text())
    change(whole["_object"]["schedule"])
    path.write_text(json.dumps(whole))


def _free_power(schedule: dict[str, Any]) -> None:
    schedule["power_kw"] = [p + 5.0 for p in schedule["power_kw"]]


def _of_words(schedule: dict[str, Any]) -> None:
    schedule["power_kw"][0] = "1.0"


class TestStorage(ProblemContract):
    problem_name = "grid.storage"
    setup: ClassVar[Mapping[str, Any]] = SETUP
    few = 3

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "csv": {
                "with energy from nowhere": partial(_of_table, _more_energy),
                "in MWh": partial(_of_table, _in_mwh),
                "with power that its charge does not know": partial(_of_table, _more_power),
                "of another day": partial(_of_table, _yesterday),
                "of 23 hours": partial(_of_table, _short_day),
            },
            "pandapower-json": {
                "with free power": partial(_of_json, _free_power),
                "with words": partial(_of_json, _of_words),
            },
        }
