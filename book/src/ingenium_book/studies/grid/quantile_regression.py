"""Linear quantile regression of days, their hours joined as in known days."""

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.generators.classical import Classical
from ingenium.sampling.noise import uniform
from ingenium.train.plan import Plan

LEVELS = 20  # (j + 1/2) / 20
RATE = 0.02


class QuantileRegression(Classical):
    """Quantiles of each number, linear in the conditions, at twenty levels.

    Crossing quantiles are put in order. A proposal takes at each number the quantile at the rank
    that one known row, the same for all numbers, has there: so numbers hang together as in that
    row. Between and beyond the levels quantiles are linear.

    Shapes: m training rows, d numbers, q levels.
    Source: Koenker and Bassett, Econometrica 46, 1978; order: Chernozhukov, Fernandez-Val and
        Galichon, Econometrica 78, 2010; ranks: Clark et al., J. Hydrometeorology 5, 2004.
    """

    weight: Tensor  # (c + 1, d, q), of the conditions and a constant
    ranks: Tensor  # (m, d) in (0, 1)

    def __init__(
        self, shape: tuple[int, ...], c: int, *, ridge: float = 1e-3, steps: int = 500
    ) -> None:
        super().__init__(shape, c)
        self.ridge, self.steps = ridge, steps
        self.empty("weight", "ranks")

    def learn(
        self, x: Float[Tensor, "n d"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Adam on all rows at once, whose rate falls to zero, from the plain quantiles."""
        condition = _with_constant(cond)
        levels = self.levels(x)
        target = x.repeat_interleave(LEVELS, 1)
        level = levels.repeat(x.shape[1])
        weight = condition.new_zeros(condition.shape[1], target.shape[1])
        weight[-1] = torch.quantile(x, levels, dim=0).T.reshape(-1)
        adam = torch.optim.Adam([weight], lr=RATE)
        curve = []
        for step in range(self.steps):
            adam.param_groups[0]["lr"] = RATE * (1 - step / self.steps)
            gap = target - condition @ weight
            under = (gap < 0).to(x.dtype) - level  # slope of the loss along the quantile
            weight.grad = condition.T @ under / len(x)
            weight.grad[:-1] += 2 * self.ridge * weight[:-1]
            adam.step()
            curve.append(-float((gap * under).mean()))
        weight = weight.reshape(-1, x.shape[1], LEVELS)
        self.weight = weight
        missed = self._place(x, self.quantiles(cond))
        order = missed.argsort(0).argsort(0).to(x.dtype)
        self.ranks = (order + 0.5) / len(x)
        return {"loss": curve}

    def levels(self, like: Tensor) -> Float[Tensor, " q"]:
        """Those of the quantiles."""
        return (torch.arange(LEVELS, dtype=like.dtype) + 0.5) / LEVELS

    def quantiles(self, cond: Float[Tensor, "n {self.c}"]) -> Float[Tensor, "n d q"]:
        """Rising quantiles under each row of conditions."""
        return torch.einsum("nc,cdq->ndq", _with_constant(cond), self.weight).sort(-1).values

    def sample(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, "n d"]:
        """The quantiles at the ranks of known rows."""
        count = len(self.ranks)
        pick = (uniform(cond.new_empty(len(cond)), rng) * count).long().clamp(max=count - 1)
        place = self.ranks[pick] * LEVELS - 0.5
        low = place.floor().long().clamp(0, LEVELS - 2)[..., None]
        known = self.quantiles(cond)
        at, after = known.gather(-1, low)[..., 0], known.gather(-1, low + 1)[..., 0]
        return at + (place - low[..., 0]) * (after - at)

    def _place(
        self, x: Float[Tensor, "n d"], known: Float[Tensor, "n d q"]
    ) -> Float[Tensor, "n d"]:
        """Where values lie among quantiles; a number that rises with them."""
        high = torch.searchsorted(known.contiguous(), x[..., None]).clamp(1, LEVELS - 1)
        at, after = known.gather(-1, high - 1), known.gather(-1, high)
        share = (x[..., None] - at) / (after - at).clamp(min=1e-9)
        return (high - 1 + share)[..., 0]


def _with_constant(cond: Float[Tensor, "n c"]) -> Float[Tensor, "n w"]:
    return torch.cat([cond, cond.new_ones(len(cond), 1)], 1)
