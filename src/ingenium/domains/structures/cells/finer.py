"""Plane cells measured again on pixels of half the size: what the grid is off."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Literal

from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.core.problem import Second
from ingenium.core.quantity import Quantity
from ingenium.domains.structures.cells.verifier import CellVerifier
from ingenium.kits.solids.elastic.richardson import extrapolated

SHARE, MOST = 0.1, 8  # of the accepted designs
FINE = 2  # pixels along one


@dataclass(frozen=True, eq=False)
class FinerCell:
    """Stiffness and strength of the same cells, continued from half pixels to none."""

    own: CellVerifier
    name: ClassVar[str] = "dissected periodic finite elements, half pixels"
    tier: ClassVar[Literal["exact"]] = "exact"

    @property
    def version(self) -> str:
        """Of the engine."""
        return self.own.version

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What the size of the pixels enters."""
        return tuple(q for q in self.own.quantities if q.beyond)

    @property
    def second(self) -> Second:
        """The share that it measures."""
        return Second(self, SHARE, MOST)

    @cached_property
    def _fine(self) -> CellVerifier:
        settings = self.own.settings
        return CellVerifier(replace(settings, cells=tuple(FINE * n for n in settings.cells)))

    def measure(self, share: Float[Tensor, "n *cells"]) -> Float64[Tensor, "n k"]:
        """Of each design."""
        columns = [i for i, q in enumerate(self.own.quantities) if q.beyond]
        fine = share
        for axis in range(1, share.ndim):
            fine = fine.repeat_interleave(FINE, axis)
        both = self.own.measure(share), self._fine.measure(fine)
        coarse, half = (found[:, columns] for found in both)
        return extrapolated(coarse, half)
