"""Days of many channels as columns of normal scores, without their deterministic parts."""

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ingenium.generators.learned_buffers import LearnedBuffers
from ingenium.generators.marginals import Marginals

YEAR_BINS = 366
SEASON_DAYS = 10  # either side of a day, from which its envelope is taken
STRIDES = (8, 6, 4, 3, 2)
GATED_SHARE = 0.2  # a channel at its floor for this share of the steps may be gated by the season
DARK_SHARE = 0.7  # and is if this share of these steps lies where its season never leaves the floor


class DayColumns(LearnedBuffers):
    """Map from series to about normal columns, invertible to 1e-6 of their range.

    Three things are found in the training days and taken out, so that every proposal has them
    exactly:

    - a channel that is linear between every m-th step is reduced to these steps (hourly
      weather in quarter-hourly profiles);
    - a channel that is at its floor at hours that depend on the season (PV at night) is divided
      by its seasonal envelope, the highest value of that hour within ten days. The season is
      the pair of conditions that lies on the unit circle; without one, nothing is divided, nor
      is a channel that rests on some days and not on others of the same season;
    - the marginal distribution of each channel, by `Marginals`.

    Shapes: n designs, d channels, t steps, c spec features, w columns.
    Source: the envelope replaces a clear-sky model, as in Bacher, Madsen and Nielsen, Solar
        Energy 83, 2009, eq. 3, estimated from the highest values.
    """

    stride: Tensor  # (d,) steps between the remaining points
    order: Tensor  # (d,) channels by rising stride, as the columns hold them
    channel: Tensor  # (w,) channel of each column
    floor: Tensor  # (d,) lowest value
    least: Tensor  # (d,) lowest value above the floor, less the floor; gated channels
    gated: Tensor  # (d,)
    season: Tensor  # (2,) conditions of sine and cosine; empty if there are none
    reach: Tensor  # (366, w) envelope less floor; 0 at night
    source: Tensor  # (366, w) nearest column of the same channel in daylight

    def __init__(self, d: int, t: int) -> None:
        super().__init__()
        self.d, self.t = d, t
        self.empty("floor", "least", "reach")
        self.empty("stride", "order", "channel", "season", "source", dtype=torch.int64)
        self.empty("gated", dtype=torch.bool)
        self.marginals = Marginals()

    def learn(self, x: Float[Tensor, "n d t"], cond: Float[Tensor, "n c"]) -> None:
        """Find strides, envelope and marginals in training days."""
        x, cond = x.detach().to(torch.float64), cond.detach().to(torch.float64)
        self.floor = x.amin((0, 2))
        self.stride = _strides(x)
        self.order = self.stride.argsort(stable=True)
        points = self.t // self.stride[self.order]
        self.channel = torch.repeat_interleave(self.order, points)
        self.season = _season(cond)
        above = x - self.floor[:, None]
        span = above.amax((0, 2))
        at_floor = (above <= 1e-6 * span[:, None]).double().mean((0, 2))
        self.gated = (at_floor >= GATED_SHARE) & (span > 0) & bool(len(self.season))
        columns = self._points(x) - self.floor[self.channel]
        columns = torch.where(columns <= 1e-6 * span[self.channel], 0.0, columns)
        positive = torch.where(columns > 0, columns, torch.inf).amin(0)
        self.least = torch.stack([positive[self.channel == i].amin() for i in range(self.d)])
        envelope = self._envelope(columns, cond)
        dark = (envelope[self._bins(cond)] <= 0).double().sum(0)
        rests = (columns <= 0).double().sum(0)
        self.gated &= self._by_channel(dark) >= DARK_SHARE * self._by_channel(rests)
        self._store_envelope(envelope)
        ratio, bright = self._ratio(columns, self._bins(cond))
        self.marginals.learn([self._seen(ratio, bright, i) for i in range(self.d)])

    def encode(
        self, x: Float[Tensor, "n {self.d} {self.t}"], cond: Float[Tensor, "n c"]
    ) -> Float[Tensor, "n w"]:
        """Normal scores of days; values beyond the envelope of their season are clipped."""
        columns = self._points(x.to(torch.float64)) - self.floor[self.channel]
        bins = self._bins(cond.to(torch.float64))
        ratio, _ = self._ratio(columns, bins)
        scores = self.marginals.to_scores(ratio, self.channel)
        return scores.gather(1, self.source[bins])

    def decode(
        self, z: Float[Tensor, "n w"], cond: Float[Tensor, "n c"]
    ) -> Float[Tensor, "n {self.d} {self.t}"]:
        """Days of normal scores, in float64; differentiable."""
        ratio = self.marginals.from_scores(z, self.channel)
        gated = self.gated[self.channel]
        columns = ratio * torch.where(gated, self.reach[self._bins(cond.to(torch.float64))], 1.0)
        dark = gated & (columns < self.least[self.channel] * (1 - 1e-6))
        columns = torch.where(dark, 0.0, columns)
        return self._lines(columns) + self.floor[:, None]

    def _points(self, x: Tensor) -> Tensor:
        """Values at the remaining steps."""
        return torch.cat([x[:, i, :: int(self.stride[i])] for i in self.order], 1)

    def _lines(self, columns: Tensor) -> Tensor:
        """All steps by linear interpolation; the last point is held constant."""
        out, start = [], 0
        for stride in torch.unique(self.stride).tolist():
            many = int((self.stride == stride).sum())
            stop = start + many * (self.t // stride)
            part = columns[:, start:stop].reshape(len(columns), many, -1)
            start = stop
            out.append(part if stride == 1 else part @ _hat(self.t, stride).to(part))
        return torch.cat(out, 1)[:, self.order.argsort()]

    def _bins(self, cond: Tensor) -> Int[Tensor, " n"]:
        """Day of the year of each row, from 0."""
        if not len(self.season):
            return torch.zeros(len(cond), dtype=torch.int64, device=cond.device)
        sine, cosine = cond[:, self.season].T
        turn = torch.atan2(sine, cosine).remainder(2 * math.pi) / (2 * math.pi)
        return (turn * YEAR_BINS).round().long() % YEAR_BINS

    def _by_channel(self, columns: Float[Tensor, " w"]) -> Float[Tensor, " {self.d}"]:
        """Sums over the columns of each channel."""
        return columns.new_zeros(self.d).index_add(0, self.channel, columns)

    def _envelope(self, columns: Tensor, cond: Tensor) -> Tensor:
        """Highest value of each column around each day of the year."""
        day = torch.arange(YEAR_BINS)
        distance = (day[:, None] - self._bins(cond)[None]).abs()
        distance = torch.minimum(distance, YEAR_BINS - distance)
        near = distance <= distance.amin(1, keepdim=True).clamp(min=SEASON_DAYS)
        # Day by day: one operation would need days x rows x columns numbers.
        return torch.stack([columns[rows].amax(0) for rows in near])

    def _store_envelope(self, envelope: Tensor) -> None:
        """Store the envelope of the gated channels, and their hours of daylight."""
        self.reach = torch.where(self.gated[self.channel], envelope, 1.0)
        self.source = torch.arange(len(self.channel)).expand(YEAR_BINS, -1).clone()
        for i in torch.nonzero(self.gated)[:, 0]:  # columns of a channel lie side by side
            own = torch.nonzero(self.channel == i)[:, 0]
            self.source[:, own] = own[_nearest(self.reach[:, own] > 0)]

    def _ratio(self, columns: Tensor, bins: Tensor) -> tuple[Tensor, Tensor]:
        """Share of the envelope for gated columns, and where there is one."""
        reach = self.reach[bins]
        bright = reach > 0
        return torch.where(bright, columns / torch.where(bright, reach, 1.0), 0.0), bright

    def _seen(self, ratio: Tensor, bright: Tensor, channel: int) -> Tensor:
        own = self.channel == channel
        return ratio[:, own][bright[:, own]]


def _nearest(bright: Bool[Tensor, "b p"]) -> Int[Tensor, "b p"]:
    """Index of the nearest bright place in a row, the first of two; 0 where all is dark."""
    at, far = torch.arange(bright.shape[1]), 2 * bright.shape[1]
    before = torch.where(bright, at, -far).cummax(1).values
    after = torch.where(bright, at, far).flip(1).cummin(1).values.flip(1)
    nearest = torch.where(at - before <= after - at, before, after)
    return torch.where(bright.any(1, keepdim=True), nearest, 0)


def _strides(x: Float[Tensor, "n d t"]) -> Int[Tensor, " d"]:
    """Largest step of each channel between whose multiples it is linear."""
    stride = torch.ones(x.shape[1], dtype=torch.int64)
    span = (x.amax((0, 2)) - x.amin((0, 2))).clamp(min=1e-300)
    for m in STRIDES:
        if x.shape[2] % m == 0 and x.shape[2] > m:
            off = (x[:, :, ::m] @ _hat(x.shape[2], m).to(x) - x).abs().amax((0, 2))
            stride = torch.where((off <= 1e-5 * span) & (stride == 1), m, stride)
    return stride


def _hat(t: int, stride: int) -> Float[Tensor, "points t"]:
    """Weights of the linear interpolation between every `stride`-th step."""
    points = torch.arange(0, t, stride, dtype=torch.float64)
    step = torch.arange(t, dtype=torch.float64).clamp(max=t - stride)
    return (1 - (step[None] - points[:, None]).abs() / stride).clamp(min=0)


def _season(cond: Float[Tensor, "n c"]) -> Int[Tensor, " two"]:
    """The conditions that are sine and cosine of the same angle, if there are any."""
    for i in range(cond.shape[1]):
        for j in range(i + 1, cond.shape[1]):
            pair = cond[:, [i, j]]
            if (pair.square().sum(1) - 1).abs().max() < 1e-3 and len(torch.unique(pair, dim=0)) > 4:
                return torch.tensor([i, j])
    return torch.empty(0, dtype=torch.int64)
