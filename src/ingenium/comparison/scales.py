"""Numbers that a wish is about, in the tolerances within which it counts as met."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float

from ingenium.core.errors import InputError
from ingenium.core.problem import Problem
from ingenium.core.quantity import Condition
from ingenium.core.spec import Limit, Objective

TOLERANCE = 0.1  # standard deviations of the known designs


@dataclass(frozen=True)
class WishScale:
    """Measured quantities by the names under which they are wished, and their tolerances.

    A quantity told by its logarithm has a factor as its tolerance. One with a sign is to be small
    (1) or large (-1), and met by what is better; the others are met from both sides.

    Shapes: n rows, m quantities.
    """

    names: tuple[str, ...]
    quantities: tuple[str, ...]
    units: tuple[str, ...]
    log: Bool[np.ndarray, " m"]
    sign: Float[np.ndarray, " m"]
    tolerance: Float[np.ndarray, " m"]

    @classmethod
    def of_conditions(cls, problem: Problem, learned: xr.Dataset) -> "WishScale | None":
        """Of the conditions that the exact engine measures and known designs differ in.

        What a design holds exactly, or stays below, is left out: it is met by construction. None
        where none is left.
        """
        units = {q.name: q.unit for q in problem.quantities}

        def able(c: Condition) -> bool:
            wished = c.measured in units and c.choices is None
            return wished and not c.exact and not c.ceiling

        own = [c for c in problem.conditions if able(c)]
        names = tuple(c.name for c in own)
        quantities = tuple(str(c.measured) for c in own)
        log, free = np.array([c.log for c in own], dtype=bool), np.zeros(len(own))
        whole = cls(names, quantities, tuple(c.unit for c in own), log, free, free + 1)
        return whole._spread(whole.wished(learned)) if own else None

    @classmethod
    def of_objectives(
        cls, problem: Problem, objectives: Sequence[Objective], measured: xr.Dataset
    ) -> "WishScale | None":
        """Of what is to be improved, from the verdicts on known designs; logarithms above 0."""
        units = {q.name: q.unit for q in problem.quantities}
        names = tuple(o.quantity for o in objectives)
        log = np.array([bool((measured[n] > 0).all()) for n in names], dtype=bool)
        sign = np.array([1.0 if o.sense == "minimise" else -1.0 for o in objectives])
        own = cls(names, names, tuple(units[n] for n in names), log, sign, np.ones(len(names)))
        return own._spread(own.measured(measured)) if names else None

    def wished(self, designs: xr.Dataset) -> Float[np.ndarray, "n m"]:
        """The conditions of designs under which they are wished."""
        return self._scaled([designs[name] for name in self.names])

    def measured(self, verdicts: xr.Dataset) -> Float[np.ndarray, "n m"]:
        """What the engine found in designs."""
        return self._scaled([verdicts[name] for name in self.quantities])

    def missed(
        self, verdicts: xr.Dataset, asked: Float[np.ndarray, " m"]
    ) -> Float[np.ndarray, " n"]:
        """By how many tolerances designs miss one wish, of the quantity that misses it most."""
        off = self.measured(verdicts) - asked
        found: np.ndarray = np.where(self.sign == 0, np.abs(off), self.sign * off)
        return np.asarray(found.clip(min=0).max(1))

    def values(self, asked: Float[np.ndarray, " m"]) -> dict[str, float]:
        """One wish in the units of its quantities."""
        plain = asked * self.tolerance
        own = zip(self.names, np.where(self.log, np.exp(plain), plain).tolist(), strict=True)
        return dict(own)

    def limits(self, asked: Float[np.ndarray, " m"]) -> tuple[Limit, ...]:
        """One wish with its tolerance, as limits on what is measured."""
        low, high = self.values(asked - 1), self.values(asked + 1)
        rows = zip(self.names, self.quantities, self.units, self.sign.tolist(), strict=True)
        return tuple(
            Limit(q, None if s > 0 else low[n], None if s < 0 else high[n], unit=u)
            for n, q, u, s in rows
        )

    def told(self) -> Mapping[str, str]:
        """The tolerance of each in words."""
        rows = zip(self.names, self.units, self.log, self.tolerance.tolist(), strict=True)
        return {
            name: f"a factor of {np.exp(t):.3g}" if log else f"{t:.3g} {unit}".removesuffix(" 1")
            for name, unit, log, t in rows
        }

    def _spread(self, points: Float[np.ndarray, "n m"]) -> "WishScale | None":
        """With the tolerances that known values give, of those that differ."""
        spread = np.nanstd(points, axis=0)
        kept = np.flatnonzero(spread > 0)
        if not len(kept):
            return None

        def of(texts: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(texts[i] for i in kept)

        return WishScale(
            of(self.names),
            of(self.quantities),
            of(self.units),
            self.log[kept],
            self.sign[kept],
            TOLERANCE * spread[kept],
        )

    def _scaled(self, columns: Sequence[xr.DataArray]) -> Float[np.ndarray, "n m"]:
        values = np.stack([c.to_numpy().astype(np.float64) for c in columns], 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            scaled: np.ndarray = np.where(self.log, np.log(values), values) / self.tolerance
        return scaled


def refused(problem: Problem) -> InputError:
    """What is said of a problem to which nothing can be wished."""
    return InputError(
        f"a condition of {problem.name} that its engine measures, or an objective in the spec",
        "neither, or known designs that do not differ in it",
        "Write an objective, or leave --wishes out: families are compared by likeness then.",
    )
