"""Codecs of unstructured designs: numbers, series, and fields on regular grids.

Shapes: n designs, d channels, and the axes that all arrays share, such as steps or cells.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.core.errors import InputError

Arrays = tuple[Tensor, ...]
Axes = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Channels:
    """Arrays side by side as channels, each standardised by a start and a width.

    With `box` a channel maps its start to -1 and the end of its width to 1, else to 0 and 1. Values
    outside are not clipped; a problem's `project` does that. Apart from logarithms the map is
    affine, so that decoding is exact to rounding.
    """

    own: tuple[Axes, ...]  # axes of each array that become channels; empty for a single one
    along: Axes  # axes common to all arrays; empty for plain numbers
    start: Float64[Tensor, " d"]
    width: Float64[Tensor, " d"]
    box: bool = False
    logs: Collection[int] = ()  # indices of the arrays that are encoded by their logarithm
    tolerance: float = 1e-12

    @classmethod
    def of(cls, arrays: Arrays, *, along: int = 0, logs: Collection[int] = ()) -> "Channels":
        """Fit the codec: each channel of these designs gets mean 0 and standard deviation 1.

        `along` counts the last axes, those that all arrays share. A channel that never changes
        keeps its scale.
        """
        own = tuple(tuple(a.shape[1 : a.ndim - along]) for a in arrays)
        stacked = _stacked(_logs(arrays, logs), along)
        over = (0, *range(2, stacked.ndim))
        spread = stacked.std(over)
        width = torch.where(spread > 0, spread, 1.0)
        shared = tuple(stacked.shape[2:])
        return cls(own, shared, stacked.mean(over), width, logs=logs)

    @classmethod
    def between(
        cls,
        bounds: Sequence[tuple[float, float]],
        along: Axes = (),
        *,
        own: Sequence[Axes] = (),
        logs: Collection[int] = (),
    ) -> "Channels":
        """Build the codec that maps the bounds of each array to -1 and 1.

        Raises:
            InputError: for bounds that are not in order.
        """
        if not bounds or any(not low < high for low, high in bounds):
            raise InputError("a lower bound below the upper one for each array", bounds)
        axes = tuple(own) or ((),) * len(bounds)
        ends = [
            (math.log(low), math.log(high)) if i in logs else (low, high)
            for i, (low, high) in enumerate(bounds)
        ]
        channels = [end for end, a in zip(ends, axes, strict=True) for _ in range(math.prod(a))]
        low, high = torch.tensor(channels, dtype=torch.float64).T
        return cls(axes, along, low, high - low, box=True, logs=logs, tolerance=1e-6)

    @property
    def shape(self) -> Axes:
        """Number of channels, and the axes that arrays share."""
        return (len(self.start), *self.along)

    def encode(self, arrays: Arrays) -> Float64[Tensor, "n *shape"]:
        """Standardised channels."""
        stacked = _stacked(_logs(arrays, self.logs), len(self.along)).to(torch.float64)
        start, width = self._scale
        if self.box:
            return 2 * (stacked - start) / width - 1
        return (stacked - start) / width

    def decode(self, x: Float[Tensor, "n *shape"]) -> Arrays:
        """One float64 array for each variable."""
        (start, width), y = self._scale, x.to(torch.float64)
        found = _split((y + 1) * width / 2 + start if self.box else y * width + start, self.own)
        return tuple(a.exp() if i in self.logs else a for i, a in enumerate(found))

    @property
    def _scale(self) -> tuple[Tensor, Tensor]:
        shape = (-1, *(1 for _ in self.along))
        return self.start.view(shape), self.width.view(shape)


@dataclass(frozen=True, eq=False)
class Whitened:
    """Numbers as principal components, each divided by its standard deviation.

    For numbers that vary together, such as neighbouring weights of a smooth surface. A model of the
    plain numbers reproduces their small differences, the waviness, only as noise.
    """

    own: tuple[Axes, ...]  # axes of each array
    mean: Float64[Tensor, " d"]
    axes: Float64[Tensor, "d d"]  # a column for each component, of its spread
    back: Float64[Tensor, "d d"]
    tolerance: float = 1e-10

    @classmethod
    def of(cls, arrays: Arrays) -> "Whitened":
        """Fit the codec to these designs."""
        numbers = _stacked(arrays, 0)
        mean = numbers.mean(0)
        spread, axes = torch.linalg.eigh((numbers - mean).T.cov())
        root = spread.sqrt()
        own = tuple(tuple(a.shape[1:]) for a in arrays)
        return cls(own, mean, axes * root, (axes / root).T.contiguous())

    @property
    def shape(self) -> Axes:
        """Number of components."""
        return (len(self.mean),)

    def encode(self, arrays: Arrays) -> Float64[Tensor, "n d"]:
        """Components of each design."""
        return (_stacked(arrays, 0).to(torch.float64) - self.mean) @ self.back.T

    def decode(self, x: Float[Tensor, "n d"]) -> Arrays:
        """The arrays, in float64."""
        return _split(x.to(torch.float64) @ self.axes.T + self.mean, self.own)


@dataclass(frozen=True, eq=False)
class SideBySide:
    """Concatenated codecs of plain numbers, each for a given count of the arrays."""

    parts: tuple[Channels | Whitened, ...]

    @property
    def shape(self) -> Axes:
        """Total number of components."""
        return (sum(part.shape[0] for part in self.parts),)

    @property
    def tolerance(self) -> float:
        """Largest tolerance of the codecs."""
        return max(part.tolerance for part in self.parts)

    def encode(self, arrays: Arrays) -> Float64[Tensor, "n d"]:
        """Encode by each codec and concatenate in order."""
        ends = pairwise(accumulate((len(part.own) for part in self.parts), initial=0))
        each = zip(self.parts, ends, strict=True)
        return torch.cat([part.encode(arrays[i:j]) for part, (i, j) in each], 1)

    def decode(self, x: Float[Tensor, "n d"]) -> Arrays:
        """Decode by each codec, in order."""
        each = zip(self.parts, x.split([part.shape[0] for part in self.parts], 1), strict=True)
        return tuple(a for part, own in each for a in part.decode(own))


def _logs(arrays: Arrays, logs: Collection[int]) -> Arrays:
    return tuple(a.log() if i in logs else a for i, a in enumerate(arrays))


def _stacked(arrays: Arrays, along: int) -> Float[Tensor, "n d *along"]:
    """Stack all channels of some arrays with the last axes in common."""
    channels = [a.reshape(len(a), -1, *a.shape[a.ndim - along :]) for a in arrays]
    return torch.cat(channels, 1)


def _split(stacked: Float[Tensor, "n d *along"], own: tuple[Axes, ...]) -> Arrays:
    """Split channels into arrays, each with its own leading axes."""
    parts = stacked.split([math.prod(axes) for axes in own], 1)
    return tuple(
        p.unflatten(1, axes) if axes else p[:, 0] for p, axes in zip(parts, own, strict=True)
    )
