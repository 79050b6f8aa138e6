"""The contract on days and weeks of a SimBench feeder, days of one consumer, and forecasts."""

from collections.abc import Callable, Mapping
from math import inf
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from ingenium.core.designs import to_arrays, to_dataset
from ingenium.core.problem import Problem
from ingenium.testing import Damage, ProblemContract


def _twice(path: Path) -> None:
    """Give two days one number."""
    days = xr.load_dataset(path, engine="h5netcdf", decode_timedelta=False)
    xr.concat([days, days], "design").to_netcdf(path, engine="h5netcdf")


def _furlongs(path: Path) -> None:
    days = xr.load_dataset(path, engine="h5netcdf", decode_timedelta=False)
    days["load_p"].attrs["units"] = "furlong"
    days.to_netcdf(path, engine="h5netcdf")


class TestFeederDay(ProblemContract):
    problem_name = "grid.feeder_day"
    harmless: ClassVar[Mapping[str, str]] = {
        "simbench-csv: with another beside it": (
            "Only tables with SimBench's names are read; other files in a folder are ignored."
        )
    }

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {"netcdf": {"a number twice": _twice, "in other units": _furlongs}}

    @pytest.fixture
    def problem(self, rural_days: Problem) -> Problem:
        return rural_days

    @pytest.fixture
    def known(self, rural_days: Problem) -> xr.Dataset:
        return rural_days.data()


def _of_table(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Damage:
    """Change a table of numbers."""

    def damage(path: Path) -> None:
        change(pd.read_csv(path)).to_csv(path, index=False)

    return damage


def _with_a_gap(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out one step."""
    out = table.astype(dict.fromkeys(table.columns[1:], float))
    out.iloc[5, 1:] = np.nan
    return out


def _scaled(kind: str, by: float) -> Damage:
    """Scale all columns of a kind."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        own = [name for name in table.columns if name.startswith(kind)]
        assert own, kind
        return table.assign(**{name: by * table[name] for name in own})

    return _of_table(change)


class TestFeederWeek(ProblemContract):
    problem_name = "grid.feeder_week"
    setup: ClassVar = {"grid": "1-LV-rural1--1-sw"}
    few = 3

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        own = {
            "with loads turned": _scaled("load_p", -1.0),
            "with a tenth less load": _scaled("load_p", 0.9),
            "with twice the infeed": _scaled("infeed_p", 2.0),
            "with infeed turned": _scaled("infeed_p", -1.0),
        }
        return {"csv": own}

    written: ClassVar = {"storage_beyond": inf}  # rounding alone; its limit is judged on files


class TestProfileDay(ProblemContract):
    problem_name = "grid.profile_day"


def _columns_swapped(path: Path) -> None:
    """Swap the names of the loads of two consumers."""
    text = path.read_text().replace("H0-A", "?", 1).replace("H0-H", "H0-A", 1)
    path.write_text(text.replace("?", "H0-H", 1))


def _of_another_year(path: Path) -> None:
    path.write_text(path.read_text().replace("2016-", "2017-"))


def _in_watts(path: Path) -> None:
    path.write_text(path.read_text().replace("(kW)", "(W)"))


class TestProfileYear(ProblemContract):
    problem_name = "grid.profile_year"
    few = 3

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "csv": {
                "columns swapped": _columns_swapped,
                "in watts": _in_watts,
                "of another year": _of_another_year,
                "with a column more": _of_table(lambda t: t.assign(note=1.0)),
                "with a step less": _of_table(lambda t: t.iloc[:-1]),
                "with steps exchanged": _of_table(
                    lambda t: t.assign(time=[*t["time"][1::-1], *t["time"][2:]])
                ),
                "with a gap": _of_table(_with_a_gap),
            }
        }


def _crossed(path: Path) -> None:
    """Put the lowest quantile above the highest."""
    frame = pd.read_csv(path)
    low, high = frame.columns[1], frame.columns[5]
    frame[low] = frame[high] + 0.1
    frame.to_csv(path, index=False)


def _without_end(path: Path) -> None:
    """Write a band without ends, which is satisfied by any value."""
    frame = pd.read_csv(path)
    for name in frame.columns:
        if name.endswith((":q05", ":q95")):
            frame[name] += -1e3 if name.endswith(":q05") else 1e3
    frame.to_csv(path, index=False)


def _at_one_node(path: Path) -> None:
    """Put all of the power at the first node."""
    frame = pd.read_csv(path)
    for first, side in ((1, "export_kw"), (2, "import_kw")):
        own = [name for name in frame.columns if name.endswith(f":{side}")]
        total = frame[own].sum(axis=1)
        frame[own] = 0.0
        frame[frame.columns[first]] = total
    frame.to_csv(path, index=False)


def _sides_exchanged(path: Path) -> None:
    """Exchange the bounds of import and export."""
    frame = pd.read_csv(path)
    values = frame.iloc[:, 1:].to_numpy().reshape(len(frame), -1, 2)
    frame.iloc[:, 1:] = values[:, :, ::-1].reshape(len(frame), -1)
    frame.to_csv(path, index=False)


class TestEnvelope(ProblemContract):
    problem_name = "grid.envelope"
    setup: ClassVar = {"lowest_pu": 0.97}
    few = 4

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "csv": {
                "at one node": _at_one_node,
                "sides exchanged": _sides_exchanged,
            }
        }


class TestForecast(ProblemContract):
    problem_name = "grid.forecast"
    setup: ClassVar = {"crowd": 3}

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "csv": {
                "crossed": _crossed,
                "without end": _without_end,
            }
        }

    @pytest.fixture
    def designs(self, problem: Problem, known: xr.Dataset) -> xr.Dataset:
        """Days that can be accepted, with a band around what happened."""
        held = known.isel(design=np.flatnonzero(known["held_out"].to_numpy())[: self.few])
        *quantiles, day = to_arrays(held, problem.variables)
        steps = (-0.05, -0.01, 0.0, 0.01, 0.05)
        wide = [q + x for q, x in zip(quantiles, steps, strict=True)]
        arrays = problem.project({}, held)((*wide, day))
        conditions = {c.name: held[c.name].variable for c in problem.conditions}
        return to_dataset(arrays, problem.variables, conditions | dict(problem.labels()))
