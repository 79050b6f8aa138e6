"""Discretisation error of parts, from their printed surface on half cells."""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.errors import EngineError, InputError
from ingenium.core.quantity import Quantity
from ingenium.domains.structures.half_cells import FINE, HalfCells
from ingenium.domains.structures.parts.measuring import PartVerifier
from ingenium.domains.structures.parts.printed import Printer
from ingenium.kits.solids.elastic.richardson import extrapolated

NAME = "ingenium elastic grid, half cells of the printed surface"
SHARE = 0.05  # of the accepted designs, at least one


@dataclass(frozen=True, eq=False)
class FinerPart(HalfCells):
    """Responses of the printed surface, extrapolated from half cells to size zero; its own mass.

    Print checks are those of half cells; the mass is that of the volume inside the surface.
    """

    own: PartVerifier
    printer: Printer

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """All quantities of the part."""
        return self.own.quantities

    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n k"]:
        """Measure all quantities; NaN without a surface, or with too many half cells."""
        (density,) = arrays
        out = torch.full((len(density), len(self.quantities)), torch.nan, dtype=torch.float64)
        for row, one in zip(out, density, strict=True):  # surfaces are built one by one
            try:
                row[:] = self._one(one)
            except (EngineError, InputError):
                continue
        return out

    def _one(self, density: Float64[Tensor, "x y z"]) -> Float64[Tensor, " k"]:
        coarse, fine = self.own.measure(density[None])[0], self._surface(density)
        meshed = torch.tensor([q.beyond for q in self.quantities])
        return torch.where(meshed, extrapolated(coarse, fine), fine)

    def _surface(self, density: Float64[Tensor, "x y z"]) -> Float64[Tensor, " k"]:
        """Quantities on half cells, and the mass of the volume inside the surface."""
        mesh = self.printer.mesh(density.numpy())
        fine = self.finer.measure(torch.from_numpy(self.printer.read(mesh, FINE))[None])[0]
        mass = [q.name for q in self.quantities].index("mass")
        fine[mass] = float(mesh.volume) * self.own.part.material.density_kg_m3
        return fine
