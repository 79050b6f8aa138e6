"""Printing filter: removes unsupported material from a blueprint."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.domains.structures.optimise.build import Build, below

TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True)
class Overhang:
    """Filter that limits a cell, layer by layer, to the densest of its supporting cells.

    Slopes are exact, by automatic differentiation of the smooth maximum and minimum.

    Shapes: n designs, e cells.
    Source: Langelaar, Struct. Multidisc. Optim. 55, 2017, eq. 1 to 6, with its P, epsilon and xi.

    Raises:
        InputError: for a sharpness too small for a maximum.
    """

    build: Build
    power: float = 40.0
    softness: float = 1e-4
    exact_at: float = 0.5  # density at which the smooth maximum of equals is right

    def __post_init__(self) -> None:
        if not (self.power > 2 and self.softness > 0 and 0 < self.exact_at < 1):
            raise InputError(
                "a power above 2, a softness above 0 and an exact density inside (0, 1)",
                (self.power, self.softness, self.exact_at),
            )

    def printed(
        self, blueprint: Float64[Tensor, "n e"], solid: Bool[Tensor, "#n e"] | None = None
    ) -> Float64[Tensor, "n e"]:
        """Return densities after printing; `solid` cells always exist and support others."""
        plan = self.build.stacked(blueprint)
        retained = None if solid is None else self.build.stacked(solid.double())
        out = [plan[0]]
        for height in range(1, len(plan)):  # each layer rests on the previous one
            layer = self._least(plan[height], self._most(below(out[-1])))
            out.append(layer if retained is None else torch.maximum(layer, retained[height]))
        return self.build.flat(torch.stack(out))

    def _most(self, carriers: Float64[Tensor, "s n *w"]) -> Float64[Tensor, "n *w"]:
        count = len(carriers)
        root = self.power + np.log(count) / np.log(self.exact_at)
        shift = 100 * TINY ** (1 / self.power)  # so that the slope at 0 is finite
        back = 0.95 * count ** (1 / root) * shift ** (self.power / root)
        most: Tensor = (carriers + shift).pow(self.power).sum(0).pow(1 / root) - back
        return most

    def _least(self, a: Tensor, b: Tensor) -> Tensor:
        gap = ((a - b).square() + self.softness).sqrt()
        least: Tensor = (a + b - gap + self.softness**0.5) / 2
        return least


def unsupported(
    build: Build, density: Float64[Tensor, "n e"], threshold: float = 0.5
) -> Bool[Tensor, "n e"]:
    """Return solid cells with no solid cell below that are not on the plate."""
    solid = build.stacked((density > threshold).double())
    carried = [torch.ones_like(solid[0]), *(below(layer).amax(0) for layer in solid[:-1])]
    return build.flat(solid * (1 - torch.stack(carried))) > 0
