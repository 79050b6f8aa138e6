"""The contract on corner fittings of few large cells."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from ingenium.testing import ProblemContract


@pytest.mark.slow  # a part like the bracket, whose contract runs by default
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
