"""Row 20.7: lattices for a target specific energy absorption.

Graded plane lattices of 316L crushed to 50 % strain by an explicit frame engine with plastic
hinges, buckling and contact, both signs of crookedness. principal_flow_matching learns from 80 %
of the known lattices, in the steps with which it ships; its held-out losses after half and all of
them are kept. At density 0.12 it is asked for 1.0 to 1.3 times the most that a known lattice of
about that density takes; the best counts. With as many crushes each, none of which mends anything:
Voronoi foams; frames of random amplitude with walls sized for the least compliance, as topology
optimisation has it; look-up, the known lattices of about that density that take most, brought to
it; chance, each number on its own from known lattices; and a (1+1) evolution from the best known
lattice, whose first step was chosen of 0.05, 0.1 and 0.2 by 8 crushes with seed 100. The error is
that of proposals under the densities and energies of held-out lattices, and of the nearest known
ones brought to these densities; its bound of 10 % is ours, since the claim prints none. A proposal
is new if it lies no nearer to a lattice that was learned from than half of these to their nearest.
No rate effects, friction or fracture. Energies are in J/kg; the 48.3 J/g of the claim are of
another metal and strain rate, so that only ratios are compared. Budget: 5 seeds, 8 crushes an arm
and 8 targets; quick: 1 seed, 2 and 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64
from numpy.typing import ArrayLike
from torch import Tensor

from ingenium.core.designs import DESIGN
from ingenium.core.digest import dataset_digest
from ingenium.core.problem import silent
from ingenium.core.seeds import block_rng, one_thread
from ingenium.core.spec import GeneratorChoice
from ingenium.domains.structures.lattices.known import classical
from ingenium.evaluate.intervals import t_interval
from ingenium.evaluate.measured import Control, Value
from ingenium.evaluate.trials import Readings, Trials, curve_of, exact, losses
from ingenium.generators.fitted import fit
from ingenium.runs.loop import training
from ingenium_book.studies.structures.lattice_designs import (
    DENSITY,
    climbed,
    conditions,
    crushed,
    distance,
    energy_of,
    fields_of,
    foams,
    near,
    opened,
    spacing,
    stiffest,
    targets,
)

FAMILY, LOOK_UP, CHANCE = "principal_flow_matching", "nearest_known", "random"
FOAM, STIFFEST, SEARCH, UNIFORM = "foam", "stiffest", "search", "uniform"
RIVALS = {FOAM: foams, STIFFEST: stiffest, SEARCH: climbed}
ERROR = 10.0  # %
HIGHER = (1.0, 1.1, 1.2, 1.3)  # of the most that a known lattice of about this density takes


@dataclass(frozen=True)
class Crushes:
    """Lattices that are crushed for each arm and seed; targets; steps of the fit."""

    calls: int
    targets: int
    steps: int | None


def run(arm: str, seed: int, size: Crushes) -> Mapping[str, ArrayLike]:
    """What an arm comes to within the crushes."""
    if arm == LOOK_UP:
        return _looked_up(size)
    if arm == UNIFORM:
        return _uniform(size)
    if arm in (FAMILY, CHANCE):
        return _proposed(arm, seed, size)
    rng = np.random.default_rng([seed, 207, *arm.encode()])
    return {"best": RIVALS[arm](size.calls, rng)}


def read(found: Readings) -> dict[str, ArrayLike | Value]:
    """Energies (J/kg), gains and errors (%)."""
    ours, rivals = found(FAMILY, "best"), (LOOK_UP, CHANCE, *RIVALS)
    alongside = ("diversity", "failed", "new", "within_10_percent")
    table: dict[str, ArrayLike | Value] = {f"{FAMILY}_{k}": found(FAMILY, k) for k in alongside}
    table |= {f"{a}_best": found(a, "best") for a in (FAMILY, CHANCE, *RIVALS)}
    gains = {f"gain_over_{a}": 100 * (ours / found(a, "best") - 1) for a in rivals}
    known = {f"{LOOK_UP}_{k}": exact(found(LOOK_UP, k)[0]) for k in found.pieces[LOOK_UP][0]}
    uniform = {k: exact(found(UNIFORM, k)[0]) for k in found.pieces[UNIFORM][0]}
    gains["gain_over_optimised"] = gains.pop(f"gain_over_{STIFFEST}")
    return {**table, **gains, **known, **uniform, "median_error": found(FAMILY, "median_error")}


def control(found: Readings) -> Control:
    """Whether the generator had its chance, by the most that it takes (J/kg)."""
    ours = found(FAMILY, "best")
    over_nearest, over_random = (t_interval(ours - found(a, "best")) for a in (LOOK_UP, CHANCE))
    return Control(over_nearest, over_random, curve_of(found, FAMILY))


def _proposed(name: str, seed: int, size: Crushes) -> Mapping[str, ArrayLike]:
    """The most that a proposal takes; of what learns also its errors under held-out targets."""
    problem = opened()
    choice = GeneratorChoice(family=name, steps=size.steps if name == FAMILY else None, seed=seed)
    fitted = fit(problem, training(problem), choice, watch=silent)

    def drawn(requested: xr.Dataset, label: str) -> tuple[np.ndarray, Tensor]:
        with one_thread():
            x = fitted.family.propose(problem.features(requested), block_rng(seed, 0, label))
        return crushed(problem.decode(x.to(torch.float64), requested), requested)

    high = near(problem.data())["energy"].to_numpy().max() * np.array(HIGHER)
    best, x = drawn(conditions(DENSITY, np.resize(high, size.calls)), "most")
    most = {"best": float(np.nanmax(best))}
    if name != FAMILY:
        return most
    requested = targets(size.targets)
    found, _ = drawn(requested, "targets")
    return {
        **most,
        **_errors(found, requested),
        **losses(fitted.meta["curve"]),
        "failed": float(np.isnan(found).mean()),
        "diversity": float(x.std(0).mean() / x.std()),
        "new": 100 * float((distance(x).amin(1) >= spacing()).double().mean()),
    }


@cache
def _looked_up(size: Crushes) -> Mapping[str, ArrayLike]:
    """Known lattices that take most, and the nearest to targets; chance has no part in it."""
    problem, known = opened(), training(opened())
    about = near(known)
    first = about.isel({DESIGN: np.argsort(-about["energy"].to_numpy())[: size.calls]})
    best, _ = crushed(fields_of(first), conditions(DENSITY, first["energy"].to_numpy()))
    requested = targets(size.targets)
    condition = problem.features(
        conditions(known["density"].to_numpy(), known["energy"].to_numpy())
    )
    row = torch.cdist(problem.features(requested), condition).argmin(1).numpy()
    found, _ = crushed(fields_of(known.isel({DESIGN: row})), requested)
    known_best = float(first["energy"].to_numpy().max())  # at its own density
    return {"best": float(np.nanmax(best)), "known_best": known_best, **_errors(found, requested)}


def _errors(found: Float64[np.ndarray, " n"], requested: xr.Dataset) -> Mapping[str, float]:
    """Of what lattices take, less what was asked for (%)."""
    off = 100 * np.abs(found / requested["energy"].to_numpy() - 1)
    within = 100 * float((off <= ERROR).mean())
    return {"median_error": float(np.median(off)), "within_10_percent": within}


@cache
def _uniform(size: Crushes) -> Mapping[str, ArrayLike]:
    """Energy of uniform lattices."""
    found = list(classical(opened().layout, DENSITY).items())[: size.calls]
    return {k.replace(" ", "_").replace("-", "_"): energy_of(fields) for k, fields in found}


measure = Trials(
    arms={name: name for name in (FAMILY, LOOK_UP, CHANCE, *RIVALS, UNIFORM)},
    sizes=(Crushes(8, 8, None), Crushes(2, 1, 100)),
    run=run,
    read=read,
    data=lambda size: dataset_digest(opened().data()),
    control=control,
)
