"""Wear of cells by cycles and by time, and its cost.

The law is fitted to published tests of lithium-ion cells, and not to a product: a limit on it ranks
schedules, and is no warranty.

Source: Xu, Oudalov, Ulbig, Andersson and Kirschen, IEEE Trans. Smart Grid 9(2):1131, 2018, the
    stress of depth (kd), of charge (ks) and of time (kt), at 25 degC.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ingenium.domains.grid.storage.rainflow import cycles

KD = (1.40e5, -5.01e-1, -1.23e5)  # of the depth of a cycle
KS, MIDDLE = 1.04, 0.5  # of the state of charge, about its middle
KT_PER_S = 4.14e-10
END_OF_LIFE = 0.2  # share of the capacity that is lost when a battery is replaced


@dataclass(frozen=True)
class CellWear:
    """Cycles of a charge trajectory, and the share of the capacity that it costs."""

    full_cycles: float  # equivalent: ranges of all cycles together
    deepest: float  # range of the largest, as a share
    lost: float  # share of the capacity

    @classmethod
    def of(cls, charge: Float[np.ndarray, " t"], hours: float) -> "CellWear":
        """Measure states of charge (0 to 1) over some hours."""
        counted = cycles(charge)
        depth, mean, count = (
            np.array([c[i] for c in counted]) for i in range(3)
        )  # empty for a constant charge
        by_cycles = float((count * stress(depth, mean)).sum()) if counted else 0.0
        by_time = KT_PER_S * 3600.0 * hours * float(np.exp(KS * (charge.mean() - MIDDLE)))
        full = float((count * depth).sum()) if counted else 0.0
        return cls(full, float(depth.max(initial=0.0)), by_cycles + by_time)


def stress(
    depth: Float[np.ndarray, " c"], mean: Float[np.ndarray, " c"]
) -> Float[np.ndarray, " c"]:
    """Return the share of the capacity that one cycle costs, by depth and mean charge."""
    a, b, c = KD
    with np.errstate(divide="ignore"):
        found = 1.0 / (a * np.power(np.clip(depth, 1e-9, 1.0), b) + c)
    return np.asarray(found * np.exp(KS * (mean - MIDDLE)))


def cost_of(lost: float, battery_eur: float) -> float:
    """Return the cost of lost capacity: its share of what is lost when a battery is replaced."""
    return lost / END_OF_LIFE * battery_eur
