"""Perturbation of a generated channel: exact images, and paths that appear and vanish.

Where a terminal moves, a path follows its image exactly until its reflections leave their walls;
then others replace it. Rates and origins of the replacements are estimated from the known channels,
each compared with a neighbour that is moved to its place. The farther an image is moved, the more
often its path is lost, as walls end, and the more its reflections err, as angles at them change.

Shapes: n channels, p paths, m known channels, d normal numbers.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from jaxtyping import Bool, Float64, Int64
from torch import Tensor

from ingenium.domains.radio.geometry import SiteFrame, turn
from ingenium.domains.radio.images import moved
from ingenium.domains.radio.rays import ABSENT_DB, LIGHT_M_S, PATHS, PRESENT_DB, Rays

PLACE_M = 2.5  # standard deviation of a perturbation of the place
NEIGHBOURS = 8  # known channels whose paths may turn up
SAME_M, SAME_RAD = 0.05, math.radians(0.1)  # within which two paths are equal
POOL = 16  # different paths of them
AT_ONCE = 1000  # cells
CELL_M = 2.0  # of the map, within which neighbours are the same
ALSO = 2  # nearest ones that represent a generated channel at a place
LEAST_M = 0.5  # over which images are moved
FEWEST = 20  # paths to which a law is fitted
SOONEST_S, LATEST_S = 1e-10, 5e-6  # beyond the straight line
NUMBERS = 5  # of a path: whether it stays, which one replaces it, its delay, loss and angle
D = 2 + NUMBERS * PATHS


@dataclass(frozen=True, eq=False)
class Turnover:
    """Law of a channel's paths under small moves, estimated from the known channels of a site."""

    known: Rays
    frame: SiteFrame

    def around(self, arrays: tuple[Tensor, ...], z: Float64[Tensor, "n d"]) -> tuple[Tensor, ...]:
        """Map normal numbers to channels nearby; 0 leaves place and paths unchanged."""
        rays = Rays.of(arrays)
        hz = self.frame.carrier_hz
        east = rays.east + PLACE_M * z[:, 0]
        north = rays.north + PLACE_M * z[:, 1]
        own = moved(rays, east, north, hz)
        stays, which, later, weaker, turned = z[:, 2:].unflatten(1, (NUMBERS, PATHS)).unbind(1)
        far = self.distance(east, north)
        law, lost = self.reported, self.lost(own, far)
        share = torch.special.ndtr(-stays)
        near, wild = share < lost * law.near, (share >= lost * law.near) & (share < lost)
        found = [
            torch.where(near, theirs, torch.where(wild, others, mine))
            for mine, theirs, others in zip(
                own.arrays[:-2],
                self._theirs(own, (rays.east, rays.north), which).arrays[:-2],
                self._wild(own, later, turned).arrays[:-2],
                strict=True,
            )
        ]
        reflected = far[:, None] * law.reflected.at(weaker)
        image = torch.where(found[7] > 0.5, reflected, law.straight.at(weaker))
        loss = found[1] + torch.where(wild, law.loss[1] * weaker, image)
        there = found[1] < PRESENT_DB
        found[1] = torch.where(there, loss.clamp(0.0, PRESENT_DB - 1), ABSENT_DB)
        first = self.frame.straight(east, north)[0][:, None] / LIGHT_M_S
        found[0] = torch.maximum(found[0], first)
        return (*found, east, north)

    def lost(self, own: Rays, far: Float64[Tensor, " n"]) -> Float64[Tensor, "n p"]:
        """Probability that each path is replaced, by the distance of known channels."""
        law = self.reported
        rate = torch.where(own.bounces > 0.5, law.reflected_lost, law.straight_lost)
        return torch.where(own.present, -torch.expm1(-rate * far[:, None]), law.filled)

    def distance(self, east: Float64[Tensor, " n"], north: Float64[Tensor, " n"]) -> Tensor:
        """Mean distance to the known places nearest to each (m)."""
        known = self._places[self._cell(self._near, east, north)]
        square = (known - torch.stack([east, north], 1)[:, None]).square().sum(2)
        return _far(square.topk(ALSO, largest=False, sorted=False).values)

    def _theirs(self, own: Rays, at: tuple[Tensor, Tensor], which: Float64[Tensor, "n p"]) -> Rays:
        """Return paths of known channels near `at` that a channel lacks, seen from its place."""
        pool = self._cell(self._pool, *at)
        seen = self._seen(pool.clamp(min=0), own.east, own.north)
        free = (pool >= 0) & seen.present & ~alike(own, seen).any(1)
        count = free.sum(1, keepdim=True)
        want = 1 + (torch.special.ndtr(which) * count).long().minimum((count - 1).clamp(min=0))
        pick = (free.cumsum(1)[:, None] >= want[..., None]).to(torch.int8).argmax(2)
        taken = [a.gather(1, pick) for a in seen.arrays[:-2]]
        taken[1] = torch.where(count > 0, taken[1], ABSENT_DB)
        return Rays.of([*taken, own.east, own.north])

    def _seen(self, paths: Int64[Tensor, "n k"], east: Tensor, north: Tensor) -> Rays:
        """Return these paths of known channels, seen from each place."""
        taken = [a.flatten()[paths].reshape(-1, 1) for a in self.known.arrays[:-2]]
        at = [x[paths // PATHS].reshape(-1) for x in (self.known.east, self.known.north)]
        wide = [x[:, None].expand_as(paths).reshape(-1) for x in (east, north)]
        there = moved(Rays.of([*taken, *at]), wide[0], wide[1], self.frame.carrier_hz)
        return Rays.of([*(a.view_as(paths) for a in there.arrays[:-2]), east, north])

    def _wild(self, own: Rays, later: Float64[Tensor, "n p"], turned: Tensor) -> Rays:
        """Return paths that no known channel nearby has, by the law of the site."""
        straight = self.frame.straight(own.east, own.north)[0][:, None] / LIGHT_M_S
        middle, spread = self.reported.delay
        excess = (middle + spread * later).exp().clamp(max=LATEST_S)
        centre, width = self.reported.azimuth
        return replace(
            own,
            delay=straight + excess,
            loss=torch.full_like(own.loss, self.reported.loss[0]),
            azimuth_bs=(centre + width * turned).clamp(-math.pi / 2, math.pi / 2),
            bounces=torch.full_like(own.bounces, 2.0),
        )

    @cached_property
    def _near(self) -> Int64[Tensor, "e o k"]:
        """Indices of the known channels nearest to each cell of the site."""
        low, high = (torch.tensor(x) for x in (self.frame.low_m, self.frame.high_m))
        count = ((high - low) / CELL_M).ceil().to(torch.int64) + 1
        axes = [low[i] + CELL_M * torch.arange(int(count[i]), dtype=torch.float64) for i in (0, 1)]
        found = [
            self._nearest(places, NEIGHBOURS)
            for places in torch.cartesian_prod(*axes).split(AT_ONCE)
        ]
        return torch.cat(found).view(len(axes[0]), len(axes[1]), NEIGHBOURS)

    @cached_property
    def _pool(self) -> Int64[Tensor, "e o k"]:
        """Indices of distinct paths of the known channels nearest to each cell; -1 for none."""
        near = self._near.flatten(0, 1)
        at = torch.cartesian_prod(*(torch.arange(x) for x in self._near.shape[:2]))
        places = torch.tensor(self.frame.low_m, dtype=torch.float64) + CELL_M * at
        found = [
            self._different(*part)
            for part in zip(near.split(AT_ONCE), places.split(AT_ONCE), strict=True)
        ]
        return torch.cat(found).view(*self._near.shape[:2], POOL)

    def _different(
        self, near: Int64[Tensor, "n m"], places: Float64[Tensor, "n 2"]
    ) -> Int64[Tensor, "n k"]:
        paths = (near[:, :, None] * PATHS + torch.arange(PATHS)).flatten(1)
        seen = self._seen(paths, places[:, 0], places[:, 1])
        before = torch.ones(paths.shape[1], paths.shape[1], dtype=torch.bool).tril(-1)
        fresh = seen.present & ~(alike(seen, seen) & before).any(2)
        order = (~fresh).to(torch.int8).argsort(dim=1, stable=True)[:, :POOL]
        return torch.where(fresh.gather(1, order), paths.gather(1, order), -1)

    def _cell(self, cells: Int64[Tensor, "e o k"], east: Tensor, north: Tensor) -> Tensor:
        """Look up a map of cells at places."""
        at = [
            ((x - low) / CELL_M).round().to(torch.int64).clamp(0, size - 1)
            for x, low, size in zip((east, north), self.frame.low_m, cells.shape[:2], strict=True)
        ]
        return cells[at[0], at[1]]

    def _nearest(self, places: Float64[Tensor, "n 2"], count: int) -> Int64[Tensor, "n k"]:
        distance = torch.cdist(places, self._places)
        return distance.topk(count, largest=False, sorted=True).indices

    @cached_property
    def _places(self) -> Float64[Tensor, "m 2"]:
        return torch.stack([self.known.east, self.known.north], 1)

    @cached_property
    def reported(self) -> "TurnoverLaw":
        """Law estimated from each known channel and its neighbours, moved to its place."""
        brought, known, same, elsewhere, far = self._alongside()
        retained, old = same.any(2), same.any(1)
        gone, fresh = brought.present & ~retained, known.present & ~old
        straight = brought.bounces < 0.5
        loss = known.loss.gather(1, same.to(torch.int64).argmax(2))
        more = (fresh.sum(1) - gone.sum(1)).clamp(min=0)
        length = self.frame.straight(known.east, known.north)[0][:, None]
        reflected = known.present & (known.bounces > 0.5)
        wild = fresh & ~elsewhere & reflected
        wild = wild if wild.sum() > FEWEST else reflected
        excess = (known.delay - length / LIGHT_M_S).clamp(min=SOONEST_S)
        return TurnoverLaw(
            _rate(gone & straight, brought.present & straight, far),
            _rate(gone & ~straight, brought.present & ~straight, far),
            _ratio(float(more.sum()), float((~brought.present).sum())),
            _share(fresh & elsewhere, fresh),
            ErrorLaw.of((brought.loss - loss)[retained & straight]),
            ErrorLaw.of(((brought.loss - loss) / far[:, None])[retained & ~straight]),
            _normal(excess.log()[wild]),
            _normal(known.azimuth_bs[wild]),
            _normal(known.loss[wild]),
        )

    def _alongside(self) -> tuple[Rays, Rays, Tensor, Tensor, Tensor]:
        """Return neighbours moved to known places, the channels there, and the mask of equal paths.

        The last two are a mask of those channels' paths that another neighbour has, and the
        distance of neighbours.
        """
        near = self._nearest(self._places, NEIGHBOURS + 1)[:, 1:]
        distance = (self._places[near[:, :ALSO]] - self._places[:, None]).square().sum(2)
        at = (self.known.east, self.known.north, self.frame.carrier_hz)
        brought = [
            moved(Rays(*(a[near[:, j]] for a in self.known.arrays)), *at) for j in range(NEIGHBOURS)
        ]
        same = [alike(b, self.known) for b in brought]
        has = torch.stack([s.any(1) for s in same])
        others = [has[torch.arange(NEIGHBOURS) != j].any(0) for j in range(ALSO)]
        return (
            Rays(*(torch.cat(x) for x in zip(*(b.arrays for b in brought[:ALSO]), strict=True))),
            Rays(*(torch.cat([a] * ALSO) for a in self.known.arrays)),
            torch.cat(same[:ALSO]),
            torch.cat(others),
            torch.cat([_far(distance)] * ALSO),
        )


@dataclass(frozen=True, eq=False)
class ErrorLaw:
    """Empirical law of errors, made symmetric."""

    levels: Float64[Tensor, " k"]  # rising

    @classmethod
    def of(cls, errors: Float64[Tensor, " k"]) -> "ErrorLaw":
        """Fit from errors; with none given, the law is 0."""
        return cls(torch.cat([-errors, errors.new_zeros(2), errors]).sort().values)

    def at(self, numbers: Float64[Tensor, "n p"]) -> Float64[Tensor, "n p"]:
        """Return the quantiles of errors that correspond to these normal numbers."""
        place = torch.special.ndtr(numbers) * (len(self.levels) - 1)
        below = place.detach().long().clamp(max=len(self.levels) - 2)
        low, high = self.levels[below], self.levels[below + 1]
        found: Tensor = low + (place - below) * (high - low)
        return found


@dataclass(frozen=True)
class TurnoverLaw:
    """Rates at which paths vanish between neighbours, and the law of paths new to all of them."""

    straight_lost: float  # over each metre, of what is left
    reflected_lost: float
    filled: float  # of slots without a path
    near: float  # of new paths, those that some other neighbour has
    straight: ErrorLaw  # of what an image loses, in dB
    reflected: ErrorLaw  # the same over each metre
    delay: tuple[float, float]  # beyond the straight line: mean and spread of its logarithm
    azimuth: tuple[float, float]
    loss: tuple[float, float]


def alike(some: Rays, others: Rays) -> Bool[Tensor, "n p q"]:
    """Mask of equal pairs of paths."""
    apart_s = (some.delay[:, :, None] - others.delay[:, None]).abs()
    turned = turn(some.azimuth_bs[:, :, None] - others.azimuth_bs[:, None]).abs()
    there = some.present[:, :, None] & others.present[:, None]
    return there & (apart_s < SAME_M / LIGHT_M_S) & (turned < SAME_RAD)


def _far(square: Float64[Tensor, "n k"]) -> Float64[Tensor, " n"]:
    """Mean distance, from squares."""
    return square.clamp(min=LEAST_M**2).sqrt().mean(1)


def _rate(some: Bool[Tensor, "n p"], whole: Bool[Tensor, "n p"], far: Tensor) -> float:
    """Loss rate over each metre that gives the observed share lost at the mean distance."""
    mean = float((whole * far[:, None]).sum() / whole.sum().clamp(min=1)) or LEAST_M
    return -math.log1p(-_share(some, whole)) / mean


def _share(some: Bool[Tensor, "n p"], whole: Bool[Tensor, "n p"]) -> float:
    return _ratio(float(some.sum()), float(whole.sum()))


def _ratio(some: float, whole: float) -> float:
    """Laplace-smoothed ratio, since no data prove that something never happens."""
    return (some + 1) / (whole + 2)


def _normal(x: Float64[Tensor, " k"]) -> tuple[float, float]:
    return float(x.mean()), float(x.std())
