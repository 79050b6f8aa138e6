"""Targets of a head-to-head comparison: interpolation, boundary and extrapolation of the data."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int

from ingenium.comparison.scales import TargetScale, refused
from ingenium.comparison.verdicts import BEYOND, EDGE, INSIDE
from ingenium.core.designs import DESIGN
from ingenium.core.problem import Problem
from ingenium.core.quantity import Condition
from ingenium.core.spec import Between, Spec, Wanted
from ingenium.runs.export import verified

ZONES = (INSIDE, EDGE, BEYOND)
RIM = 0.05  # share of known designs on either side of a condition that make the edge
GAP = 2.0  # least distance of an extrapolation target to any known design, in tolerances
STEPS = np.arange(1, 41) * 1.0  # tolerances outwards that are tried for one
MOST_OUTWARD = 20  # known designs to start from, for each requested extrapolation target


@dataclass(frozen=True)
class TargetSet:
    """Target specifications with their zones.

    Inside and at the edge they are values of held-out designs; at the edge one of the values lies
    among the outermost of the training designs. Beyond, a value at the edge is moved away from the
    middle until no known design, held out or not, is near. It is unknown whether a design can meet
    such a target.

    Where no condition is measured, the target is to be as good as a held-out design under its own
    conditions, in every objective; then there are no targets beyond the data.

    Shapes: w targets, m quantities, n training designs.
    """

    scale: TargetScale
    requested: Float[np.ndarray, "w m"]  # in tolerances
    zone: tuple[str, ...]
    wanted: tuple[Mapping[str, Wanted], ...]  # conditions, as a spec writes them
    nearest: Int[np.ndarray, "w n"]  # training designs for each target, the nearest first

    @classmethod
    def of(cls, problem: Problem, spec: Spec, count: int, seed: int = 0) -> "TargetSet":
        """Choose at most `count` targets of each zone.

        Raises:
            InputError: if no condition is measured and the spec has no objective.
        """
        known, rng = problem.data(), np.random.default_rng([seed, count])
        learned = known.isel({DESIGN: np.flatnonzero(~known["held_out"].to_numpy())})
        scale = TargetScale.of_conditions(problem, learned)
        if scale is None and not spec.objectives:
            raise refused(problem)
        if scale is None:
            return _as_good(problem, spec, count, rng)
        points, out = scale.target_values(known), known["held_out"].to_numpy()
        whole = np.isfinite(points).all(1)
        rim = _outermost(points, ~out & whole)
        found = {
            zone: rng.permutation(points[out & whole & own])[:count]
            for zone, own in ((INSIDE, ~rim), (EDGE, rim))
        }
        ranges = {c.name: c for c in problem.conditions}
        outward = _Outward(scale, points[whole], tuple(ranges[n] for n in scale.names))
        found[BEYOND] = outward.found(rng.permutation(points[whole & rim]), count)
        requested = np.concatenate([found[zone] for zone in ZONES])
        near = np.nan_to_num(scale.target_values(learned), nan=np.inf)
        distance = np.abs(requested[:, None] - near[None]).max(2)
        wanted = tuple(
            {k: Between(v, v) for k, v in scale.values(row).items()} for row in requested
        )
        names = tuple(zone for zone in ZONES for _ in found[zone])
        return cls(scale, requested, names, wanted, np.argsort(distance, axis=1, kind="stable"))

    def __len__(self) -> int:
        return len(self.zone)


def _as_good(problem: Problem, spec: Spec, count: int, rng: np.random.Generator) -> TargetSet:
    """Targets to be as good as held-out designs, under their conditions."""
    known = problem.data()
    out = known["held_out"].to_numpy()
    verdicts = verified(problem, spec, known)
    scale = TargetScale.of_objectives(problem, spec.objectives, verdicts)
    if scale is None:
        raise refused(problem)
    numbers = [c.name for c in problem.conditions if c.choices is None]
    places = np.array([known[n].to_numpy().astype(np.float64) for n in numbers])
    places = places.reshape(len(numbers), len(out)).T
    spread = places[~out].std(0)
    places = places[:, spread > 0] / spread[spread > 0]
    rim = _outermost(places, ~out)
    good = out & np.isfinite(scale.measured(verdicts)).all(1)
    good &= (verdicts["margin"].to_numpy() >= 0).all(1)
    rows = [rng.permutation(np.flatnonzero(good & own))[:count] for own in (~rim, rim)]
    zone = (INSIDE,) * len(rows[0]) + (EDGE,) * len(rows[1])
    chosen = np.concatenate(rows)
    distance = np.abs(places[chosen][:, None] - places[~out][None]).max(2, initial=0.0)
    for c in [c for c in problem.conditions if c.choices is not None]:
        kind = known[c.name].to_numpy().astype(str)
        distance = np.where(kind[chosen][:, None] == kind[~out][None], distance, np.inf)
    wanted = tuple(_wanted(problem, known.isel({DESIGN: i})) for i in chosen.tolist())
    best = (scale.sign * scale.measured(verdicts)[~out]).sum(1)  # first of those equally near
    order = np.stack([np.lexsort((best, row)) for row in distance])
    return TargetSet(scale, scale.measured(verdicts)[chosen], zone, wanted, order)


def _wanted(problem: Problem, design: xr.Dataset) -> dict[str, Wanted]:
    """Conditions of one design as requests."""
    return {
        c.name: Between(float(design[c.name]), float(design[c.name]))
        if c.choices is None
        else (str(design[c.name].item()),)
        for c in problem.conditions
    }


def _outermost(
    points: Float[np.ndarray, "r m"], learned: Bool[np.ndarray, " r"]
) -> Bool[np.ndarray, " r"]:
    """Mark points with a value among the outermost of the training designs."""
    low, high = np.quantile(points[learned], [RIM, 1 - RIM], axis=0)
    found: np.ndarray = ((points < low) | (points > high)).any(1)
    return found


@dataclass(frozen=True)
class _Outward:
    """Path from points at the edge away from the middle, until no known one is near."""

    scale: TargetScale
    known: Float[np.ndarray, "r m"]
    ranges: tuple[Condition, ...]

    def found(self, start: Float[np.ndarray, "k m"], count: int) -> Float[np.ndarray, "w m"]:
        """Return the first such points, one for each start, within the ranges of the conditions."""
        ways = (self._from(point) for point in start[: MOST_OUTWARD * count])
        rows = [point for point in ways if point is not None][:count]
        return np.array(rows).reshape(-1, self.known.shape[1])

    def _from(self, point: Float[np.ndarray, " m"]) -> Float[np.ndarray, " m"] | None:
        away = point - np.median(self.known, axis=0)
        path = point + STEPS[:, None] * away / max(float(np.linalg.norm(away)), 1e-12)
        distance = np.abs(path[:, None] - self.known[None]).max(2).min(1)
        free = np.flatnonzero(distance >= GAP)
        if not len(free):
            return None
        values = self.scale.values(path[free[0]])
        held = all(c.lower <= values[c.name] <= c.upper for c in self.ranges)
        return path[free[0]] if held else None
