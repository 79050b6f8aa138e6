"""Fans of profiles: the median of many days or weeks, and bands that hold 50 % and 90 % of them."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes

from ingenium.core.designs import DESIGN
from ingenium.core.quantity import Condition
from ingenium.domains.grid.data.dataset import STEPS

SHOWN = 400  # days drawn in the fans; enough for their quantiles
KW = 1000.0
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def spread(rows: np.ndarray) -> np.ndarray:
    """Of many rows some evenly over all of them, since they may be ordered by their worth."""
    some = np.linspace(0, len(rows) - 1, min(SHOWN, len(rows))).astype(np.int64)
    return np.asarray(rows[some])


def like(known: xr.Dataset, designs: xr.Dataset, conditions: Sequence[Condition]) -> xr.Dataset:
    """Known designs under what was proposed: its choices, and numbers within its range."""
    fits = np.ones(known.sizes[DESIGN], dtype=bool)
    for c in conditions:
        had, own = known[c.name].to_numpy(), designs[c.name].to_numpy()
        fits &= np.isin(had, own) if c.choices else (had >= own.min()) & (had <= own.max())
    return known.isel({DESIGN: np.flatnonzero(fits)})


def fan(ax: Axes, values: Float[np.ndarray, "n t"], colour: str, label: str) -> None:
    """Median of some courses, and bands that hold 50 % and 90 % of them."""
    low, left, middle, right, high = np.nanquantile(values, (0.05, 0.25, 0.5, 0.75, 0.95), axis=0)
    hours = np.arange(values.shape[1]) / 4
    ax.fill_between(hours, low, high, color=colour, alpha=0.15, linewidth=0)
    ax.fill_between(hours, left, right, color=colour, alpha=0.25, linewidth=0)
    ax.plot(hours, middle, color=colour, linewidth=1.4, label=label)
    ax.set_xlim(0, hours[-1] + 0.25)
    if len(hours) == STEPS:
        ax.set_xticks(range(0, 25, 6), [f"{h:02d}:00" for h in range(0, 25, 6)])
    else:
        ax.set_xticks(range(12, len(hours) // 4, 24), WEEKDAYS[: len(hours) // STEPS])
