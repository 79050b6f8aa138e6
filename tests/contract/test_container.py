"""The contract on corner fittings of few large cells."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ingenium.core.problem import Problem
from ingenium.testing import ProblemContract


class TestContainer(ProblemContract):
    problem_name = "structures.container"
    few = 3
    equal = 1e-4
    # One of so few cells is a tenth of what hangs over.
    written: ClassVar[Mapping[str, float]] = {"overhang_area": 0.15, "support_volume": 0.1}
    setup: ClassVar[Mapping[str, Any]] = {
        "cells": [16, 16, 16],
        "cell_mm": 7.0,
        "foot_radius_mm": 14.0,
        "pad_radius_mm": 14.0,
        "making": {
            "designs": 12,
            "at_once": 4,
            "coarse_steps": 4,
            "steps": 4,
            "repair_steps": 1,
            "milled": 2,
        },
    }

    @pytest.mark.slow
    def test_every_format_carries_a_run(
        self, problem: Problem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As everywhere, but it takes long."""
        super().test_every_format_carries_a_run(problem, tmp_path, monkeypatch)
