"""Report of single consumers' days, some individually, and all compared with real ones."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.quantity import Condition
from ingenium.core.verdict import Verdict, answered
from ingenium.domains.grid.data.dataset import HOURS
from ingenium.domains.grid.fans import BANDS, alongside, like, spread
from ingenium.drawing import HOURS_OF_DAY, OverTime, TimeBand, figure_of

SHOWN = 8


def sections(
    known: xr.Dataset,
    conditions: Sequence[Condition],
    designs: xr.Dataset,
    verdicts: xr.Dataset,
) -> tuple[Section, ...]:
    """Plot the first accepted days, and all days with real ones of the same conditions."""
    verdict = verdicts["verdict"].to_numpy()
    held = {DESIGN: np.flatnonzero(verdict == Verdict.ACCEPTED)[:SHOWN]}
    own = designs.isel({DESIGN: spread(np.flatnonzero(answered(verdict)))})
    real = like(known, designs, conditions)
    return (
        Section(
            "Single days",
            "Active load relative to its rating, of accepted days; each with its class and its "
            "energy in hours of full load.",
            _days(designs.isel(held), verdicts.isel(held)) if len(held[DESIGN]) else None,
        ),
        Section(
            "All days",
            f"Proposed days in blue and the {real.sizes[DESIGN]} real days under the same "
            f"conditions in brown: {BANDS} days. Left at each hour, "
            "right in order from the highest load to the lowest.",
            _fans(own["load_p"].to_numpy(), real["load_p"].to_numpy()),
        ),
    )


def _days(days: xr.Dataset, verdicts: xr.Dataset) -> Figure:
    load, full = days["load_p"].to_numpy(), verdicts["full_load_hours"].to_numpy()
    names = zip(days[DESIGN].to_numpy(), days["consumer_class"].to_numpy(), full, strict=True)
    pieces = [
        OverTime(
            HOURS,
            [TimeBand(one[None], filled=True)],
            f"design {index}: {kind}, {hours:.2g} h",
            ticks=HOURS_OF_DAY,
            ends=(0, 1.05 * load.max()),
        )
        for one, (index, kind, hours) in zip(load, names, strict=True)
    ]
    return figure_of(*pieces, size=(2.9, 1.9), columns=4)


def _fans(own: np.ndarray, real: np.ndarray) -> Figure:
    sorted_own, sorted_real = (-np.sort(-x, axis=1) for x in (own, real))
    hours = {float(h): str(h) for h in range(0, 25, 6)}
    lasting = "hours with at least this load"
    return figure_of(
        OverTime(HOURS, alongside(real, own), "Load over rating", "", "hour", ticks=HOURS_OF_DAY),
        OverTime(HOURS, alongside(sorted_real, sorted_own), "Duration", "", lasting, ticks=hours),
        size=(4.8, 3.2),
    )
