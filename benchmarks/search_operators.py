"""Savings and losses of a learned operator as a screen in another domain: auxetic cells.

`structures.unit_cell` has fields of 32 x 32 pixels as designs, whose moduli follow from an equation
that the engine solves. The example's limits apply; screens learn from the verdicts of the search.
"""

from pathlib import Path

import torch

from benchmarks.measuring import report, save
from benchmarks.search_screens import BATCH, CALLS, SEEDS, row
from ingenium.core.resolving import resolve
from ingenium.core.spec import load
from ingenium.domains import open_problem
from ingenium.runs.search_plan import ScreenPlan

FILE = Path(__file__).parents[1] / "examples" / "structures" / "unit_cell_auxetic.toml"
BY = (None, "ensemble", "process", "operator")
NAME = "search_operators"
TITLE = f"Learned screens before the engine of unit cells, {CALLS} calls of it"


def run() -> None:
    """Run one strategy with four screens."""
    torch.set_num_threads(1)
    wanted = load(FILE)
    problem = open_problem(wanted)
    spec = resolve(wanted, problem)
    about = {
        "calls": CALLS,
        "seeds": SEEDS,
        "batch": BATCH,
        "spec": f"examples/{FILE.parent.name}/{FILE.name}",
    }
    rows = []
    for by in BY:
        plan = None if by is None else ScreenPlan(by, pass_fraction=0.25, audit=0.2)
        rows.append(row(problem, spec, "evolution", plan, "modulus (Pa)"))
        save(NAME, TITLE, rows, about)
    report(NAME, TITLE, rows, about)
