"""The contract on brackets of few large cells."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ingenium.core.problem import Problem
from ingenium.domains.structures.bracket.settings import CASES
from ingenium.testing import ProblemContract


class TestBracket(ProblemContract):
    problem_name = "structures.bracket"
    few = 3
    equal = 1e-4
    # One of so few cells is some hundredths of what is measured.
    written: ClassVar[Mapping[str, float]] = dict.fromkeys(
        ("compliance", *(f"compliance_{case.name}" for case in CASES), "stress", "displacement"),
        0.05,
    )
    setup: ClassVar[Mapping[str, Any]] = {
        "cells": [12, 8, 12],
        "cell_mm": 8.0,
        "bolts_mm": [[16.0, 16.0], [80.0, 16.0], [16.0, 48.0], [80.0, 48.0]],
        "foot_radius_mm": 12.5,
        "pin_mm": [48.0, 72.0],
        "eye_radius_mm": 18.0,
        "eye_width_mm": 16.0,
        "making": {
            "designs": 10,
            "at_once": 10,
            "coarse_steps": 6,
            "steps": 4,
            "repair_steps": 1,
            "milled": 2,
        },
    }

    @pytest.mark.slow
    def test_every_format_carries_a_run(
        self, problem: Problem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Run the inherited test, which takes long."""
        super().test_every_format_carries_a_run(problem, tmp_path, monkeypatch)
