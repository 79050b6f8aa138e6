"""Codec of an input and its solution as standardised channels on one grid.

Shapes: n fields over the grid of an equation.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.domains.equations.field.equation import FieldEquation, envelope

SEEN, COARSER = 32, 2  # samples for the scales, and how much coarser they are solved


@dataclass(frozen=True, eq=False)
class PairCodec:
    """Codec: an input over its spread, a solution over its spread times an envelope of the edges.

    Whatever a model proposes, a decoded solution goes to 0 where its equation fixes it at 0.
    """

    axes: int
    envelope: Float64[Tensor, "*grid"]
    start: tuple[float, float]  # of the input, and of the solution over its envelope
    width: tuple[float, float]
    tolerance: float = 1e-9

    @classmethod
    def of(cls, equation: FieldEquation) -> "PairCodec":
        """Estimate the scales from a few samples of the law."""
        inputs = equation.sample(SEEN, torch.Generator().manual_seed(31))
        bow = envelope(equation)
        freed = equation.coarse(inputs, COARSER) / bow
        start = (float(inputs.mean()), float(freed.mean()))
        return cls(equation.axes, bow, start, (float(inputs.std()), float(freed.std())))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of two channels of the grid."""
        return (2, *self.envelope.shape)

    def encode(self, arrays: tuple[Tensor, ...]) -> Float64[Tensor, "n 2 *grid"]:
        """Standardise input and solution as channels."""
        inputs, solution = arrays
        return torch.stack([self.condition(inputs), self.freed(solution)], 1)

    def decode(self, x: Float[Tensor, "n 2 *grid"]) -> tuple[Tensor, ...]:
        """Decode input and solution in float64."""
        y = x.to(torch.float64)
        return y[:, 0] * self.width[0] + self.start[0], self.solution(y[:, 1])

    def condition(self, inputs: Float64[Tensor, "n *grid"]) -> Float64[Tensor, "n *grid"]:
        """Encode an input."""
        return (inputs - self.start[0]) / self.width[0]

    def freed(self, solution: Float64[Tensor, "n *grid"]) -> Float64[Tensor, "n *grid"]:
        """Encode a solution."""
        return (solution / self.envelope - self.start[1]) / self.width[1]

    def solution(self, freed: Float[Tensor, "n *grid"]) -> Float64[Tensor, "n *grid"]:
        """Decode a solution."""
        return self.envelope * (freed.to(torch.float64) * self.width[1] + self.start[1])

    def relative(
        self, proposed: Float[Tensor, "n *grid"], true: Float[Tensor, "n *grid"]
    ) -> Float[Tensor, " n"]:
        """Relative error of a proposal, measured on the decoded fields.

        Both may be on a coarser grid, as means of blocks.
        """
        bow = blocks(self.envelope.to(true.dtype)[None], len(self.envelope) // true.shape[-1])[0]
        over = tuple(range(1, true.ndim))
        size = (bow * (true * self.width[1] + self.start[1])).square().sum(over)
        error: Tensor = (self.width[1] * bow * (proposed - true)).square().sum(over)
        return (error / size).sqrt()


def blocks(fields: Float[Tensor, "n *grid"], times: int) -> Float[Tensor, "n *coarse"]:
    """Average blocks of `times` points along each axis of the grid."""
    for axis in range(1, fields.ndim):
        fields = fields.unflatten(axis, (-1, times)).mean(axis + 1)
    return fields
