"""Row 25.11: a new alloy from few of its own runs, with and without physics.

Shapes: n tracks, k runs.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float64

from ingenium_book.checks.printing.papers import PoolTable, comparison, forest, pools
from ingenium_book.findings import Commands

RUNS, SEEDS = (2, 5, 10, 20, 50), 5
TARGETS = ("316L", "Ti-6Al-4V", "IN718")
ARMS = ("physics", "integral", "power_law", "forest")


def new_alloys(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Median factor by which depths are off, by the number of runs, over three new alloys."""
    data = pools()
    found = {arm: np.empty((len(TARGETS), SEEDS, len(RUNS))) for arm in ARMS}
    for i, alloy in enumerate(TARGETS):
        for seed in range(SEEDS):
            for j, count in enumerate(RUNS):
                for arm, error in _one(data, alloy, count, seed).items():
                    found[arm][i, seed, j] = error
    curves = {arm: np.expm1(np.median(e, (0, 1))) for arm, e in found.items()}
    ahead = np.minimum(curves["physics"], curves["integral"]) < np.minimum(
        curves["power_law"], curves["forest"]
    )
    return curves | {
        "runs": np.array(RUNS),
        "ahead": ahead,
        "crossed": bool(ahead.any() and not ahead.all()),
    }


def _one(data: PoolTable, alloy: str, count: int, seed: int) -> dict[str, float]:
    """Errors on papers of the alloy, of which the runs were not, with `count` runs."""
    rng = np.random.default_rng([seed, count])
    known = np.isfinite(data.real("depth"))
    own = np.flatnonzero(known & (data.table["alloy"] == alloy).to_numpy())
    names = rng.permutation(np.unique(data.paper[own]))
    half = np.isin(data.paper[own], names[: (len(names) + 1) // 2])
    pool, test = own[half], own[~half]
    runs = rng.choice(pool, min(count, len(pool)), replace=False)
    others = np.flatnonzero(known & (data.table["alloy"] != alloy).to_numpy())
    real = data.real("depth")
    guesses = {
        "physics": _forest(data, others, runs, test, physics=True),
        "integral": _integral(data, runs, test),
        "power_law": _power_law(data.plain[runs, :3], real[runs], data.plain[test, :3]),
        "forest": _forest(data, others, runs, test, physics=False),
    }
    return {arm: float(np.median(np.abs(y - real[test]))) for arm, y in guesses.items()}


def _integral(data: PoolTable, runs: np.ndarray, test: np.ndarray) -> Float64[np.ndarray, " m"]:
    """The integral with the absorptivity of the runs, and their median error taken off."""
    whole = comparison()
    chosen = max(whole.best(runs), 0)
    off = float(np.nanmedian(whole.depth[runs, chosen]))
    found: np.ndarray = data.real("depth")[test] + whole.depth[test, chosen] - off
    return found


def _power_law(
    x: Float64[np.ndarray, "k 3"], y: Float64[np.ndarray, " k"], at: Float64[np.ndarray, "m 3"]
) -> Float64[np.ndarray, " m"]:
    """Ridge regression of the logarithm on those of power, speed and beam."""
    middle, mean = x.mean(0), y.mean()
    centred = x - middle
    slope = np.linalg.solve(centred.T @ centred + 0.3 * np.eye(3), centred.T @ (y - mean))
    found: np.ndarray = mean + (at - middle) @ slope
    return found


def _forest(
    data: PoolTable, others: np.ndarray, runs: np.ndarray, test: np.ndarray, *, physics: bool
) -> Float64[np.ndarray, " m"]:
    """A forest of the other alloys and the runs, each of which counts as one more paper.

    With physics it has dimensionless features, and predicts what the integral is off by.
    """
    rows = np.concatenate([others, runs])
    paper = np.concatenate([data.paper[others], [f"run {i}" for i in range(len(runs))]])
    real = data.real("depth")
    if not physics:
        return forest(data.plain[rows], real[rows], paper, data.plain[test])
    base, x = np.log(data.depth), np.concatenate([data.plain, data.physics], 1)
    rest = forest(x[rows], real[rows] - base[rows], paper, x[test])
    return np.asarray(base[test] + rest)
