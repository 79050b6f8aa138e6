"""Amdahl's law of speedup, and the parallel share fitted to measured runs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingenium.core.errors import InputError

DRAWS = 2000  # of the bootstrap


def ceiling(share: float) -> float | None:
    """Return the limit of the speedup of fixed work; None where there is no bound."""
    return None if share >= 1 else 1.0 / (1.0 - share)


@dataclass(frozen=True)
class ParallelShare:
    """Share of the work that is parallel, with its 95 % interval."""

    value: float
    low: float
    high: float


def fitted_share(workers: Sequence[int], seconds: Sequence[Sequence[float]]) -> ParallelShare:
    """Fit the share of Amdahl's law to measured runs (least squares of seconds).

    Args:
        workers: numbers of workers, 1 among them.
        seconds: durations of repeated runs with each.

    The interval comes from a bootstrap over the repeated runs.

    Raises:
        InputError: without runs of 1 worker and of more.
    """
    if len(workers) != len(seconds) or 1 not in workers or max(workers, default=1) < 2:
        raise InputError("seconds of runs with 1 worker and with more", f"{list(workers)} workers")
    rng, n = np.random.default_rng(0), np.array(workers, dtype=float)
    line = np.linalg.pinv(np.stack([1 / n, np.ones_like(n)], 1))  # t(n) = t1 p / n + t1 (1 - p)

    def of(means: np.ndarray) -> np.ndarray:
        slope, serial = line @ means
        return np.asarray(np.clip(slope / (slope + serial), 0, 1))

    runs = [np.asarray(s, dtype=float) for s in seconds]
    sampled = np.stack([rng.choice(s, (DRAWS, len(s))).mean(1) for s in runs])
    low, high = np.quantile(of(sampled), [0.025, 0.975])
    return ParallelShare(float(of(np.array([s.mean() for s in runs]))), float(low), float(high))
