"""Goals of an inversion: conditions, limits and objectives of a spec on measured quantities."""

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ingenium.core.problem import Problem
from ingenium.core.spec import Limit, Spec

NEAR = 2.0  # tolerances: a satisfied bound this near is watched by a step
PULL, FARTHEST = 0.3, 5.0  # weight of an objective, and tolerances that a step aims ahead
SAFE = 2.0  # mean errors of the forward model that a step stays inside a bound


@dataclass(frozen=True, eq=False)
class ToleranceScale:
    """Quantities in tolerances: plain, or of the logarithm where they span orders of magnitude.

    Shapes: k quantities.
    """

    names: tuple[str, ...]
    log: Bool[Tensor, " k"]
    tolerance: Float[Tensor, " k"]

    def of(self, y: Float[Tensor, "n k"]) -> Float[Tensor, "n k"]:
        """Measured values in tolerances."""
        plain = torch.where(self.log, y.clamp_min(1e-300).log(), y)
        return plain / self.tolerance

    def bound(self, name: str, value: float | None, otherwise: float) -> float:
        """A bound on a quantity in tolerances; `otherwise` where there is none."""
        if value is None:
            return otherwise
        i = self.names.index(name)
        if bool(self.log[i]):
            value = float(np.log(value)) if value > 0 else -float("inf")
        return value / float(self.tolerance[i])


@dataclass(frozen=True, eq=False)
class SpecGoal:
    """Intervals that quantities shall lie in, and directions in which objectives improve.

    Shapes: n designs, g goals.
    """

    columns: Int[Tensor, " g"]  # of the quantities
    low: Float[Tensor, "n g"]  # in tolerances
    high: Float[Tensor, "n g"]
    sense: Float[Tensor, " g"]  # of an objective: 1 to maximise, -1 to minimise; else 0

    @classmethod
    def of(
        cls, problem: Problem, spec: Spec, conditions: xr.Dataset, scale: ToleranceScale
    ) -> "SpecGoal":
        """Collect the goals of a resolved spec, for designs under some conditions.

        Requested conditions are goals where the engine measures them and no projection satisfies
        them exactly; limits on quantities that the forward model does not know are left out.
        """
        n, columns, low, high, sense = len(conditions["design"]), [], [], [], []

        def add(name: str, least: Tensor, most: Tensor, way: float = 0.0) -> None:
            columns.append(scale.names.index(name))
            low.append(least)
            high.append(most)
            sense.append(way)

        for limit in (x for x in spec.limits if x.quantity in scale.names):
            least, most = bounds(limit, scale)
            add(limit.quantity, torch.full((n,), least), torch.full((n,), most))
        for c in problem.conditions:
            name = c.measured or ""
            if c.name not in spec.conditions or c.exact or name not in scale.names:
                continue
            wanted = torch.from_numpy(np.asarray(conditions[c.name], np.float64).copy())
            at = scale.of(wanted[:, None].expand(-1, len(scale.names)))[:, scale.names.index(name)]
            add(name, torch.full((n,), -torch.inf) if c.ceiling else at - 1, at + 1)
        for o in (x for x in spec.objectives if x.quantity in scale.names):
            way, free = 1.0 if o.sense == "maximise" else -1.0, torch.full((n,), torch.inf)
            add(o.quantity, -free, free, way)
        if not columns:
            none = torch.zeros(n, 0)
            return cls(torch.zeros(0, dtype=torch.long), none, none, torch.zeros(0))
        ends = [torch.stack(x, 1).to(torch.float32) for x in (low, high)]
        return cls(torch.tensor(columns), ends[0], ends[1], torch.tensor(sense))

    @classmethod
    def between(
        cls, columns: Int[Tensor, " g"], low: Float[Tensor, "n g"], high: Float[Tensor, "n g"]
    ) -> "SpecGoal":
        """Build a goal of intervals alone."""
        return cls(columns, low, high, torch.zeros(len(columns)))

    def rows(self, index: Int[Tensor, " m"]) -> "SpecGoal":
        """Return the goals of some designs."""
        return SpecGoal(self.columns, self.low[index], self.high[index], self.sense)

    def missed(self, y: Float[Tensor, "n k"]) -> Float[Tensor, "n g"]:
        """Return how far quantities, in tolerances, lie outside of their intervals."""
        own = y[..., self.columns]
        return (self.low - own).clamp_min(0) + (own - self.high).clamp_min(0)

    def met(self, y: Float[Tensor, "n k"]) -> Bool[Tensor, " n"]:
        """Mark designs whose quantities lie in all intervals."""
        return (self.missed(y) <= 0).all(-1) & y[..., self.columns].isfinite().all(-1)

    def residual(
        self, y: Float[Tensor, "n k"], error: Float[Tensor, " k"]
    ) -> tuple[Float[Tensor, "n g"], Float[Tensor, "n g"]]:
        """Return the change that each goal asks for, in tolerances, and its weight.

        Bounds are approached to `SAFE` errors of the forward model, at most to the middle of their
        interval. A bound that is satisfied and far has no weight.
        """
        own, free = y[:, self.columns], self.sense != 0
        inner = torch.minimum(SAFE * error[self.columns], 0.5 * (self.high - self.low))
        low, high = self.low + inner, self.high - inner
        off = (low - own).clamp_min(0) - (own - high).clamp_min(0)
        slack = torch.minimum(own - low, high - own)
        weight = ((off != 0) | (slack < NEAR)).to(y.dtype)
        off = torch.where(free, self.sense * FARTHEST, off.nan_to_num(0.0))
        return off, torch.where(free, PULL, weight)

    def cost(self, y: Float[Tensor, "n k"], error: Float[Tensor, " k"]) -> Float[Tensor, " n"]:
        """Return squared residuals of limits, less a small share for better objectives."""
        off, _ = self.residual(y, error)
        bounds_only = torch.where(self.sense != 0, 0.0, off).square().sum(1)
        better = (self.sense * y[:, self.columns]).sum(1)
        return bounds_only - 0.01 * better


def bounds(limit: Limit, scale: ToleranceScale) -> tuple[float, float]:
    """Return the ends of a limit in tolerances."""
    inf = float("inf")
    return (
        scale.bound(limit.quantity, limit.at_least, -inf),
        scale.bound(limit.quantity, limit.at_most, inf),
    )
