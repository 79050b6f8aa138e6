"""A chart of numbers as inline SVG: axes with ticks, bars, curves, points and shaded spans.

It is written directly, in the font and the text colour of the page around it. Pictures of a field,
with maps, bodies and colour bars, are drawn by matplotlib; a report has many more charts than
those, and a chart takes a millisecond this way.
"""

import math
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Float
from markupsafe import Markup, escape

WIDTH, HEIGHT = 420.0, 250.0  # of a chart, in its own units; the page sets its size
WORD, TICK, NOTE = 12.5, 11.0, 11.0  # height of the letters of labels, ticks and notes
LETTER = 0.56  # mean width of a letter, of its height
WIDE = 52  # letters of a label in a line
STEPS = (1.0, 2.0, 2.5, 5.0)  # between ticks, times a power of ten
PLAIN = (-3, 5)  # powers of ten between which ticks are written without one


@dataclass(frozen=True)
class AxisRange:
    """One axis: its ends, its label, and where its ticks are."""

    low: float
    high: float
    label: str
    whole: bool = False  # ticks at whole numbers alone
    most: int = 8  # spaces between ticks, at most

    @cached_property
    def ticks(self) -> tuple[float, ...]:
        """Round numbers within the range; fewer where their texts would touch."""
        return next(t for m in range(self.most, 0, -1) if self._fit(t := self._at_most(m), m))

    @cached_property
    def power(self) -> int:
        """Power of ten that the texts of the ticks leave out; 0 for none."""
        largest = max(abs(self.low), abs(self.high))
        power = math.floor(math.log10(largest)) if largest else 0
        return 0 if PLAIN[0] <= power <= PLAIN[1] else power

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The ticks as they are written, all with the same digits."""
        return self._written(self.ticks)

    def share(self, value: float) -> float:
        """Position of a value, 0 at the low end and 1 at the high one; beyond them, the end."""
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)

    def _at_most(self, spaces: int) -> tuple[float, ...]:
        rough = (self.high - self.low) / spaces
        unit = 10.0 ** math.floor(math.log10(rough))
        steps = [s * unit * ten for ten in (1.0, 10.0) for s in STEPS]
        if self.whole:
            steps = [float(s) for s in map(round, steps) if s] or [1.0]
        step = next((s for s in steps if s >= rough * (1 - 1e-9)), steps[-1])
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return tuple(i * step for i in range(first, last + 1))

    def _written(self, ticks: Sequence[float]) -> tuple[str, ...]:
        if len(ticks) < 2:
            return tuple(f"{t / 10**self.power:.4g}" for t in ticks)
        step = (ticks[1] - ticks[0]) / 10.0**self.power
        digits = next(d for d in range(18) if abs(step - round(step, d)) < 1e-6 * step or d == 17)
        return tuple(f"{t / 10.0**self.power + 0.0:.{digits}f}" for t in ticks)

    def _fit(self, ticks: Sequence[float], spaces: int) -> bool:
        longest = max(map(len, self._written(ticks)), default=0)
        return spaces == 1 or longest * LETTER * TICK * 1.35 * len(ticks) < WIDTH - 70


@dataclass
class Chart:
    """A chart that grows by its marks, the first at the back; `svg` writes it."""

    x: AxisRange
    y: AxisRange
    ink: str = "currentColor"  # of axes and texts
    height: float = HEIGHT
    width: float = WIDTH
    note: str = ""  # above the axes
    grid: bool = False  # faint lines at the ticks
    named: dict[str, tuple[str, float]] = field(default_factory=dict)  # colour and radius of points
    marks: list[str] = field(default_factory=list)

    def bars(
        self,
        edges: Sequence[float],
        bottom: Float[np.ndarray, " bin"],
        top: Float[np.ndarray, " bin"],
        colour: str,
    ) -> None:
        """Add bars between edges; neighbours are one outline, without a seam."""
        outline, start = [], None
        for i in range(len(top) + 1):
            empty = i == len(top) or not top[i] > bottom[i]
            if not empty:
                start = i if start is None else start
            elif start is not None:
                outline.append(self._outline(edges, bottom, top, range(start, i)))
                start = None
        if outline:
            self.marks.append(f'<path d="{"".join(outline)}" fill="{colour}"/>')

    def rule(self, at: float, *, across: bool = False) -> None:
        """Add a dashed line at a value of x, or of y if `across`."""
        ends = [(self.x.low, at), (self.x.high, at)] if across else [(at, self.y.low)]
        ends = ends if across else [*ends, (at, self.y.high)]
        path = self._path(ends)
        self.marks.append(
            f'<path d="{path}" fill="none" stroke="{self.ink}" stroke-width="1.6" '
            'stroke-dasharray="6 3"/>'
        )

    def shade(self, low: float, high: float, colour: str, *, across: bool = False) -> None:
        """Shade between two values of x, or of y if `across`."""
        one, other = (self.y, self.x) if across else (self.x, self.y)
        corners = [(low, other.low), (high, other.low), (high, other.high), (low, other.high)]
        if one.share(high) <= one.share(low):
            return
        path = self._path([(b, a) for a, b in corners] if across else corners)
        self.marks.append(f'<path d="{path}Z" fill="{colour}" fill-opacity="0.1"/>')

    def curve(self, points: Iterable[tuple[float, float]], colour: str, *, dots: bool) -> None:
        """Add a line through points, with gaps where one is unknown."""
        pieces: list[list[tuple[float, float]]] = [[]]
        for x, y in points:
            if math.isfinite(y):
                pieces[-1].append((x, y))
            else:
                pieces.append([])
        known = [p for p in pieces if p]
        path = "".join(map(self._path, known))
        self.marks.append(
            f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2.2" '
            'stroke-linejoin="round"/>'
        )
        alone = [p for piece in known if dots or len(piece) == 1 for p in piece]
        self.dots(alone, colour, 2.4)

    def dots(
        self, points: Iterable[tuple[float, float]], colour: str, radius: float, name: str = ""
    ) -> None:
        """Add points, and their name to the legend."""
        at = [(self._at_x(x), self._at_y(y)) for x, y in points]
        circles = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>' for x, y in at)
        if circles:
            self.marks.append(f'<g fill="{colour}">{circles}</g>')
        if name and circles:
            self.named[name] = colour, radius

    def svg(self) -> Markup:
        """Write the chart."""
        behind = self._grid() if self.grid else []
        parts = [*behind, *self.marks, *self._frame(), *self._legend()]
        head = (
            f'<svg viewBox="0 0 {self.width:g} {self.height:g}" xmlns="http://www.w3.org/2000/svg" '
            f'role="img" font-size="{TICK}">'
        )
        return Markup(head + "".join(parts) + "</svg>")

    @cached_property
    def _labels(self) -> list[str]:
        return textwrap.wrap(self.x.label, WIDE)

    @cached_property
    def _box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the area within the axes."""
        longest = max(map(len, self.y.texts), default=1)
        left = 12 + (WORD + 6) * bool(self.y.label) + LETTER * TICK * longest
        below = 10 + TICK + 1.25 * WORD * len(self._labels)
        above = 10.0 + 16 * bool(self.note or self.y.power)
        return left, above, self.width - 14, self.height - below

    def _at_x(self, value: float) -> float:
        left, _, right, _ = self._box
        return left + self.x.share(value) * (right - left)

    def _at_y(self, value: float) -> float:
        _, top, _, bottom = self._box
        return bottom - self.y.share(value) * (bottom - top)

    def _path(self, points: Iterable[tuple[float, float]]) -> str:
        at = (f"{self._at_x(x):.1f} {self._at_y(y):.1f}" for x, y in points)
        return "M" + "L".join(at)

    def _outline(
        self,
        edges: Sequence[float],
        bottom: Float[np.ndarray, " bin"],
        top: Float[np.ndarray, " bin"],
        run: range,
    ) -> str:
        """Outline of neighbouring bars: along their tops, and back along their bottoms."""
        there = [(edges[i + k], float(top[i])) for i in run for k in (0, 1)]
        back = [(edges[i + 1 - k], float(bottom[i])) for i in reversed(run) for k in (0, 1)]
        return self._path([*there, *back]) + "Z"

    def _frame(self) -> list[str]:
        """The axes with their ticks, labels and notes."""
        left, top, right, bottom = self._box
        ticks = [(self._at_x(t), text) for t, text in zip(self.x.ticks, self.x.texts, strict=True)]
        steps = [(self._at_y(t), text) for t, text in zip(self.y.ticks, self.y.texts, strict=True)]
        lines = f"M{left:.1f} {top:.1f}V{bottom:.1f}H{right:.1f}"
        lines += "".join(f"M{x:.1f} {bottom:.1f}v4" for x, _ in ticks)
        lines += "".join(f"M{left:.1f} {y:.1f}h-4" for y, _ in steps)
        found = [f'<path d="{lines}" fill="none" stroke="{self.ink}" stroke-width="1"/>']
        found += [self._text(x, bottom + 6 + TICK, text, "middle") for x, text in ticks]
        found += [self._text(left - 7, y + 0.35 * TICK, text, "end") for y, text in steps]
        middle, lowest = (left + right) / 2, bottom + 8 + TICK
        for i, line in enumerate(self._labels):
            found.append(self._text(middle, lowest + 1.2 * WORD * (i + 0.85), line, "middle", WORD))
        if self.y.label:
            across = f' transform="rotate(-90 {WORD + 1:.1f} {(top + bottom) / 2:.1f})"'
            at = WORD + 1, (top + bottom) / 2
            found.append(self._text(*at, self.y.label, "middle", WORD, across))
        if self.note:
            found.append(self._text(middle, 16.0, self.note, "middle", NOTE))
        found += [self._power(right, lowest + WORD, self.x, "end")]
        return [*found, self._power(left, 16.0, self.y, "start")]

    def _grid(self) -> list[str]:
        left, top, right, bottom = self._box
        lines = "".join(f"M{self._at_x(t):.1f} {top:.1f}V{bottom:.1f}" for t in self.x.ticks)
        lines += "".join(f"M{left:.1f} {self._at_y(t):.1f}H{right:.1f}" for t in self.y.ticks)
        return [f'<path d="{lines}" fill="none" stroke="{self.ink}" stroke-opacity="0.12"/>']

    def _power(self, x: float, y: float, of: AxisRange, anchor: str) -> str:
        return (
            self._text(x, y, f"\N{MULTIPLICATION SIGN} 10{superscript(of.power)}", anchor)
            if of.power
            else ""
        )

    def _legend(self) -> list[str]:
        """Names of points, at the top right within the axes."""
        _, top, right, _ = self._box
        found = []
        for i, (name, (colour, radius)) in enumerate(self.named.items()):
            y = top + 8 + 1.5 * TICK * i
            found.append(
                f'<circle cx="{right - 5:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}"/>'
            )
            found.append(self._text(right - 15, y + 0.35 * TICK, name, "end"))
        return found

    def _text(
        self, x: float, y: float, text: str, anchor: str, size: float = TICK, more: str = ""
    ) -> str:
        height = "" if size == TICK else f' font-size="{size}"'
        return (
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{self.ink}"{height}{more}>'
            f"{escape(text)}</text>"
        )


def superscript(number: int) -> str:
    """Write a whole number in raised digits."""
    return str(number).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
