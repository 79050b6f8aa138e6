"""Boxes, cylinders and prisms of a part's required and forbidden space."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor


@dataclass(frozen=True)
class Cylinder:
    """A cylinder along one axis of the grid, lengths in m."""

    axis: int
    centre_m: tuple[float, float]  # along the other two axes, in order
    radius_m: float
    low_m: float  # ends along the axis
    high_m: float

    def distance(self, at_m: Float64[Tensor, "p 3"]) -> Float64[Tensor, " p"]:
        """Return the signed distance of points, negative inside; a lower bound beyond the edges."""
        rest = [a for a in range(3) if a != self.axis]
        centre = torch.tensor(self.centre_m, dtype=torch.float64)
        around = (at_m[:, rest] - centre).norm(dim=1) - self.radius_m
        along = at_m[:, self.axis]
        return torch.maximum(around, torch.maximum(self.low_m - along, along - self.high_m))


@dataclass(frozen=True)
class Cuboid:
    """A box along the axes of the grid, lengths in m."""

    low_m: tuple[float, float, float]
    high_m: tuple[float, float, float]

    def distance(self, at_m: Float64[Tensor, "p 3"]) -> Float64[Tensor, " p"]:
        """Return the signed distance of points, negative inside; a lower bound beyond the edges."""
        low = torch.tensor(self.low_m, dtype=torch.float64)
        high = torch.tensor(self.high_m, dtype=torch.float64)
        return torch.maximum(low - at_m, at_m - high).amax(1)


@dataclass(frozen=True)
class Prism:
    """A convex polygon extruded along one axis of the grid, lengths in m."""

    axis: int
    corners_m: tuple[tuple[float, float], ...]  # along the other two axes, anticlockwise
    low_m: float  # ends along the axis
    high_m: float

    def distance(self, at_m: Float64[Tensor, "p 3"]) -> Float64[Tensor, " p"]:
        """Return the signed distance of points, negative inside; a lower bound beyond the edges."""
        rest = [a for a in range(3) if a != self.axis]
        start = torch.tensor(self.corners_m, dtype=torch.float64)
        way = start.roll(-1, 0) - start
        outward = torch.stack([way[:, 1], -way[:, 0]], 1) / way.norm(dim=1, keepdim=True)
        around = (at_m[:, rest] @ outward.T - (outward * start).sum(1)).amax(1)
        along = at_m[:, self.axis]
        return torch.maximum(around, torch.maximum(self.low_m - along, along - self.high_m))


Body = Cylinder | Cuboid | Prism


def union(bodies: Sequence[Body], at_m: Float64[Tensor, "p 3"]) -> Float64[Tensor, " p"]:
    """Return the signed distance to the nearest body, negative inside; infinite without any."""
    out = at_m.new_full((len(at_m),), torch.inf)
    for body in bodies:
        out = torch.minimum(out, body.distance(at_m))
    return out
