"""What a contest asks for: measured values inside the data, at its edge and beyond it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.problem import Problem
from ingenium.core.quantity import Condition
from ingenium.core.spec import Between, Limit

INSIDE, EDGE, BEYOND = "inside", "edge", "beyond"
ZONES = (INSIDE, EDGE, BEYOND)
TOLERANCE = 0.1  # standard deviations of the known designs
RIM = 0.05  # share of known designs on either side of a condition that make the edge
GAP = 2.0  # tolerances from a wish beyond the data to the nearest known design, at least
STEPS = np.arange(1, 41) * 0.1  # standard deviations outwards that are tried for one
MOST_OUTWARD = 20  # known designs that are gone out from, for each wish that is wanted


@dataclass(frozen=True)
class Scale:
    """Wished values in the tolerances of their conditions, of the logarithm where that is told.

    Shapes: n rows, m conditions.
    """

    conditions: tuple[Condition, ...]
    tolerance: Float[np.ndarray, " m"]

    @classmethod
    def of(cls, problem: Problem, learned: xr.Dataset, share: float = TOLERANCE) -> "Scale":
        """Of the numbers that the exact engine measures and that known designs differ in.

        What a design holds exactly is left out: it is met by construction.

        Raises:
            InputError: if no condition is such a number.
        """
        names = {q.name for q in problem.quantities}
        given = {v.given for v in problem.variables}
        own = tuple(
            c
            for c in problem.conditions
            if c.choices is None and c.measured in names and not c.exact and c.name not in given
        )
        if own:
            spread = np.nanstd(cls(own, np.ones(len(own))).of_designs(learned), axis=0)
            own = tuple(c for c, s in zip(own, spread, strict=True) if s > 0)
        if not own:
            raise InputError(
                f"a condition of {problem.name} that its engine measures and designs differ in",
                "none",
                "Leave --wishes out: families are compared by likeness then.",
            )
        return cls(own, share * spread[spread > 0])

    def of_designs(self, designs: xr.Dataset) -> Float[np.ndarray, "n m"]:
        """The conditions of designs."""
        columns = [designs[c.name].to_numpy().astype(np.float64) for c in self.conditions]
        return self._scaled(np.stack(columns, 1))

    def measured(self, verdicts: xr.Dataset) -> Float[np.ndarray, "n m"]:
        """What the engine found in designs."""
        columns = [verdicts[str(c.measured)].to_numpy() for c in self.conditions]
        return self._scaled(np.stack(columns, 1))

    def values(self, scaled: Float[np.ndarray, " m"]) -> dict[str, float]:
        """One wish in the units of its conditions."""
        plain = scaled * self.tolerance
        own = zip(self.conditions, plain.tolist(), strict=True)
        return {c.name: float(np.exp(x)) if c.log else x for c, x in own}

    def limits(self, problem: Problem, scaled: Float[np.ndarray, " m"]) -> tuple[Limit, ...]:
        """One wish with its tolerance, as limits on what is measured."""
        units = {q.name: q.unit for q in problem.quantities}
        low, high = self.values(scaled - 1), self.values(scaled + 1)
        return tuple(
            Limit(str(c.measured), low[c.name], high[c.name], unit=units[str(c.measured)])
            for c in self.conditions
        )

    def told(self) -> Mapping[str, str]:
        """The tolerance of each condition in words."""
        both = zip(self.conditions, self.tolerance.tolist(), strict=True)
        return {
            c.name: f"a factor of {np.exp(t):.3g}"
            if c.log
            else f"{t:.3g} {c.unit}".removesuffix(" 1")
            for c, t in both
        }

    def _scaled(self, values: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "n m"]:
        log = np.array([c.log for c in self.conditions])
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(log, np.log(values), values) / self.tolerance


@dataclass(frozen=True)
class WishSet:
    """Wishes with the zones that they lie in.

    Inside and at the edge they are what held-out designs have; at the edge one of the values lies
    among the outermost of those that were learned from. Beyond, a value at the edge is moved away
    from the middle until no known design, held out or not, comes near. Whether a design can meet
    such a wish is not known.

    Shapes: w wishes, m conditions.
    """

    scale: Scale
    asked: Float[np.ndarray, "w m"]  # in tolerances
    zone: tuple[str, ...]

    @classmethod
    def of(cls, problem: Problem, known: xr.Dataset, count: int, seed: int = 0) -> "WishSet":
        """At most `count` wishes of each zone.

        Raises:
            InputError: if the problem has no condition that is measured.
        """
        rng, out = np.random.default_rng([seed, count]), known["held_out"].to_numpy()
        scale = Scale.of(problem, known.isel({DESIGN: np.flatnonzero(~out)}))
        points = scale.of_designs(known)
        whole = np.isfinite(points).all(1)
        low, high = np.quantile(points[~out & whole], [RIM, 1 - RIM], axis=0)
        rim = ((points < low) | (points > high)).any(1)
        zones = {INSIDE: points[out & whole & ~rim], EDGE: points[out & whole & rim]}
        found = {zone: rng.permutation(rows)[:count] for zone, rows in zones.items()}
        start = rng.permutation(points[whole & rim])
        found[BEYOND] = _outward(scale, start, points[whole], count)
        names = [zone for zone in ZONES for _ in found[zone]]
        return cls(scale, np.concatenate([found[zone] for zone in ZONES]), tuple(names))

    def __len__(self) -> int:
        return len(self.zone)

    def nearest(self, learned: xr.Dataset) -> Int[np.ndarray, "w n"]:
        """For each wish the learned designs by their largest distance in tolerances."""
        points = self.scale.of_designs(learned)
        apart = np.abs(self.asked[:, None] - np.nan_to_num(points, nan=np.inf)[None]).max(2)
        return np.argsort(apart, axis=1, kind="stable")

    def wanted(self, i: int) -> dict[str, Between]:
        """One wish as a spec writes it."""
        return {k: Between(v, v) for k, v in self.scale.values(self.asked[i]).items()}


def _outward(
    scale: Scale, start: Float[np.ndarray, "n m"], known: Float[np.ndarray, "r m"], count: int
) -> Float[np.ndarray, "w m"]:
    """From points at the edge away from the middle, until no known one is near."""
    middle, found = np.median(known, axis=0), list[np.ndarray]()
    low = np.array([c.lower for c in scale.conditions])
    high = np.array([c.upper for c in scale.conditions])
    for point in start[: MOST_OUTWARD * count]:
        away = (point - middle) / max(float(np.linalg.norm(point - middle)), 1e-12)
        path = point + STEPS[:, None] / TOLERANCE * away
        apart = np.abs(path[:, None] - known[None]).max(2).min(1)
        free = np.flatnonzero(apart >= GAP)
        if len(free) and len(found) < count:
            values = np.array(list(scale.values(path[free[0]]).values()))
            if ((values >= low) & (values <= high)).all():
                found.append(path[free[0]])
    return np.array(found).reshape(-1, start.shape[1])
