"""What a planner wants to see of single consumers' days: some of them, and all beside real ones."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.quantity import Condition
from ingenium.core.verdict import Verdict
from ingenium.domains.grid.data.dataset import HOURS
from ingenium.domains.grid.fans import fan, like, spread
from ingenium.drawing.style import KNOWN, OURS, dress, gallery, panels

SHOWN = 8


def sections(
    known: xr.Dataset,
    conditions: Sequence[Condition],
    designs: xr.Dataset,
    verdicts: xr.Dataset,
) -> tuple[Section, ...]:
    """The first accepted days one by one, and all days beside real ones of the same conditions."""
    verdict = verdicts["verdict"].to_numpy()
    held = np.flatnonzero(verdict == Verdict.ACCEPTED)[:SHOWN]
    answered = np.flatnonzero(verdict != Verdict.FAILED)
    own, real = designs.isel({DESIGN: spread(answered)}), like(known, designs, conditions)
    days = Section(
        "Single days",
        "Active load relative to its rating, of accepted days; each with its class and the hours "
        "of full load that its energy stands for.",
        _days(designs.isel({DESIGN: held}), verdicts.isel({DESIGN: held})) if len(held) else None,
    )
    whole = Section(
        "All days",
        f"Proposed days in blue and the {real.sizes[DESIGN]} real days under the same conditions "
        "in brown: median, and bands that hold 50 % and 90 % of the days. Left at each hour, "
        "right in order from the highest load to the lowest.",
        _fans(own, real),
    )
    return (days, whole)


def _days(days: xr.Dataset, verdicts: xr.Dataset) -> Figure:
    load = days["load_p"].to_numpy()
    full = verdicts["full_load_hours"].to_numpy()
    titles = [
        f"design {index}: {kind}, {hours:.2g} h"
        for index, kind, hours in zip(
            days[DESIGN].to_numpy(), days["consumer_class"].to_numpy(), full, strict=True
        )
    ]
    highest = load.max()

    def draw(axes: Axes, i: int) -> None:
        axes.set_axis_on()
        axes.fill_between(HOURS, load[i], color=OURS, alpha=0.25, linewidth=0, step="post")
        axes.step(HOURS, load[i], color=OURS, linewidth=1.0, where="post")
        axes.set_xlim(0, 24)
        axes.set_ylim(0, 1.05 * highest)
        axes.set_xticks(range(0, 25, 6))
        dress(axes, "hour")

    return gallery(titles, draw, size=(2.9, 1.9))


def _fans(own: xr.Dataset, real: xr.Dataset) -> Figure:
    figure, ((course, duration),) = panels(1, 2, (4.8, 3.2))
    for days, colour, label in ((real, KNOWN, "real"), (own, OURS, "proposed")):
        if days.sizes[DESIGN]:
            load = days["load_p"].to_numpy()
            fan(course, load, colour, label)
            fan(duration, -np.sort(-load, axis=1), colour, label)
    dress(course, "hour", title="Load over rating", grid=True)
    dress(duration, "hours with at least this load", title="Duration", grid=True)
    duration.set_xticks(range(0, 25, 6), [str(h) for h in range(0, 25, 6)])
    return figure
