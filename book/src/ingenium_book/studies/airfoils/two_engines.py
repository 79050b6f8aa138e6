"""Row 20.17: a cheap engine beside the costly one finds more than the costly one alone.

20 proposals of a Gaussian copula for a section, all measured once by XFOIL (costly) and NeuralFoil
(cheap): lift over drag, mean of cruise and climb. From the same 5 designs, 20 draws a pool, both
models measure those of most expected improvement until 9 costly calls are spent: a Gaussian process
of XFOIL alone, and the autoregressive model of Kennedy and O'Hagan over NeuralFoil. The process
alone has one call more, which is over ten times what NeuralFoil takes for the pool. The error is
that of the rest of the pool after the first designs, over that of XFOIL alone. A design to which
XFOIL has no answer spends its call. NeuralFoil has learned from runs of XFOIL, so that it is a
very good cheap engine; coarse models of other fields are worse. Bounds were written before any
design was measured by XFOIL.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float64, Int
from numpy.typing import ArrayLike

from ingenium.core.digest import dataset_digest
from ingenium.domains.airfoils import xfoil
from ingenium.domains.airfoils.judge import XfoilVerifier
from ingenium.evaluate.trials import Readings, Trials
from ingenium_book.studies.airfoils.promises import Likeliest, Values, improvement
from ingenium_book.studies.airfoils.wing_sections import WingTarget, arrays_of

FAMILY, AIM = "gaussian_copula", "lift_to_drag"
STARTS = 20  # draws of the first designs from each pool
OURS, ALONE = "low and high", "high only"


@dataclass(frozen=True)
class EngineCalls:
    """Designs of a pool, all of which XFOIL measures once; costly calls at first, and in all."""

    pool: int
    first: int
    all: int


@dataclass(frozen=True, eq=False)
class Pool:
    """Designs, and what both engines say of each; NaN where the costly one has no answer.

    Shapes: n designs, d components.
    """

    x: Float64[np.ndarray, "n d"]
    low: Float64[np.ndarray, " n"]
    high: Float64[np.ndarray, " n"]

    def reported(self, model: str, rows: Int[np.ndarray, " k"]) -> tuple[Values, Values]:
        """Mean and deviation of the costly engine at all designs, from some that were measured.

        Source: Kennedy and O'Hagan, Biometrika 87:1, 2000, equation 1 (a multiple of the cheap
            one, which is known everywhere, and a process).
        """
        trend = np.zeros_like(self.low)
        if model == OURS:
            slope, start = np.polyfit(self.low[rows], self.high[rows], 1)
            trend = start + slope * self.low
        mean, sd = Likeliest.fitted(self.x[rows], (self.high - trend)[rows]).at(self.x)
        return trend + mean, sd

    def starts(self, count: int, seed: int) -> Int[np.ndarray, "s k"]:
        """First designs, among which at least two have an answer."""
        rng = np.random.default_rng(seed)
        drawn = np.stack([rng.permutation(len(self.low))[:count] for _ in range(4 * STARTS)])
        return np.asarray(drawn[np.isfinite(self.high[drawn]).sum(1) >= 2][:STARTS])


@cache
def requested() -> WingTarget:
    """The problem, with its known sections."""
    return WingTarget()


def measured(count: int, seed: int) -> Pool:
    """Proposals of a seed by both engines."""
    xfoil.find()
    of = requested()
    designs = of.drawn(FAMILY, count, seed)
    engines = (of.problem.verifier, XfoilVerifier(of.problem.settings))
    found = [engine.measure(*arrays_of(of, designs)).numpy() for engine in engines]
    low, high = (of.columns(table, (AIM,))[:, 0] for table in found)
    sure = np.isfinite(low)
    return Pool(of.numbers(designs)[sure], low[sure], high[sure])


def chosen(
    pool: Pool, model: str, first: Int[np.ndarray, " k"], calls: int
) -> tuple[float, float, int]:
    """Learn from the first designs, then measure those of most expected improvement.

    Gives the error over the rest after the first, how far what was found lies below the best of
    the pool (%), and the calls until that best; one more than there are where it was not found.
    """
    answered, rows, error = np.isfinite(pool.high), list(first), float("nan")
    while True:
        known = np.array([r for r in rows if answered[r]])
        mean, sd = pool.reported(model, known)
        if len(rows) == len(first):
            rest = np.setdiff1d(np.flatnonzero(answered), rows)
            error = float(np.sqrt(np.square(mean - pool.high)[rest].mean()))
        if len(rows) >= calls:
            break
        worth = improvement(mean, sd, float(pool.high[known].max()))
        worth[rows] = -1.0
        rows.append(int(worth.argmax()))
    found, best = pool.high[rows], np.nanmax(pool.high)
    place = np.flatnonzero(found == best)
    short = 100 * (1 - float(np.nanmax(found) / best))
    return error, short, int(place[0]) + 1 if len(place) else calls + 1


def run(arm: None, seed: int, size: EngineCalls) -> dict[str, ArrayLike]:
    """Means over the starts of one pool; the costly engine alone gets a call for the cheap ones."""
    return scores(measured(size.pool, seed), size, seed)


def scores(pool: Pool, size: EngineCalls, seed: int) -> dict[str, ArrayLike]:
    """What both models find in a pool, and what the cheap engine alone would."""
    row: dict[str, ArrayLike] = {}
    for name, calls in ((OURS, size.all), (ALONE, size.all + 1)):
        runs = [chosen(pool, name, rows, calls) for rows in pool.starts(size.first, seed)]
        means = np.mean(runs, axis=0)
        for what, value in zip(
            ("error", "short of the best", "calls to the best"), means, strict=True
        ):
            row[f"{what}, {name}"] = value
    both, top = np.isfinite(pool.high), pool.high[np.argsort(-pool.low)[: size.all]]
    gap = (pool.low - pool.high)[both]
    return row | {
        "short of the best, the cheap engine's first": 100
        * (1 - float(np.nanmax(top) / np.nanmax(pool.high))),
        "error, cheap engine": float(np.sqrt(np.square(gap).mean())),
        "correlation of the engines": float(np.corrcoef(pool.low[both], pool.high[both])[0, 1]),
        "without an answer": 100 * float((~both).mean()),
    }


def read(found: Readings) -> dict[str, ArrayLike]:
    """Ours beside the costly engine alone, pool by pool."""
    row = {name: found("pools", name) for name in found.pieces["pools"][0]}
    short, calls = "short of the best, ", "calls to the best, "
    return row | {
        "error": row[f"error, {OURS}"] / row[f"error, {ALONE}"],
        "gain": row[short + ALONE] - row[short + OURS],
        "sooner": 100 * (1 - row[calls + OURS] / row[calls + ALONE]),
    }


measure = Trials(
    arms={"pools": None},
    sizes=(EngineCalls(20, 5, 9), EngineCalls(6, 3, 4)),
    run=run,
    read=read,
    data=lambda size: dataset_digest(requested().known),
)
