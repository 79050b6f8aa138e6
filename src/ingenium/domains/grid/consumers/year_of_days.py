"""Family of annual profiles that proposes them day by day, conditioned on weekly levels."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ingenium.generators import families
from ingenium.generators.learned_buffers import LearnedBuffers
from ingenium.generators.rows import check_cond, check_rows, check_steer, finish
from ingenium.sampling.noise import uniform
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

INNER = "residual_bootstrap"
MANY = 8  # consumers; above, they share one level
SPREAD = 12**-0.5  # of an even rank in [0, 1]


class YearOfDays(LearnedBuffers):
    """Generator of days, fitted to the distinct days of known years, that proposes years.

    A day is conditioned on its place in the year, its kind and levels: the rank of each consumer's
    mean load among all days, or, with many consumers, that of all together. New years take the
    levels of each week from that week of a known year, so that days of a week are correlated; weeks
    are correlated by the season only. Residuals are sampled by consumer where they are independent,
    and jointly where they are not.

    Shapes: n designs, h consumers, t steps of a year, d days, s steps of a day, y known years,
        w weeks, c features, l levels.
    """

    levels: Tensor  # (y, d, l) of the days of known years

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        condition: Float[Tensor, "d f"],
        week: Int[Tensor, " d"],
    ) -> None:
        """Create a generator of years; `condition`: inputs of their days, `week`: their weeks."""
        super().__init__()
        self.shape, self.c = shape, c
        h, t = shape
        self.steps = t // len(week)
        self.register_buffer("condition", condition.to(torch.float32), persistent=False)
        self.register_buffer("week", week, persistent=False)
        self.empty("levels", dtype=torch.float32)
        self.inner = families.build(
            INNER, (h, self.steps), condition.shape[1] + (h if h <= MANY else 1)
        )

    condition: Tensor
    week: Tensor

    def fit(
        self, x: Float[Tensor, "n h t"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Find the distinct days, wherever they occur in known years, and fit to each once."""
        check_rows(x, cond, self.shape, self.c)
        days = x.detach().unflatten(2, (-1, self.steps)).transpose(1, 2).flatten(0, 1)
        different, which = torch.unique(days.flatten(1), dim=0, return_inverse=True)
        condition = self.condition.repeat(len(x), 1)
        count = which.bincount().to(condition.dtype)
        mean = torch.zeros(len(different), condition.shape[1]).index_add_(0, which, condition)
        mean = mean / count[:, None]
        loads = different.unflatten(1, days.shape[1:]).mean(2)
        level = _ranks(loads if loads.shape[1] <= MANY else loads.mean(1, keepdim=True))
        order = torch.atan2(mean[:, 0], mean[:, 1]).argsort()  # in the order of the year
        self.levels = level[which].view(len(x), -1, level.shape[1])
        rows = torch.cat([mean, level], 1)[order]
        return self.inner.fit(different[order].unflatten(1, days.shape[1:]), rows, plan)

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n h t"]:
        """Propose one neighbourhood's year for each row of `cond`."""
        check_cond(cond, self.c)
        check_steer(steer, type(self).__name__)
        n, d, weeks = len(cond), len(self.week), int(self.week[-1]) + 1
        years = (uniform(torch.empty(n, weeks), rng) * len(self.levels)).long()
        years = years.clamp(max=len(self.levels) - 1)[:, self.week]
        level = self.levels[years, torch.arange(d)]
        condition = torch.cat([self.condition.expand(n, -1, -1), level], 2).flatten(0, 1)
        with torch.no_grad():
            days = self.inner.propose(condition, rng).unflatten(0, (n, d))
            return finish(days.transpose(1, 2).flatten(2).to(cond.dtype), steer)


def _ranks(values: Float[Tensor, "n l"]) -> Float[Tensor, "n l"]:
    """Ranks in each column as model inputs, in deviations from the middle one."""
    rank = values.argsort(0).argsort(0).to(torch.float32)
    return ((rank + 0.5) / len(values) - 0.5) / SPREAD
