"""The contract on days and weeks of a SimBench feeder, and on days of one consumer."""

from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import ClassVar

import pytest
import xarray as xr

from ingenium.core.problem import Problem
from ingenium.testing import Damage, ProblemContract


def _twice(path: Path) -> None:
    """Two days of one number."""
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
            "Only the tables of SimBench's names are read; what else lies in a folder has no say."
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


class TestFeederWeek(ProblemContract):
    problem_name = "grid.feeder_week"
    setup: ClassVar = {"grid": "1-LV-rural1--1-sw"}
    few = 3
    written: ClassVar = {"storage_beyond": inf}  # rounding alone; its limit is judged on files


class TestProfileDay(ProblemContract):
    problem_name = "grid.profile_day"


def _columns_swapped(path: Path) -> None:
    """The loads of two consumers under each other's names."""
    text = path.read_text().replace("H0-A", "?", 1).replace("H0-H", "H0-A", 1)
    path.write_text(text.replace("?", "H0-H", 1))


def _in_watts(path: Path) -> None:
    path.write_text(path.read_text().replace("(kW)", "(W)"))


class TestProfileYear(ProblemContract):
    problem_name = "grid.profile_year"
    few = 3

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {"csv": {"columns swapped": _columns_swapped, "in watts": _in_watts}}
