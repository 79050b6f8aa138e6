"""Forecasts of load series a day ahead, with bands, judged on the days that came."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.problem import Problem, Projection, Second, Section
from ingenium.core.quantity import Condition, Variable
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.grid import forecast_report
from ingenium.domains.grid.conditions import CONDITIONS, day_types, seasons
from ingenium.domains.grid.dataset import HOURS, STEPS
from ingenium.domains.grid.forecast_csv import ForecastCsv
from ingenium.domains.grid.forecasters import LEVELS, forecasters
from ingenium.domains.grid.hindsight import Hindsight, SklearnScores
from ingenium.domains.grid.load_series import ForecastSettings, load_series

SERIES, TIME = "series", "time"
SHARE = 0.1  # of the forecasts that scikit-learn scores too
SEASON, DAY_TYPE = (c for c in CONDITIONS if c.name in ("season", "day_type"))


class Forecast(Problem):
    """The day ahead of load series, as quantiles, on days that nothing was learned from.

    A design is the forecast of one day of all series. A known design is a day that happened, as a
    forecast without doubt; forecasters learn from its median, and find their bands by the ranks
    of their errors on days that they have not seen.
    """

    name: ClassVar[str] = "grid.forecast"
    summary: ClassVar[str] = "load series a day ahead, with bands that hold what they say"
    Settings: ClassVar[type] = ForecastSettings
    judged: ClassVar[str] = (
        "Every quantile of the table, step by step, on the day that its stamps name."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "A table does not say when it was written: what was made after the day looks like foresight"
        ", and a search, which sees the scores, finds just that.",
        "Bands hold on average over days like the known ones, and not on each day.",
        "Weather is not told to forecasters, and what it changes is in the width of their bands.",
    )
    default_family: ClassVar[str] = "combination"

    def __init__(self, settings: ForecastSettings) -> None:
        """Read the series, and score the forecasts that every other one is compared with."""
        own = load_series(settings)
        self.settings, self.series = settings, own
        self.licence, self.notes, self.system = own.licence, own.notes, own.digest
        last = float(own.number[-1])
        self.variables = (
            *(
                Variable(f"q{100 * a:02.0f}", (SERIES, TIME), own.unit, f"load, {a:.0%} quantile")
                for a in LEVELS
            ),
            Variable("forecast_day", (), "d", "day that is forecast", given="day"),
        )
        about = "day that is forecast, after the first of the data"
        day = Condition("day", about, upper=last, unit="d", measured="verified_day")
        self.conditions = (SEASON, DAY_TYPE, day)
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
        self.formats = {"csv": ForecastCsv(self.variables, self.labels(), own.dates[0])}
        self._days = self._known()
        learned = self._days.isel({DESIGN: np.flatnonzero(~self._days["held_out"].to_numpy())})
        self.codec = Channels.of(to_arrays(learned, self.variables[:-1]), along=1)
        self._least = min(0.0, float(own.load.min()))

    def _known(self) -> xr.Dataset:
        own, days = self.series, self.series.ahead
        happened = torch.as_tensor(self._judge.happened(np.arange(len(days))))
        number = own.number[days].astype(np.float64)
        coords = own.coords(days) | {
            "season": (DESIGN, seasons(own.dates[days])),
            "day_type": (DESIGN, day_types(own.dates[days])),
            "day": (DESIGN, number),
        }
        arrays = (*(happened.clone() for _ in LEVELS), torch.as_tensor(number))
        found = to_dataset(arrays, self.variables, coords | self.labels())
        return found.assign_attrs(license=own.licence)

    def data(self) -> xr.Dataset:
        """All days that can be forecast; whole weeks are held out."""
        return self._days

    def posed(self, learned: xr.Dataset) -> xr.Dataset:
        """The days that nothing was learned from: of others a forecast is no foresight."""
        return self._days.isel({DESIGN: np.flatnonzero(self._days["held_out"].to_numpy())})

    def labels(self) -> dict[str, Any]:
        """Names of the series, and hours of the steps."""
        attrs = {"units": "h", "long_name": "start of the step after midnight, in UTC+01:00"}
        return {
            SERIES: (SERIES, np.array(self.series.names), {"long_name": "load series"}),
            TIME: (TIME, HOURS, attrs),
        }

    def features(self, designs: xr.Dataset) -> Float[Tensor, "n c"]:
        """The calendar, and each step of the day before and of the same day last week."""
        days = self.series.ahead[self._nearest(designs["day"].to_numpy())]
        return torch.as_tensor(self.series.told(days), dtype=torch.float32)

    def _nearest(self, day: np.ndarray) -> np.ndarray:
        """Positions of the days nearest to some numbers among those that can be forecast."""
        known = self.series.number[self.series.ahead]
        return np.abs(known - day[:, None]).argmin(1)

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Quantiles that rise, no load below 0 where none ever was, and a whole day."""

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            *quantiles, day = arrays
            rising = torch.stack(quantiles).clamp(min=self._least).sort(0).values
            known = self.series.number[self.series.ahead]
            whole = known[self._nearest(day.detach().numpy())].astype(np.float64)
            return (*rising.unbind(0), torch.as_tensor(whole))

        return onto

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Forecasters: the field's own, and every family of the engine, all calibrated alike."""
        return forecasters(len(self.series.names), STEPS)

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Days beside what came, calibration, and skill over other forecasts."""
        return forecast_report.sections(self._judge, designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """What happened, foretold; and what happened a week before, as a forecast of today."""
        one = self.posed(self._days).isel({DESIGN: [3]})
        truth = {"mae": 0.0, "skill_persistence": 1.0, "coverage_50": 0.5, "coverage_90": 0.9}
        days = self.series.ahead[self._nearest(one["day"].to_numpy())]
        lagged = torch.as_tensor(self.series.lagged(7, days).transpose(1, 0, 2))
        again = to_dataset(
            (*(lagged.clone() for _ in LEVELS), torch.as_tensor(one["day"].to_numpy())),
            self.variables,
            {c.name: one[c.name] for c in self.conditions} | self.labels(),
        )
        alike = {"skill_last_week": 0.0, "width_90": 0.0}
        return ((one, truth | {"learned": 0.0}, 1e-6), (again, alike, 1e-6))
