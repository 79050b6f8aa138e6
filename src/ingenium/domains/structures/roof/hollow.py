"""Square hollow sections: sizes of a standard, and their properties by its formulas.

Source: EN 10210-2:2006, table B.2 (nominal sizes), annex A (formulas; outer corners of 1.5 and
    inner ones of 1.0 times the wall).

Shapes: s sections, lightest first.
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

WALLS_MM: dict[int, tuple[float, ...]] = {  # by the width outside
    40: (3.0, 4.0),
    50: (3.2, 4.0, 5.0),
    60: (3.2, 4.0, 5.0, 6.3),
    70: (4.0, 5.0, 6.3),
    80: (4.0, 5.0, 6.3, 8.0),
    90: (4.0, 5.0, 6.3, 8.0),
    100: (4.0, 5.0, 6.3, 8.0, 10.0),
    120: (5.0, 6.3, 8.0, 10.0),
    140: (5.0, 6.3, 8.0, 10.0),
    150: (6.3, 8.0, 10.0),
    160: (8.0, 10.0, 12.5),
    180: (8.0, 10.0, 12.5),
    200: (8.0, 10.0, 12.5),
}
PI = np.pi


class _Corner(NamedTuple):
    """Excess of a square corner over a round one: area, distance from the middle, inertia."""

    area: np.ndarray
    away: np.ndarray
    inertia: np.ndarray


def _corner(half: np.ndarray, radius: np.ndarray) -> _Corner:
    return _Corner(
        (1 - PI / 4) * radius**2,
        half - (10 - 3 * PI) / (12 - 3 * PI) * radius,
        (1 / 3 - PI / 16 - 1 / (3 * (12 - 3 * PI))) * radius**4,
    )


class HollowSections:
    """All sizes of the table, ordered by area."""

    def __init__(self) -> None:
        sizes = np.array([(b, t) for b, walls in WALLS_MM.items() for t in walls]) / 1e3
        area = self._area(*sizes.T)
        order = np.argsort(area, kind="stable")
        self.width_m, self.wall_m = sizes[order].T
        self.area_m2: Float64[np.ndarray, " s"] = area[order]

    def __len__(self) -> int:
        return len(self.width_m)

    @cached_property
    def inertia_m4(self) -> Float64[np.ndarray, " s"]:
        """Second moment of area about an axis of symmetry."""
        b, t = self.width_m, self.wall_m
        outer, inner = _corner(b / 2, 1.5 * t), _corner(b / 2 - t, t)
        missing = outer.inertia + outer.area * outer.away**2
        filled = inner.inertia + inner.area * inner.away**2
        return np.asarray((b**4 - (b - 2 * t) ** 4) / 12 - 4 * missing + 4 * filled)

    @cached_property
    def radius_m(self) -> Float64[np.ndarray, " s"]:
        """Radius of gyration."""
        return np.asarray(np.sqrt(self.inertia_m4 / self.area_m2))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names in order: `SHS100x100x5`."""
        sizes = zip(1e3 * self.width_m, 1e3 * self.wall_m, strict=True)
        return tuple(f"SHS{b:.0f}x{b:.0f}x{t:g}" for b, t in sizes)

    @staticmethod
    def _area(b: np.ndarray, t: np.ndarray) -> np.ndarray:
        return np.asarray(4 * t * (b - t) - 4 * (1 - PI / 4) * ((1.5 * t) ** 2 - t**2))


SECTIONS = HollowSections()
