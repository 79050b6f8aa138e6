"""Designs over two quantities, with the limits on both and the Pareto front."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Shaped
from matplotlib.axes import Axes

from ingenium.core.select import pareto_rank
from ingenium.core.verdict import Verdict, answered
from ingenium.drawing.axis import Axis, Marks
from ingenium.drawing.style import GOOD, MUTED, OURS, REJECTED, colour_bar, dress


@dataclass(frozen=True, eq=False)
class Plane:
    """The plane of two quantities.

    Shapes: n designs. Failed designs are left out, and the legend counts them.
    """

    x: Axis
    y: Axis
    verdict: Shaped[np.ndarray, " n"] | None = None  # colours; all alike if None
    title: str = ""
    colour: Axis | None = None  # a third number as colour; accepted designs then have a ring
    front: tuple[int, int] | None = None  # of the accepted: 1 where less is better, -1 where more
    marks: Sequence[Marks] = ()

    def draw(self, axes: Axes) -> None:
        """Draw marks, designs, the front and the limits."""
        for one in self.marks:
            one.draw(axes)
        shown = self.x.shown() & self.y.shown()
        if self.colour is not None:
            self._coloured(axes, self.colour, shown)
        else:
            shown &= True if self.verdict is None else answered(self.verdict)
            by_verdict(axes, self.x.values, self.y.values, self.verdict, shown)
        if self.front is not None:
            points = np.stack([self.x.values, self.y.values], 1)
            front(axes, points[shown & self._accepted()], self.front)
        left_out(axes, shown)
        self.x.set(axes, "x")
        self.y.set(axes, "y")
        dress(axes, axes.get_xlabel(), axes.get_ylabel(), title=self.title, grid=True)

    def _accepted(self) -> Bool[np.ndarray, " n"]:
        everyone = np.ones(len(self.x.values), dtype=bool)
        return everyone if self.verdict is None else self.verdict == Verdict.ACCEPTED

    def _coloured(self, axes: Axes, colour: Axis, shown: Bool[np.ndarray, " n"]) -> None:
        x, y, known = self.x.values, self.y.values, shown & colour.shown()
        if known.any():
            points = axes.scatter(x[known], y[known], 24, colour.values[known], cmap="viridis")
            colour_bar(axes, points, colour.label)
        if (rest := shown & ~known).any():
            label = f"{int(rest.sum())} without an answer"
            axes.scatter(x[rest], y[rest], 24, MUTED, marker="x", label=label)
        ringed = known & self._accepted()
        if self.verdict is not None and ringed.any():
            at = x[ringed], y[ringed]
            axes.scatter(*at, s=70, facecolors="none", edgecolors=GOOD, label="accepted")


def by_verdict(
    axes: Axes,
    x: Float[np.ndarray, " n"],
    y: Float[np.ndarray, " n"],
    verdict: Shaped[np.ndarray, " n"] | None,
    shown: Bool[np.ndarray, " n"],
) -> None:
    """Draw rejected and accepted designs among those shown; all alike without verdicts."""
    groups = ((Verdict.REJECTED, REJECTED), (Verdict.ACCEPTED, OURS))
    for code, colour in groups if verdict is not None else ((None, OURS),):
        rows = shown if code is None else shown & (verdict == code)
        if rows.any():
            label = None if code is None else code.value
            axes.scatter(x[rows], y[rows], 16, colour, linewidths=0, label=label, zorder=3)


def front(axes: Axes, points: Float[np.ndarray, "n 2"], signs: tuple[int, int]) -> None:
    """Draw steps through points that no other dominates: sign 1 where less is better, else -1."""
    if len(points):
        first = points[pareto_rank(points * np.array(signs)) == 0]
        first = first[first[:, 0].argsort()]
        how: Literal["post", "pre"] = "post" if signs[0] > 0 else "pre"
        axes.step(first[:, 0], first[:, 1], where=how, color=OURS, lw=1.2, label="front")


def left_out(axes: Axes, shown: Bool[np.ndarray, " n"]) -> None:
    """Add an entry to the legend that counts omitted designs."""
    if missing := int((~shown).sum()):
        axes.plot([], [], " ", label=f"{missing} without a result, not shown")
