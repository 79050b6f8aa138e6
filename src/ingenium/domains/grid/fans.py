"""Fan charts of days and weeks of quarter hours, with known ones of the same kind."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from jaxtyping import Float

from ingenium.core.designs import DESIGN
from ingenium.core.quantity import Condition
from ingenium.core.spec import Limit
from ingenium.domains.grid.data.dataset import STEPS
from ingenium.drawing import HOURS_OF_DAY, Marks, OverTime, TimeBand
from ingenium.drawing.style import KNOWN, OURS

SHOWN = 400  # days plotted in the fans; enough for their quantiles
KW = 1000.0
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
BANDS = "median, and bands that cover 50 % and 90 % of the"  # days or weeks


def spread(rows: np.ndarray) -> np.ndarray:
    """Select rows evenly over all, since they may be ordered by quality."""
    some = np.linspace(0, len(rows) - 1, min(SHOWN, len(rows))).astype(np.int64)
    return np.asarray(rows[some])


def like(known: xr.Dataset, designs: xr.Dataset, conditions: Sequence[Condition]) -> xr.Dataset:
    """Select known designs under the proposed conditions: same choices, numbers in their range."""
    fits = np.ones(known.sizes[DESIGN], dtype=bool)
    for c in conditions:
        had, own = known[c.name].to_numpy(), designs[c.name].to_numpy()
        fits &= np.isin(had, own) if c.choices else (had >= own.min()) & (had <= own.max())
    return known.isel({DESIGN: np.flatnonzero(fits)})


def alongside(
    real: Float[np.ndarray, "m t"], own: Float[np.ndarray, "n t"]
) -> tuple[TimeBand, TimeBand]:
    """Return bands of real series in brown and of proposed ones in blue."""
    return TimeBand(real, "real", KNOWN), TimeBand(own, "proposed", OURS)


def fan(
    bands: Sequence[TimeBand],
    name: str,
    unit: str,
    *,
    marks: Sequence[Marks] = (),
    limits: Sequence[Limit] = (),
) -> OverTime:
    """Plot bands over the hours of a day, or over the days of a week."""
    hours = np.arange(bands[0].values.shape[1]) / 4
    days = len(hours) // STEPS
    ticks: Mapping[float, str] = {24.0 * i + 12: WEEKDAYS[i] for i in range(days)}
    ticks = HOURS_OF_DAY if days <= 1 else ticks
    return OverTime(hours, bands, name, unit, marks=marks, limits=limits, ticks=ticks)
