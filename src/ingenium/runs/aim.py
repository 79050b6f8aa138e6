"""The goal of a search: limits first, then objectives."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr
from jaxtyping import Float, Shaped

from ingenium.core.designs import DESIGN
from ingenium.core.spec import Limit, Objective
from ingenium.core.verdict import answered

LIMIT, OBJECTIVE = "limit", "objective"
NORMAL = 1.4826  # standard deviation of a normal law over its median absolute deviation


@dataclass(frozen=True)
class Aim:
    """Limits to satisfy, and objectives that rank feasible designs.

    A violation is the distance of a margin below 0, in spreads of that margin over the first
    verified designs; it is infinite where the engine has no answer. A loss is an objective to
    minimise. The cost is a scalar for strategies that need one, feasibility first: the sum of
    violations where a limit is violated, else between -1 and 0: the mean logistic of the losses, in
    spreads from the median of the first designs. So any accepted design costs less than any
    rejected one.

    Shapes: n designs, l limits, o objectives.
    Source: Deb, Comput. Methods Appl. Mech. Engrg. 186:311, 2000 (feasibility first).
    """

    limits: tuple[Limit, ...]
    objectives: tuple[Objective, ...]
    spread: Float[np.ndarray, " l"]  # of margins
    scale: Float[np.ndarray, " o"]  # of losses
    middle: Float[np.ndarray, " o"]

    @classmethod
    def of(
        cls, limits: Sequence[Limit], objectives: Sequence[Objective], first: xr.Dataset
    ) -> "Aim":
        """Build it with spreads of the first verdicts, else with the scale of the bound."""
        count = len(objectives)
        bound = np.array([_size(x) for x in limits], dtype=np.float64)
        plain = cls(tuple(limits), tuple(objectives), bound, np.ones(count), np.zeros(count))
        known = first.isel({DESIGN: answered(first["verdict"].to_numpy())})
        if not known.sizes[DESIGN]:
            return plain
        losses = plain.losses(known)
        return cls(
            plain.limits,
            plain.objectives,
            _spread(known["margin"].to_numpy(), bound),
            _spread(losses, np.maximum(np.abs(_middle(losses)), 1e-12)),
            _middle(losses),
        )

    @cached_property
    def sign(self) -> Float[np.ndarray, " o"]:
        """Signs of the objectives: 1 to minimise, -1 to maximise."""
        return np.array([1.0 if o.sense == "minimise" else -1.0 for o in self.objectives])

    def violations(self, verdicts: xr.Dataset) -> Float[np.ndarray, "n l"]:
        """Return the scaled violation of each limit; 0 where it is satisfied."""
        return self._violations(verdicts["margin"].to_numpy(), verdicts["verdict"].to_numpy())

    def losses(self, verdicts: xr.Dataset) -> Float[np.ndarray, "n o"]:
        """Return the objectives, to be minimised."""
        n = verdicts.sizes[DESIGN]
        values = [verdicts[o.quantity].to_numpy() for o in self.objectives]
        return np.stack(values, 1) * self.sign if values else np.empty((n, 0))

    def losses_of(
        self, measured: Float[np.ndarray, "n k"], names: Sequence[str]
    ) -> Float[np.ndarray, "n o"]:
        """Return the losses of a table with a column for each name."""
        columns = [names.index(o.quantity) for o in self.objectives]
        return np.asarray(measured[:, columns] * self.sign)

    def costs(self, verdicts: xr.Dataset) -> Float[np.ndarray, " n"]:
        """Return the scalar cost of each verdict."""
        code = verdicts["verdict"].to_numpy()
        return self._costs(code, self.violations(verdicts), self.losses(verdicts))

    def weighed(self, verdicts: xr.Dataset) -> xr.Dataset:
        """Add `violation`, `loss` and `cost` of each design to the verdicts."""
        margin, code = verdicts["margin"].to_numpy(), verdicts["verdict"].to_numpy()
        return verdicts.assign(self.weights(margin, code, self.losses(verdicts)))

    def weights(
        self,
        margin: Float[np.ndarray, "n l"],
        verdict: Shaped[np.ndarray, " n"],
        loss: Float[np.ndarray, "n o"],
    ) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
        """Return `violation`, `loss` and `cost` as variables of a Dataset."""
        violation = self._violations(margin, verdict)
        return {
            "violation": ((DESIGN, LIMIT), violation),
            "loss": ((DESIGN, OBJECTIVE), loss),
            "cost": ((DESIGN,), self._costs(verdict, violation, loss)),
        }

    def _violations(
        self, margin: Float[np.ndarray, "n l"], verdict: Shaped[np.ndarray, " n"]
    ) -> Float[np.ndarray, "n l"]:
        short = np.maximum(-margin, 0.0) / self.spread
        return np.where(answered(verdict)[:, None], short, np.inf)

    def _costs(
        self,
        verdict: Shaped[np.ndarray, " n"],
        violation: Float[np.ndarray, "n l"],
        loss: Float[np.ndarray, "n o"],
    ) -> Float[np.ndarray, " n"]:
        short: np.ndarray = np.where(answered(verdict), violation.sum(1), np.inf)
        if not self.objectives:
            return short
        with np.errstate(over="ignore"):
            over = 1.0 / (1.0 + np.exp((loss - self.middle) / self.scale))
        return np.where(short == 0, -over.mean(1), short)


def unsquashed(cost: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Rescale costs in the same order, without a lower bound.

    The cost of one objective comes close to -1 where it is many spreads better than the first
    designs; the rescaled cost is linear in the objective there, for strategies that use
    differences.

    Examples:
        >>> bool(np.all(np.diff(unsquashed(np.array([-0.9, 0.0, 0.5]))) > 0))
        True
    """
    inner = np.log1p(np.clip(cost, -1 + 1e-15, 0.0))
    return np.where(cost < 0, inner, cost)


def _size(limit: Limit) -> float:
    """Length scale of a limit: its width, or the distance of its bound from 0."""
    low, high = limit.at_least, limit.at_most
    if low is not None and high is not None and high > low:
        return high - low
    return abs(low if low is not None else high or 0.0) or 1.0


def _middle(values: Float[np.ndarray, "n k"]) -> Float[np.ndarray, " k"]:
    """Medians of the finite numbers of each column; 0 where there are none."""
    return np.array([np.median(c[np.isfinite(c)]) if np.isfinite(c).any() else 0 for c in values.T])


def _spread(
    values: Float[np.ndarray, "n k"], otherwise: Float[np.ndarray, " k"]
) -> Float[np.ndarray, " k"]:
    """Robust spread of each column, from the median deviation; `otherwise` where it is 0."""
    found = []
    for column, instead in zip(values.T, otherwise, strict=True):
        finite = column[np.isfinite(column)]
        about = np.abs(finite - np.median(finite)) if len(finite) else np.zeros(1)
        own = NORMAL * float(np.median(about)) or float(about.std())
        found.append(own if own > 0 else float(instead))
    return np.array(found, dtype=np.float64)
