"""Stereolithography by Jacobs' working curve: dose, cure depth and over-cure of exported layers.

Shapes: h layers; x, y cells.
Source: Jacobs, Rapid Prototyping & Manufacturing, SME, 1992, ch. 4: C = D ln(E / E_c).
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from ingenium.core.errors import InputError


@dataclass(frozen=True)
class Resin:
    """Working curve of a resin.

    Raises:
        InputError: for a value that is not above 0, or a depth that looks like mm.
    """

    depth_m: float  # penetration, at which the dose falls to 1/e
    critical_j_m2: float  # dose at which it gels

    def __post_init__(self) -> None:
        if not 1e-6 <= self.depth_m <= 1e-2:
            raise InputError(
                "a penetration depth from 1e-6 to 0.01 m",
                self.depth_m,
                f"Write {self.depth_m / 1e3:g}, if it is in mm.",
            )
        if not self.critical_j_m2 > 0:
            raise InputError("a critical dose above 0 J/m^2", self.critical_j_m2)

    def cure_m(self, dose_j_m2: Float64[np.ndarray, "..."]) -> Float64[np.ndarray, "..."]:
        """Return the cure depth of a dose at the surface; 0 below the critical one."""
        ratio = np.maximum(np.asarray(dose_j_m2) / self.critical_j_m2, 1.0)
        return np.asarray(self.depth_m * np.log(ratio))


def line_dose_j_m2(power_w: float, speed_m_s: float, hatch_m: float) -> float:
    """Return the mean dose of a hatch: power over speed and hatch."""
    if not min(power_w, speed_m_s, hatch_m) > 0:
        raise InputError("power, speed and hatch above 0", (power_w, speed_m_s, hatch_m))
    return power_w / (speed_m_s * hatch_m)


def peak_dose_j_m2(power_w: float, speed_m_s: float, radius_m: float) -> float:
    """Return the dose on the axis of one Gaussian line: sqrt(2/pi) P / (w v), with w at 1/e²."""
    return math.sqrt(2 / math.pi) * power_w / (radius_m * speed_m_s)


def over_cure_m(
    resin: Resin, exposed: Bool[np.ndarray, "h x y"], layer_m: float, dose_j_m2: float
) -> Float64[np.ndarray, "h x y"]:
    """Return how far below each exposed cell resin cures that no layer wants, by all doses above.

    Doses of the layers of a column above add up, weakened by what they pass; 0 where the cell below
    is exposed as well, or is the platform.
    """
    total = np.zeros(exposed.shape[1:])
    found = np.zeros(exposed.shape)
    sums = np.zeros(exposed.shape)
    weaker = math.exp(-layer_m / resin.depth_m)
    for h in range(len(exposed) - 1, -1, -1):  # from the top: light comes from above
        total = total * weaker + np.where(exposed[h], dose_j_m2, 0.0)
        sums[h] = total
    below = np.concatenate([np.ones_like(exposed[:1]), exposed[:-1]])
    free = exposed & ~below
    reach = resin.cure_m(sums) - layer_m
    found[free] = np.maximum(reach[free], 0.0)
    return found
