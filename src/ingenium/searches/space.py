"""Designs of a problem as points of a cube, for strategies that search over numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Int
from torch import Tensor

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.problem import Problem
from ingenium.core.resolving import sample_conditions
from ingenium.core.spec import Between, Spec
from ingenium.generators.tokens.codec import kind_of

POINT, NUMBER = "cube_point", "number"  # coordinate of the designs, and its dimension
WHOLE = 32  # numbers of a standardised design that are searched directly
MOST, SHARE = 48, 0.95  # principal components of larger designs, and the variance they explain
GOLDEN = 0.6180339887498949  # (sqrt(5) - 1) / 2; fractional parts of its multiples are even
LEAST, FEW = 2, 16  # known designs to start from: that there must be, and that suffice
WIDER = 0.25  # of the range of known designs, by which the cube exceeds it on each side


@runtime_checkable
class Cube(Protocol):
    """Interface of designs of a problem under a spec as points of the unit cube.

    Shapes: n points, m numbers of a point, r known designs.
    """

    @property
    def problem(self) -> Problem: ...
    @property
    def spec(self) -> Spec: ...
    @property
    def m(self) -> int:
        """Number of coordinates of a point."""
        ...

    @property
    def start(self) -> Float[np.ndarray, "r m"]:
        """Points of known designs."""
        ...

    def designs(self, points: Float[np.ndarray, "n m"]) -> xr.Dataset:
        """Return the designs of points, with the points as a coordinate."""
        ...


@dataclass(frozen=True)
class Space:
    """The unit cube, whose points are designs of a problem under a spec.

    The numbers of a point are the conditions with a range in the spec that act on a design, then
    the standardised numbers of a design or, where these are many, the principal components of known
    designs. All other conditions are those of the nearest of the known designs that the search
    starts from, which lie inside the ranges. A design is decoded, projected and repaired like
    proposals of a generator, so a point beyond a bound is a design on it.

    Shapes: n points, m numbers of a point, d standardised numbers of a design, k of them or
        components, r known designs.
    """

    problem: Problem
    spec: Spec  # resolved
    known: xr.Dataset  # designs that the search starts from
    centre: Float[Tensor, " d"]
    axes: Float[Tensor, "k d"]
    low: Float[np.ndarray, " m"]
    high: Float[np.ndarray, " m"]
    start: Float[np.ndarray, "r m"]  # points of the known designs

    @classmethod
    def of(cls, problem: Problem, spec: Spec, known: xr.Dataset) -> "Space":
        """Build the cube about known designs.

        Raises:
            InputError: if designs are texts, or no known design has the wanted categories.
        """
        if kind_of(problem.codec) != "numbers":
            raise InputError(
                "a problem whose designs are numbers",
                f"{problem.name}, whose designs hold texts",
                "Choose the strategy generator, tuned, stock or random, or add :latent.",
            )
        known = admitted(problem, spec, known)
        x = problem.encode(known).flatten(1).to(torch.float64)
        centre, axes = _axes(x)
        inner = ((x - centre) @ axes.T).numpy()
        low, high = inner.min(0), inner.max(0)
        first = inside(problem, spec, known)
        known, inner = known.isel({DESIGN: first}), inner[first]
        ends = acting(problem, spec)
        open_ = [_within(known[c].to_numpy(), w, i) for i, (c, w) in enumerate(ends.items())]
        outer = np.stack(open_, 1) if ends else inner[:, :0]
        more = WIDER * np.where(high > low, high - low, 1.0)
        low = np.concatenate([[s.at_least for s in ends.values()], low - more])
        high = np.concatenate([[s.at_most for s in ends.values()], high + more])
        start = (np.concatenate([outer, inner], 1) - low) / (high - low)
        return cls(problem, spec, known, centre, axes, low, high, np.clip(start, 0.0, 1.0))

    @property
    def m(self) -> int:
        """Number of coordinates of a point."""
        return len(self.low)

    def designs(self, points: Float[np.ndarray, "n {self.m}"]) -> xr.Dataset:
        """Return the designs of points, with the points as a coordinate."""
        at, free = self.low + points * (self.high - self.low), acting(self.problem, self.spec)
        count = len(free)
        distance = (self.start**2).sum(1) - 2 * points @ self.start.T
        near = self.known.isel({DESIGN: distance.argmin(1)})
        conditions = conditions_of(
            self.problem, self.spec, dict(zip(free, at.T, strict=False)), near
        )
        x = self.centre + torch.from_numpy(at[:, count:]) @ self.axes
        return finished(self.problem, self.spec, x, conditions, points)

    def points(self, designs: xr.Dataset) -> Float[np.ndarray, "n {self.m}"]:
        """Return the points nearest to designs of any origin; some may lie outside the cube."""
        x = self.problem.encode(designs).flatten(1).to(torch.float64)
        inner = ((x - self.centre) @ self.axes.T).numpy()
        outer = [designs[name].to_numpy()[:, None] for name in acting(self.problem, self.spec)]
        found: np.ndarray = (np.concatenate([*outer, inner], 1) - self.low) / (self.high - self.low)
        return found


def conditions_of(
    problem: Problem, spec: Spec, free: Mapping[str, Float[np.ndarray, " n"]], near: xr.Dataset
) -> xr.Dataset:
    """Return the conditions of points: free numbers, fixed ones, the rest from known designs.

    Args:
        problem: the problem.
        spec: the resolved spec.
        free: values of free conditions, by condition.
        near: the nearest known design of each point.
    """
    columns = dict(free)
    pinned = {name: w.at_least for name, w in spec.conditions.items() if isinstance(w, Between)}
    ranged = spans(spec)
    for name in [c.name for c in problem.conditions if c.name not in free]:
        values = near[name].to_numpy()
        held = name in pinned and name not in ranged
        columns[name] = np.full(len(values), pinned[name]) if held else values
    own = {} if columns else {DESIGN: np.arange(near.sizes[DESIGN])}
    return xr.Dataset({k: (DESIGN, v) for k, v in columns.items()}, coords=own)


def finished(
    problem: Problem,
    spec: Spec,
    x: Float[Tensor, "n ..."],
    conditions: xr.Dataset,
    points: Float[np.ndarray, "n m"],
) -> xr.Dataset:
    """Decode, project and repair standardised designs, and add their points."""
    size = problem.batch_size
    project = problem.project(spec.fixed, conditions)
    arrays = project(problem.decode(x.reshape(-1, *problem.codec.shape), conditions))
    parts = []
    for first in range(0, len(points), size):
        rows = slice(first, first + size)
        own = conditions.isel({DESIGN: rows})
        parts.append(problem.repair(tuple(a[rows] for a in arrays), own))
    coords = problem.labels() | {c.name: conditions[c.name] for c in problem.conditions}
    whole = tuple(torch.cat(column) for column in zip(*parts, strict=True))
    designs = to_dataset(whole, problem.variables, coords)
    return designs.assign_coords({POINT: ((DESIGN, NUMBER), points)})


def _within(values: Float[np.ndarray, " r"], wanted: Between, i: int) -> Float[np.ndarray, " r"]:
    """Condition of known designs; values beyond its range are spread over it, not clipped.

    Each condition is spread by a sequence of its own, so that no two are correlated.
    """
    low, high = wanted.at_least, wanted.at_most
    even = low + (high - low) * ((i + 1) * GOLDEN * np.arange(len(values)) % 1.0)
    found: np.ndarray = np.where((values >= low) & (values <= high), values, even)
    return found


def points_of(designs: xr.Dataset) -> Float[np.ndarray, "n m"]:
    """Return the points that designs of a space have as a coordinate."""
    points: np.ndarray = designs[POINT].to_numpy()
    return points


def reflected(points: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "n m"]:
    """Reflect points outside the cube at its sides.

    Examples:
        >>> reflected(np.array([[1.25, -0.25]])).tolist()
        [[0.75, 0.25]]
    """
    folded = np.mod(points, 2.0)
    return np.asarray(np.minimum(folded, 2.0 - folded))


def spans(spec: Spec) -> dict[str, Between]:
    """Return the conditions with a range in a spec."""
    wanted = spec.conditions.items()
    return {k: w for k, w in wanted if isinstance(w, Between) and w.at_least < w.at_most}


def acting(problem: Problem, spec: Spec) -> dict[str, Between]:
    """Select the conditions with a range that act on a design."""
    able = {c.name for c in problem.conditions if c.acts}
    return {name: wanted for name, wanted in spans(spec).items() if name in able}


def inside(problem: Problem, spec: Spec, known: xr.Dataset) -> Int[np.ndarray, " k"]:
    """Return the known designs from which a search under ranges starts: those inside.

    Where few lie inside the ranges of acting conditions, all are used, since such a condition
    changes the design; other conditions cannot be changed by stating them.

    Raises:
        InputError: if fewer than two known designs lie inside ranges that do not act.
    """
    free, fits = acting(problem, spec), np.ones(known.sizes[DESIGN], dtype=bool)
    both = fits.copy()
    for name, wanted in spans(spec).items():
        values = known[name].to_numpy()
        own = (values >= wanted.at_least) & (values <= wanted.at_most)
        both &= own
        fits &= own if name not in free else True
    if fits.sum() < LEAST:
        ranges = ", ".join(
            f"{k} from {w.at_least:g} to {w.at_most:g}"
            for k, w in spans(spec).items()
            if k not in free
        )
        raise InputError(
            f"at least {LEAST} known designs to start from with {ranges}",
            f"{int(fits.sum())} of {len(fits)}",
            "Write a wider range, or a setup that gives more known designs.",
        )
    return np.flatnonzero(both if both.sum() >= FEW else fits)


def admitted(problem: Problem, spec: Spec, known: xr.Dataset) -> xr.Dataset:
    """Return the known designs of the requested categories."""
    sample_conditions(spec, problem.conditions, known, 1, torch.Generator())  # raises if none is
    fits = np.ones(known.sizes[DESIGN], dtype=bool)
    for name, wanted in spec.conditions.items():
        if isinstance(wanted, tuple):
            fits &= np.isin(known[name].to_numpy(), wanted)
    if fits.sum() < LEAST:
        raise InputError(
            "at least two known designs of the wanted categories",
            f"{int(fits.sum())}",
            "Ask for other categories, or write a setup that gives more known designs.",
        )
    return known.isel({DESIGN: fits})


def _axes(x: Float[Tensor, "r d"]) -> tuple[Float[Tensor, " d"], Float[Tensor, "k d"]]:
    """Centre and directions of the searched numbers.

    Source: Jolliffe, Principal Component Analysis, 2nd ed., 2002, section 6.1.1 (number of
        components).
    """
    centre = x.mean(0)
    if x.shape[1] <= WHOLE:
        return centre, torch.eye(x.shape[1], dtype=x.dtype)
    _, size, axes = torch.linalg.svd(x - centre, full_matrices=False)
    share = size.square().cumsum(0) / size.square().sum()
    count = min(int((share < SHARE).sum()) + 1, MOST, len(x) - 1)
    return centre, axes[:count]
