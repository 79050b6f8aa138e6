"""Map from the variables of an optimiser to the densities of a part."""

from dataclasses import dataclass, replace

from jaxtyping import Float64
from torch import Tensor

from ingenium.domains.structures.optimise.access import ToolAccess
from ingenium.domains.structures.optimise.cone import Cone
from ingenium.domains.structures.optimise.overhang import Overhang
from ingenium.domains.structures.optimise.projection import Projection, heaviside
from ingenium.domains.structures.optimise.task import OptimisationTask


@dataclass(frozen=True)
class Form:
    """Density filter, projection, tool access and printing; passive cells are always exact.

    Shapes: n designs, e cells.
    """

    requested: OptimisationTask
    cone: Cone | None = None
    projection: Projection | None = None
    access: ToolAccess | None = None
    overhang: Overhang | None = None

    def part(
        self, x: Float64[Tensor, "n e"], beta: Float64[Tensor, " n"], shift: float = 0.0
    ) -> Float64[Tensor, "n e"]:
        """Return densities; `shift` moves the threshold up (eroded part) or down (dilated)."""
        density = self.requested.impose(x)
        if self.cone is not None:
            density = self.cone.mean(density)
        if self.projection is not None:
            density = heaviside(density, beta, self.projection.eta + shift)
        density = self.requested.impose(density)
        if self.access is not None:
            density = self.requested.impose(self.access.reachable(density))
        if self.overhang is not None:
            density = self.overhang.printed(density, self.requested.state == 1)
        return self.requested.impose(density)

    def volume(
        self, x: Float64[Tensor, "n e"], beta: Float64[Tensor, " n"]
    ) -> Float64[Tensor, " n"]:
        """Return the volume fraction of the part."""
        return self.part(x, beta).mean(1)

    def rows(self, index: Tensor) -> "Form":
        """Return the map for some of the designs."""
        return replace(self, requested=self.requested.rows(index))
