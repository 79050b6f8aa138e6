"""The same measurements by scikit-fem, which shares no code with the engine."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.problem import CrossCheck
from ingenium.core.verdict import Verdict
from ingenium.domains.structures.shapes.verifier import ShapeVerifier
from ingenium.kits.solids.elastic.reference import work_j

if TYPE_CHECKING:
    from ingenium.domains.structures.shapes.minimum_compliance import MinimumCompliance

SHARE = 0.05  # of the designs


def cross_check(
    problem: "MinimumCompliance", designs: xr.Dataset, verdicts: xr.Dataset, seed: int
) -> CrossCheck | None:
    """Compliance and displacement of a random share of the designs, solved by scikit-fem too."""
    answered = np.flatnonzero(verdicts["verdict"].to_numpy() != Verdict.FAILED)
    count = min(len(answered), max(1, round(SHARE * len(answered))))
    if count == 0:
        return None
    chosen = np.sort(np.random.default_rng(seed).choice(answered, count, replace=False))
    rows = designs.isel({DESIGN: chosen})
    apart = 0.0
    for i, own in enumerate(chosen):  # scikit-fem takes one at a time
        found = compliance(problem, rows.isel({DESIGN: [i]}))
        apart = max(apart, abs(found - float(verdicts["compliance"][own])))
    return CrossCheck("scikit-fem", version("scikit-fem"), SHARE, count, {"compliance": apart})


def known_answers(
    problem: "MinimumCompliance",
) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
    """The box with all that may be solid, under the middle of each condition."""
    numbers = {c.name: np.array([(c.lower + c.upper) / 2]) for c in problem.conditions}
    solid = (~problem.box.void).double().view(1, *problem.box.grid.cells)
    arrays = (solid, *(torch.from_numpy(v) for v in numbers.values()))
    coords = {k: (DESIGN, v) for k, v in numbers.items()} | problem.labels()
    whole = to_dataset(arrays, problem.variables, coords)
    return ((whole, {"compliance": compliance(problem, whole)}, 1e-7),)


def compliance(problem: "MinimumCompliance", design: xr.Dataset) -> float:
    """Mean work of the cases on one design (J)."""
    box = problem.box
    density, *given = to_arrays(design, problem.variables)
    load = box.loading.forces(box.numbers(tuple(given)), 1)
    moduli = ShapeVerifier(box).moduli(density.flatten(1))
    return float(work_j(box.elastic, moduli, load).mean())
