"""Distances of proposals from known designs, which cost no call of the engine."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.core.designs import to_dataset
from ingenium.core.problem import Problem

SPACED = 200  # known designs whose nearest neighbours measure the density of the data
SAME = 1e-9


@runtime_checkable
class Placed(Protocol):
    """A problem with a metric of its own that is Euclidean in some coordinates."""

    def coordinates(self, designs: xr.Dataset) -> Float64[np.ndarray, "n m"]:
        """Return points whose Euclidean distances are those of `metric`."""
        ...


def coordinates(problem: Problem, designs: xr.Dataset) -> Float64[np.ndarray, "n m"] | None:
    """Return points whose distances are those of the problem's metric; None where unknown."""
    kind = next(own for own in type(problem).__mro__ if "metric" in vars(own))
    if isinstance(problem, Placed) and "coordinates" in vars(kind):
        return problem.coordinates(designs)
    if kind is not Problem:
        return None
    x = problem.encode(designs).flatten(1).to(torch.float64)
    points: np.ndarray = (x / x.shape[1] ** 0.5).numpy()
    return points


@dataclass(frozen=True, eq=False)
class Novelty:
    """Known designs, and the distance from all of them at which a design is new.

    A problem whose metric has no coordinates is measured in whitened numbers instead.

    Shapes: n designs, r known designs, m coordinates.
    """

    problem: Problem
    points: Float[Tensor, "r m"]  # of the known designs
    spacing: float  # median distance of known designs to their nearest other one
    plain: bool  # whether the coordinates are the problem's

    @classmethod
    def of(cls, problem: Problem, known: xr.Dataset) -> "Novelty":
        """Measure the spacing of known designs."""
        found = coordinates(problem, known)
        own = problem.encode(known).flatten(1).to(torch.float64) if found is None else found
        points = torch.as_tensor(own).to(torch.float32)
        points = points / points.shape[1] ** 0.5 if found is None else points
        rows = np.random.default_rng(0).permutation(len(points))[:SPACED]
        two = torch.cdist(points[rows], points).topk(2, largest=False).values[:, 1]
        return cls(problem, points, max(float(two.median()), SAME), found is not None)

    def against(self, more: Float[Tensor, "s m"]) -> "Novelty":
        """Return the same threshold against further designs as well."""
        both = torch.cat([self.points, more.to(torch.float32)])
        return Novelty(self.problem, both, self.spacing, self.plain)

    def of_arrays(self, arrays: tuple[Tensor, ...]) -> Float[Tensor, "n m"]:
        """Return the points of designs."""
        designs = to_dataset(arrays, self.problem.variables, self.problem.labels())
        found = coordinates(self.problem, designs) if self.plain else None
        if found is not None:
            return torch.as_tensor(found).to(torch.float32)
        x = self.problem.encode(designs).flatten(1)
        plain: Tensor = (x / x.shape[1] ** 0.5).to(torch.float32)
        return plain

    def distance(self, points: Float[Tensor, "n m"]) -> Float[Tensor, " n"]:
        """Return the distances of designs to the nearest known one."""
        parts = [torch.cdist(some, self.points).amin(1) for some in points.split(64)]
        return torch.cat(parts)

    def new(self, points: Float[Tensor, "n m"]) -> Tensor:
        """Mark designs that are new."""
        found: Tensor = self.distance(points) >= self.spacing
        return found
