"""Requested, predicted or known numbers, against achieved ones."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Shaped
from matplotlib.axes import Axes

from ingenium.core.verdict import answered
from ingenium.drawing.axis import Axis
from ingenium.drawing.plane import by_verdict, left_out
from ingenium.drawing.style import MUTED, OURS, dress


@dataclass(frozen=True, eq=False)
class Requested:
    """One number twice, with the diagonal on which both agree.

    Shapes: n designs. Failed designs are left out, and the legend counts them.
    """

    requested: Axis
    achieved: Axis
    verdict: Shaped[np.ndarray, " n"] | None = None
    tolerance: float = 0.0  # half of the band, relative to the request
    interval: Float[np.ndarray, "n 2"] | None = None  # of achieved values
    title: str = ""

    def draw(self, axes: Axes) -> None:
        """Draw the diagonal with its band, the designs, and the limits."""
        x, y = self.requested.values, self.achieved.values
        shown = self.requested.shown() & self.achieved.shown()
        shown &= True if self.verdict is None else answered(self.verdict)
        ends = self._ends(np.concatenate([x[shown], y[shown]]))
        low, high = ((1 + s * self.tolerance) * ends for s in (-1, 1))
        if self.tolerance:
            axes.fill_between(ends, low, high, color=MUTED, alpha=0.25, lw=0)
        axes.plot(ends, ends, color=MUTED, lw=0.8)
        if self.interval is not None:
            span = self.interval[shown]
            axes.vlines(x[shown], span[:, 0], span[:, 1], color=OURS, lw=0.8)
        by_verdict(axes, x, y, self.verdict, shown)
        left_out(axes, shown)
        self.requested.set(axes, "x")
        self.achieved.set(axes, "y")
        dress(axes, axes.get_xlabel(), axes.get_ylabel(), title=self.title, grid=True)

    def _ends(self, both: Float[np.ndarray, " m"]) -> Float[np.ndarray, " 2"]:
        if not len(both):
            return np.array([0.0, 1.0])
        low, high = float(both.min()), float(both.max())
        low = low if self.requested.ends[0] is None else self.requested.ends[0]
        room = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
        fixed = self.requested.log or self.requested.ends[0] is not None
        return np.array([low if fixed else low - room, high + room])
