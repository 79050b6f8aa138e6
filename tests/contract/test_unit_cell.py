"""The contract on plane and spatial cells, of a void and of two phases."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from ingenium.testing import ProblemContract


class TestPlaneCell(ProblemContract):
    problem_name = "structures.unit_cell"
    setup: ClassVar[Mapping[str, Any]] = {"cells": [16, 16], "designs": 40, "refine_steps": 2}


class TestComposite(ProblemContract):
    problem_name = "structures.unit_cell"
    setup: ClassVar[Mapping[str, Any]] = {
        "cells": [12, 12],
        "designs": 40,
        "second_modulus": 0.1,
        "refine_steps": 0,
    }


@pytest.mark.slow
class TestSpatialCell(ProblemContract):
    problem_name = "structures.unit_cell"
    setup: ClassVar[Mapping[str, Any]] = {"cells": [8, 8, 8], "designs": 30, "refine_steps": 1}
