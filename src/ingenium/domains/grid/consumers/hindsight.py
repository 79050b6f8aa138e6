"""Forecasts measured on actual loads: error relative to other forecasts, coverage, width, loss."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Bool, Float64, Int
from torch import Tensor

from ingenium import __version__
from ingenium.core.packages import YEARS
from ingenium.core.quantity import Quantity
from ingenium.domains.grid.consumers.forecasters import LEVELS, MIDDLE, RIDGES
from ingenium.domains.grid.consumers.load_series import LAGS, LoadSeries
from ingenium.domains.grid.data.conditions import day_types, seasons

FEWEST = 5  # days of a season and kind, below which the season alone or the kind alone counts
STILL = 1e-5  # spreads: width below which a band counts as zero; models propose in single precision
TINY = 1e-9  # spreads: an error that counts as zero
INNER, OUTER = (1, 3), (0, 4)  # ends of the bands of 50 % and 90 % among the levels
QUANTITIES = (
    Quantity("verified_day", "d", "day that it was compared with, after the first of the data"),
    Quantity("learned", "1", "1 for a day that was learned from, else 0"),
    Quantity("mae", "1", "mean absolute error of the median, in spreads of each series"),
    Quantity("skill_persistence", "1", "lower error of the median than that of the day before"),
    Quantity("skill_last_week", "1", "lower error than that of the same day last week"),
    Quantity("skill_ridge", "1", "lower error than that of a ridge regression"),
    Quantity("coverage_50", "1", "share of steps in the band of 50 %"),
    Quantity("coverage_90", "1", "share of steps in the band of 90 %"),
    Quantity("width_90", "1", "mean width of the band of 90 %, over the mean load"),
    Quantity("pinball", "1", "mean loss of the quantiles, in spreads of each series"),
    Quantity("skill_pinball", "1", "lower loss than that of quantiles of days of the same kind"),
)


@dataclass(frozen=True, eq=False)
class Hindsight:
    """Compares a forecast with the actual day; exact, as these are sums over measurements.

    A step at which a band has zero width and the load lies in it counts at the nominal level, so
    that constant hours do not inflate the coverage.

    Shapes: n designs, s series, t steps.
    Source: Koenker and Bassett, Econometrica 46, 1978 (pinball loss); Gneiting and Raftery, J. Am.
        Stat. Assoc. 102, 2007, sec. 6 (quantiles are scored properly by it).
    """

    series: LoadSeries
    name: ClassVar[str] = "forecast scores"
    version: ClassVar[str] = __version__
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = QUANTITIES

    def measure(
        self,
        q05: Float64[Tensor, "n s t"],
        q25: Float64[Tensor, "n s t"],
        q50: Float64[Tensor, "n s t"],
        q75: Float64[Tensor, "n s t"],
        q95: Float64[Tensor, "n s t"],
        forecast_day: Float64[Tensor, " n"],
    ) -> Float64[Tensor, "n k"]:
        """Measure all quantities; NaN for crossing quantiles, and days that cannot be forecast."""
        raw = np.stack([q.numpy() for q in (q05, q25, q50, q75, q95)], 1)
        place = self.series.place(forecast_day.numpy())
        found = np.full((len(raw), len(QUANTITIES)), np.nan)
        fair = (np.diff(raw, axis=1) >= 0).all((1, 2, 3)) & (place >= 0)
        if fair.any():
            found[fair] = self._measure(raw[fair], place[fair])
        return torch.as_tensor(found)

    def happened(self, place: Int[np.ndarray, " n"]) -> Float64[np.ndarray, "n s t"]:
        """Return the actual load of these days."""
        return self.series.load[:, self.series.ahead[place]].transpose(1, 0, 2)

    def _measure(
        self, raw: Float64[np.ndarray, "n q s t"], place: Int[np.ndarray, " n"]
    ) -> Float64[np.ndarray, "n k"]:
        scale = self.series.spread[:, None]
        y, x = self.happened(place) / scale, raw / scale
        mae = np.abs(x[:, MIDDLE] - y).mean((1, 2))
        loss = pinball(x, y)
        within = [_coverage(x[:, i], x[:, j], y, LEVELS[j] - LEVELS[i]) for i, j in (INNER, OUTER)]
        width = (raw[:, OUTER[1]] - raw[:, OUTER[0]]).mean((1, 2)) / self.series.mean.mean()
        rivals = [_skill(mae, error[place]) for error in self.rivals.values()]
        days = self.series.ahead[place]
        columns = [self.series.number[days], self.series.train[days], mae, *rivals, *within]
        columns += [width, loss, _skill(loss, self._usual_loss[place])]
        return np.stack([np.asarray(c, dtype=np.float64) for c in columns], 1)

    @cached_property
    def rivals(self) -> Mapping[str, Float64[np.ndarray, " m"]]:
        """Mean absolute errors of other forecasts, of each day that can be forecast."""
        own = self.series
        days = own.ahead
        y = own.standard(own.load[:, days])
        found = {
            name: np.abs(own.standard(own.lagged(lag, days)) - y).mean((0, 2))
            for name, lag in zip(("persistence", "last_week"), LAGS, strict=True)
        }
        return found | {"ridge": np.abs(self._ridge(y) - y).mean((0, 2))}

    def _ridge(self, y: Float64[np.ndarray, "s m t"]) -> Float64[np.ndarray, "s m t"]:
        """Ridge forecast of each series from the calendar and every step of both earlier days."""
        own, days = self.series, self.series.ahead
        date = own.condition(days)[:, : -y.shape[0] * len(LAGS) * y.shape[2]]
        earlier = [own.standard(own.lagged(lag, days)) for lag in LAGS]
        linear, train, found = YEARS.package("sklearn.linear_model"), own.train[days], []
        for s in range(len(y)):
            condition = np.concatenate([date, *(e[s] for e in earlier)], 1)
            model = linear.RidgeCV(RIDGES).fit(condition[train], y[s][train])
            found.append(model.predict(condition))
        return np.stack(found)

    @cached_property
    def usual(self) -> Float64[np.ndarray, "m q s t"]:
        """Quantiles of the training days of the same season and kind, for each day."""
        own, days = self.series, self.series.ahead
        season, kind = seasons(own.dates), day_types(own.dates)
        found = np.empty((len(days), len(LEVELS), *own.load.shape[::2]))
        for i, day in enumerate(days):  # a day of the calendar, computed once for a problem
            same_kind, same_season = kind == kind[day], season == season[day]
            for like in (same_kind & same_season, same_kind, np.ones(len(kind), bool)):
                rows = np.flatnonzero(like & own.train & (np.arange(len(kind)) != day))
                if len(rows) >= FEWEST:
                    break
            found[i] = np.quantile(own.load[:, rows], LEVELS, axis=1)
        return found

    @cached_property
    def _usual_loss(self) -> Float64[np.ndarray, " m"]:
        scale = self.series.spread[:, None]
        y = self.happened(np.arange(len(self.series.ahead))) / scale
        return pinball(self.usual / scale, y)


@dataclass(frozen=True, eq=False)
class SklearnScores:
    """Error and loss of forecasts by scikit-learn."""

    hindsight: Hindsight
    name: ClassVar[str] = "scikit-learn"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = tuple(
        q for q in QUANTITIES if q.name in ("mae", "pinball")
    )

    @property
    def version(self) -> str:
        """Version of the package."""
        return YEARS.release_of("scikit-learn")

    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n k"]:
        """Measure error and loss of each forecast."""
        quantiles, day = arrays[: len(LEVELS)], arrays[-1].numpy()
        scale = self.hindsight.series.spread[:, None]
        metrics, rows = YEARS.package("sklearn.metrics"), []
        for i, place in enumerate(self.hindsight.series.place(day)):  # few designs are checked
            y = (self.hindsight.happened(np.array([place]))[0] / scale).ravel()
            x = [(q[i].numpy() / scale).ravel() for q in quantiles]
            losses = [metrics.mean_pinball_loss(y, x[k], alpha=a) for k, a in enumerate(LEVELS)]
            rows.append([metrics.mean_absolute_error(y, x[MIDDLE]), float(np.mean(losses))])
        return torch.tensor(rows, dtype=torch.float64)


def pinball(
    x: Float64[np.ndarray, "n q s t"], y: Float64[np.ndarray, "n s t"]
) -> Float64[np.ndarray, " n"]:
    """Return the mean pinball loss of quantiles."""
    over = y[:, None] - x
    level = np.array(LEVELS)[:, None, None]
    return np.asarray(np.maximum(level * over, (level - 1) * over).mean((1, 2, 3)))


def _coverage(
    low: Float64[np.ndarray, "n s t"],
    high: Float64[np.ndarray, "n s t"],
    y: Float64[np.ndarray, "n s t"],
    level: float,
) -> Float64[np.ndarray, " n"]:
    inside: Bool[np.ndarray, "n s t"] = (y >= low - STILL) & (y <= high + STILL)
    nominal = np.where(high - low > STILL, 1.0, level)
    return np.asarray((inside * nominal).mean((1, 2)))


def _skill(
    ours: Float64[np.ndarray, " n"], theirs: Float64[np.ndarray, " n"]
) -> Float64[np.ndarray, " n"]:
    return np.asarray(1 - (ours + TINY) / (theirs + TINY))
