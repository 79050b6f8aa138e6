"""Cone-shaped filter of topology optimisation, by convolution."""

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import torch
from jaxtyping import Float64
from torch import Tensor
from torch.nn import functional

from ingenium.core.errors import InputError
from ingenium.kits.solids.elastic.grid import RegularGrid


@dataclass(frozen=True)
class Cone:
    """Weighted mean of the cells around each cell; weights fall linearly to 0 at the radius.

    At the boundary the weights are those of the cells that exist, normalised to 1.

    Shapes: n designs, e cells.
    Source: Bourdin, Int. J. Numer. Meth. Eng. 50, 2001; Andreassen et al., Struct. Multidisc.
        Optim. 43, 2011, eq. 7 to 9.

    Raises:
        InputError: for a radius that is not a positive number.
    """

    grid: RegularGrid
    radius_cells: float

    def __post_init__(self) -> None:
        if not (self.radius_cells > 0 and math.isfinite(self.radius_cells)):
            raise InputError("a radius of the filter above 0 cells", self.radius_cells)

    @cached_property
    def weights(self) -> Float64[Tensor, "*w"]:
        """Weights of the neighbours, one axis for each axis of the grid."""
        reach = math.ceil(self.radius_cells) - 1
        dim = self.grid.dim
        kernel = torch.zeros((2 * reach + 1,) * dim, dtype=torch.float64)
        for step in product(range(-reach, reach + 1), repeat=dim):
            kernel[tuple(s + reach for s in step)] = max(0.0, self.radius_cells - math.hypot(*step))
        return kernel

    @cached_property
    def total(self) -> Float64[Tensor, "1 e"]:
        """Sum of the weights around each cell."""
        return self.spread(torch.ones(1, self.grid.n_cells, dtype=torch.float64))

    def spread(self, x: Float64[Tensor, "n e"]) -> Float64[Tensor, "n e"]:
        """Return the weighted sum around each cell; the operator is symmetric."""
        convolve = functional.conv2d if self.grid.dim == 2 else functional.conv3d
        field = x.reshape(len(x), 1, *self.grid.cells)
        return convolve(field, self.weights[None, None], padding="same").flatten(1)

    def mean(self, x: Float64[Tensor, "n e"]) -> Float64[Tensor, "n e"]:
        """Apply the density filter."""
        return self.spread(x) / self.total

    def smooth_slope(
        self, slope: Float64[Tensor, "n e"], x: Float64[Tensor, "n e"]
    ) -> Float64[Tensor, "n e"]:
        """Apply the sensitivity filter of Sigmund (Mech. Struct. Mach. 25, 1997)."""
        return self.spread(x * slope) / self.total / x.clamp(min=1e-3)
