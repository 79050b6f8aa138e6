"""The page of a search: how it went, what is in the way, and the best that was found."""

import shlex
from datetime import UTC, datetime

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.folders import write_atomic
from ingenium.core.spec import Limit
from ingenium.report import figures, words
from ingenium.report.template import template
from ingenium.search.conflicts import Unmet
from ingenium.search.course import Round
from ingenium.search.running import LEAST, RESULT, Found

BEST = 20  # designs in the table
WHY = {
    "calls": "the budget of engine calls was spent",
    "seconds": "the seconds were spent",
    "accepted": "enough designs held every limit",
    "stagnation": "nothing became better for as many calls as were allowed",
    "idle": "nothing new was proposed any more",
    "cost": "the cost was spent",
    "designs": "the strategy had no more designs",
}


def write(found: Found) -> None:
    """Write `report.html` beside the best designs of a search.

    Raises:
        StorageError: if it cannot be written.
    """
    write_atomic(found.folder / RESULT / "report.html", render(found))


def render(found: Found) -> str:
    """The page as HTML."""
    units = {q.name: q.unit for q in found.problem.quantities}
    return template("search.html.jinja").render(
        title=found.spec.title or found.problem.summary,
        problem=found.problem,
        plan=found.plan,
        why=WHY[found.why],
        summary=found.summary,
        last=found.rounds[-1],
        asked=_asked(found),
        courses=_courses(found, units),
        conflicts=_conflicts(found),
        nearest=_nearest(found, units),
        drawing=_front(found, units),
        best=_best(found, units),
        folder=shlex.quote(str(found.folder)),
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


def kept(found: Found) -> str:
    """Which designs are handed over, of how many, and why no more."""
    choice, s = found.spec.select, found.summary
    total = {"accepted": s.accepted, "rejected": s.rejected}.get(
        choice.keep, s.accepted + s.rejected
    )
    many = 0 if found.designs is None else found.designs.sizes[DESIGN]
    if not total:
        return f"none, since there are no {choice.keep} designs"
    if many == total:
        return f"all {total} {choice.keep} designs"
    which = "best" if found.spec.objectives else "first"
    why = "as [select] asks"
    if choice.count is None and many >= LEAST:
        front = "the front of the objectives" if many > LEAST else f"{LEAST}"
        why = f"{front}, since [select] gives no count"
    elif choice.apart is not None and many < (choice.count or LEAST):
        why = f"all that lie {choice.apart:g} apart"
    return f"the {which} {many} of {total} {choice.keep} designs ({why})"


def _asked(found: Found) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What was asked, and what of it is kept here."""
    told = dict(words.asked(found.spec, found.problem))
    return tuple((told | {"Kept": (kept(found),)}).items())


def _courses(found: Found, units: dict[str, str]) -> tuple[tuple[str, Markup], ...]:
    """What is drawn against the engine calls: acceptance, the best, the front, violations."""
    rounds, objectives = found.rounds, found.spec.objectives
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
    if found.spec.limits:
        shown["Least sum of violations"] = ("in spreads", [r.violation for r in rounds])
    for name in rounds[-1].own:
        own = [r.own.get(name) for r in rounds]
        shown[name[:1].upper() + name[1:]] = (name, own)
    calls = [r.calls for r in rounds]
    drawn = []
    for i, (caption, (label, values)) in enumerate(shown.items()):
        if any(v is not None for v in values):
            drawn.append((caption, figures.svg(figures.course(calls, values, label), f"c{i}")))
    return tuple(drawn)


def _pairs(rounds: tuple[Round, ...]) -> list[tuple[Round | None, Round]]:
    return list(zip((None, *rounds), rounds, strict=False))


def _share(before: Round | None, now: Round) -> float | None:
    """Percent accepted of what was verified in a round."""
    calls = now.calls - (before.calls if before else 0)
    accepted = now.accepted - (before.accepted if before else 0)
    return 100 * accepted / calls if calls else None


def _conflicts(found: Found) -> tuple[tuple[str, int], ...]:
    """Limits that nothing held together, in words, and the design nearest to them."""
    if found.unmet is None:
        return ()
    said = {x.label: words.limit(x) for x in found.spec.limits}
    both = ((" and ".join(said[n] for n in c.limits), c.design) for c in found.unmet.conflicts)
    return tuple(both)


def _nearest(found: Found, units: dict[str, str]) -> tuple[tuple[str, ...], ...]:
    """The nearest attainable front as a table."""
    if found.unmet is None:
        return ()
    names = tuple(dict.fromkeys(x.quantity for x in found.spec.limits))
    said = {x.label: words.limit(x) for x in found.spec.limits}
    header = ("design", *names, "breaks", "sum of violations")
    rows = [
        (
            str(one.design),
            *(words.number(one.values[n], units[n]) for n in names),
            "; ".join(said[label] for label in one.broken),
            words.number(one.violation),
        )
        for one in found.unmet.front
    ]
    return (header, *rows)


def _front(found: Found, units: dict[str, str]) -> Markup | None:
    """The nearest front over the first two quantities whose limits conflict."""
    pair = None if found.unmet is None else _conflicting(found.unmet, found)
    if pair is None or found.unmet is None:
        return None
    (one, first), (other, second) = pair
    points = np.array([[x.values[one], x.values[other]] for x in found.unmet.front])
    labels = [n if units[n] in ("", "1") else f"{n} ({units[n]})" for n in (one, other)]
    figure: Figure = figures.attained(points, (first, second), (labels[0], labels[1]))
    return figures.svg(figure, "front")


def _conflicting(unmet: Unmet, found: Found) -> tuple[tuple[str, Limit], tuple[str, Limit]] | None:
    """Two quantities of the smallest conflict with their limits, if it has two."""
    by_label = {x.label: x for x in found.spec.limits}
    for conflict in unmet.conflicts:
        limits = {by_label[label].quantity: by_label[label] for label in conflict.limits}
        if len(limits) > 1:
            (one, first), (other, second), *_ = limits.items()
            return (one, first), (other, second)
    return None


def _best(found: Found, units: dict[str, str]) -> tuple[tuple[str, ...], ...]:
    """The first of the designs that were handed over, by what was asked of them."""
    measured = found.measured
    if measured is None or not measured.sizes["design"]:
        return ()
    asked = [o.quantity for o in found.spec.objectives] + [x.quantity for x in found.spec.limits]
    names = tuple(dict.fromkeys(asked))
    rows = [("design", *names)]
    for i, call in enumerate(measured["design"].to_numpy().tolist()[:BEST]):
        values = (words.number(float(measured[n].to_numpy()[i]), units[n]) for n in names)
        rows.append((str(call), *values))
    return tuple(rows)
