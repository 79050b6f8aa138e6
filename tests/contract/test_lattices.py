"""The contract on lattices."""

from problem_contract import ProblemContract


class TestLattice(ProblemContract):
    problem_name = "structures.lattice"
    setup = {
        "known": 20,
        "layout": {"columns": 4, "rows": 4, "width_m": 0.04, "height_m": 0.048},
        "crushing": {"steps": 4000},
    }
