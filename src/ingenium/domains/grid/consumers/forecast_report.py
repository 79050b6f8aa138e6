"""Report of forecasts compared with actual loads, their calibration and skill."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.verdict import answered
from ingenium.domains.grid.consumers.forecasters import LEVELS
from ingenium.domains.grid.consumers.hindsight import Hindsight
from ingenium.domains.grid.data.dataset import HOURS
from ingenium.drawing import (
    EXACT,
    HOURS_OF_DAY,
    Axis,
    OverTime,
    Requested,
    TimeBand,
    figure_of,
    quantiles,
)
from ingenium.drawing.style import INK, KNOWN, MUTED, dress

SHOWN_DAYS, SHOWN_SERIES = 3, 2
RIVALS = {
    "skill_persistence": "the day before",
    "skill_last_week": "the day last week",
    "skill_ridge": "ridge regression",
}
SCORES = ("mae", *RIVALS, "coverage_50", "coverage_90", "width_90", "skill_pinball")


def sections(judge: Hindsight, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
    """Plot the days of the lowest, middle and highest loss, and all days together."""
    rows = {DESIGN: np.flatnonzero(answered(verdicts["verdict"].to_numpy()))}
    own, found = designs.isel(rows), verdicts.isel(rows)
    if not own.sizes[DESIGN]:
        return ()
    order = np.argsort(found["pinball"].to_numpy(), kind="stable")
    some = order[np.linspace(0, len(order) - 1, min(SHOWN_DAYS, len(order))).round().astype(int)]
    return (
        Section(
            "The day ahead",
            "Median and bands of 50 % and 90 % in blue, and the observed load in brown: the days "
            "of the lowest, the middle and the highest loss, for the first series.",
            _days(judge, own.isel({DESIGN: some})),
        ),
        Section(
            "Calibration and skill",
            "Left: observed frequency of loads below each quantile, over all days; on the line it "
            "is calibrated. Right: improvement of the error of each day over the baselines.",
            _calibration(judge, own, found),
        ),
        Section(
            "Scores",
            "Quantiles over days, and their mean.",
            None,
            quantiles(found, SCORES, mean=True, digits=3),
        ),
    )


def _quantiles(some: xr.Dataset) -> np.ndarray:
    return np.stack([some[f"q{100 * a:02.0f}"].to_numpy() for a in LEVELS])


def _days(judge: Hindsight, some: xr.Dataset) -> Figure:
    place = judge.series.place(some["forecast_day"].to_numpy())
    bands, happened = _quantiles(some), judge.happened(place)
    dates = np.datetime_as_string(judge.series.dates[judge.series.ahead[place]], unit="D")
    unit = "of rating" if judge.series.unit == "1" else judge.series.unit
    pieces = [
        OverTime(
            HOURS,
            (TimeBand(bands[:, i, s], levels=EXACT), TimeBand(happened[i, s][None], "", KNOWN)),
            f"{name[:24]}, {date}",
            unit,
            ticks=HOURS_OF_DAY,
        )
        for s, name in enumerate(some["series"].to_numpy()[:SHOWN_SERIES].tolist())
        for i, date in enumerate(dates)
    ]
    return figure_of(*pieces, size=(3.2, 2.2), columns=len(dates))


def _calibration(judge: Hindsight, own: xr.Dataset, found: xr.Dataset) -> Figure:
    happened = judge.happened(judge.series.place(own["forecast_day"].to_numpy()))
    # where the quantile equals the load, any share from below to at most is consistent
    shares = np.array([((happened < q).mean(), (happened <= q).mean()) for q in _quantiles(own)])
    said = Axis(100 * np.array(LEVELS), "quantile", "%")
    most = Axis(100 * shares[:, 1], "steps with less load", "%")
    return figure_of(
        Requested(said, most, interval=100 * shares), SkillBoxes(found), size=(4.6, 3.0)
    )


class SkillBoxes:
    """Relative error reduction of each day compared with each rival forecast."""

    def __init__(self, found: xr.Dataset) -> None:
        """Take the verdicts with the skills."""
        self.skill = [100 * found[name].to_numpy() for name in RIVALS]

    def draw(self, axes: Axes) -> None:
        """Draw a box for each rival."""
        axes.axvline(0, color=MUTED, linewidth=0.8)
        axes.boxplot(
            self.skill,
            orientation="horizontal",
            tick_labels=list(RIVALS.values()),
            flierprops={"markersize": 3},
            medianprops={"color": INK},
        )
        dress(axes, "lower error than (%)", grid=True)
