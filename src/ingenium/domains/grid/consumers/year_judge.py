"""Planning quantities of annual profiles, and their errors against held-out weeks."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import torch
from jaxtyping import Float64, Int
from torch import Tensor

from ingenium import __version__
from ingenium.core.quantity import Quantity
from ingenium.domains.grid.data.conditions import DAY_TYPES

HOUR_LAGS = range(1, 25)
DAY_LAGS = range(1, 7)  # within a week
TINY = torch.finfo(torch.float64).tiny


@dataclass(frozen=True, eq=False)
class WeekStatistics:
    """Statistics of some weeks of a neighbourhood, whose differences are the errors.

    Shapes: n designs, h consumers, w weeks, s steps of a day.
    """

    correlation: Float64[Tensor, "n pairs"]  # between consumers, over all steps
    hourly: Float64[Tensor, "n hours h"]  # of each consumer with itself, hours later
    daily: Float64[Tensor, "n days h"]  # of its daily energies, days later
    duration: Float64[Tensor, "n steps"]  # load of all together in falling order, over its mean
    workday: Float64[Tensor, "n s"]  # mean day, mean of consumers over their mean loads
    weekend: Float64[Tensor, "n two s"]  # mean Saturday; mean Sunday or holiday
    season: Float64[Tensor, "n w"]  # energy of each week, of all together, over their mean

    @classmethod
    def of(
        cls, load: Float64[Tensor, "n h w seven s"], kind: Int[Tensor, "w seven"]
    ) -> "WeekStatistics":
        """Compute the statistics of loads of whole weeks, given the kinds of their days."""
        h = load.shape[1]
        steps = load.flatten(3)
        flat, each_hour = load.flatten(2), load.shape[-1] / 24
        gap = flat - flat.mean(2, keepdim=True)
        spread = gap.square().sum(2).sqrt().clamp(min=TINY)
        unit = gap / spread[..., None]
        above, right = torch.triu_indices(h, h, 1)
        together = flat.sum(1).sort(1, descending=True).values
        weekly = steps.sum((1, 3))
        mean = flat.mean(2).clamp(min=TINY)
        rows = (load.flatten(2, 3) / mean[..., None, None]).mean(1)
        kinds = [rows[:, (kind == k).flatten()].mean(1) for k in range(len(DAY_TYPES))]
        return cls(
            (unit @ unit.mT)[:, above, right],
            torch.stack([_lagged(steps, round(hours * each_hour)) for hours in HOUR_LAGS], 1),
            torch.stack([_lagged(load.sum(-1), days) for days in DAY_LAGS], 1),
            together / together.mean(1, keepdim=True).clamp(min=TINY),
            kinds[0],
            torch.stack(kinds[1:], 1),
            weekly / weekly.mean(1, keepdim=True).clamp(min=TINY),
        )

    def errors(self, real: "WeekStatistics") -> tuple[Float64[Tensor, " n"], ...]:
        """Return the mean absolute difference of each statistic from one real neighbourhood's."""
        both = zip(vars(self).values(), vars(real).values(), strict=True)
        return tuple((own - theirs).abs().flatten(1).mean(1) for own, theirs in both)


def _lagged(x: Float64[Tensor, "n h w t"], lag: int) -> Float64[Tensor, "n h"]:
    """Correlation of a series with itself `lag` steps later, within each week."""
    gap = x - x.mean((2, 3), keepdim=True)
    later = (gap[..., lag:] * gap[..., :-lag]).mean((2, 3))
    return later / gap.square().mean((2, 3)).clamp(min=TINY)


@dataclass(frozen=True, eq=False)
class YearArithmetic:
    """Energy, peak and shape of annual profiles; exact, as they are sums and extremes.

    Errors are relative to held-out weeks, on the weeks at the same place in the year.

    Shapes: n designs, h consumers, t steps of the year, k days that are compared.
    """

    steps: int  # of a day
    held_out: Float64[Tensor, "h k s"]  # real loads (kW)
    kind: Int[Tensor, " k"]  # of the held-out days
    there: Int[Tensor, " k"]  # the days of a design that are compared with them
    kind_there: Int[Tensor, " k"]
    name: ClassVar[str] = "profile arithmetic"
    version: ClassVar[str] = __version__
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = (
        Quantity("energy", "kWh", "energy of the year, mean of consumers"),
        Quantity("peak", "kW", "highest load of all together", where=("peak_hour",)),
        Quantity("peak_hour", "h", "hours from New Year to the start of the highest load"),
        Quantity("least", "kW", "lowest load of a consumer"),
        Quantity("load_factor", "1", "mean over peak of the load of all together"),
        Quantity("coincidence", "1", "peak of all together over the sum of own peaks"),
        Quantity("midnight_jump", "1", "change over midnight, to that of other steps"),
        Quantity("correlation_error", "1", "of correlations between consumers, mean absolute"),
        Quantity("hourly_error", "1", "of correlations over 1 to 24 hours, mean absolute"),
        Quantity("daily_error", "1", "of correlations over 1 to 6 days, mean absolute"),
        Quantity("duration_error", "1", "of the load duration curve, to the mean load"),
        Quantity("workday_error", "1", "of the mean workday, to the mean load"),
        Quantity("weekend_error", "1", "of the mean Saturday and Sunday, to the mean load"),
        Quantity("season_error", "1", "of the energy of weeks, to their mean"),
    )

    def measure(self, load: Float64[Tensor, "n h t"]) -> Float64[Tensor, "n k"]:
        """Measure all quantities of each neighbourhood."""
        hours = 24 / self.steps
        together = load.sum(1)
        peak = together.amax(1)
        change = together.diff(dim=1).abs()
        over = torch.arange(self.steps - 1, change.shape[1], self.steps)
        midnight = change[:, over].sum(1)
        other = (change.sum(1) - midnight) / (change.shape[1] - len(over))
        columns = (
            load.sum(2).mean(1) * hours,
            peak,
            together.argmax(1).to(torch.float64) * hours,
            load.amin((1, 2)),
            together.mean(1) / peak.clamp(min=TINY),
            peak / load.amax(2).sum(1).clamp(min=TINY),
            midnight / len(over) / other.clamp(min=TINY),
            *self.statistics(load).errors(self.real),
        )
        return torch.stack(columns, 1)

    def statistics(self, load: Float64[Tensor, "n h t"]) -> WeekStatistics:
        """Compute statistics of the designs' weeks at the places of held-out ones."""
        days = load.unflatten(2, (-1, self.steps))[:, :, self.there]
        return WeekStatistics.of(days.unflatten(2, (-1, 7)), self.kind_there.view(-1, 7))

    @cached_property
    def real(self) -> WeekStatistics:
        """Statistics of the held-out weeks."""
        return WeekStatistics.of(self.held_out[None].unflatten(2, (-1, 7)), self.kind.view(-1, 7))
