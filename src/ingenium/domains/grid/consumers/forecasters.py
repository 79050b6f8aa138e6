"""Forecasters of load series with bands that are calibrated by ranks of errors.

A separate forecaster is fitted to each series. Quarters of the training days, in runs of seven, are
forecast by one fitted to the others; the ranks of its errors at each step, in spreads of the
forecast, determine the distance of the quantiles from the median. So the bands of every forecaster
have their nominal coverage, as far as future days are like the known ones.

Shapes: n days, s series, t steps, c inputs, q quantiles.
Source: Vovk, Annals of Mathematics and Artificial Intelligence 74:9, 2015 (cross-conformal);
    Lei et al., J. Am. Stat. Assoc. 113:1094, 2018, sec. 5.2 (errors in spreads).
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor, nn

from ingenium.core.packages import YEARS
from ingenium.core.seeds import block_rng
from ingenium.domains.grid.consumers.load_series import CALENDAR, LAGS
from ingenium.generators import families
from ingenium.generators.admission import admitted
from ingenium.generators.learned_buffers import LearnedBuffers
from ingenium.generators.rows import check_cond, check_rows, check_steer, finish
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan
from ingenium.trust.conformal import upper_error

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
MIDDLE = LEVELS.index(0.5)
FOLDS, RUN = 4, 7  # parts of the training days, and days in one run
MEMBERS = 60  # scenarios of a day
COMPONENTS = 3  # principal components of the shape of an earlier day
RIDGES = np.logspace(-2, 4, 13)
LEAST = 0.02  # of a forecast's spread, relative to the series: for steps without any variation


@dataclass(frozen=True, eq=False)
class Eve:
    """Inputs of a forecast of one series at midnight."""

    calendar: Float64[Tensor, "n k"]
    earlier: Float64[Tensor, "n lag t"]

    def take(self, rows: Int[np.ndarray, " m"]) -> "Eve":
        """Return the inputs of some days."""
        return Eve(self.calendar[rows], self.earlier[rows])


class SeriesForecaster(LearnedBuffers):
    """Forecaster of one series: median and spread; the spread is 1 where it has none."""

    @abstractmethod
    def learn(self, eve: Eve, y: Float64[Tensor, "n t"], plan: Plan) -> None:
        """Fit to days."""

    @abstractmethod
    def expect(
        self, eve: Eve, rng: torch.Generator
    ) -> tuple[Float64[Tensor, "n t"], Float64[Tensor, "n t"]]:
        """Return median and spread of each day."""


class Earlier(SeriesForecaster):
    """Persistence forecaster: repeats the day at a given position among the lags."""

    def __init__(self, place: int) -> None:
        super().__init__()
        self.place = place

    def learn(self, eve: Eve, y: Float64[Tensor, "n t"], plan: Plan) -> None:
        """Do nothing."""

    def expect(
        self, eve: Eve, rng: torch.Generator
    ) -> tuple[Float64[Tensor, "n t"], Float64[Tensor, "n t"]]:
        """Return the earlier day."""
        found = eve.earlier[:, self.place]
        return found, torch.ones_like(found)


class Ridge(SeriesForecaster):
    """Ridge regression of all steps on the calendar and each step of both earlier days.

    Its penalty is chosen by leaving out one day after the other.
    """

    slope: Tensor
    start: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.empty("slope", "start")

    def learn(self, eve: Eve, y: Float64[Tensor, "n t"], plan: Plan) -> None:
        """Fit in closed form."""
        model = (
            YEARS.package("sklearn.linear_model").RidgeCV(RIDGES).fit(_flat(eve).numpy(), y.numpy())
        )
        self.slope, self.start = (
            torch.as_tensor(np.array(a, dtype=np.float64)) for a in (model.coef_, model.intercept_)
        )

    def expect(
        self, eve: Eve, rng: torch.Generator
    ) -> tuple[Float64[Tensor, "n t"], Float64[Tensor, "n t"]]:
        """Evaluate the regression."""
        found = _flat(eve) @ self.slope.T + self.start
        return found, torch.ones_like(found)


class Scenarios(SeriesForecaster):
    """Median and spread of scenarios of a generator, given the calendar and earlier shapes."""

    centre: Tensor
    axes: Tensor

    def __init__(self, name: str, steps: int) -> None:
        super().__init__()
        self.name = name
        self.empty("centre", "axes")
        condition = CALENDAR + len(LAGS) * COMPONENTS
        self.family = families.build(name, (1, steps), condition)

    def learn(self, eve: Eve, y: Float64[Tensor, "n t"], plan: Plan) -> None:
        """Fit the generator; shapes are principal components of the training days."""
        self.centre = y.mean(0)
        shapes = torch.linalg.svd(y - self.centre, full_matrices=False)[2][:COMPONENTS]
        spread = ((y - self.centre) @ shapes.T).std(0).clamp(min=1e-9)
        self.axes = (shapes / spread[:, None]).contiguous()
        self.family.fit(y[:, None].float(), self._reported(eve), plan)

    def expect(
        self, eve: Eve, rng: torch.Generator
    ) -> tuple[Float64[Tensor, "n t"], Float64[Tensor, "n t"]]:
        """Return median and spread of `MEMBERS` scenarios a day."""
        condition = self._reported(eve)
        found = self.family.propose(condition.repeat(MEMBERS, 1), rng).to(torch.float64)
        members = found[:, 0].unflatten(0, (MEMBERS, len(condition)))
        return members.quantile(0.5, dim=0), members.std(0).clamp(min=LEAST)

    def _reported(self, eve: Eve) -> Float[Tensor, "n c"]:
        shapes = (eve.earlier - self.centre) @ self.axes.T
        return torch.cat([eve.calendar, shapes.flatten(1)], 1).float()


class Middle(SeriesForecaster):
    """Median, step by step, of several forecasts, and their mean spread.

    Source: Stock and Watson, J. Forecasting 23:405, 2004 (the median of forecasts).
    """

    def __init__(self, parts: tuple[SeriesForecaster, ...]) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def learn(self, eve: Eve, y: Float64[Tensor, "n t"], plan: Plan) -> None:
        """Fit each part separately."""
        for part in self._each():
            part.learn(eve, y, plan)

    def expect(
        self, eve: Eve, rng: torch.Generator
    ) -> tuple[Float64[Tensor, "n t"], Float64[Tensor, "n t"]]:
        """Return the median, step by step; only parts with a spread count for the spread."""
        found = [part.expect(eve, rng) for part in self._each()]
        condition = [spread for _, spread in found if bool((spread != 1).any())]
        middle = torch.stack([median for median, _ in found]).quantile(0.5, dim=0)
        return middle, torch.stack(condition).mean(0) if condition else torch.ones_like(middle)

    def _each(self) -> tuple[SeriesForecaster, ...]:
        return tuple(p for p in self.parts if isinstance(p, SeriesForecaster))


class DayAhead(LearnedBuffers):
    """A family whose designs are forecasts: quantiles of the next day of all series.

    It learns from past days: in a known design all quantiles equal the actual load.
    """

    reach: Tensor  # (s, q, t) spreads from the median, at least 0

    def __init__(
        self,
        make: Callable[[], SeriesForecaster],
        series: int,
        steps: int,
        levels: tuple[float, ...] = LEVELS,
    ) -> None:
        """Create a forecaster by `make` for each series."""
        super().__init__()
        self.series, self.steps, self.levels = series, steps, levels
        self.shape: tuple[int, ...] = (len(levels) * series, steps)
        self.c = CALENDAR + series * len(LAGS) * steps
        self.make = make
        self.each = nn.ModuleList(make() for _ in range(series))
        self.empty("reach")

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Compute errors on left-out days, then fit forecasters to all days."""
        check_rows(x, cond, self.shape, self.c)
        happened = x[:, : self.series].double()
        reach, fold = [], np.arange(len(x)) // RUN % FOLDS
        plan = replace(plan, checkpoint=None)  # a checkpoint belongs to one fit, and these are many
        for s, (model, eve) in enumerate(zip(self._each(), self._eves(cond), strict=True)):
            y, errors = happened[:, s], torch.zeros_like(happened[:, s])
            for k in range(FOLDS):
                own, left = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
                without = self.make()
                without.learn(eve.take(own), y[own], plan)
                rng = block_rng(plan.seed, s * FOLDS + k, "forecasts of left-out days")
                median, spread = without.expect(eve.take(left), rng)
                errors[left] = (y[left] - median) / spread
            reach.append(_reach(errors.numpy(), self.levels))
            model.learn(eve, y, plan)
        self.reach = torch.as_tensor(np.stack(reach))
        return {"reach": [float(self.reach.abs().mean())]}

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """Return the forecast of each row."""
        check_cond(cond, self.c)
        check_steer(steer, type(self).__name__)
        found = []
        for model, eve, reach in zip(self._each(), self._eves(cond), self.reach, strict=True):
            median, spread = model.expect(eve, rng)
            found.append(median[:, None] + spread[:, None] * reach)
        x = torch.stack(found, 2).flatten(1, 2).to(cond.dtype)
        return finish(x, steer)

    def _each(self) -> tuple[SeriesForecaster, ...]:
        return tuple(m for m in self.each if isinstance(m, SeriesForecaster))

    def _eves(self, cond: Float[Tensor, "n c"]) -> tuple[Eve, ...]:
        condition = cond.double()
        earlier = condition[:, CALENDAR:].unflatten(1, (self.series, len(LAGS), self.steps))
        return tuple(Eve(condition[:, :CALENDAR], earlier[:, s]) for s in range(self.series))


