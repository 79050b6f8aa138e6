"""Scores of alarms on events, per event and per row, without point adjustment.

Shapes: t rows of one stream, s rows of all of them.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float64

THRESHOLDS = 250
Span = tuple[int, int]  # first and last row


def spans(label: Bool[np.ndarray, " t"]) -> list[Span]:
    """Return the runs of true rows."""
    edges = np.diff(np.concatenate([[0], label.astype(np.int8), [0]]))
    first, after = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return [(int(a), int(b) - 1) for a, b in zip(first, after, strict=True)]


def auc(label: Bool[np.ndarray, " s"], score: Float64[np.ndarray, " s"]) -> float:
    """Share of pairs of an event row and another row in which the former scores higher."""
    order = np.argsort(score, kind="stable")
    _, inverse, counts = np.unique(score[order], return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2  # ranks, of equal ones the mean
    rank = np.empty(len(score))
    rank[order] = middle[inverse]
    inside, outside = int(label.sum()), int((~label).sum())
    if not inside or not outside:
        return float("nan")
    return float((rank[label].sum() - inside * (inside + 1) / 2) / (inside * outside))


def vus_pr(label: Bool[np.ndarray, " s"], score: Float64[np.ndarray, " s"], most: int) -> float:
    """Volume under the precision-recall surface over widths of soft event borders, up to `most`.

    Source: Paparrizos et al., VLDB 15(11), 2022, with 250 thresholds as in the paper.
    """
    if not label.any() or label.all():
        return float("nan")
    return float(np.mean([_range_pr(label, score, width) for width in range(most + 1)]))


def _range_pr(label: Bool[np.ndarray, " s"], score: Float64[np.ndarray, " s"], width: int) -> float:
    soft = softened(label, width)
    segments = spans(soft > 0)
    ranked = np.argsort(-score, kind="stable")
    at = np.linspace(0, len(score) - 1, min(THRESHOLDS, len(score))).astype(int)
    bars = score[ranked][at]
    count = np.searchsorted(-score[ranked], -bars, side="right")  # rows at or above each threshold
    mass = np.concatenate([[0.0], np.cumsum(soft[ranked])])[count]
    peaks = np.sort([score[a : b + 1][soft[a : b + 1] > 0].max() for a, b in segments])
    met = 1 - np.searchsorted(peaks, bars, side="left") / len(segments)
    half = (label.sum() + soft.sum()) / 2
    recall = np.minimum(mass / half, 1.0) * met
    return float(np.sum(np.diff(recall, prepend=0.0) * mass / count))


def softened(label: Bool[np.ndarray, " s"], width: int) -> Float64[np.ndarray, " s"]:
    """Return labels that are 1 within events, and fall on both sides over half of `width` rows."""
    soft = label.astype(np.float64)
    for first, last in spans(label):
        after = np.arange(last, min(last + width // 2, len(label)))
        before = np.arange(max(first - width // 2, 0), first)
        soft[after] += np.sqrt(1 - (after - last) / max(width, 1))
        soft[before] += np.sqrt(1 - (first - before) / max(width, 1))
    return np.minimum(soft, 1.0)


def affiliation(
    alarm: Bool[np.ndarray, " t"], events: Sequence[Span]
) -> tuple[list[float], list[float]]:
    """Precision and recall of each event of a stream by the distance of alarms, relative to chance.

    The zone of an event are the rows nearer to it than to another one. Precision is the mean
    probability that a random row of the zone is no nearer to the event than an alarm; events
    without an alarm have none. Recall is the same for the event's rows and their nearest alarm; 0
    without one.

    Source: Huet, Navarro and Rossi, KDD 2022, counted on rows.
    """
    precision, recall = [], []
    for i, (first, last) in enumerate(events):
        low = 0 if i == 0 else (events[i - 1][1] + first) // 2 + 1
        high = len(alarm) - 1 if i == len(events) - 1 else (last + events[i + 1][0]) // 2
        zone = np.arange(low, high + 1)
        rung = zone[alarm[low : high + 1]]
        if not len(rung):
            recall.append(0.0)
            continue
        away = np.maximum(np.maximum(first - zone, zone - last), 0)
        own = np.maximum(np.maximum(first - rung, rung - last), 0)
        precision.append(float(np.mean([(away >= d).mean() for d in own])))
        rows = np.arange(first, last + 1)
        nearest = np.abs(rows[:, None] - rung).min(1)
        chance = (np.abs(rows[:, None] - zone) >= nearest[:, None]).mean(1)
        recall.append(float(chance.mean()))
    return precision, recall


def ranking(label: Bool[np.ndarray, " s"], alarm: Bool[np.ndarray, " s"]) -> dict[str, float]:
    """Ranking score of BATADAL, its two parts, and the share of rows classified correctly.

    Source: Taormina et al., J. Water Resour. Plan. Manag. 144(8), 2018, eqs. 1 to 4: the mean of 1
        less the mean share of an event before its detection, and of the mean of both true rates.
    """
    found = spans(label)
    late = []
    for first, last in found:
        reported = np.flatnonzero(alarm[first : last + 1])
        late.append(reported[0] / (last - first + 1) if len(reported) else 1.0)
    time = 1 - float(np.mean(late)) if found else float("nan")
    rates = float(alarm[label].mean() + (~alarm[~label]).mean()) / 2 if found else float("nan")
    return {
        "s": (time + rates) / 2,
        "s_time_to_detection": time,
        "s_classification": rates,
        "accuracy": float((alarm == label).mean()),
    }


def f1(precision: float, recall: float) -> float:
    """Return the harmonic mean of precision and recall."""
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0


def point_adjusted_f1(
    label: Bool[np.ndarray, " s"], score: Float64[np.ndarray, " s"], quantiles: int = 200
) -> float:
    """Best F1 if one alarm detects a whole event; inflated for any alarm.

    It is here only for comparison. Source: Kim et al., AAAI 2022 (its value for random alarms).
    """
    best = 0.0
    for bar in np.quantile(score, np.linspace(0, 1, quantiles)):
        alarm = score >= bar
        for first, last in spans(label):
            alarm[first : last + 1] |= alarm[first : last + 1].any()
        found = (alarm & label).sum()
        best = max(best, f1(found / max(alarm.sum(), 1), found / label.sum()))
    return float(best)
