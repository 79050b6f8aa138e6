"""Layout of flat roof trusses: their bars and positions.

Shapes: j joints, b bars.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float64, Int64

KINDS = ("Pratt", "Howe", "Warren")  # diagonals fall to the middle, rise to it, or alternate
GROUPS = ("bottom", "top", "posts", "diagonals")  # of bars of one section
PANELS = (4, 6, 8, 10, 12, 14, 16)


@dataclass(frozen=True, eq=False)
class RoofLayout:
    """Joints and bars; positions along the span in panels, heights in depths."""

    joints: Float64[np.ndarray, "j 2"]
    bars: Int64[np.ndarray, "b 2"]
    group: Int64[np.ndarray, " b"]

    @property
    def panels(self) -> int:
        """Number of panels along the span."""
        return len(self.joints) // 2 - 1

    @property
    def top(self) -> Int64[np.ndarray, " _"]:
        """Joints of the upper chord, from left to right."""
        return np.arange(self.panels + 1, 2 * self.panels + 2)

    @property
    def held(self) -> tuple[int, int, int]:
        """Supported displacements: both of the lower left corner, the vertical one of the right."""
        return 0, 1, 2 * self.panels + 1

    @property
    def middle(self) -> int:
        """The displacement whose size is the deflection."""
        return self.panels + 1

    @property
    def shares(self) -> Float64[np.ndarray, " j"]:
        """Share of one panel's roof load on each joint of the upper chord."""
        out = np.zeros(len(self.joints))
        out[self.top] = 1.0
        out[self.top[[0, -1]]] = 0.5
        return out


@cache
def layout(kind: int, panels: int) -> RoofLayout:
    """Return a kind of truss with an even number of panels."""
    at = np.arange(panels + 1.0)
    joints = np.concatenate([np.stack([at, 0 * at], 1), np.stack([at, 0 * at + 1], 1)])
    low, high = np.arange(panels + 1), np.arange(panels + 1) + panels + 1
    left = np.arange(panels) < panels / 2
    turns = np.arange(panels) % 2 == 0
    falls = (left, ~left, np.where(left, turns, ~turns[::-1]))[kind]  # from the left upper end
    diagonals = np.where(
        falls[:, None],
        np.stack([high[:-1], low[1:]], 1),
        np.stack([low[:-1], high[1:]], 1),
    )
    parts = [
        np.stack([low[:-1], low[1:]], 1),
        np.stack([high[:-1], high[1:]], 1),
        np.stack([low, high], 1),
        diagonals,
    ]
    group = np.repeat(np.arange(len(GROUPS)), [len(p) for p in parts])
    return RoofLayout(joints, np.concatenate(parts), group)


def joints_m(own: RoofLayout, span_m: float, depth_m: np.ndarray) -> Float64[np.ndarray, "n j 2"]:
    """Return the positions of the joints for each depth."""
    across = np.full_like(depth_m, span_m / own.panels)
    return np.asarray(own.joints * np.stack([across, depth_m], 1)[:, None])
