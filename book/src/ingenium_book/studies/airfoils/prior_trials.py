"""Row 20.16: trials to a front with expected hypervolume improvement and a generator as prior.

Sections 13 to 16 % thick, at cruise and climb: lift over drag against most lift, by NeuralFoil,
which stands for the synthesis as sections do for the refractory alloys. Diffusion on principal
components of known sections is the prior. After 8 first designs, batches of 4 are chosen by two
Gaussian processes from 12 new designs of the prior and 120 near the front so far, by expected
hypervolume improvement or by upper bounds along directions of chance (GP-UCB, with the same prior,
processes and designs to choose from, so that the acquisition alone is compared); no learning takes
the prior's designs as they come. Counted are trials until 75 % of the hypervolume that NSGA-II
reaches with 2560 calls, above the medians of known sections; a run that has not arrived counts all
of its budget, 160 trials or 500 without learning, so that against a rival the saving is at least
what is said. The share and the budgets were set after a look at runs of another seed. Ways of one
seed begin with the same designs.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr
from jaxtyping import Float64
from numpy.typing import ArrayLike

from ingenium.core.designs import DESIGN
from ingenium.core.digest import dataset_digest
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, exact
from ingenium_book.studies.airfoils.lift_front import (
    AWAY,
    ReportedTrials,
    bare,
    least,
    near,
    reference,
    requested,
    stream,
    tried,
)
from ingenium_book.studies.airfoils.promises import Likeliest, hypervolume_improvement

SHARE = 0.75  # of the reference's hypervolume, which is to be reached
FIRST, AT_ONCE = 8, 4  # trials before anything is learned, and of each batch after that
FRESH, NEAR = 12, 120  # designs that a batch is chosen from: new ones, and near the front so far
CAUTION = 2.0  # deviations that an upper bound adds
FEWEST = 2  # answers to learn from; before that new designs are tried as they come
FAR_BELOW = -1e6  # any aim

Pool = Float64[np.ndarray, "m 2"]  # both aims of the designs to choose from
Front = Float64[np.ndarray, "k 2"]
Known = Float64[np.ndarray, "n 2"]
Worth = Callable[[Pool, Pool, Front, Known, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class PriorCalls:
    """Of the run that gives the reference; trials of ways that learn, and that learn nothing."""

    reference: int
    learned: int
    unlearned: int


def by_growth(mean: Pool, sd: Pool, front: Front, known: Known, rng: object) -> np.ndarray:
    """Expected growth of the hypervolume."""
    return hypervolume_improvement(mean, sd, front, least())


def by_bound(
    mean: Pool, sd: Pool, front: Front, known: Known, rng: np.random.Generator
) -> np.ndarray:
    """How far an upper bound reaches from the least point along a direction of chance.

    Over all directions these add up to the hypervolume.
    Source: Srinivas et al., ICML 2010; Golovin and Zhang, ICML 2020, arXiv:2006.04655.
    """
    way = np.abs(rng.standard_normal(2)).clip(1e-3)
    reach: np.ndarray = (mean + CAUTION * sd - least()) / known.std(0) / way
    return np.asarray(reach.min(1))


ARMS: dict[str, tuple[str, Worth | None]] = {
    "EHVI, prior": ("prior", by_growth),
    "GP-UCB, prior": ("prior", by_bound),
    "no learning, prior": ("prior", None),
    "EHVI, cube": ("cube", by_growth),
    "no learning, cube": ("cube", None),
}
OURS, UCB, NONE = list(ARMS)[:3]


def run(arm: tuple[str, Worth | None], seed: int, size: PriorCalls) -> dict[str, ArrayLike]:
    """Trials until the share of the reference is reached, all of the budget where it is not."""
    source, worth = arm
    rounds = -(-(size.learned - FIRST) // AT_ONCE)
    designs = stream(source, max(size.unlearned, FIRST + FRESH * rounds), seed)
    target = SHARE * reference(size.reference)
    if worth is None:
        most = size.unlearned
        done = tried(designs.isel({DESIGN: slice(most)})).reached(target, least())
    else:
        most = size.learned
        done = learning(designs, worth, target, most, np.random.default_rng([seed, AWAY]))
    return {"trials": done or most, "came": done is not None, "reference": target / SHARE}


def learning(
    designs: xr.Dataset, worth: Worth, target: float, most: int, rng: np.random.Generator
) -> int | None:
    """Trials of a way that learns from its own; none if `most` are not enough."""
    reported, at = tried(designs.isel({DESIGN: slice(FIRST)})), FIRST
    while (done := reported.reached(target, least())) is None and len(reported.x) < most:
        parents = reported.x[reported.front] if reported.held.any() else reported.x
        both = (designs.isel({DESIGN: slice(at, at + FRESH)}), near(parents, NEAR, rng))
        pool = xr.concat([bare(some) for some in both], DESIGN)
        pool = pool.assign_coords({DESIGN: np.arange(FRESH + NEAR)})
        rows = chosen(reported, requested().numbers(pool), worth, rng)
        reported, at = reported.and_(tried(pool.isel({DESIGN: rows}))), at + FRESH
    return done


def chosen(
    reported: ReportedTrials,
    pool: Float64[np.ndarray, "m d"],
    worth: Worth,
    rng: np.random.Generator,
) -> list[int]:
    """The next batch, each as if those before it had come out as expected."""
    answered = np.isfinite(reported.y).all(1)
    if answered.sum() < FEWEST:
        return list(range(AT_ONCE))
    x, y = reported.x[answered], reported.y[answered]
    processes = [Likeliest.fitted(x, y[:, i]) for i in range(2)]
    front, rows = reported.y[reported.front], list[int]()
    for _ in range(AT_ONCE):
        mean, sd = (
            np.stack(part, 1) for part in zip(*(p.at(pool) for p in processes), strict=True)
        )
        mean[rows], sd[rows] = FAR_BELOW, 0.0  # each once
        rows.append(int(worth(mean, sd, front, y, rng).argmax()))
        front = np.concatenate([front, mean[rows[-1:]]])
        processes = [p.believing(pool[rows[-1:]]) for p in processes]
    return rows


def read(found: Readings) -> dict[str, ArrayLike | Value]:
    """Fewer trials than each other way; where ours does not arrive, `arrived` shows it."""
    spent = {arm: found(arm, "trials") for arm in ARMS}
    fewer = {arm: 100 * (1 - spent[OURS] / spent[arm]) for arm in list(ARMS)[1:]}
    got = {arm: 100 * found(arm, "came") for arm in ARMS}
    values: dict[str, ArrayLike | Value] = {
        "under_ucb": fewer[UCB],
        "under_none": fewer[NONE],
        "arrived": got[OURS],
    }
    values |= {f"trials, {arm}": row for arm, row in spent.items()}
    values |= {f"runs that arrived, {arm}": row for arm, row in got.items()}
    values |= {f"fewer trials than {arm}": fewer[arm] for arm in list(ARMS)[3:]}
    return values | {"hypervolume of the reference": exact(found(OURS, "reference")[0])}


measure = Trials(
    arms=ARMS,
    sizes=(PriorCalls(2560, 160, 500), PriorCalls(128, 16, 60)),
    run=run,
    read=read,
    data=lambda size: dataset_digest(requested().known),
)
