"""Row 20.14: a front of bending trailing edges with few calls of the engine.

Lift over drag against the energy of bending, for loiter, cruise and dash of a light aircraft, 10
to 13 % thick, under limits on most lift, strain and steps. The front of the engine is that of all
3400 designs of a run of NSGA-II from known sections. 10 calls of it are spent twice: on the front
that NSGA-II finds with 1500 calls of a surrogate that was learned beforehand, corrected as the
engine answers; and by Gaussian processes that learn from these calls alone, over designs of a
generator of shapes. Hypervolume is that of designs which hold every limit by the engine. Bounds
were written before any full run. The engine is a large NeuralFoil: XFOIL would need hours for as
many calls, and what it says of the fronts is not measured. The surrogate that was learned
beforehand is a smaller NeuralFoil, whose training nobody counts; the other one learns from the
calls that are counted and from shapes alone. Camber range, layup and wire of the claim are
deflections and the energy of bending here; mass does not change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from jaxtyping import Float64
from numpy.typing import ArrayLike
from scipy.stats import norm
from torch import Tensor

from ingenium.core.digest import dataset_digest
from ingenium.domains.airfoils.network import Size
from ingenium.domains.airfoils.studies.morphing_runs import (
    AIMS,
    LEAST,
    LEAST_LIFT,
    Bench,
    Designs,
    Prior,
)
from ingenium.domains.airfoils.studies.promises import Likeliest, hypervolume_improvement
from ingenium.evaluate.trials import Readings, Trials

ENGINE: Size = "xlarge"
SURROGATE: Size = "medium"  # learned beforehand
FACTOR = 340  # times fewer calls
AT_ONCE = 2  # calls between two looks at what was found
FIRST = 4  # calls of the surrogate that learns, before it says anything
POOL = 256  # designs that it chooses from: half new, half near the front
GIVEN, LEARNED, EVOLVED = "given", "learned", "evolved"


@dataclass(frozen=True)
class Calls:
    """Few calls of the engine, and those of the surrogate that was learned beforehand."""

    engine: int
    surrogate: int


def grown(
    front: Float64[np.ndarray, "m 2"], points: Float64[np.ndarray, "n 2"], count: int
) -> list[int]:
    """Points that add most to the hypervolume of a front, one after the other."""
    chosen: list[int] = []
    for _ in range(min(count, len(points))):
        gain = hypervolume_improvement(points, np.zeros_like(points), front, LEAST)
        gain[chosen] = -1.0
        chosen.append(int(gain.argmax()))
        front = np.concatenate([front, points[chosen[-1:]]])
    return chosen


def by_given(engine: Bench, surrogate: Bench, found: Designs, calls: int) -> Designs:
    """The engine's calls on the front of a surrogate that was learned beforehand.

    What the engine says corrects the surrogate's lift over drag and most lift by a constant.
    """
    own = found[np.flatnonzero(np.isfinite(found.measured).all(1))]
    asked, shift, done = engine.tried(own[np.arange(0)].arrays), np.zeros(2), list[int]()
    names = [surrogate.names.index(name) for name in (AIMS[0], "max_lift")]
    while len(done) < calls:
        said = own.measured.copy()
        said[:, names] += shift
        fits = np.setdiff1d(np.flatnonzero(surrogate.held(said)), done)
        points = surrogate.aims(said)[fits]
        rows = fits[grown(engine.front(asked), points, min(AT_ONCE, calls - len(done)))]
        if not len(rows):
            break
        asked, done = asked.and_(engine.tried(own[rows].arrays)), [*done, *rows.tolist()]
        gap = asked.measured[:, names] - own.measured[done][:, names]
        shift = np.nan_to_num(np.nanmean(gap, 0))
    return asked


def by_learned(engine: Bench, prior: Prior, calls: int, seed: int) -> Designs:
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
    engine: Bench, prior: Prior, found: Designs, pool: tuple[Tensor, ...], count: int
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
def benches() -> tuple[Bench, Bench, Prior]:
    """The engine, the surrogate that was learned beforehand, and shapes of known sections."""
    engine = Bench(ENGINE)
    return engine, Bench(SURROGATE), Prior(engine.problem)


def run(arm: None, seed: int, size: Calls) -> dict[str, ArrayLike]:
    """NSGA-II with many calls of the engine, and few calls spent in two ways."""
    engine, surrogate, prior = benches()
    found = {
        EVOLVED: engine.evolved(FACTOR * size.engine, seed),
        GIVEN: by_given(engine, surrogate, surrogate.evolved(size.surrogate, seed), size.engine),
        LEARNED: by_learned(engine, prior, size.engine, seed),
    }
    return scores(engine, found, size.engine)


def scores(engine: Bench, found: Mapping[str, Designs], calls: int) -> dict[str, ArrayLike]:
    """How far the fronts of few calls lie below that of many."""
    area = {name: engine.reached(designs) for name, designs in found.items()}
    whole = area[EVOLVED]
    start = engine.reached(found[EVOLVED][np.arange(calls)])
    row: dict[str, ArrayLike] = {name: 100 * (1 - area[name] / whole) for name in (GIVEN, LEARNED)}
    row["below, NSGA-II after as few calls"] = 100 * (1 - start / whole)
    for name in (GIVEN, LEARNED):
        held = engine.held(found[name].measured)
        row[f"calls, {name}"] = len(held)
        row[f"designs that hold every limit, {name}"] = int(held.sum())
        row[f"calls of NSGA-II to the same, {name}"] = needed(engine, found[EVOLVED], area[name])
    return row | {"calls of NSGA-II": len(found[EVOLVED].measured)}


def read(found: Readings) -> dict[str, ArrayLike]:
    """Seed by seed, as they are."""
    return {name: found("ways", name) for name in found.pieces["ways"][0]}


measure = Trials(
    arms={"ways": None},
    sizes=(Calls(10, 1500), Calls(2, 64)),
    run=run,
    read=read,
    data=lambda size: dataset_digest(benches()[0].problem.data()),
)
