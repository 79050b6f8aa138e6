"""The contract on the closed-form beams, found as a third party's package."""

import pytest

from ingenium.testing import ProblemContract


@pytest.mark.usefixtures("beams")
class TestCantilever(ProblemContract):
    problem_name = "toy.cantilever"
