"""Conditions of designs: metal, support, and weights of load cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64, Int8
from scipy.stats import qmc
from torch import Tensor

from ingenium.core.quantity import Condition
from ingenium.domains.structures.optimise.task import OptimisationTask
from ingenium.domains.structures.parts.part import Part
from ingenium.kits.solids.elastic.solver import Elastic

LEAST_SHARE = 0.2  # of a load case relative to the others
MOST_SUPPORT = 2.0


def conditions(cases: Sequence[str], volumes: tuple[float, float]) -> tuple[Condition, ...]:
    """Return the conditions of a part with these load cases; `volumes` are shares of the space."""
    low, high = volumes
    return (
        Condition("volume_fraction", "metal as a share of the space", None, low, high),
        Condition(
            "support_weight",
            "weight of unsupported metal against the work of the loads",
            None,
            0.0,
            MOST_SUPPORT,
        ),
        *(
            Condition(
                f"share_{case}",
                f"weight of the load case {case} against the others",
                None,
                LEAST_SHARE,
                1.0,
            )
            for case in cases
        ),
    )


def spread(requested: Sequence[Condition], n: int, seed: int) -> Float64[np.ndarray, "n c"]:
    """Sample conditions that fill their ranges evenly, by a scrambled Sobol sequence."""
    rows = qmc.Sobol(len(requested), rng=np.random.default_rng(seed)).random_base2(
        int(np.ceil(np.log2(n)))
    )[:n]
    low, high = (np.array([getattr(c, end) for c in requested]) for end in ("lower", "upper"))
    out: Float64[np.ndarray, "n c"] = low + rows * (high - low)
    return out


@dataclass(frozen=True, eq=False)
class Question:
    """Conversion of conditions to the optimiser's task for a part.

    Shapes: n designs, l load cases, e cells, f displacements.
    """

    part: Part
    elastic: Elastic

    @cached_property
    def passive(self) -> Int8[Tensor, "1 e"]:
        """Cells that are always metal or always free, as whole cells."""
        state = torch.zeros(self.part.grid.n_cells, dtype=torch.int8)
        state[self.part.lower >= 0.5] = 1
        state[self.part.upper < 0.5] = -1
        return state[None]

    @cached_property
    def solid_work_j(self) -> Float64[Tensor, " l"]:
        """Work of each load case on a part that fills all it may: the unit of its weight."""
        solid = (self.passive >= 0).to(torch.float64).clamp(min=1e-3)
        modulus = self.part.material.modulus_pa * solid
        return self.elastic.compliance(modulus, self.part.load_n[None])[0]

    def of(self, reported: xr.Dataset) -> tuple[OptimisationTask, Float64[Tensor, " n"]]:
        """Return the task and the weights of support; each case has its weight in the conditions.

        Weights apply to each case's work relative to a solid part, and sum to 1.
        """
        shares = torch.stack(
            [torch.as_tensor(reported[f"share_{c}"].to_numpy()) for c in self.part.cases], 1
        ).to(torch.float64)
        weight = shares / shares.sum(1, keepdim=True) / self.solid_work_j
        load = weight.sqrt()[:, :, None] * self.part.load_n
        volume = torch.as_tensor(reported["volume_fraction"].to_numpy(), dtype=torch.float64)
        requested = OptimisationTask(
            self.elastic, load, volume, self.passive, self.part.material.modulus_pa
        )
        return requested, torch.as_tensor(
            reported["support_weight"].to_numpy(), dtype=torch.float64
        )
