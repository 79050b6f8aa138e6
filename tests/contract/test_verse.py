"""The contract on sonnets, on few known poems."""

from collections.abc import Mapping
from typing import Any, ClassVar

from ingenium.testing import ProblemContract


class TestVerse(ProblemContract):
    problem_name = "words.verse"
    setup: ClassVar[Mapping[str, Any]] = {"known": 120, "form": "shakespearean", "top_p": 0.8}
