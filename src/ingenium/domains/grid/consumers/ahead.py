"""Base class of day-ahead problems: their days, known inputs and forecasters."""

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
    """A day-ahead problem on series of days.

    Its last variable is the day. Designs are proposed for held-out days only; forecasters are
    conditioned on the data known at midnight, and learn from past days.
    """

    series: LoadSeries
    known: xr.Dataset  # all days that can be requested
    levels: tuple[float, ...]  # quantiles that a forecaster proposes of each series

    def requested_by(self, last: Variable) -> tuple[Condition, ...]:
        """Return the conditions: the season, the kind of day, and the day itself."""
        upper = float(self.series.number[-1])
        about = f"{last.long_name}, after the first of the data"
        day = Condition("day", about, upper=upper, unit="d", measured="verified_day")
        return SEASON, DAY_TYPE, day

    def day_coords(self) -> dict[str, Any]:
        """Return conditions, dates, weeks and parts of all days that can be requested."""
        own, days = self.series, self.series.ahead
        return own.coords(days) | {
            "season": (DESIGN, seasons(own.dates[days])),
            "day_type": (DESIGN, day_types(own.dates[days])),
            "day": (DESIGN, own.number[days].astype(np.float64)),
        }

    @property
    def learned(self) -> xr.Dataset:
        """Days that are not held out."""
        return self.known.isel({DESIGN: np.flatnonzero(~self.known["held_out"].to_numpy())})

    def data(self) -> xr.Dataset:
        """Return all days that can be requested; whole weeks are held out."""
        return self.known

    def queries(self, learned: xr.Dataset) -> xr.Dataset:
        """Return the held-out days: only for these a proposal is a genuine forecast."""
        return self.known.isel({DESIGN: np.flatnonzero(self.known["held_out"].to_numpy())})

    def features(self, designs: xr.Dataset) -> Float[Tensor, "n c"]:
        """Return the calendar, and each step of the previous day and of the same day last week."""
        days = self.series.ahead[self.nearest(designs["day"].to_numpy())]
        return torch.as_tensor(self.series.condition(days), dtype=torch.float32)

    def nearest(self, day: Float64[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
        """Return the positions of the nearest days among those that can be requested."""
        known = self.series.number[self.series.ahead]
        return np.asarray(np.abs(known - day[:, None]).argmin(1))

    def whole(self, day: Float64[Tensor, " n"]) -> Float64[Tensor, " n"]:
        """Round day numbers to those of the nearest available days."""
        found = self.series.number[self.series.ahead][self.nearest(day.detach().numpy())]
        return torch.as_tensor(found.astype(np.float64))

    def clock(self) -> dict[str, Any]:
        """Return the hours of the steps."""
        attrs = {"units": "h", "long_name": "start of the step after midnight, in UTC+01:00"}
        return {TIME: (TIME, HOURS, attrs)}

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Return forecasters: the field's own, and every engine family, all calibrated alike."""
        return forecasters(len(self.series.names), STEPS, self.levels)
