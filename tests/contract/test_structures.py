"""The contract on shapes of a cantilever and of a small box in space."""

from typing import Any, ClassVar

from ingenium.testing import ProblemContract


class TestMinimumCompliance(ProblemContract):
    problem_name = "structures.minimum_compliance"
    setup: ClassVar[dict[str, Any]] = {
        "preset": "cantilever",
        "cells": [16, 8],
        "designs": 20,
        "refine_steps": 3,
    }
    equal = 1e-6  # the engine stops at a residual of 1e-8
    soft = 1e-6
