"""The contract on a small SimBench feeder."""

from problem_contract import ProblemContract


class TestFeederDay(ProblemContract):
    problem_name = "grid.feeder_day"
    soft = 0.1  # the highest loading is a smooth maximum over lines and steps
