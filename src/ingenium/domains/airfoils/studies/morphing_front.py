"""Row 20.14: a front of bending trailing edges with few calls of the engine.

Lift over drag against the energy of bending, for loiter, cruise and dash of a light aircraft, 10
to 13 % thick, under limits on most lift, strain and steps. The front of the engine is that of all
3400 designs of a run of NSGA-II from known sections. 10 calls of it are spent twice: on the front
that NSGA-II finds with 1500 calls of a surrogate that was learned beforehand, corrected as the
engine answers; and by Gaussian processes that learn from these calls alone, over designs of a
generator of shapes. Hypervolume is that of designs which hold every limit by the engine. Bounds
were written before any full run. Budget: 5 seeds, 340 times 10 calls; quick: 1 seed, 340 times 2.
"""

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float64
from scipy.stats import norm
from torch import Tensor

from ingenium.core.digest import dataset_digest
from ingenium.core.problem import Watch
from ingenium.domains.airfoils.network import Size
from ingenium.domains.airfoils.studies.morphing_runs import (
    AIMS,
    LEAST,
    LEAST_LIFT,
    Bench,
    Designs,
    Prior,
)
from ingenium.evaluate.intervals import t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.search.fronts import hypervolume
from ingenium.studies.choosing import Process, hypervolume_improvement

ENGINE: Size = "xlarge"
SURROGATE: Size = "medium"  # learned beforehand
FACTOR = 340  # times fewer calls
CALLS, QUICK_CALLS = 10, 2
SEARCHED, QUICK_SEARCHED = 1500, 64  # calls of the surrogate that was learned beforehand
AT_ONCE = 2  # calls between two looks at what was found
FIRST = 4  # calls of the surrogate that learns, before it says anything
POOL = 256  # designs that it chooses from: half new, half near the front
GIVEN, LEARNED, EVOLVED = "given", "learned", "evolved"


def grown(
    front: Float64[np.ndarray, "m 2"],
    points: Float64[np.ndarray, "n 2"],
    count: int,
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
    shift, done, asked = np.zeros(2), list[int](), None
    names = [surrogate.names.index(name) for name in (AIMS[0], "max_lift")]
    while len(done) < calls:
        said = own.measured.copy()
        said[:, names] += shift
        fits = np.setdiff1d(np.flatnonzero(surrogate.held(said)), done)
        front = np.empty((0, 2)) if asked is None else _front(engine, asked)
        size = min(AT_ONCE, calls - len(done))
        rows = fits[grown(front, surrogate.aims(said)[fits], size)]
        if not len(rows):
            break
        fresh = engine.tried(own[rows].arrays)
        asked, done = fresh if asked is None else asked.and_(fresh), [*done, *rows.tolist()]
        gap = asked.measured[:, names] - own.measured[done][:, names]
        shift = np.nan_to_num(np.nanmean(gap, 0))
    return engine.tried(own[np.array([], dtype=int)].arrays) if asked is None else asked


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
        size = min(AT_ONCE, calls - len(found.measured))
        rows = _expected(engine, prior, found, pool, size)
        found = found.and_(engine.tried(tuple(a[rows] for a in pool)))
    return found


def _bendable(engine: Bench, arrays: tuple[Tensor, ...], most: int) -> tuple[Tensor, ...]:
    """Those that hold the limits of bending, so many at most."""
    _, strain, step = engine.verifier.bending(arrays).numpy().T
    rows = np.flatnonzero((strain <= 0.01) & (step <= 10.0))[:most]
    return tuple(a[rows] for a in arrays)


def _expected(
    engine: Bench,
    prior: Prior,
    found: Designs,
    pool: tuple[Tensor, ...],
    count: int,
) -> list[int]:
    """Growth of the hypervolume times the chance of enough lift, one after the other."""
    known = found[np.flatnonzero(np.isfinite(found.measured).all(1))]
    x, z = prior.numbers(known.arrays), prior.numbers(pool)
    glide, lift = (
        Process.fitted(x, engine.column(known.measured, name)) for name in (AIMS[0], "max_lift")
    )
    energy = engine.verifier.bending(pool).numpy()[:, 0]
    front, rows = _front(engine, found), list[int]()
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


def _front(engine: Bench, found: Designs) -> Float64[np.ndarray, "n 2"]:
    """Aims of the designs that hold every limit."""
    return engine.aims(found.measured[engine.held(found.measured)])


def reached(engine: Bench, found: Designs) -> float:
    """Hypervolume of the designs that hold every limit."""
    front = _front(engine, found)
    return hypervolume(-front, -LEAST) if len(front) else 0.0


def needed(engine: Bench, found: Designs, target: float) -> int:
    """Calls of a run until a hypervolume is there; all of them where it never is."""
    low, high = 1, len(found.measured)  # it grows with every call
    while low < high:
        middle = (low + high) // 2
        there = reached(engine, found[np.arange(middle)]) >= target
        low, high = (low, middle) if there else (middle + 1, high)
    return low


def measure(budget: Budget, watch: Watch) -> Measured:
    """Each seed evolves with the engine, and spends few calls of it in two ways."""
    calls, searched = (QUICK_CALLS, QUICK_SEARCHED) if budget.quick else (CALLS, SEARCHED)
    engine, surrogate = Bench(ENGINE), Bench(SURROGATE)
    prior, rows = Prior(engine.problem), []
    for at, seed in enumerate(budget.seeds):
        watch("engine", at, len(budget.seeds))
        whole = engine.evolved(FACTOR * calls, seed, budget.folder)
        watch("surrogate", at, len(budget.seeds))
        cheap = surrogate.evolved(searched, seed, budget.folder)
        found = {
            EVOLVED: whole,
            GIVEN: by_given(engine, surrogate, cheap, calls),
            LEARNED: by_learned(engine, prior, calls, seed),
        }
        rows.append(scores(engine, found, calls))
    every = {key: t_interval([row[key] for row in rows]) for key in rows[0]}
    return from_intervals(every, {}, dataset_digest(engine.problem.data()), NOTES)


def scores(engine: Bench, found: Mapping[str, Designs], calls: int) -> dict[str, float]:
    """How far the fronts of few calls lie below that of many."""
    area = {name: reached(engine, designs) for name, designs in found.items()}
    whole = area[EVOLVED]
    start = reached(engine, found[EVOLVED][np.arange(calls)])
    row = {name: 100 * (1 - area[name] / whole) for name in (GIVEN, LEARNED)}
    row["below, NSGA-II after as few calls"] = 100 * (1 - start / whole)
    for name in (GIVEN, LEARNED):
        held = engine.held(found[name].measured)
        row[f"calls, {name}"] = float(len(held))
        row[f"designs that hold every limit, {name}"] = float(held.sum())
        least = needed(engine, found[EVOLVED], area[name])
        row[f"calls of NSGA-II to the same, {name}"] = float(least)
    row["calls of NSGA-II"] = float(len(found[EVOLVED].measured))
    return row


NOTES = (
    "The engine is a large NeuralFoil: XFOIL would need hours for as "
    "many calls. What XFOIL says of the fronts is not measured here.",
    "The surrogate that was learned beforehand is a smaller NeuralFoil, whose training nobody "
    "counts; the other one learns from the calls that are counted and from shapes alone.",
    "Camber range, layup and wire of the claim are deflections and the energy of bending here; "
    "mass does not change.",
)
