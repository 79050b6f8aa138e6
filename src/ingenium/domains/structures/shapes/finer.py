"""Shapes measured again on cells of half the size: what the mesh is off."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Literal

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.quantity import Quantity
from ingenium.domains.structures.shapes.box import open_box
from ingenium.domains.structures.shapes.verifier import ShapeVerifier
from ingenium.kits.solids.elastic.richardson import extrapolated

SHARE, MOST = 0.25, {2: 16, 3: 1}  # of the accepted designs
FINE = 2  # cells along one


@dataclass(frozen=True, eq=False)
class FinerShape:
    """Responses of the same shapes, continued from half cells to none."""

    own: ShapeVerifier
    name: ClassVar[str] = "bilinear or trilinear finite elements, half cells"
    tier: ClassVar[Literal["exact"]] = "exact"

    @property
    def version(self) -> str:
        """Of the engine."""
        return self.own.version

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What the size of the cells enters."""
        return tuple(q for q in self.own.quantities if q.beyond)

    @cached_property
    def _fine(self) -> ShapeVerifier:
        """On cells of half the size.

        Raises:
            InputError: if they are too many for this machine.
        """
        own = self.own.box.settings
        cells = tuple(FINE * n for n in own.grid.cells)
        return ShapeVerifier(open_box(replace(own, cells=cells, cell_m=own.cell_m / FINE)))

    @property
    def measure(self) -> Callable[..., Tensor]:
        """Of the densities, and the number of each condition."""
        return self._measure

    def _measure(
        self, density: Float64[Tensor, "n ..."], *given: Float64[Tensor, " n"]
    ) -> Float64[Tensor, "n k"]:
        """NaN where half cells are too many."""
        coarse = self.own.measure(density, *given)[:, self._columns]
        try:
            fine = self._halved(density, *given)
        except InputError:
            return torch.full_like(coarse, torch.nan)
        return extrapolated(coarse, fine)

    def _halved(
        self, density: Float64[Tensor, "n ..."], *given: Float64[Tensor, " n"]
    ) -> Float64[Tensor, "n k"]:
        for axis in range(1, density.ndim):
            density = density.repeat_interleave(FINE, axis)
        return self._fine.measure(density, *given)[:, self._columns]

    @cached_property
    def _columns(self) -> list[int]:
        return [i for i, q in enumerate(self.own.quantities) if q.beyond]
