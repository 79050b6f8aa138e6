"""Fields on regular grids as standardised tensors."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import InputError


@dataclass(frozen=True)
class FieldCodec:
    """Fields of one grid, each between its bounds, as channels between -1 and 1.

    What lies beyond the bounds stays beyond them: a problem's `project` brings it back.

    Shapes: n designs, k channels (one a field), and the cells along each axis.

    Raises:
        InputError: for bounds that are not in order.
    """

    cells: tuple[int, ...]
    bounds: tuple[tuple[float, float], ...] = ((0.0, 1.0),)  # of each field
    tolerance: float = 1e-6  # proposals are single precision

    def __post_init__(self) -> None:
        if not self.bounds or any(not low < high for low, high in self.bounds):
            raise InputError("a lower bound below the upper one for each field", self.bounds)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one standardised design: channels, then cells along each axis."""
        return (len(self.bounds), *self.cells)

    def encode(self, arrays: tuple[Tensor, ...]) -> Float[Tensor, "n *shape"]:
        """Fields as channels."""
        scaled = [
            2 * (a - low) / (high - low) - 1
            for a, (low, high) in zip(arrays, self.bounds, strict=True)
        ]
        return torch.stack(scaled, 1)

    def decode(self, x: Float[Tensor, "n *shape"]) -> tuple[Tensor, ...]:
        """Channels as fields, in float64."""
        channels = x.to(torch.float64).unbind(1)
        return tuple(
            low + (c + 1) * (high - low) / 2
            for c, (low, high) in zip(channels, self.bounds, strict=True)
        )
