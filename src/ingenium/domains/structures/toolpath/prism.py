"""Solid square column of equal capacity, by beam theory.

It fails where a two-hundredth of its material fails, like printed ones.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.optimize import brentq

from ingenium.domains.structures.toolpath.settings import ColumnSettings

ACROSS, UP = 40, 60  # points of a section, and sections
BELOW = 0.995  # share of the material that is whole at failure
SIDES_M = (1e-3, 30.0)  # interval of the search


@dataclass(frozen=True)
class SquareColumn:
    """Solid columns under the load of a setup."""

    settings: ColumnSettings

    def factor(self, side_m: float) -> float:
        """Return the multiple of the load at which it fails."""
        s = self.settings
        area, inertia = side_m**2, side_m**4 / 12
        at = ((np.arange(ACROSS) + 0.5) / ACROSS - 0.5) * side_m
        height = s.clear_m + (s.height_m - 2 * s.clear_m) * (np.arange(UP) + 0.5) / UP
        moments = [
            s.down_n * aside + across * (s.height_m - height)
            for aside, across in zip(s.aside_m, s.across_n, strict=True)
        ]
        # a sideways force and an offset both compress the side that they point to
        x, y = (np.multiply.outer(m / inertia, at) for m in moments)
        stress = -s.down_n / area - x[:, :, None] - y[:, None, :]
        use = np.maximum(stress / s.tension_pa, -stress / s.compression_pa)
        return float(1 / np.quantile(use, BELOW))

    def volume_m3(self, factor: float) -> float:
        """Return the volume of the column that bears a multiple of the load."""
        side = brentq(lambda side: self.factor(side) - factor, *SIDES_M, rtol=1e-9)
        return float(side) ** 2 * self.settings.height_m

    def masses_kg(self, factors: Float64[np.ndarray, " q"]) -> Float64[np.ndarray, " q"]:
        """Return the masses of the columns that bear these multiples."""
        volumes = [self.volume_m3(float(f)) for f in factors]
        return self.settings.density_kg_m3 * np.array(volumes)
