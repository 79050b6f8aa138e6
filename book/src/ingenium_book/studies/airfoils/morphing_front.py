"""Row 20.14: a front of bending trailing edges with few calls of the engine.

Lift over drag against the energy of bending, for loiter, cruise and dash of a light aircraft, 10
to 13 % thick, under limits on most lift, strain and steps. The front of the engine is that of all
3400 designs of a run of NSGA-II from known sections. 10 calls of it are spent by Gaussian processes
that learn from these calls alone, over designs of a generator of shapes, and tell where the front
is expected to grow most. Hypervolume is that of designs which hold every limit by the engine.
Bounds were written before any full run. The engine is a large NeuralFoil: XFOIL would need hours
for as many calls, and what it says of the fronts is not measured. Camber range, layup and wire of
the claim are deflections and the energy of bending here; mass does not change.
"""

from functools import cache

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.stats import norm
from torch import Tensor

from ingenium.core.digest import dataset_digest
from ingenium.evaluate.trials import Readings, Trials
from ingenium_book.studies.airfoils.morphing_runs import (
    AIMS,
    LEAST,
    LEAST_LIFT,
    Bench,
    Designs,
    ShapePrior,
)
from ingenium_book.studies.airfoils.promises import Likeliest, hypervolume_improvement

FACTOR = 340  # times fewer calls
AT_ONCE = 2  # calls between two looks at what was found
FIRST = 4  # calls of the surrogate that learns, before it says anything
POOL = 256  # designs that it chooses from: half new, half near the front


def by_learned(engine: Bench, prior: ShapePrior, calls: int, seed: int) -> Designs:
    """The engine's calls where processes that learn from them alone expect most.

    Energy, strain and steps follow from the shape and need no call.
    """
    rng = np.random.default_rng(seed)
    found = engine.tried(_bendable(engine, prior.drawn(4 * FIRST, rng), min(FIRST, calls)))
    while len(found.measured) < calls:
        fresh = prior.drawn(POOL // 2, rng)
        held = np.flatnonzero(engine.held(found.measured))
        parents = found[held].arrays if len(held) else found.arrays
        near = prior.near(parents, POOL // 2, rng)
        both = tuple(torch.cat(pair) for pair in zip(fresh, near, strict=True))
        pool = _bendable(engine, both, POOL)
        rows = _expected(engine, prior, found, pool, min(AT_ONCE, calls - len(found.measured)))
        found = found.and_(engine.tried(tuple(a[rows] for a in pool)))
    return found


def _bendable(engine: Bench, arrays: tuple[Tensor, ...], most: int) -> tuple[Tensor, ...]:
    """Those that hold the limits of bending, so many at most."""
    _, strain, step = engine.verifier.bending(arrays).numpy().T
    rows = np.flatnonzero((strain <= 0.01) & (step <= 10.0))[:most]
    return tuple(a[rows] for a in arrays)


def _expected(
    engine: Bench, prior: ShapePrior, found: Designs, pool: tuple[Tensor, ...], count: int
) -> list[int]:
    """Growth of the hypervolume times the chance of enough lift, one after the other."""
    known = found[np.flatnonzero(np.isfinite(found.measured).all(1))]
    x, z = prior.numbers(known.arrays), prior.numbers(pool)
    glide, lift = (
        Likeliest.fitted(x, engine.column(known.measured, name)) for name in (AIMS[0], "max_lift")
    )
    energy = engine.verifier.bending(pool).numpy()[:, 0]
    front, rows = engine.front(found), list[int]()
    for _ in range(count):
        (glides, unsure), (most, spread) = glide.at(z), lift.at(z)
        mean, sd = np.stack([glides, -energy], 1), np.stack([unsure, 0 * unsure], 1)
        worth = hypervolume_improvement(mean, sd, front, LEAST)
        worth *= norm.cdf((most - LEAST_LIFT) / spread)
        worth[rows] = -1.0
        rows.append(int(worth.argmax()))
        front = np.concatenate([front, mean[rows[-1:]]])
        glide, lift = glide.believing(z[rows[-1:]]), lift.believing(z[rows[-1:]])
    return rows


def needed(engine: Bench, found: Designs, target: float) -> int:
    """Calls of a run until a hypervolume is there; all of them where it never is."""
    low, high = 1, len(found.measured)  # it grows with every call
    while low < high:
        middle = (low + high) // 2
        there = engine.reached(found[np.arange(middle)]) >= target
        low, high = (low, middle) if there else (middle + 1, high)
    return low


@cache
def bench() -> tuple[Bench, ShapePrior]:
    """The engine, and shapes of known sections."""
    engine = Bench()
    return engine, ShapePrior(engine.problem)


def run(arm: None, seed: int, calls: int) -> dict[str, ArrayLike]:
    """How far the front of few calls lies below that of NSGA-II with many."""
    engine, prior = bench()
    evolved = engine.evolved(FACTOR * calls, seed)
    found = by_learned(engine, prior, calls, seed)
    whole, area = engine.reached(evolved), engine.reached(found)
    start = engine.reached(evolved[np.arange(calls)])
    return {
        "learned": 100 * (1 - area / whole),
        "below, NSGA-II after as few calls": 100 * (1 - start / whole),
        "calls, learned": len(found.measured),
        "designs that hold every limit, learned": int(engine.held(found.measured).sum()),
        "calls of NSGA-II to the same, learned": needed(engine, evolved, area),
        "calls of NSGA-II": len(evolved.measured),
    }


def read(found: Readings) -> dict[str, ArrayLike]:
    """Seed by seed, as they are."""
    return {name: found("ways", name) for name in found.pieces["ways"][0]}


measure = Trials(
    arms={"ways": None},
    sizes=(10, 2),  # calls of the engine
    run=run,
    read=read,
    data=lambda size: dataset_digest(bench()[0].problem.data()),
)
