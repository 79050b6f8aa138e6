"""The contract on lattices."""

from collections.abc import Mapping
from typing import Any, ClassVar

from problem_contract import ProblemContract


class TestLattice(ProblemContract):
    problem_name = "structures.lattice"
    few = 3
    setup: ClassVar[Mapping[str, Any]] = {
        "known": 20,
        "layout": {"columns": 4, "rows": 4, "width_m": 0.04, "height_m": 0.048},
        "crushing": {"steps": 4000},
    }
