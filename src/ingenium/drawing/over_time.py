"""Many series over time as their median, with bands of half and 90 % of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from ingenium.core.spec import Limit
from ingenium.drawing.axis import Axis, Marks
from ingenium.drawing.style import MUTED, OURS, SMALL, dress

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
EXACT = (0.0, 0.25, 0.5, 0.75, 1.0)  # where the five rows are the quantiles themselves
HOURS_OF_DAY = {float(h): f"{h:02d}:00" for h in range(0, 25, 6)}


@dataclass(frozen=True, eq=False)
class TimeBand:
    """Series of one origin.

    Shapes: n series, t steps. Series that are all NaN are left out, and the legend counts them.
    """

    values: Float[np.ndarray, "n t"]
    name: str = ""
    colour: str = OURS
    levels: Sequence[float] = LEVELS
    filled: bool = False  # one series, down to 0
    single: bool = False  # each series as a thin line

    def draw(self, axes: Axes, time: Float[np.ndarray, " t"]) -> None:
        """Draw a line for one series; for more, bands and their median."""
        known = np.isfinite(self.values).any(1)
        if missing := int((~known).sum()):
            axes.plot([], [], " ", label=f"{missing} without a result, not shown")
        if not known.any():
            return
        label = self.name or None
        if known.sum() == 1:
            (one,) = self.values[known]
            if self.filled:
                axes.fill_between(time, 0, one, color=self.colour, alpha=0.25, linewidth=0)
            axes.plot(time, one, color=self.colour, lw=1.2, label=label)
            return
        if self.single:
            lines = axes.plot(time, self.values[known].T, color=self.colour, lw=0.7, alpha=0.5)
            lines[0].set_label(label)
            return
        low, left, middle, right, high = np.nanquantile(self.values[known], self.levels, axis=0)
        axes.fill_between(time, low, high, color=self.colour, alpha=0.15, linewidth=0)
        axes.fill_between(time, left, right, color=self.colour, alpha=0.25, linewidth=0)
        axes.plot(time, middle, color=self.colour, linewidth=1.4, label=label)


@dataclass(frozen=True, eq=False)
class OverTime:
    """Bands of one quantity over time.

    Shapes: t steps.
    """

    time: Float[np.ndarray, " t"]
    bands: Sequence[TimeBand]
    name: str
    unit: str = "1"
    x: str = ""
    ends: tuple[float | None, float | None] = (None, None)  # upwards
    marks: Sequence[Marks] = ()
    limits: Sequence[Limit] = ()  # on the quantity, in its unit
    shaded: Sequence[tuple[float, float]] = ()  # marked spans of time
    ticks: Mapping[float, str] = field(default_factory=dict)  # labels along the time

    def draw(self, axes: Axes) -> None:
        """Draw spans, bands and marks, with the quantity as the title."""
        for start, end in self.shaded:
            axes.axvspan(start, end, color=MUTED, alpha=0.2, lw=0)
        for band in self.bands:
            band.draw(axes, self.time)
        for one in self.marks:
            one.draw(axes)
        if not axes.lines:
            axes.text(0.5, 0.5, "no design", ha="center", transform=axes.transAxes, fontsize=SMALL)
        step = float(self.time[1] - self.time[0]) if len(self.time) > 1 else 1.0
        axes.set_xlim(float(self.time[0]), float(self.time[-1]) + step)
        if self.ticks:
            axes.set_xticks(list(self.ticks), list(self.ticks.values()))
        upwards = Axis(np.empty(0), self.name, self.unit, self.limits, ends=self.ends)
        upwards.set(axes, "y")
        dress(axes, self.x, title=axes.get_ylabel(), grid=True)
