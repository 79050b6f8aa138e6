"""Optimisation task: the grid, supports, loads, volume and passive cells of parts."""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Bool, Float64, Int8
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.kits.solids.elastic.solver import Elastic


@dataclass(frozen=True)
class OptimisationTask:
    """Task of an optimiser: one grid with supports; loads, volume and passive cells per design.

    The volume fraction counts all cells of the grid, passive ones too. The work of all load cases
    is summed; to weight a case by w, multiply its load by the square root of w.

    Shapes: n designs (one row of loads or passive cells serves them all), l load cases,
        f displacements, e cells.

    Raises:
        InputError: for loads of zero or on supports only, and for a volume that the passive cells
            exclude.
    """

    elastic: Elastic
    load_n: Float64[Tensor, "#n l f"]
    volume_fraction: Float64[Tensor, " n"]
    passive: Int8[Tensor, "#n e"] | None = None  # 1 solid, -1 void, 0 free
    modulus_pa: float = 1.0  # of the solid

    def __post_init__(self) -> None:
        grid = self.elastic.grid
        wanted = (grid.n_displacements, grid.n_cells)
        got = (self.load_n.shape[-1], wanted[1] if self.passive is None else self.passive.shape[1])
        if got != wanted:
            raise InputError(f"loads and passive cells of widths {wanted}", str(got))
        if not (self.load_n[..., ~self.elastic.fixed] != 0).any(-1).all():
            raise InputError(
                "each load case to act on something that can move",
                "a case without a load, or with loads on supports only",
                "Give the load on a displacement that is not fixed.",
            )
        if not ((self.least_volume <= self.volume_fraction) & self._below_most).all():
            raise InputError(
                "volume fractions that the passive cells leave, above 0 and at most 1",
                str([round(float(v), 4) for v in self.volume_fraction[:4]]),
                "Ask for more than the solid cells and less than what is not void.",
            )

    def __len__(self) -> int:
        return len(self.volume_fraction)

    @cached_property
    def state(self) -> Int8[Tensor, "#n e"]:
        """Passive cells, all free by default."""
        free = torch.zeros(1, self.elastic.grid.n_cells, dtype=torch.int8)
        return free if self.passive is None else self.passive

    @cached_property
    def free(self) -> Bool[Tensor, "#n e"]:
        """Cells that are to be designed."""
        return self.state == 0

    @property
    def least_volume(self) -> Float64[Tensor, "#n"]:
        """Volume fraction of the solid passive cells."""
        return (self.state == 1).double().mean(1)

    @property
    def _below_most(self) -> Bool[Tensor, " n"]:
        most = (self.state != -1).double().mean(1)
        return (self.volume_fraction <= most) & (self.volume_fraction > 0)

    def impose(self, density: Float64[Tensor, "n e"]) -> Float64[Tensor, "n e"]:
        """Set passive cells to their prescribed density."""
        if self.passive is None:
            return density
        return torch.where(self.free, density, (self.state == 1).to(density.dtype))

    def uniform(self) -> Float64[Tensor, "n e"]:
        """Return the same density in all free cells, of the requested volume."""
        share = self.free.double().mean(1)
        level = (self.volume_fraction - self.least_volume) / share.clamp(min=1e-300)
        return self.impose(level[:, None].repeat(1, self.elastic.grid.n_cells))

    def rows(self, index: Tensor) -> "OptimisationTask":
        """Return the task for some of the designs."""
        load = self.load_n if len(self.load_n) == 1 else self.load_n[index]
        passive = self.passive
        if passive is not None and len(passive) > 1:
            passive = passive[index]
        return OptimisationTask(
            self.elastic, load, self.volume_fraction[index], passive, self.modulus_pa
        )
