"""Day-ahead forecasts of load series with bands, verified on the actual days."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.formats.clocks import DayStamps
from ingenium.core.formats.columns import StepColumns
from ingenium.core.problem import Projection, Second, Section
from ingenium.core.quantity import Variable
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.grid.consumers import forecast_report
from ingenium.domains.grid.consumers.ahead import TIME, AheadProblem
from ingenium.domains.grid.consumers.forecasters import LEVELS
from ingenium.domains.grid.consumers.hindsight import Hindsight, SklearnScores
from ingenium.domains.grid.consumers.load_series import ForecastSettings, load_series
from ingenium.domains.grid.data.dataset import STEPS

SERIES = "series"
SHARE = 0.1  # of the forecasts that scikit-learn scores too


class Forecast(AheadProblem):
    """Day-ahead forecast of load series, as quantiles, on held-out days.

    A design is the forecast of one day of all series. A known design is an actual day, as a
    forecast of zero width; forecasters learn from its median, and calibrate their bands by the
    ranks of their errors on left-out days.
    """

    name: ClassVar[str] = "grid.forecast"
    summary: ClassVar[str] = "load forecasts a day ahead, with calibrated bands"
    Settings: ClassVar[type] = ForecastSettings
    judged: ClassVar[str] = (
        "Every quantile of the table, step by step, on the day that its time stamps name."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "A table does not state when it was written: a table written after the day looks like "
        "foresight, and a search, which sees the scores, finds exactly that.",
        "Bands are calibrated on average over days like the known ones, and not on each day.",
        "Forecasters are not conditioned on the weather; its effect is in the width of their "
        "bands.",
    )
    validity = ("learned",)
    default_family: ClassVar[str] = "combination"

    def __init__(self, settings: ForecastSettings) -> None:
        """Read the series, and score the forecasts that all others are compared with."""
        own = load_series(settings)
        self.settings, self.series = settings, own
        self.licence, self.notes, self.system = own.licence, own.notes, own.digest
        self.variables = (
            *(
                Variable(f"q{100 * a:02.0f}", (SERIES, TIME), own.unit, f"load, {a:.0%} quantile")
                for a in LEVELS
            ),
            Variable("forecast_day", (), "d", "day that is forecast", given="day"),
        )
        self.conditions, self.levels = self.requested_by(self.variables[-1]), LEVELS
        self.sizes = {SERIES: len(own.names), TIME: STEPS}
        self.limits = (
            Limit("learned", at_most=0.0, unit="1"),
            Limit("coverage_90", at_least=0.8, unit="1"),
            Limit("skill_persistence", at_least=0.0, unit="1"),
            Limit("skill_pinball", at_least=0.0, unit="1"),
        )
        judge = Hindsight(own)
        self.tiers, self._judge = (judge,), judge
        self.second = Second(SklearnScores(judge), SHARE)
        *quantiles, day = self.variables
        clock, check = DayStamps(day, own.dates[0]), partial(_rising, len(quantiles))
        form = StepColumns(tuple(quantiles), self.labels(), clock, "forecast", True, check)
        self.formats = {form.name: form}
        self.known = self._happened()
        self.codec = Channels.of(to_arrays(self.learned, self.variables[:-1]), along=1)
        self._least = min(0.0, float(own.load.min()))

    def _happened(self) -> xr.Dataset:
        """Each day as a forecast of zero width."""
        days = self.series.ahead
        happened = torch.as_tensor(self._judge.happened(np.arange(len(days))))
        number = torch.as_tensor(self.series.number[days].astype(np.float64))
        arrays = (*(happened.clone() for _ in LEVELS), number)
        found = to_dataset(arrays, self.variables, self.day_coords() | self.labels())
        return found.assign_attrs(license=self.licence)

    def labels(self) -> dict[str, Any]:
        """Return names of the series, and hours of the steps."""
        names = np.array(self.series.names)
        return {SERIES: (SERIES, names, {"long_name": "load series"})} | self.clock()

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Impose rising quantiles, no load below 0 where there never was, and a whole day."""

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            *quantiles, day = arrays
            rising = torch.stack(quantiles).clamp(min=self._least).sort(0).values
            return (*rising.unbind(0), self.whole(day))

        return onto

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report days compared with actual loads, calibration, and skill over other forecasts."""
        return forecast_report.sections(self._judge, designs, verdicts)

    def scores(self, designs: xr.Dataset, held_out: xr.Dataset) -> Mapping[str, float]:
        """Return error of the median, coverage of the band of 90 % and loss of the quantiles."""
        found = self._judge.measure(*to_arrays(designs, self.variables)).mean(0).tolist()
        named = dict(zip([q.name for q in self.quantities], found, strict=True))
        return {
            "median_error": named["mae"],
            "band_coverage": named["coverage_90"],
            "quantile_loss": named["pinball"],
        }

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """A perfect forecast, and the load of a week before as a forecast of today."""
        one = self.queries(self.known).isel({DESIGN: [3]})
        truth = {"mae": 0.0, "skill_persistence": 1.0, "coverage_50": 0.5, "coverage_90": 0.9}
        days = self.series.ahead[self.nearest(one["day"].to_numpy())]
        lagged = torch.as_tensor(self.series.lagged(7, days).transpose(1, 0, 2))
        again = to_dataset(
            (*(lagged.clone() for _ in LEVELS), torch.as_tensor(one["day"].to_numpy())),
            self.variables,
            {c.name: one[c.name] for c in self.conditions} | self.labels(),
        )
        alike = {"skill_last_week": 0.0, "width_90": 0.0}
        return ((one, truth | {"learned": 0.0}, 1e-6), (again, alike, 1e-6))


def _rising(count: int, rows: Float64[np.ndarray, "s t"], file: Path) -> None:
    """Refuse quantiles of a series that cross."""
    if (np.diff(rows.reshape(-1, count, rows.shape[1]), axis=1) < 0).any():
        raise InputError(
            "quantiles in rising order", f"some that cross in {file}", "Sort those of each step."
        )
