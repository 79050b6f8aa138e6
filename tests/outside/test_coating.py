"""The contract, as the package has it in its own tests."""

from ingenium.testing import ProblemContract


class TestCoating(ProblemContract):
    problem_name = "thin_films.coating"
