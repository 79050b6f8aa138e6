"""Quantities along the axes of a picture: values, words, units, and the limits on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import xarray as xr
from jaxtyping import Float, Shaped
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from ingenium.core.shown import bound, headed, scale
from ingenium.core.spec import Limit
from ingenium.drawing.style import INK, KNOWN, REJECTED, SMALL

ROOM = 0.5  # widths of the values by which a range grows to show a limit
Ends = tuple[float | None, float | None]


@dataclass(frozen=True, eq=False)
class Axis:
    """One number of each design along an axis.

    Shapes: n designs; NaN where the engine failed.
    """

    values: Float[np.ndarray, " n"]
    name: str
    unit: str = "1"
    limits: Sequence[Limit] = ()  # in `unit`
    log: bool = False
    ends: Ends = (None, None)  # of the axis; None: from the values

    @classmethod
    def of(
        cls,
        measured: xr.Dataset,
        quantity: str,
        name: str = "",
        *,
        unit: str = "",
        log: bool = False,
        ends: Ends = (None, None),
    ) -> "Axis":
        """Build the axis of a measured quantity in its display unit, with its limits.

        Args:
            measured: designs or their verdicts.
            quantity: its variable.
            name: label of the axis; its long name if empty.
            unit: unit of the axis; the display unit of its field if empty.
            log: whether the axis is logarithmic.
            ends: range of the axis.
        """
        array = measured[quantity]
        by = scale(array, unit)
        own = [x for x in limits(measured) if x.quantity == quantity]
        within = tuple(bound(x.in_unit(str(array.attrs["units"])), by) for x in own)
        values = by.value(array.to_numpy().astype(np.float64))
        return cls(values, name or str(array.attrs["long_name"]), by.unit, within, log, ends)

    @property
    def label(self) -> str:
        """Name and unit."""
        return headed(self.name, self.unit)

    @property
    def bounds(self) -> list[float]:
        """Values of limits that the axis can show."""
        own = [b for x in self.limits for b in (x.at_least, x.at_most) if b is not None]
        return [b for b in own if b > 0 or not self.log]

    def shown(self) -> Shaped[np.ndarray, " n"]:
        """True for values that can be drawn."""
        known: np.ndarray = np.isfinite(self.values)
        return known & (self.values > 0) if self.log else known

    def set(self, axes: Axes, side: Literal["x", "y"]) -> None:
        """Set the range of one side of the axes, and shade where its limits are violated.

        A limit too far away would leave no space for the values: the label names it instead.
        """
        if self.log:
            axes.set(**{f"{side}scale": "log"})
        low, high = self._range(getattr(axes, f"get_{side}lim")())
        line, span = (axes.axvline, axes.axvspan) if side == "x" else (axes.axhline, axes.axhspan)
        away = [b for b in self.bounds if not low <= b <= high]
        for limit in self.limits:
            for at, side_from in ((limit.at_least, low), (limit.at_most, high)):
                if at in self.bounds and at not in away:
                    line(at, color=INK, lw=1.0, ls="--", zorder=1)
                    span(side_from, at, color=REJECTED, alpha=0.10, lw=0, zorder=0)
        if self.log and high < 100 * low:  # few powers of ten: plain numbers
            axis = axes.xaxis if side == "x" else axes.yaxis
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axis.set_minor_formatter(NullFormatter())
        reported = f"\n(limit {', '.join(f'{b:g}' for b in away)} lies outside)" if away else ""
        axes.set(**{f"{side}lim": (low, high), f"{side}label": self.label + reported})

    def _range(self, drawn: tuple[float, float]) -> tuple[float, float]:
        """Range of the axis, extended to near limits."""
        to, back = (np.log10, lambda x: 10.0**x) if self.log else (float, float)
        low, high = (to(x) for x in drawn)
        near = [to(b) for b in self.bounds]
        room = ROOM * (high - low)
        for b in near:
            if low - room <= b < low:
                low = b - 0.05 * (high - b)
            elif high < b <= high + room:
                high = b + 0.05 * (b - low)
        first, last = self.ends
        return (
            back(low) if first is None else first,
            back(high) if last is None else last,
        )


@dataclass(frozen=True, eq=False)
class Marks:
    """Points or a line for comparison: known designs, a theory, targets.

    Shapes: m points.
    """

    name: str
    x: Float[np.ndarray, " m"]
    y: Float[np.ndarray, " m"]
    colour: str = KNOWN
    marker: str = "."  # of matplotlib; "-", "--" or ":" for a line
    size: float = 10.0
    notes: Sequence[str] = ()  # a word at each point
    error: Float[np.ndarray, " m"] | None = None  # of y, to either side

    def draw(self, axes: Axes) -> None:
        """Draw on axes, behind the designs."""
        if self.marker in ("-", "--", ":"):
            axes.plot(self.x, self.y, self.marker, color=self.colour, lw=1.3, label=self.name)
            return
        retained = np.isfinite(self.x) & np.isfinite(self.y)
        if not retained.any():
            return
        thin = self.marker in "x+_|"
        axes.scatter(
            np.asarray(self.x)[retained],
            np.asarray(self.y)[retained],
            self.size,
            self.colour,
            marker="o" if self.marker == "." else self.marker,
            alpha=0.5 if self.marker == "." else 1.0,
            linewidths=0.8 if thin else 0,
            label=self.name or None,
            zorder=4 if thin else 2,
        )
        if self.error is not None:
            low, high = self.y - self.error, self.y + self.error
            axes.vlines(self.x, low, high, color=self.colour, lw=1.0)
        for x, y, note in zip(self.x, self.y, self.notes, strict=False):
            axes.annotate(note, (x, y), (5, 5), textcoords="offset points", fontsize=SMALL)


def limits(measured: xr.Dataset) -> tuple[Limit, ...]:
    """Limits of verdicts; none for designs alone."""
    labels = measured["limit"].to_numpy().tolist() if "limit" in measured.coords else []
    return tuple(Limit.labelled(str(label)) for label in labels)
