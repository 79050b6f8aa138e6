"""The contract on the days of a SimBench feeder and of one consumer."""

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


class TestProfileDay(ProblemContract):
    problem_name = "grid.profile_day"
