"""Plane frames of walls: nodes, walls between them, and the thickness of each wall."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from ingenium.core.errors import InputError


@dataclass(frozen=True)
class Frame:
    """Straight walls between nodes in a box, all of one depth out of the plane.

    Shapes: v nodes, s walls.

    Raises:
        InputError: for walls that are not between two nodes, or without thickness.
    """

    node_m: Float64[np.ndarray, "v 2"]
    wall: Int64[np.ndarray, "s 2"]  # the nodes of each
    thickness_m: Float64[np.ndarray, " s"]
    width_m: float  # of the frame's box
    height_m: float

    def __post_init__(self) -> None:
        ends = self.wall
        if not len(ends) or ends.min() < 0 or ends.max() >= len(self.node_m):
            raise InputError("walls between nodes of the frame", f"{len(ends)} walls")
        if not (np.isfinite(self.thickness_m).all() and self.thickness_m.min() > 0):
            raise InputError("walls thicker than 0 m", float(self.thickness_m.min()))
        if not self.length_m.min() > 0:
            raise InputError("walls longer than 0 m", float(self.length_m.min()))

    @property
    def length_m(self) -> Float64[np.ndarray, " s"]:
        """Length of each wall, from node to node."""
        a, b = self.node_m[self.wall[:, 0]], self.node_m[self.wall[:, 1]]
        length: np.ndarray = np.linalg.norm(b - a, axis=1)
        return length

    @property
    def relative_density(self) -> float:
        """Area of the walls over the box; joints where walls overlap count once a wall.

        Source: Gibson and Ashby, Cellular Solids, 2nd ed., 1997, eq. 2.9 to first order.
        """
        return float((self.thickness_m * self.length_m).sum() / (self.width_m * self.height_m))
