"""Effect of the forecast error of PV and wind on the voltages of a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.core.scenarios import scenario_rng
from ingenium.core.spec import Limit
from ingenium.domains.grid.feeder.verifier import FeederVerifier

MEMORY_H = 4.0  # after which the correlation of two errors has fallen to 1/e
AT_ONCE = 16  # scenarios solved together
RISK = "voltage_risk"
HELD = Limit(RISK, at_most=0.05)  # as EN 50160 requires for 95 % of a week


@dataclass(frozen=True, eq=False)
class InfeedScenarios:
    """Days whose infeed from sun and wind deviates from the design by a forecast error.

    One error applies to the whole feeder, whose plants share the weather: a factor with the mean 1
    and the relative deviation `error`, whose logarithm is a stationary Gaussian process of first
    order. Infeed stays at most at its rating. Steps with readings have no error.

    Shapes: n designs, s scenarios, u load profiles, g infeed profiles, t steps.
    """

    verifier: FeederVerifier
    weather: Bool[Tensor, " g"]
    band_pu: tuple[float, float]
    error: float
    seed: int
    read: int = 0  # steps
    shares: ClassVar[tuple[str, ...]] = (RISK,)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Probability of voltage faults."""
        low, high = self.band_pu
        return (
            Quantity(
                RISK,
                "1",
                f"chance that a voltage leaves {low:g} to {high:g} pu, as infeed misses its day",
            ),
        )

    def factors(self, scenarios: Sequence[int], t: int) -> Float64[Tensor, "s t"]:
        """Return the factor of the infeed at each step."""
        keep = np.exp(-self.verifier.hours / MEMORY_H)
        spread = np.sqrt(np.log1p(self.error**2))
        noise = np.stack([scenario_rng(self.seed, j).standard_normal(t) for j in scenarios])
        course = noise.copy()
        for i in range(1, t):  # each step depends on the previous one
            course[:, i] = keep * course[:, i - 1] + np.sqrt(1 - keep**2) * noise[:, i]
        factor = np.exp(spread * course - spread**2 / 2)
        factor[:, : self.read] = 1.0
        return torch.from_numpy(factor)

    def outcomes(
        self,
        load_p: Float[Tensor, "n u t"],
        load_q: Float[Tensor, "n u t"],
        infeed_p: Float[Tensor, "n g t"],
        *,
        scenarios: Sequence[int],
    ) -> Float64[Tensor, "n s 1"]:
        """Return 1 where a voltage leaves the band, or the power flow has no solution."""
        found, n = [], len(load_p)
        for start in range(0, len(scenarios), AT_ONCE):  # to bound the memory
            factor = self.factors(scenarios[start : start + AT_ONCE], load_p.shape[2])
            s = len(factor)
            moved = infeed_p[:, None] * factor[None, :, None]
            moved = torch.minimum(moved, infeed_p[:, None].clamp(min=1.0))
            infeed = torch.where(self.weather[:, None], moved, infeed_p[:, None]).flatten(0, 1)
            p, q = (x.repeat_interleave(s, 0) for x in (load_p, load_q))
            trace = self.verifier.trace(p, q, infeed)
            low, high = trace.voltage_pu.min((1, 2)), trace.voltage_pu.max((1, 2))
            inside = (low >= self.band_pu[0]) & (high <= self.band_pu[1])  # False for NaN
            found.append(torch.from_numpy(~inside).to(torch.float64).reshape(n, s, 1))
        return torch.cat(found, 1)
