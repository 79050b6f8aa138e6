from typing import Any, ClassVar

from problem_contract import ProblemContract


class TestFeederDay(ProblemContract):
    problem_name = "grid.feeder_day"
    setup: ClassVar[dict[str, Any]] = {"grid": "1-LV-rural1--0-sw"}


class TestProfileDay(ProblemContract):
    problem_name = "grid.profile_day"
