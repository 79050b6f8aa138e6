"""The contract on libraries of molecules."""

from collections.abc import Mapping
from typing import Any, ClassVar

from problem_contract import ProblemContract


class TestLibrary(ProblemContract):
    problem_name = "molecules.library"
    setup: ClassVar[Mapping[str, Any]] = {"known": 200}
    no_answer = "C1CC"
