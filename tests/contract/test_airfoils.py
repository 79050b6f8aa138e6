"""The contract on sections of wings, judged by NeuralFoil."""

from collections.abc import Mapping
from typing import Any, ClassVar

from ingenium.testing import ProblemContract


class TestSection(ProblemContract):
    problem_name = "airfoils.section"
    setup: ClassVar[Mapping[str, Any]] = {
        "judge": "neuralfoil",
        "network": "medium",
        "refine_steps": 3,
    }


class TestMorphing(ProblemContract):
    problem_name = "airfoils.morphing"
    setup: ClassVar[Mapping[str, Any]] = {
        "judge": "neuralfoil",
        "network": "medium",
        "refine_steps": 3,
        "every": 10,
    }
