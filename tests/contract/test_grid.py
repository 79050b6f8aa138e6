"""The contract on days and weeks of a SimBench feeder, and on days of one consumer."""

from math import inf
from typing import ClassVar

import pytest
import xarray as xr

from ingenium.core.problem import Problem
from ingenium.testing import ProblemContract


class TestFeederDay(ProblemContract):
    problem_name = "grid.feeder_day"

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
