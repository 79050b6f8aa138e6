"""What a search strives for: one number of each verdict, from margins and objectives."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr
from jaxtyping import Float

from ingenium.core.spec import Limit, Objective


@dataclass(frozen=True)
class Aim:
    """Limits that are to hold, and objectives that rank what holds them.

    The cost of a design is how far its broken margins lie from 0, each in spreads of known
    designs, summed: 0 where all hold, infinite where the engine has no answer. With objectives,
    what holds goes on below 0, down to -1: by the logistic of each objective, in spreads from the
    mean of known designs, averaged. So any accepted design costs less than any rejected one.

    Shapes: n designs, l limits, o objectives, k outcomes, which are margins and objectives.
    """

    limits: tuple[Limit, ...]
    objectives: tuple[Objective, ...]
    spread: Float[np.ndarray, " k"]  # of each outcome over known designs
    middle: Float[np.ndarray, " k"]

    @classmethod
    def of(
        cls, limits: Sequence[Limit], objectives: Sequence[Objective], known: xr.Dataset
    ) -> "Aim":
        """With spreads of the verdicts on known designs under the same limits."""
        plain = cls(tuple(limits), tuple(objectives), np.ones(0), np.zeros(0))
        outcomes = plain.outcomes(known)
        finite = np.where(np.isfinite(outcomes), outcomes, np.nan)
        answered = finite[~np.isnan(finite).any(1)]
        if not len(answered):
            return cls(plain.limits, plain.objectives, *_unscaled(outcomes.shape[1]))
        spread = answered.std(0)
        return cls(
            plain.limits, plain.objectives, np.where(spread > 0, spread, 1.0), answered.mean(0)
        )

    @property
    def least(self) -> float:
        """The lowest cost there can be."""
        return -1.0 if self.objectives else 0.0

    @cached_property
    def sign(self) -> Float[np.ndarray, " o"]:
        """1 for what is to be large, -1 for what is to be small."""
        return np.array([1.0 if o.sense == "maximise" else -1.0 for o in self.objectives])

    def outcomes(self, verdicts: xr.Dataset) -> Float[np.ndarray, "n k"]:
        """Margins and values of objectives; NaN where a value that was measured is none."""
        margin = verdicts["margin"].to_numpy()
        values = [verdicts[o.quantity].to_numpy()[:, None] for o in self.objectives]
        return np.concatenate([margin, *values], 1)

    def cost(self, outcomes: Float[np.ndarray, "*n k"]) -> Float[np.ndarray, "*n"]:
        """Of outcomes that were measured, or that a model expects."""
        scaled = outcomes / self.spread
        count = len(self.limits)
        short = np.maximum(-scaled[..., :count], 0.0).sum(-1)
        cost: np.ndarray = np.where(np.isfinite(outcomes).all(-1), short, np.inf)
        if self.objectives:
            over = (scaled - self.middle / self.spread)[..., count:] * self.sign
            with np.errstate(over="ignore"):
                worth = (1.0 / (1.0 + np.exp(-over))).mean(-1)
            cost = np.where(cost == 0, -worth, cost)
        return cost

    def costs(self, verdicts: xr.Dataset) -> Float[np.ndarray, " n"]:
        """Of each design."""
        return self.cost(self.outcomes(verdicts))

    def rewards(self, verdicts: xr.Dataset) -> Float[np.ndarray, " n"]:
        """From 0 to 1: the product of how far each limit holds, and objectives beyond.

        Source: Blaschke et al., J. Chem. Inf. Model. 60:5918, 2020 (REINVENT 2.0, products).
        """
        return np.exp(self.least - self.costs(verdicts))


def _unscaled(k: int) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, " k"]]:
    return np.ones(k), np.zeros(k)
