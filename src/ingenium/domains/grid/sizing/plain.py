"""Independent cross-check of sizes: the first year in plain Python numbers."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium import __version__
from ingenium.core.quantity import Quantity

COMPARED = ("unserved", "curtailed", "fuel")


@dataclass(frozen=True, eq=False)
class PlainPlant:
    """Balance of every hour as a loop over Python floats.

    Shapes: n sizes, h hours.
    """

    settings: Any  # SizeSettings
    series: Float64[np.ndarray, "3 h"]
    all_quantities: tuple[Quantity, ...]
    name: ClassVar[str] = "plain Python"
    version: ClassVar[str] = __version__
    tier: ClassVar[Literal["exact"]] = "exact"

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Service and fuel."""
        return tuple(q for q in self.all_quantities if q.name in COMPARED)

    def measure(self, *sizes: Float64[Tensor, " n"]) -> Float64[Tensor, "n k"]:
        """Measure plants one by one."""
        order = {"fuel": 0, "unserved": 1, "curtailed": 2}
        rows = []
        for size in zip(*(s.tolist() for s in sizes), strict=True):
            found = self._plant(size)
            rows.append([found[order[q.name]] for q in self.quantities])
        return torch.tensor(rows, dtype=torch.float64)

    def _plant(self, size: tuple[float, ...]) -> tuple[float, float, float]:
        """Fuel (l), unserved load (%) and curtailed energy (%)."""
        if not all(math.isfinite(x) for x in size):
            return math.nan, math.nan, math.nan
        pv, wind, energy, diesel = size
        s, hours = self.settings, list(zip(*self.series.tolist(), strict=True))
        way, power, charge = math.sqrt(s.efficiency), s.power_share * energy, energy / 2
        fuel, missing, spilled, load, made = 0.0, 0.0, 0.0, 0.0, 0.0
        for y in range(s.years):
            full = energy * (1 - s.battery_fade) ** y
            charge = min(charge, full)
            for need, sun, blow in hours:
                own = pv * (1 - s.pv_fade) ** y * sun + wind * blow
                load, made = load + need, made + own
                if own > need:
                    taken = min(own - need, power, (full - charge) / way)
                    charge, spilled = charge + taken * way, spilled + own - need - taken
                    continue
                given = min(need - own, power, charge * way)
                charge = max(0.0, charge - given / way)
                runs = min(need - own - given, diesel)
                missing += need - own - given - runs
                fuel += (0.25 * runs + 0.08 * diesel) if runs > 0 else 0.0
        return fuel, 100 * missing / load, 100 * spilled / (made or 1.0)