def forecasters(
    series: int, steps: int, levels: tuple[float, ...] = LEVELS
) -> Mapping[str, Callable[[], DayAhead]]:
    """Return all named forecasters: the field's own, and every engine family in the same frame."""
    ways: dict[str, Callable[[], SeriesForecaster]] = {
        "combination": lambda: Middle(
            (Ridge(), Scenarios("gaussian_copula", steps), Scenarios("bootstrap", steps))
        ),
        "persistence": lambda: Earlier(0),
        "last_week": lambda: Earlier(1),
        "ridge": Ridge,
    }
    for name in families.FAMILIES:
        if admitted(name, (1, steps)):
            ways[name] = partial(Scenarios, name, steps)
    return {name: partial(DayAhead, way, series, steps, levels) for name, way in ways.items()}


def _reach(
    errors: Float64[np.ndarray, "n t"], levels: tuple[float, ...]
) -> Float64[np.ndarray, "q t"]:
    """Distance of each quantile from the median, in spreads, by ranks of errors at each step."""
    rows = []
    for level in levels:
        if level == 0.5:
            rows.append(np.zeros(errors.shape[1]))
            continue
        side = 1.0 if level > 0.5 else -1.0
        far = upper_error(side * errors, min(level, 1 - level), 1)
        most = np.abs(errors).max(0)  # with fewer days than a rank needs, the largest error
        rows.append(side * np.where(np.isfinite(far), far, most).clip(min=0.0))
    return np.stack(rows)


def _flat(eve: Eve) -> Float64[Tensor, "n c"]:
    return torch.cat([eve.calendar, eve.earlier.flatten(1)], 1)
