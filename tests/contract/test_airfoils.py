"""The contract on sections of wings, judged by NeuralFoil."""

from collections.abc import Mapping
from typing import Any, ClassVar

from ingenium.testing import ProblemContract

UNSIZED = dict.fromkeys(
    ("a tenth larger", "a thousand times as large", "a thousandth as large", "shifted"),
    "a section has neither size nor place: its outline is brought onto its chord",
)


class TestSection(ProblemContract):
    problem_name = "airfoils.section"
    harmless = UNSIZED
    setup: ClassVar[Mapping[str, Any]] = {
        "judge": "neuralfoil",
        "network": "medium",
        "refine_steps": 3,
    }


class TestMorphing(ProblemContract):
    problem_name = "airfoils.morphing"
    harmless = UNSIZED
    setup: ClassVar[Mapping[str, Any]] = {
        "judge": "neuralfoil",
        "network": "medium",
        "refine_steps": 3,
        "every": 10,
    }
