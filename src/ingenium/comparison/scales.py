"""Scales of target quantities: the tolerances within which a target counts as met."""

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
class TargetScale:
    """Measured quantities of targets by their names, and their tolerances.

    The tolerance of a logarithmic quantity is a factor. A quantity with a sign is minimised (1) or
    maximised (-1), and better values meet the target; the others have a two-sided tolerance.

    Shapes: n rows, m quantities.
    """

    names: tuple[str, ...]
    quantities: tuple[str, ...]
    units: tuple[str, ...]
    log: Bool[np.ndarray, " m"]
    sign: Float[np.ndarray, " m"]
    tolerance: Float[np.ndarray, " m"]

    @classmethod
    def of_conditions(cls, problem: Problem, learned: xr.Dataset) -> "TargetScale | None":
        """Build it from the conditions that the exact engine measures and known designs differ in.

        Conditions that designs satisfy by construction (exactly, or as a ceiling) are left out.
        None where none is left.
        """
        units = {q.name: q.unit for q in problem.quantities}

        def able(c: Condition) -> bool:
            targeted = c.measured in units and c.choices is None
            return targeted and not c.exact and not c.ceiling

        own = [c for c in problem.conditions if able(c)]
        names = tuple(c.name for c in own)
        quantities = tuple(str(c.measured) for c in own)
        log, free = np.array([c.log for c in own], dtype=bool), np.zeros(len(own))
        whole = cls(names, quantities, tuple(c.unit for c in own), log, free, free + 1)
        return whole._spread(whole.target_values(learned)) if own else None

    @classmethod
    def of_objectives(
        cls, problem: Problem, objectives: Sequence[Objective], measured: xr.Dataset
    ) -> "TargetScale | None":
        """Build it from the objectives and verdicts on known designs; logarithmic if positive."""
        units = {q.name: q.unit for q in problem.quantities}
        names = tuple(o.quantity for o in objectives)
        log = np.array([bool((measured[n] > 0).all()) for n in names], dtype=bool)
        sign = np.array([1.0 if o.sense == "minimise" else -1.0 for o in objectives])
        own = cls(names, names, tuple(units[n] for n in names), log, sign, np.ones(len(names)))
        return own._spread(own.measured(measured)) if names else None

    def target_values(self, designs: xr.Dataset) -> Float[np.ndarray, "n m"]:
        """Return the conditions of designs as targets."""
        return self._scaled([designs[name] for name in self.names])

    def measured(self, verdicts: xr.Dataset) -> Float[np.ndarray, "n m"]:
        """Return the measured values of designs."""
        return self._scaled([verdicts[name] for name in self.quantities])

    def missed(
        self, verdicts: xr.Dataset, requested: Float[np.ndarray, " m"]
    ) -> Float[np.ndarray, " n"]:
        """Return the distance of designs from a target in tolerances, largest over quantities."""
        off = self.measured(verdicts) - requested
        found: np.ndarray = np.where(self.sign == 0, np.abs(off), self.sign * off)
        return np.asarray(found.clip(min=0).max(1))

    def values(self, requested: Float[np.ndarray, " m"]) -> dict[str, float]:
        """Return a target in the units of its quantities."""
        plain = requested * self.tolerance
        own = zip(self.names, np.where(self.log, np.exp(plain), plain).tolist(), strict=True)
        return dict(own)

    def limits(self, requested: Float[np.ndarray, " m"]) -> tuple[Limit, ...]:
        """Return a target with its tolerance, as limits on measured quantities."""
        low, high = self.values(requested - 1), self.values(requested + 1)
        rows = zip(self.names, self.quantities, self.units, self.sign.tolist(), strict=True)
        return tuple(
            Limit(q, None if s > 0 else low[n], None if s < 0 else high[n], unit=u)
            for n, q, u, s in rows
        )

    def reported(self) -> Mapping[str, str]:
        """Tolerance of each quantity in words."""
        rows = zip(self.names, self.units, self.log, self.tolerance.tolist(), strict=True)
        return {
            name: f"a factor of {np.exp(t):.3g}" if log else f"{t:.3g} {unit}".removesuffix(" 1")
            for name, unit, log, t in rows
        }

    def _spread(self, points: Float[np.ndarray, "n m"]) -> "TargetScale | None":
        """Set tolerances from known values, and leave out quantities without spread."""
        spread = np.nanstd(points, axis=0)
        retained = np.flatnonzero(spread > 0)
        if not len(retained):
            return None

        def of(texts: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(texts[i] for i in retained)

        return TargetScale(
            of(self.names),
            of(self.quantities),
            of(self.units),
            self.log[retained],
            self.sign[retained],
            TOLERANCE * spread[retained],
        )

    def _scaled(self, columns: Sequence[xr.DataArray]) -> Float[np.ndarray, "n m"]:
        values = np.stack([c.to_numpy().astype(np.float64) for c in columns], 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            scaled: np.ndarray = np.where(self.log, np.log(values), values) / self.tolerance
        return scaled


def refused(problem: Problem) -> InputError:
    """Return the error for a problem that has no quantity for targets."""
    return InputError(
        f"a condition of {problem.name} that its engine measures, or an objective in the spec",
        "neither, or known designs that do not differ in it",
        "Write an objective, or leave --targets out: families are compared by likeness then.",
    )
