"""Row 20.17: a cheap engine beside the dear one finds more than the dear one alone.

20 proposals of a Gaussian copula for a section, all measured once by XFOIL (dear) and NeuralFoil
(cheap): lift over drag, mean of cruise and climb. From the same 5 designs, 20 draws a pool, both
models measure those of most expected improvement until 9 dear calls are spent: a Gaussian process
of XFOIL alone, and the autoregressive model of Kennedy and O'Hagan over NeuralFoil. The process
alone has one call more, which is over ten times what NeuralFoil takes for the pool. The error is
that of the rest of the pool after the first designs. Bounds were written before any design was
measured by XFOIL. Budget: 5 pools of 20, 20 starts of each; quick: 1 of 6.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int

from ingenium.core.digest import digest
from ingenium.core.problem import Watch
from ingenium.domains.airfoils import xfoil
from ingenium.domains.airfoils.judge import XfoilVerifier
from ingenium.domains.airfoils.studies.wing_sections import (
    Asked,
    arrays_of,
)
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.studies.choosing import Process, improvement

FAMILY, AIM = "gaussian_copula", "lift_to_drag"
POOL, QUICK_POOL = 20, 6  # designs of a seed, all of which XFOIL measures once
FIRST, QUICK_FIRST = 5, 3  # dear calls before anything is chosen
CALLS, QUICK_CALLS = 9, 4  # dear calls in all
STARTS = 20  # draws of the first designs from each pool
AT_ONCE = 4  # designs that XFOIL measures between two that are kept


@dataclass(frozen=True, eq=False)
class Pool:
    """Designs, and what both engines say of each; NaN where the dear one has no answer.

    Shapes: n designs, d components.
    """

    x: Float64[np.ndarray, "n d"]
    low: Float64[np.ndarray, " n"]
    high: Float64[np.ndarray, " n"]

    @property
    def best(self) -> float:
        """Of the dear engine."""
        return float(np.nanmax(self.high))


@dataclass(frozen=True)
class High:
    """A process of the dear engine alone."""

    def at(
        self, pool: Pool, rows: Int[np.ndarray, " k"]
    ) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
        """Mean and deviation at all designs, from some that were measured."""
        return Process.fitted(pool.x[rows], pool.high[rows]).at(pool.x)


@dataclass(frozen=True)
class Both:
    """The dear engine as a multiple of the cheap one, which is known everywhere, and a process.

    Source: Kennedy and O'Hagan, Biometrika 87:1, 2000, equation 1; Le Gratiet and Garnier, Int. J.
        Uncertainty Quantification 4:365, 2014 (level by level).
    """

    def at(
        self, pool: Pool, rows: Int[np.ndarray, " k"]
    ) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
        """Mean and deviation at all designs, from some that were measured."""
        slope, start = np.polyfit(pool.low[rows], pool.high[rows], 1)
        trend = start + slope * pool.low
        mean, sd = Process.fitted(pool.x[rows], (pool.high - trend)[rows]).at(pool.x)
        return trend + mean, sd


Model = High | Both
MODELS: Mapping[str, Model] = {"low and high": Both(), "high only": High()}
OURS, ALONE = MODELS


@dataclass(frozen=True)
class Run:
    """How well the rest is predicted after the first calls, and what all calls find."""

    error: float  # root mean square, over lift over drag
    short: float  # of the best of the pool, percent
    calls: int  # until the best was measured; one more than there are where it was not


def run(pool: Pool, model: Model, first: Int[np.ndarray, " k"], calls: int) -> Run:
    """Learn from the first designs, then measure those of most expected improvement."""
    answered = np.isfinite(pool.high)
    rows = list(first)
    error = float("nan")
    while True:
        known = np.array([r for r in rows if answered[r]])
        mean, sd = model.at(pool, known)
        if len(rows) == len(first):
            rest = np.setdiff1d(np.flatnonzero(answered), rows)
            error = float(np.sqrt(np.square(mean - pool.high)[rest].mean()))
        if len(rows) >= calls:
            break
        worth = improvement(mean, sd, float(pool.high[known].max()))
        worth[rows] = -1.0
        rows.append(int(worth.argmax()))
    found = pool.high[rows]
    place = np.flatnonzero(found == pool.best)
    return Run(
        error,
        100 * (1 - float(np.nanmax(found)) / pool.best),
        int(place[0]) + 1 if len(place) else calls + 1,
    )


def measured(asked: Asked, count: int, seed: int, folder: Path, watch: Watch) -> Pool:
    """Proposals of a seed by both engines; what XFOIL says is kept some at a time."""
    designs = asked.drawn(FAMILY, count, seed)
    arrays = arrays_of(asked, designs)
    low = asked.columns(asked.problem.verifier.measure(*arrays).numpy(), (AIM,))[:, 0]
    engine = XfoilVerifier(asked.problem.settings)
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for first in range(0, count, AT_ONCE):
        watch(f"XFOIL, seed {seed}", first, count)
        kept = folder / f"{seed}-{first}.npy"
        if not kept.is_file():
            some = tuple(a[first : first + AT_ONCE] for a in arrays)
            np.save(kept, engine.measure(*some).numpy())
        parts.append(np.load(kept, allow_pickle=False))
    high = asked.columns(np.concatenate(parts), (AIM,))[:, 0]
    sure = np.isfinite(low)
    return Pool(asked.numbers(designs)[sure], low[sure], high[sure])


def starts(pool: Pool, count: int, seed: int) -> Int[np.ndarray, "s k"]:
    """First designs, among which at least two have an answer that differ."""
    rng = np.random.default_rng(seed)
    drawn = np.stack([rng.permutation(len(pool.low))[:count] for _ in range(4 * STARTS)])
    good = np.isfinite(pool.high[drawn]).sum(1) >= 2
    return np.asarray(drawn[good][:STARTS])


def measure(budget: Budget, watch: Watch) -> Measured:
    """Each seed has a pool of its own, searched from several starts by both models."""
    if xfoil.absent() is not None:
        return _nothing(str(xfoil.absent()))
    asked, quick = Asked(), budget.quick
    size, first, calls = (QUICK_POOL, QUICK_FIRST, QUICK_CALLS) if quick else (POOL, FIRST, CALLS)
    pools, rows = [], []
    for seed in budget.seeds:
        pool = measured(asked, size, seed, budget.folder, watch)
        pools.append(pool)
        rows.append(scores(pool, first, calls, seed))
    values, beside = found(rows)
    data = digest([pool.high.tolist() for pool in pools])
    return from_intervals(values, beside, data, _notes())


def scores(pool: Pool, first: int, calls: int, seed: int) -> dict[str, float]:
    """Means over the starts of one pool; the dear engine alone gets a call for the cheap ones."""
    begun = starts(pool, first, seed)
    ours = [run(pool, MODELS[OURS], rows, calls) for rows in begun]
    alone = [run(pool, MODELS[ALONE], rows, calls + 1) for rows in begun]
    both = np.isfinite(pool.high)
    top = pool.high[np.argsort(-pool.low)[:calls]]
    row = {
        "error": _mean(r.error for r in ours) / _mean(r.error for r in alone),
        "gain": _mean(r.short for r in alone) - _mean(r.short for r in ours),
        "sooner": 100 * (1 - _mean(r.calls for r in ours) / _mean(r.calls for r in alone)),
    }
    for name, runs in ((OURS, ours), (ALONE, alone)):
        row[f"error, {name}"] = _mean(r.error for r in runs)
        row[f"short of the best, {name}"] = _mean(r.short for r in runs)
        row[f"calls to the best, {name}"] = _mean(r.calls for r in runs)
    row["short of the best, the cheap engine's first"] = 100 * (
        1 - float(np.nanmax(top)) / pool.best
    )
    row["error, cheap engine"] = float(np.sqrt(np.square(pool.low - pool.high)[both].mean()))
    row["correlation of the engines"] = float(np.corrcoef(pool.low[both], pool.high[both])[0, 1])
    row["without an answer"] = 100 * float((~both).mean())
    return row


def found(rows: Sequence[Mapping[str, float]]) -> tuple[dict[str, Interval], dict[str, Interval]]:
    """Over the pools: values of the parts, and what stands beside."""
    every = {key: t_interval([row[key] for row in rows]) for key in rows[0]}
    parts = {"error", "gain", "sooner"}
    values = {k: v for k, v in every.items() if k in parts} | UNTESTED
    return values, {k: v for k, v in every.items() if k not in parts}


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


_NOTHING = Interval(float("nan"), float("nan"), float("nan"))
UNTESTED = {"scenario": _NOTHING, "life": _NOTHING}


def _nothing(why: str) -> Measured:
    """Where there is no dear engine."""
    nothing = dict.fromkeys(("error", "gain", "sooner"), _NOTHING)
    return from_intervals(nothing | UNTESTED, {}, "", (why,))


def _notes() -> tuple[str, ...]:
    return (
        "NeuralFoil has learned from runs of XFOIL, so that it is a very good cheap engine; "
        "coarse models of other fields are worse.",
        "A design to which XFOIL has no answer spends its call.",
        "The twin of a bridge (scenario in 50 ms, remaining life) is not tested: there is no "
        "open record of a bridge with its failure.",
    )
