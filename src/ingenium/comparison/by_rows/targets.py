"""Targets on measured quantities, each of which a design of held-out known ones satisfies."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ingenium.comparison.verdicts import BEYOND, EDGE, INSIDE
from ingenium.core.errors import InputError, choose
from ingenium.generators.inverse.goal import SpecGoal, ToleranceScale
from ingenium.sampling.labels import LabelledRows

ZONES = (INSIDE, EDGE, BEYOND)
RIM, END = 0.05, 0.001  # shares of the rows on either side that are its edge, and lie beyond it
GAP = 2.0  # tolerances to the nearest row from which a target lies beyond the rows
TAME = 2  # ways of making rows before this one stay near the known designs


@dataclass(frozen=True, eq=False)
class RowTargets:
    """Values of some quantities that designs of held-out known ones have.

    Inside, all values lie among the middle nine tenths of the rows; at the edge one is farther out;
    beyond, one is past all but a thousandth of the rows, and no row is within two tolerances.

    Shapes: w targets, g requested quantities, k quantities.
    """

    columns: Int[Tensor, " g"]
    values: Float[Tensor, "w g"]  # in tolerances
    zone: tuple[str, ...]

    @classmethod
    def of(
        cls,
        scale: ToleranceScale,
        names: Sequence[str],
        rows: LabelledRows,
        witnesses: LabelledRows,
        *,
        count: int,
        seed: int = 0,
    ) -> "RowTargets":
        """Choose at most `count` targets of each zone.

        Raises:
            InputError: for an unknown quantity, or if there is no target.
        """
        columns = torch.tensor(
            [scale.names.index(choose(n, scale.names, "measured quantity")) for n in names]
        )
        known, held = (_answered(scale, r, columns) for r in (rows, witnesses))
        tame = known[1] < TAME
        ends = [_ends(known[0][tame], share) for share in (RIM, END)]
        rim, past = (((held[0] < low) | (held[0] > high)).any(1) for low, high in ends)
        order = np.random.default_rng([seed, count]).permutation(len(held[0]))
        values, near = held[0][order], held[1][order] < TAME
        rim, past = rim[order], past[order]
        free = torch.nonzero(past)[:, 0]
        far = _distance(values[free], known[0]) >= GAP
        found = {
            INSIDE: torch.nonzero(near & ~rim)[:count, 0],
            EDGE: torch.nonzero(near & rim & ~past)[:count, 0],
            BEYOND: free[far][:count],
        }
        zone = tuple(z for z in ZONES for _ in found[z])
        if not zone:
            raise InputError("held-out designs with these quantities", "none", "Request others.")
        return cls(columns, values[torch.cat([found[z] for z in ZONES])], zone)

    def goal(self, target: int, n: int) -> SpecGoal:
        """Return the goal of `n` designs: each value within a tolerance."""
        own = self.values[target].expand(n, -1)
        return SpecGoal.between(self.columns, own - 1, own + 1)

    def met(self, target: int, y: Float[Tensor, "n k"]) -> Bool[Tensor, " n"]:
        """Mark designs on target, by what the engine measured, in tolerances."""
        off = (y[:, self.columns] - self.values[target]).abs().amax(1)
        return off <= 1


def _answered(
    scale: ToleranceScale, rows: LabelledRows, columns: Int[Tensor, " g"]
) -> tuple[Float[Tensor, "n g"], Tensor]:
    """Requested quantities of rows with an answer, in tolerances, and the ways of these rows."""
    y = scale.of(rows.y)[:, columns]
    whole = y.isfinite().all(1) & rows.y.isfinite().all(1)
    return y[whole], rows.way[whole]


def _ends(y: Float[Tensor, "n g"], share: float) -> tuple[Tensor, Tensor]:
    low, high = np.quantile(y.numpy(), [share, 1 - share], axis=0)
    return torch.from_numpy(low), torch.from_numpy(high)


def _distance(y: Float[Tensor, "n g"], known: Float[Tensor, "m g"]) -> Float[Tensor, " n"]:
    """Largest difference from the row where that is least."""
    parts = [torch.cdist(some, known, p=torch.inf).amin(1) for some in y.split(64)]
    return torch.cat(parts) if parts else y.new_zeros(0)
