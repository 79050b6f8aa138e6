"""Alarms from scores, and the threshold for a requested rate of false alarms.

Shapes: t rows of a stream.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from ingenium.core.errors import InputError
from ingenium.evaluate.event_scores import spans
from ingenium.monitor.stream import Stream

WEEK_S = 7 * 86400.0
CANDIDATES = 2000  # thresholds that are tried, from the highest score downwards


@dataclass(frozen=True)
class AlarmRule:
    """Rule of alarms: one begins at a score at the threshold, and lasts `hold` rows more."""

    threshold: float
    hold: int

    def on(self, score: Float64[np.ndarray, " t"]) -> Bool[np.ndarray, " t"]:
        """Return rows under alarm; rows without a score have none."""
        reached = np.nan_to_num(score, nan=-np.inf) >= self.threshold
        row = np.arange(len(score))
        last = np.maximum.accumulate(np.where(reached, row, -self.hold - 1))
        return np.asarray(row - last <= self.hold)


def false_alarms(on: Bool[np.ndarray, " t"], normal: Bool[np.ndarray, " t"]) -> int:
    """Count alarms that begin in normal rows."""
    return sum(bool(normal[first]) for first, _ in spans(on))


def weeks(streams: Sequence[Stream], scores: Sequence[np.ndarray], recovery: int) -> float:
    """Return normal operation time with a score, in weeks."""
    rows = sum(
        int((s.normal(recovery) & np.isfinite(x)).sum())
        for s, x in zip(streams, scores, strict=True)
    )
    return rows * streams[0].step_s / WEEK_S


def calibrated(
    streams: Sequence[Stream],
    scores: Sequence[Float64[np.ndarray, " t"]],
    *,
    per_week: float,
    hold: int,
    recovery: int,
) -> AlarmRule:
    """Find the lowest threshold with at most the requested rate of false alarms on these streams.

    Raises:
        InputError: if there are too few rows of normal operation.
    """
    normal = [s.normal(recovery) for s in streams]
    pool = np.concatenate([x[c & np.isfinite(x)] for x, c in zip(scores, normal, strict=True)])
    time = weeks(streams, scores, recovery)
    allowed = per_week * time
    if allowed < 1:
        raise InputError(
            f"at least {1 / per_week:.3g} calm weeks to set {per_week:g} false alarms a week on",
            f"{time:.3g}",
            "Give more streams without events, or allow more false alarms.",
        )
    tried = np.unique(pool)[::-1][:CANDIDATES]
    best = AlarmRule(float(np.nextafter(tried[0], np.inf)), hold)
    for threshold in tried:
        rule = AlarmRule(float(threshold), hold)
        count = sum(false_alarms(rule.on(x), c) for x, c in zip(scores, normal, strict=True))
        if count > allowed:
            break
        best = rule
    return best
