"""The contract on lattices."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from problem_contract import ProblemContract


class TestLattice(ProblemContract):
    problem_name = "structures.lattice"
    few = 3
    written: ClassVar[Mapping[str, float]] = {
        # Walls come back to some micrometres; a crush in few steps is sensitive to them.
        **dict.fromkeys(("specific_energy", "plateau_stress", "first_peak", "evenness"), 0.15),
        **dict.fromkeys(("energy_gap", "energy_scatter", "imbalance"), np.inf),
    }
    setup: ClassVar[Mapping[str, Any]] = {
        "known": 20,
        "layout": {"columns": 4, "rows": 4, "width_m": 0.04, "height_m": 0.048},
        "crushing": {"steps": 4000},
    }
