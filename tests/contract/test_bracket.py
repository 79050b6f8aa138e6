"""The contract on brackets of few large cells."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ingenium.core.problem import Problem
from ingenium.testing import ProblemContract


class TestBracket(ProblemContract):
    problem_name = "structures.bracket"
    few = 3
    equal = 1e-4
    setup: ClassVar[Mapping[str, Any]] = {
        "cells": [16, 12, 18],
        "cell_mm": 6.0,
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
