"""What is asked a day ahead of series: the days, what is told of them, and who forecasts."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Float64, Int
from torch import Tensor

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Problem
from ingenium.core.quantity import Condition, Variable
from ingenium.domains.grid.consumers.forecasters import forecasters
from ingenium.domains.grid.consumers.load_series import LoadSeries
from ingenium.domains.grid.data.conditions import CONDITIONS, day_types, seasons
from ingenium.domains.grid.data.dataset import HOURS, STEPS

TIME = "time"
SEASON, DAY_TYPE = (c for c in CONDITIONS if c.name in ("season", "day_type"))


class AheadProblem(Problem):
    """A problem on days of series that are asked for before they come.

    Its last variable is the day. Designs are proposed for held-out days alone; what is known at
    midnight is told to forecasters, and those learn from days that happened.
    """

    series: LoadSeries
    known: xr.Dataset  # all days that can be asked for
    levels: tuple[float, ...]  # quantiles that a forecaster proposes of each series

    def asked_by(self, last: Variable) -> tuple[Condition, ...]:
        """Conditions: the season, the kind of day, and the day itself."""
        upper = float(self.series.number[-1])
        about = f"{last.long_name}, after the first of the data"
        day = Condition("day", about, upper=upper, unit="d", measured="verified_day")
        return SEASON, DAY_TYPE, day

    def day_coords(self) -> dict[str, Any]:
        """Conditions, dates, weeks and parts of all days that can be asked for."""
        own, days = self.series, self.series.ahead
        return own.coords(days) | {
            "season": (DESIGN, seasons(own.dates[days])),
            "day_type": (DESIGN, day_types(own.dates[days])),
            "day": (DESIGN, own.number[days].astype(np.float64)),
        }

    @property
    def learned(self) -> xr.Dataset:
        """The days that are not held out."""
        return self.known.isel({DESIGN: np.flatnonzero(~self.known["held_out"].to_numpy())})

    def data(self) -> xr.Dataset:
        """All days that can be asked for; whole weeks are held out."""
        return self.known

    def posed(self, learned: xr.Dataset) -> xr.Dataset:
        """The days that nothing was learned from: of others a forecast is no foresight."""
        return self.known.isel({DESIGN: np.flatnonzero(self.known["held_out"].to_numpy())})

    def features(self, designs: xr.Dataset) -> Float[Tensor, "n c"]:
        """The calendar, and each step of the day before and of the same day last week."""
        days = self.series.ahead[self.nearest(designs["day"].to_numpy())]
        return torch.as_tensor(self.series.told(days), dtype=torch.float32)

    def nearest(self, day: Float64[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
        """Positions of the days nearest to some numbers among those that can be asked for."""
        known = self.series.number[self.series.ahead]
        return np.asarray(np.abs(known - day[:, None]).argmin(1))

    def whole(self, day: Float64[Tensor, " n"]) -> Float64[Tensor, " n"]:
        """The numbers of the days nearest to some numbers."""
        found = self.series.number[self.series.ahead][self.nearest(day.detach().numpy())]
        return torch.as_tensor(found.astype(np.float64))

    def clock(self) -> dict[str, Any]:
        """Hours of the steps."""
        attrs = {"units": "h", "long_name": "start of the step after midnight, in UTC+01:00"}
        return {TIME: (TIME, HOURS, attrs)}

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Forecasters: the field's own, and every family of the engine, all calibrated alike."""
        return forecasters(len(self.series.names), STEPS, self.levels)
