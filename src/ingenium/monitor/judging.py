"""Scores of an exported monitor on unseen streams, event by event, with intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int
from scipy.special import gammaincinv

from ingenium.evaluate import event_scores
from ingenium.evaluate.intervals import LEVEL, wilson
from ingenium.evaluate.measured import Interval
from ingenium.monitor.alarms import AlarmRule, false_alarms, weeks
from ingenium.monitor.stream import Event, Stream

RESAMPLES = 200
SOFT_ROWS = 12  # widest border of an event, for the volume under precision and recall


@dataclass(frozen=True)
class EventFound:
    """One event, and whether it was detected."""

    stream: str
    event: Event
    delay_h: float | None  # from its first row to the first one above the threshold; None if missed


@dataclass(frozen=True)
class Judged:
    """Values with their intervals, and the events one by one."""

    values: dict[str, Interval]
    events: tuple[EventFound, ...]
    weeks: float  # of normal operation, over which false alarms were counted


def judge(
    streams: Sequence[Stream],
    scores: Sequence[Float64[np.ndarray, " t"]],
    rule: AlarmRule,
    recovery: int,
    seed: int = 0,
) -> Judged:
    """Judge the scores of a monitor on streams with known events."""
    on = [rule.on(x) for x in scores]
    events = tuple(
        EventFound(s.name, e, _delay(x, e, rule, s.step_s))
        for s, x in zip(streams, scores, strict=True)
        for e in s.events
    )
    times = [weeks([s], [x], recovery) for s, x in zip(streams, scores, strict=True)]
    counts = [false_alarms(o, s.normal(recovery)) for o, s in zip(on, streams, strict=True)]
    values = {
        "missed": _share(sum(e.delay_h is None for e in events), len(events)),
        "false_alarms": rate(np.array(counts), np.array(times)),
        "delay": _median([e.delay_h for e in events if e.delay_h is not None], seed),
        **_curves(streams, scores, on, seed),
    }
    return Judged(values, events, sum(times))


def by_kind(events: Sequence[EventFound]) -> dict[str, tuple[int, int, float]]:
    """Events, missed events, and the median delay in hours, by kind."""
    found = {}
    for kind in sorted({e.event.kind for e in events}):
        own = [e for e in events if e.event.kind == kind]
        reported = [e.delay_h for e in own if e.delay_h is not None]
        median = float(np.median(reported)) if reported else math.nan
        found[kind] = (len(own), len(own) - len(reported), median)
    return found


def _delay(
    score: Float64[np.ndarray, " t"], event: Event, rule: AlarmRule, step_s: float
) -> float | None:
    own = np.nan_to_num(score[event.first : event.last + 1], nan=-np.inf)
    reached = np.flatnonzero(own >= rule.threshold)
    return float(reached[0]) * step_s / 3600 if len(reached) else None


def _curves(
    streams: Sequence[Stream],
    scores: Sequence[Float64[np.ndarray, " t"]],
    on: Sequence[Bool[np.ndarray, " t"]],
    seed: int,
) -> dict[str, Interval]:
    """Areas over rows and affiliation, with a bootstrap over streams."""
    parts = []
    for s, x, o in zip(streams, scores, on, strict=True):
        known = np.isfinite(x)
        spans = [(e.first, e.last) for e in s.events]
        parts.append((s.label[known], x[known], event_scores.affiliation(o, spans)))
    names = ("auc", "vus_pr", "affiliation_f1")
    if not any(s.events for s in streams):
        return {name: Interval(math.nan, math.nan, math.nan) for name in names}
    rng = np.random.default_rng(seed)
    rows = np.array([_areas(parts, range(len(parts)))])
    drawn = [_areas(parts, rng.integers(len(parts), size=len(parts))) for _ in range(RESAMPLES)]
    ends = np.nanquantile(np.array(drawn), [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return {
        name: Interval(float(rows[0, i]), float(ends[0, i]), float(ends[1, i]))
        for i, name in enumerate(names)
    }


def _areas(parts: Sequence[tuple], chosen: Sequence[int] | np.ndarray) -> list[float]:  # type: ignore[type-arg]
    own = [parts[i] for i in chosen]
    label, score = (np.concatenate([p[i] for p in own]) for i in (0, 1))
    precision = [v for p in own for v in p[2][0]]
    recall = [v for p in own for v in p[2][1]]
    both = (
        event_scores.f1(float(np.mean(precision)) if precision else 0.0, float(np.mean(recall)))
        if recall
        else math.nan
    )
    return [event_scores.auc(label, score), event_scores.vus_pr(label, score, SOFT_ROWS), both]


def _share(count: int, n: int) -> Interval:
    if not n:
        return Interval(math.nan, math.nan, math.nan)
    return Interval(count / n, *wilson(count, n))


def rate(count: Int[np.ndarray, " s"], time: Float64[np.ndarray, " s"]) -> Interval:
    """Rate of events in streams, in which they may be clustered.

    The exact interval of a Poisson rate (Garwood, Biometrika 28, 1936), of counts by their
    dispersion where they differ more between streams than a Poisson's do (McCullagh and Nelder,
    Generalized Linear Models, 2nd ed., 1989, section 4.5): one week of high demand raises many
    alarms.
    """
    if not time.sum():
        return Interval(math.nan, math.nan, math.nan)
    expected = time * count.sum() / time.sum()
    own, wanted = count[expected > 0], expected[expected > 0]
    over = float((np.square(own - wanted) / wanted).sum() / max(len(own) - 1, 1))
    few, whole = (float(x.sum()) / max(over, 1.0) for x in (count, time))
    tail = (1 - LEVEL) / 2
    low = float(gammaincinv(few, tail)) if few else 0.0
    high = float(gammaincinv(few + 1, 1 - tail))
    return Interval(few / whole, low / whole, high / whole)


def _median(values: Sequence[float | None], seed: int) -> Interval:
    found = np.array(values, dtype=np.float64)
    if not len(found):
        return Interval(math.nan, math.nan, math.nan)
    rng = np.random.default_rng(seed)
    drawn = np.median(rng.choice(found, (RESAMPLES, len(found))), axis=1)
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(np.median(found)), float(low), float(high))
