"""Additions to the report of a search: its trajectory, and conflicts of limits."""

from typing import Any

import numpy as np
from markupsafe import Markup

from ingenium.core.spec import Limit, Spec
from ingenium.drawing.run_charts import attained, course
from ingenium.report import words
from ingenium.runs.conflicts import Unmet
from ingenium.runs.outcome import Run
from ingenium.runs.rounds import Round
from ingenium.runs.session import SearchSession


def entries(run: Run, session: SearchSession) -> dict[str, Any]:
    """Entries of the template."""
    units = run.units
    return {
        "strategy": session.plan.strategy,
        "reason": session.reason,
        "last": session.last,
        "trajectories": _trajectories(run.spec, session, units),
        "conflicts": _conflicts(run.spec, session.unmet),
        "nearest": _nearest(run.spec, session.unmet, units),
        "drawing": _front(run.spec, session.unmet, units),
    }


def _trajectories(
    spec: Spec, session: SearchSession, units: dict[str, str]
) -> tuple[tuple[str, Markup], ...]:
    """Curves against the engine calls: acceptance, the best, the front, violations."""
    rounds, objectives = session.rounds, spec.objectives
    shown: dict[str, tuple[str, list[float | None]]] = {
        "Accepted, share of each round": ("%", [_share(*pair) for pair in _pairs(rounds)])
    }
    if objectives:
        first = objectives[0]
        unit = units[first.quantity]
        label = f"{first.quantity} ({unit})" if unit not in ("", "1") else first.quantity
        shown[f"Best {first.quantity} so far"] = (label, [r.best for r in rounds])
    if len(objectives) > 1:
        shown["Designs of the front"] = ("designs", [float(r.front) for r in rounds])
        shown["Hypervolume"] = ("in spreads of the first designs", [r.hypervolume for r in rounds])
    if spec.limits:
        shown["Least sum of violations"] = ("in spreads", [r.violation for r in rounds])
    for name in rounds[-1].own:
        own = [r.own.get(name) for r in rounds]
        shown[name[:1].upper() + name[1:]] = (name, own)
    calls = [r.calls for r in rounds]
    drawn = []
    for caption, (label, values) in shown.items():
        if any(v is not None for v in values):
            drawn.append((caption, course(calls, values, label)))
    return tuple(drawn)


def _pairs(rounds: tuple[Round, ...]) -> list[tuple[Round | None, Round]]:
    return list(zip((None, *rounds), rounds, strict=False))


def _share(before: Round | None, now: Round) -> float | None:
    """Percent accepted among designs verified in a round."""
    calls = now.calls - (before.calls if before else 0)
    accepted = now.accepted - (before.accepted if before else 0)
    return 100 * accepted / calls if calls else None


def _conflicts(spec: Spec, unmet: Unmet | None) -> tuple[tuple[str, int], ...]:
    """Limits that no design satisfies together, in words, and the design nearest to them."""
    if unmet is None:
        return ()
    said = {x.label: words.limit(x) for x in spec.limits}
    both = ((" and ".join(said[n] for n in c.limits), c.design) for c in unmet.conflicts)
    return tuple(both)


def _nearest(spec: Spec, unmet: Unmet | None, units: dict[str, str]) -> tuple[tuple[str, ...], ...]:
    """The nearest attainable front as a table."""
    if unmet is None:
        return ()
    names = tuple(dict.fromkeys(x.quantity for x in spec.limits))
    said = {x.label: words.limit(x) for x in spec.limits}
    header = ("design", *names, "violates", "sum of violations")
    rows = [
        (
            str(one.design),
            *(words.number(one.values[n], units[n]) for n in names),
            "; ".join(said[label] for label in one.broken),
            words.number(one.violation),
        )
        for one in unmet.front
    ]
    return (header, *rows)


def _front(spec: Spec, unmet: Unmet | None, units: dict[str, str]) -> Markup | None:
    """The nearest front over the first two quantities whose limits conflict."""
    pair = None if unmet is None else _conflicting(unmet, spec)
    if pair is None or unmet is None:
        return None
    (one, first), (other, second) = pair
    points = np.array([[x.values[one], x.values[other]] for x in unmet.front])
    labels = [n if units[n] in ("", "1") else f"{n} ({units[n]})" for n in (one, other)]
    return attained(points, (first, second), (labels[0], labels[1]))


def _conflicting(unmet: Unmet, spec: Spec) -> tuple[tuple[str, Limit], tuple[str, Limit]] | None:
    """Two quantities of the smallest conflict with their limits, if it has two."""
    by_label = {x.label: x for x in spec.limits}
    for conflict in unmet.conflicts:
        limits = {by_label[label].quantity: by_label[label] for label in conflict.limits}
        if len(limits) > 1:
            (one, first), (other, second), *_ = limits.items()
            return (one, first), (other, second)
    return None
