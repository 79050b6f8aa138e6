"""The picture of a result: this study's interval, the claimed side, and each rival as a line."""

from dataclasses import dataclass
from math import isfinite
from textwrap import shorten

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ingenium.drawing.figures import BREAKS, HOLDS, INK, inked, svg
from ingenium.evaluate.measured import Interval
from ingenium_book.entries import RowEntry
from ingenium_book.verdicts import ClaimPart, Outcome, Rival

OPEN, RIVAL = "#8a6d1f", "#7a4fa3"
COLOURS = {
    Outcome.HOLDS: HOLDS,
    Outcome.CONSISTENT: OPEN,
    Outcome.AGAINST: BREAKS,
    Outcome.OPEN: OPEN,
}
WIDTH, HIGH = 7.6, 0.95  # of a picture and of one strip (inches)


@dataclass(frozen=True)
class Strip:
    """One measure: an interval of this study, and values of others as lines, by name."""

    title: str
    own: Interval
    lines: tuple[tuple[str, float], ...]
    sides: tuple[tuple[float, float], ...] = ()
    colour: str = OPEN


def forest(entry: RowEntry, name: str) -> Markup | None:
    """Draw the main claim and every rival that is measured otherwise; None without a value."""
    shown = strips(entry)
    if not shown:
        return None
    figure = Figure(figsize=(WIDTH, HIGH * len(shown)), layout="constrained")
    grid = figure.subplots(len(shown), 1, squeeze=False)
    for axes, strip in zip(grid[:, 0], shown, strict=True):
        _draw(axes, strip)
    return svg(figure, name)


def strips(entry: RowEntry) -> tuple[Strip, ...]:
    """The main claim first, then each rival that is measured in another way."""
    main, own = entry.claim.main, entry.value
    if entry.result is None or main is None or own is None or not isfinite(own.value):
        return ()
    values = {name: value.interval for name, value in entry.result.values.items()}
    alike = [r for r in entry.claim.rivals if r.above is None and r.below is None and not r.of]
    lines = [(r.name, values[r.value].value) for r in alike]
    within = [r for r in entry.claim.rivals if r.value == main.name and r not in alike]
    lines += [(r.name, _level(r)) for r in within]
    first = Strip(_title(main), own, tuple(lines), main.sides(), COLOURS[main.judge(own)])
    others = (_against(r, values) for r in entry.claim.rivals if r not in (*alike, *within))
    return (first, *others)


def _against(rival: Rival, values: dict[str, Interval]) -> Strip:
    if rival.above is None and rival.below is None:
        return Strip(rival.of, values[rival.of], ((rival.name, values[rival.value].value),))
    return Strip(f"against {rival.name}", values[rival.value], ((rival.name, _level(rival)),))


def _level(rival: Rival) -> float:
    return float((rival.above if rival.above is not None else rival.below) or 0.0)


def _title(part: ClaimPart) -> str:
    unit = "" if part.unit == "1" else f" ({part.unit})"
    return f"{shorten(part.text, 95, placeholder=' ...')}{unit}"


def _draw(axes: Axes, strip: Strip) -> None:
    own, ends = strip.own, [end for side in strip.sides for end in side]
    if own.known:
        axes.plot([own.low, own.high], [0, 0], color=strip.colour, lw=2.4, solid_capstyle="butt")
    axes.plot([own.value], [0], "o", color=strip.colour, markersize=6)
    low, high = _window([own.value, own.low, own.high, *ends, *(x for _, x in strip.lines)])
    axes.set_xlim(low, high)
    for left, right in strip.sides:
        axes.axvspan(max(left, low), min(right, high), color=HOLDS, alpha=0.10, linewidth=0)
    for bound in filter(isfinite, ends):
        axes.axvline(bound, color=INK, linewidth=1.0, linestyle=":")
    for i, (name, x) in enumerate(strip.lines):
        axes.axvline(x, color=RIVAL, linewidth=1.6)
        right = x > low + 0.7 * (high - low)
        axes.annotate(
            shorten(name, 40, placeholder=" ..."),
            (x, 0.55 - 0.5 * (i % 3)),
            (-4 if right else 4, 0),
            textcoords="offset points",
            ha="right" if right else "left",
            color=RIVAL,
            fontsize=8,
        )
    axes.set_ylim(-1, 1)
    axes.set_yticks([])
    inked(axes)
    axes.spines["left"].set_visible(False)
    axes.set_title(strip.title.replace("_", " "), loc="left", fontsize=9, color=INK)


def _window(found: list[float]) -> tuple[float, float]:
    """A range that shows every value, interval and bound."""
    shown = [x for x in found if isfinite(x)]
    low, high = min(shown), max(shown)
    room = 0.08 * (high - low) or 0.1 * abs(high) or 1.0
    return low - room, high + room
