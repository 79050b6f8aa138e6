"""Row 25.9: measured tables as instruments, from which strategies read row by row.

Shapes: n rows, d settings, r runs.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float64
from scipy.stats import norm

from ingenium.searches.surrogates import one_outcome
from ingenium_book.checks.printing.papers import comparison, pools
from ingenium_book.findings import Commands
from ingenium_book.owned import owned

PLACE, OWNER = "INGENIUM_MATOPT", "github.com/PV-Lab/Benchmarking"
FILES = {"AutoAM": "AutoAM_dataset.csv", "Crossed barrel": "Crossed_barrel_dataset.csv"}
SEEDS, FIRST, MOST, TOP = 8, 4, 90, 0.01
WITHIN, TARGETS, PAPERS = 0.05, 4, 4  # of a requested depth; depths of a paper; largest papers
Choose = Callable[[np.ndarray, np.ndarray, np.random.Generator], int]  # known rows, values


def runs_until(
    x: Float64[np.ndarray, "n d"],
    value: Float64[np.ndarray, " n"],
    good: np.ndarray,
    strategy: str,
    seed: int,
) -> int:
    """Return the number of rows that a strategy reads until one is good."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(x))
    if strategy == "grid":
        order = np.lexsort(x.T[::-1])
        order = np.roll(order, -int(rng.integers(len(x))))
    if strategy in ("grid", "random"):
        return int(np.argmax(good[order])) + 1
    seen = list(order[:FIRST])
    while not good[seen].any() and len(seen) < min(MOST, len(x)):
        left = np.setdiff1d(np.arange(len(x)), seen)
        model = one_outcome(x[seen], value[seen])
        mean, spread = model.predict(x[left])
        best = value[seen].max()
        z = (mean - best) / np.maximum(spread, 1e-9)
        gain = (mean - best) * norm.cdf(z) + spread * norm.pdf(z)
        seen.append(int(left[int(np.argmax(gain))]))
    hits = np.flatnonzero(good[seen])
    return int(hits[0]) + 1 if len(hits) else len(seen)


def scaled(x: np.ndarray) -> Float64[np.ndarray, "n d"]:
    """Return settings from 0 to 1."""
    low, high = x.min(0), x.max(0)
    return np.asarray((x - low) / np.maximum(high - low, 1e-12), dtype=np.float64)


def top_percent(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Mean runs to the top 1 % of two printed tables, by strategy."""
    answer: dict[str, Any] = {}
    for path, name in zip(owned(PLACE, tuple(FILES.values()), OWNER), FILES, strict=True):
        x, value = _averaged(path)
        good = value >= np.quantile(value, 1 - TOP)
        answer[name.replace(" ", "_")] = {
            strategy: float(
                np.mean([runs_until(x, value, good, strategy, seed) for seed in range(SEEDS)])
            )
            for strategy in ("bayesian", "random", "grid")
        }
    return answer


def _averaged(path: Path) -> tuple[Float64[np.ndarray, "n d"], Float64[np.ndarray, " n"]]:
    """Settings and the mean result of their repeats."""
    table = pd.read_csv(path)
    names = list(table.columns)
    mean = table.groupby(names[:-1], as_index=False)[names[-1]].mean()
    return scaled(mean[names[:-1]].to_numpy()), mean[names[-1]].to_numpy(dtype=np.float64)


def requested_depth(commands: Commands, values: Mapping[str, Any]) -> dict[str, float]:
    """Mean runs until a track of a requested depth is found in a paper, by strategy."""
    data = pools()
    depth, known = data.real("depth"), np.isfinite(data.real("depth"))
    names, counts = np.unique(data.paper[known], return_counts=True)
    found: dict[str, list[int]] = {name: [] for name in ("physics", "bayesian", "random", "grid")}
    for paper in names[np.argsort(-counts, kind="stable")][:PAPERS]:
        rows = np.flatnonzero(known & (data.paper == paper))
        x, own = scaled(data.plain[rows, :3]), depth[rows]
        for target in np.quantile(own, np.linspace(0.15, 0.85, TARGETS)):
            off = -np.abs(own - target)
            good = off > -WITHIN
            for seed in range(SEEDS // 2):
                for name in ("bayesian", "random", "grid"):
                    found[name].append(runs_until(x, off, good, name, seed))
                found["physics"].append(_by_physics(rows, own, target, good, seed))
    return {name: float(np.mean(runs)) for name, runs in found.items()}


def _by_physics(
    rows: np.ndarray, own: np.ndarray, target: float, good: np.ndarray, seed: int
) -> int:
    """Read the track whose depth the integral says is nearest, calibrated on those read so far."""
    whole = comparison().depth[rows] + own[:, None]  # logarithms of predicted depths
    seen = [int(np.random.default_rng(seed).integers(len(rows)))]
    while not good[seen].any() and len(seen) < len(rows):
        error = np.abs(whole[seen] - own[seen, None]).mean(0)
        guess = whole[:, int(error.argmin())]
        guess = guess + np.median(own[seen] - guess[seen])
        guess[seen] = np.inf
        seen.append(int(np.argmin(np.abs(guess - target))))
    return len(seen)
