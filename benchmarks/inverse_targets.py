"""Targets on airfoil sections: the shipped inverse against what learns nothing, at equal calls.

Ten targets a zone, six and three requested numbers, 32 calls of NeuralFoil for each target, one
seed; 100,000 labelled rows are known to all arms. The tables are in `results/inverse_targets.md`.
"""

from dataclasses import asdict
from pathlib import Path

from benchmarks.measuring import RESULTS, save
from ingenium.comparison.by_rows.running import RowPlan, compare_by_rows
from ingenium.core.folders import cache_folder, write_atomic
from ingenium.core.recipe import printed
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.generators.fitted import trained

SIX = ("max_thickness", "max_camber", "moment", "max_lift", "lift_to_drag_cruise",
       "lift_to_drag_climb")  # fmt: skip
THREE = ("max_thickness", "moment", "lift_to_drag_cruise")
ROWS, TARGETS, CALLS = 100_000, 10, 32


def run() -> None:
    """Run the comparison and store its results."""
    problem = open_problem(Spec("airfoils.section", setup={"judge": "neuralfoil"}))
    plan = RowPlan((SIX, THREE), ROWS, TARGETS, CALLS, seeds=(0,))
    folder: Path = cache_folder() / "benchmarks" / "inverse_targets"
    table = compare_by_rows(
        problem, plan, folder, fitted=trained(problem, "inverse"), watch=printed
    )
    rows = [asdict(result) for result in table.results]
    about = {k: v for k, v in asdict(table).items() if k != "results"}
    save("inverse_targets", "Targets met by new sections", rows, about)
    write_atomic(RESULTS / "inverse_targets.md", table.markdown())
    print("\n" + table.markdown())
