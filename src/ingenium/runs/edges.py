"""Edges of the design space that the best design of a run lies at."""

from collections.abc import Iterator

import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.quantity import Condition, Variable
from ingenium.runs.outcome import Run

NEAR = 0.05  # of the range


def edges(run: Run) -> tuple[str, ...]:
    """Return a sentence for each end of a range that the best design lies at.

    These are ranges of the problem, of conditions and of variables that are a number; a better
    design may lie beyond, where the problem proposes none. Empty without objectives, or where no
    design was exported.
    """
    if not run.spec.objectives or not len(run.selected):
        return ()
    best = run.designs.isel({DESIGN: int(run.selected[0])})
    name = run.spec.objectives[0].quantity
    return tuple(
        f"The design of the best {name} lies at the edge of what {run.problem.name} proposes: "
        f"{at} (range {low:.4g} to {high:.4g}). A better one may lie beyond; a setup can move "
        "what it proposes."
        for at, low, high in _near(run, best)
    )


def _near(run: Run, best: xr.Dataset) -> Iterator[tuple[str, float, float]]:
    ranges: list[Condition | Variable] = [
        c for c in run.problem.conditions if c.choices is None and c.period is None
    ]
    ranges += [v for v in run.problem.variables if not (v.dims or v.longest or v.labels or v.given)]
    for one in ranges:
        low, high = one.lower, one.upper
        if low is None or high is None or not low < high or one.name not in best.variables:
            continue
        value = float(best[one.name])
        if min(value - low, high - value) <= NEAR * (high - low):
            unit = "" if one.unit == "1" else f" {one.unit}"
            yield f"{one.name} {value:.4g}{unit}", low, high
