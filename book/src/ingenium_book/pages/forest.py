"""Pictures of a result: each part against its bound, baselines below it, and other values."""

import re
from collections.abc import Mapping
from math import isfinite
from textwrap import shorten

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ingenium.drawing.figures import BREAKS, HOLDS, INK, inked, svg
from ingenium.evaluate.measured import Interval
from ingenium_book.claims import Claim
from ingenium_book.study import Result
from ingenium_book.verdicts import ClaimPart, Outcome

OPEN, BASE = "#8a6d1f", "#7d8791"
COLOURS = {
    Outcome.HOLDS: HOLDS,
    Outcome.CONSISTENT: OPEN,
    Outcome.AGAINST: BREAKS,
    Outcome.OPEN: OPEN,
}
MOST_BASELINES, MOST_GROUPS, MOST_IN_GROUP = 8, 8, 16
WIDTH, LINE, ROOM = 7.6, 0.21, 0.62  # of a picture, of a row in it, and around each axes (inches)
Rows = Mapping[str, Interval]  # by label


def parts(claim: Claim, result: Result, others: Rows, name: str) -> Markup | None:
    """The parts of the claim, each on its own scale, with its bound and the baselines for it."""
    found = {p.name: result.values[p.name].interval for p in claim.parts if p.name in result.values}
    shown = [p for p in claim.parts if _known(found.get(p.name))]
    if not shown:
        return None
    below = {p.name: _baselines(p.name, others) for p in shown}
    heights = [ROOM + LINE * (1 + len(below[p.name])) for p in shown]
    figure = Figure(figsize=(WIDTH, sum(heights)), layout="constrained")
    grid = figure.subplots(len(shown), 1, squeeze=False, height_ratios=heights)
    for axes, part in zip(grid[:, 0], shown, strict=True):
        _part(axes, part, found[part.name], below[part.name])
    return svg(figure, name)


def alongside(claim: Claim, others: Rows, name: str) -> Markup | None:
    """Plot values measured for several methods that are no part of the claim."""
    groups = _groups(claim, others)
    if not groups:
        return None
    heights = [ROOM + LINE * len(rows) for rows in groups.values()]
    figure = Figure(figsize=(WIDTH, sum(heights)), layout="constrained")
    grid = figure.subplots(len(groups), 1, squeeze=False, height_ratios=heights)
    for axes, (title, rows) in zip(grid[:, 0], groups.items(), strict=True):
        _rows(axes, rows, dict.fromkeys(rows, BASE))
        axes.set_title(title, loc="left", fontsize=9, color=INK)
    return svg(figure, name)


def _part(axes: Axes, part: ClaimPart, found: Interval, below: Rows) -> None:
    own, outcome = "this study", part.judge(found)
    rows = {own: found, **below}
    _rows(axes, rows, dict.fromkeys(rows, BASE) | {own: COLOURS[outcome]})
    ends = [end for side in part.sides() for end in side]
    low, high = _window([*rows.values()], ends)
    axes.set_xlim(low, high)
    for left, right in part.sides():
        axes.axvspan(max(left, low), min(right, high), color=HOLDS, alpha=0.10, linewidth=0)
    for bound in filter(isfinite, ends):
        axes.axvline(bound, color=INK, linewidth=1.0, linestyle="--")
    unit = "" if part.unit == "1" else f" ({part.unit})"
    title = f"{shorten(part.text, 80, placeholder=' ...')}{unit}: {outcome.value}"
    axes.set_title(title, loc="left", fontsize=9, color=INK)


def _rows(axes: Axes, rows: Rows, colours: Mapping[str, str]) -> None:
    """Draw a point and an interval for each row, the first on top."""
    for i, (label, found) in enumerate(rows.items()):
        if isfinite(found.low) and isfinite(found.high):
            ends = [found.low, found.high]
            axes.plot(ends, [i, i], color=colours[label], linewidth=2.2, solid_capstyle="butt")
        axes.plot([found.value], [i], "o", color=colours[label], markersize=5)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), [shorten(label, 40, placeholder=" ...") for label in rows])
    inked(axes)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(*_window([*rows.values()], []))


def _window(found: list[Interval], bounds: list[float]) -> tuple[float, float]:
    """A range that shows every value, interval and bound."""
    ends = [x for one in found for x in (one.value, one.low, one.high)] + bounds
    shown = [x for x in ends if isfinite(x)]
    low, high = min(shown), max(shown)
    room = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    return low - room, high + room


def _baselines(part: str, found: Rows) -> Rows:
    """Values of others measured in the same way, by their names."""
    wanted = re.escape(part).replace("_", "[_ ]")
    pattern = re.compile(rf"(.+?)(?:: |, |[._ ]){wanted}(?: \([^)]*\))?")
    named = {m[1]: v for k, v in found.items() if (m := pattern.fullmatch(k)) and _known(v)}
    first = list(named.items())[:MOST_BASELINES]
    return {k.replace("_", " "): v for k, v in first}


def _groups(claim: Claim, found: Rows) -> dict[str, dict[str, Interval]]:
    """Values by measure, then by method; only for three methods or more."""
    groups: dict[str, dict[str, Interval]] = {}
    own = {part.name.replace("_", " ") for part in claim.parts}
    for name, value in found.items():
        what, who = (text.replace("_", " ") for text in _split(name))
        if who and what not in own and _known(value):
            groups.setdefault(what, {})[who] = value
    alike = {k: v for k, v in groups.items() if 3 <= len(v) <= MOST_IN_GROUP}
    return dict(list(alike.items())[:MOST_GROUPS])


def _split(name: str) -> tuple[str, str]:
    """Split a name such as `gan.crps` or `novelty, random` into measure and method."""
    for sign in (": ", "."):
        if sign in name:
            who, _, what = name.rpartition(sign)
            return what, who
    if ", " in name:
        what, _, who = name.partition(", ")
        return what, who
    who, _, what = name.partition(" ")
    return (what, who) if what and " " not in what else (name, "")


def _known(found: Interval | None) -> bool:
    return found is not None and isfinite(found.value)
