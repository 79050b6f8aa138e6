"""Protocol of an equation: a law of inputs, its solver on several grids, and its edges.

Shapes: n fields over a grid of one axis (`x`) or two (`y`, `x`).
"""

from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float64
from scipy.fft import idctn, idstn
from torch import Tensor

BANDS = 4  # of wave numbers, by which inputs are compared with the law's
LEAST = 1e-2  # reach of a number, where a law leaves it none, such as the mean of a flow


@runtime_checkable
class FieldEquation(Protocol):
    """One differential equation, whose input is a field and whose solution is another."""

    name: ClassVar[str]
    written: ClassVar[str]  # the equation as people write it
    input_name: ClassVar[str]
    solution_name: ClassVar[str]
    periodic: ClassVar[bool]
    turned: ClassVar[bool]  # whether a turned or mirrored input has the solution turned alike
    axes: ClassVar[int]  # of the grid
    judged_on: ClassVar[int]  # times the points, where the solver verifies

    @property
    def points(self) -> int:
        """Number of points along each side."""
        ...

    def sample(self, n: int, rng: torch.Generator) -> Float64[Tensor, "n *grid"]:
        """Sample inputs of the law."""
        ...

    def solved(self, inputs: Float64[Tensor, "n *grid"], finer: int) -> Float64[Tensor, "n *grid"]:
        """Solve on a `finer` times finer grid, returned on the own one; NaN without an answer."""
        ...

    def coarse(self, inputs: Float64[Tensor, "n *grid"], times: int) -> Float64[Tensor, "n *grid"]:
        """Solve on a `times` coarser grid, tuned for speed."""
        ...

    def refuses(self, one: Float64[np.ndarray, "*grid"]) -> tuple[str, str, str] | None:
        """Return expected, got and remedy for an invalid input; None for a valid one."""
        ...


def middles(points: int) -> Float64[Tensor, " {points}"]:
    """Centres of the cells of the unit interval."""
    return (torch.arange(points, dtype=torch.float64) + 0.5) / points


def envelope(equation: FieldEquation) -> Float64[Tensor, "*grid"]:
    """Factor of all solutions: 1 on a periodic grid, and 0 towards edges fixed at 0."""
    if equation.periodic:
        return torch.ones([equation.points] * equation.axes, dtype=torch.float64)
    x = middles(equation.points)
    bow = 4 * x * (1 - x)
    return bow[:, None] * bow


def gaussian(
    spread: Float64[Tensor, "*modes"], n: int, rng: torch.Generator, edges: str
) -> Float64[Tensor, "n *grid"]:
    """Sample Gaussian fields from the standard deviation of each of their modes.

    Args:
        spread: of the modes of `rfftn` (real and imaginary part together), of cosines or of sines.
        n: number of fields.
        rng: generator of the fields.
        edges: `periodic`, `open` (cosines) or `held` (sines).
    """
    if edges == "periodic":
        axes = spread.ndim
        points = spread.shape[0] if axes == 2 else 2 * (spread.shape[0] - 1)
        white = torch.randn(n, *[points] * axes, generator=rng, dtype=torch.float64)
        over = tuple(range(1, 1 + axes))
        modes = torch.fft.rfftn(white, dim=over) * spread * points ** (axes / 2)
        found: Tensor = torch.fft.irfftn(modes, s=[points] * axes, dim=over)
        return found
    noise = torch.randn(n, *spread.shape, generator=rng, dtype=torch.float64).numpy()
    back = idctn if edges == "open" else idstn
    field = back(noise * spread.numpy(), type=2, axes=(1, 2), norm="ortho")
    return torch.from_numpy(field * spread.shape[-1])


@dataclass(frozen=True, eq=False)
class InputLaw:
    """Range of a law's inputs in a few numbers: mean, and energy by band of wave numbers.

    Shapes: k numbers of an input.
    """

    middle: Float64[Tensor, " k"]
    reach: Float64[Tensor, " k"]

    @classmethod
    def of(cls, equation: FieldEquation, n: int = 256) -> "InputLaw":
        """Measure the least and greatest numbers over `n` samples of the law."""
        seen = numbers(equation.sample(n, torch.Generator().manual_seed(30)))
        low, high = seen.amin(0), seen.amax(0)
        return cls((low + high) / 2, ((high - low) / 2).clamp_min(LEAST))

    def strangeness(self, inputs: Float64[Tensor, "n *grid"]) -> Float64[Tensor, " n"]:
        """Return the largest excess of a number; 1 is as far as the most extreme sample."""
        return ((numbers(inputs) - self.middle) / self.reach).abs().amax(1)


def numbers(inputs: Float64[Tensor, "n *grid"]) -> Float64[Tensor, "n k"]:
    """Mean, and logarithms of the energy of bands that double: 1, 2 to 3, 4 to 7, 8 and above."""
    axes, points = inputs.ndim - 1, inputs.shape[-1]
    over = tuple(range(1, 1 + axes))
    energy = torch.fft.fftn(inputs, dim=over, norm="forward").abs().square()
    k = torch.fft.fftfreq(points, dtype=torch.float64) * points
    most = torch.stack(torch.meshgrid(*[k.abs()] * axes, indexing="ij")).amax(0)
    band = torch.floor(torch.log2(most.clamp_min(1))).clamp_max(BANDS - 1)
    bands = [
        torch.log((energy * ((band == b) & (most > 0))).sum(over) + 1e-30) for b in range(BANDS)
    ]
    return torch.stack([inputs.mean(over), *bands], 1)
