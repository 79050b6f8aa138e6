"""Normal scores of channels: monotone maps, exactly invertible on the training values."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ingenium.generators.learned_buffers import LearnedBuffers

KNOTS = 2048  # most points of the table of a continuous channel
GRID_SHARE = 0.25  # a channel with fewer distinct values a value seen was measured on a grid


class Marginals(LearnedBuffers):
    """Piecewise linear maps between the values of channels and normal scores.

    The score of a value is the normal quantile of its middle rank, so a frequent value (an atom)
    has one score, and many scores map back to it. A channel with few distinct values was measured
    on a grid: its table is stored whole, every score maps to a value of that grid, and gradients
    pass as if it were linear between them. Values outside the training range are clipped to it.

    Shapes: d channels, k points of the longest table, n rows, w columns, each of one channel.
    Source: Van der Waerden scores; Conover, Practical Nonparametric Statistics, 3rd ed., sec. 5.10.
    """

    values: Tensor  # (d, k) rising; the last point repeated
    scores: Tensor  # (d, k) rising; infinite after the last point
    length: Tensor  # (d,) points of each table
    on_grid: Tensor  # (d,) whether the channel takes few distinct values

    def __init__(self) -> None:
        super().__init__()
        self.empty("values", "scores")
        self.empty("length", dtype=torch.int64)
        self.empty("on_grid", dtype=torch.bool)

    def learn(self, channels: Sequence[Float[Tensor, " _"]]) -> None:
        """Build the table of each channel from all its training values."""
        tables = [_table(v.detach().to(torch.float64)) for v in channels]
        most = max(len(v) for v, _, _ in tables)
        self.values = torch.stack([_padded(v, most, float(v[-1])) for v, _, _ in tables])
        self.scores = torch.stack([_padded(s, most, torch.inf) for _, s, _ in tables])
        self.length = torch.tensor([len(v) for v, _, _ in tables])
        self.on_grid = torch.tensor([grid for _, _, grid in tables])

    def to_scores(
        self, x: Float[Tensor, "n w"], channel: Int[Tensor, " w"]
    ) -> Float[Tensor, "n w"]:
        """Return the score of each value; `channel` is the index of each column's table."""
        values, scores, length = self.values[channel], self.scores[channel], self.length[channel]
        at = torch.minimum(torch.maximum(x.T, values[:, :1]), values[:, -1:]).contiguous()
        return _between(at, values, scores, length).T

    def from_scores(
        self, z: Float[Tensor, "n w"], channel: Int[Tensor, " w"]
    ) -> Float[Tensor, "n w"]:
        """Return the value of each score."""
        values, scores, length = self.values[channel], self.scores[channel], self.length[channel]
        last = scores.gather(1, length[:, None] - 1)
        at = torch.minimum(torch.maximum(z.T, scores[:, :1]), last).contiguous()
        smooth = _between(at, scores, values, length)
        nearest = values.gather(1, _nearest(at.detach(), scores, length))
        snapped = smooth + (nearest - smooth).detach()
        # The difference rounds; the values themselves are wanted to the last bit.
        snapped = snapped if snapped.requires_grad else nearest
        return torch.where(self.on_grid[channel][:, None], snapped, smooth).T


def _table(values: Tensor) -> tuple[Tensor, Tensor, bool]:
    """Distinct values, their scores, and whether they are a grid."""
    distinct, count = torch.unique(values, return_counts=True)
    share = (count.cumsum(0) - 0.5 * count) / len(values)
    score = torch.special.ndtri(share)
    on_grid = len(distinct) <= GRID_SHARE * len(values)
    if len(distinct) == 1:  # a constant: a second point that no score reaches
        return distinct.repeat(2), score.new_tensor([0.0, 1.0]), True
    if not on_grid and len(distinct) > KNOTS:
        retained = torch.linspace(0, len(distinct) - 1, KNOTS, dtype=torch.float64).round().long()
        distinct, score = distinct[retained], score[retained]
    return distinct, score, on_grid


def _padded(row: Tensor, length: int, value: float) -> Tensor:
    return torch.cat([row, row.new_full((length - len(row),), value)])


def _between(at: Tensor, start: Tensor, end: Tensor, length: Tensor) -> Tensor:
    """Linear interpolation from the points `start` to the points `end`, row by row."""
    high = torch.searchsorted(start, at.detach()).clamp(min=1)
    high = torch.minimum(high, length[:, None] - 1)
    x0, x1 = start.gather(1, high - 1), start.gather(1, high)
    y0, y1 = end.gather(1, high - 1), end.gather(1, high)
    step = torch.where(x1 > x0, x1 - x0, 1.0)
    return y0 + (at - x0) / step * (y1 - y0)


def _nearest(at: Tensor, points: Tensor, length: Tensor) -> Tensor:
    """Index of the point nearest to each number."""
    high = torch.searchsorted(points, at).clamp(min=1)
    high = torch.minimum(high, length[:, None] - 1)
    low = high - 1
    nearer = at - points.gather(1, low) < points.gather(1, high) - at
    return torch.where(nearer, low, high)
