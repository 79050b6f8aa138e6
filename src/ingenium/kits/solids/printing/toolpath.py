"""The way of a nozzle through a part: rings along the outline, lines inside, and hops between."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy import ndimage

from ingenium.core.errors import EngineError, InputError
from ingenium.kits.solids.printing.mesh import Trimesh, package
from ingenium.kits.solids.printing.slicing import Raster, depth_m, section

Line = Float64[np.ndarray, "_ 2"]
Share = Callable[[Float64[np.ndarray, "q 3"]], Float64[np.ndarray, " q"]]

FINER = 6  # points of the raster along the width of a bead
STEP = 0.25  # of a bead's width, between points where the share is asked for
DENSE = 0.75  # share from which rings fill what lines would leave open
LEVELS = ((8, 0.0625), (4, 0.1875), (2, 0.375))  # every so many lines, from which share
BITE = 0.25  # of a width, by which a line runs into the ring that ends it
ROUNDING = 0.02  # of a width, that is not worth another ring
NARROWEST = 0.6  # of a width, that the nozzle lays
SHORTEST = 1.0  # widths; what is shorter is not laid
SMOOTH = 0.02  # of a width, by which corners may be left out of a ring


@dataclass(frozen=True)
class Bead:
    """What the nozzle lays down, pressed flat: as wide as told and as high as a layer.

    Raises:
        InputError: for a bead that is not wider than high.
    """

    width_m: float
    height_m: float

    def __post_init__(self) -> None:
        if not 0 < self.height_m <= self.width_m < math.inf:
            raise InputError(
                "a bead above 0 m that is at least as wide as high", (self.width_m, self.height_m)
            )

    @property
    def section_m2(self) -> float:
        """Across its way."""
        return self.width_m * self.height_m


@dataclass(frozen=True)
class Pattern:
    """How layers are filled.

    Raises:
        InputError: for no ring or no direction.
    """

    bead: Bead
    rings: int = 1  # along the outline, whatever share is asked for
    directions_deg: tuple[float, ...] = (0.0,)  # of lines, from layer to layer, then again
    hop_m: float = 0.0  # by which the nozzle rises to travel; 0 drags it over what is laid

    def __post_init__(self) -> None:
        if self.rings < 1 or not self.directions_deg or not self.hop_m >= 0:
            raise InputError(
                "at least one ring, one direction and a hop of at least 0 m",
                (self.rings, self.directions_deg, self.hop_m),
            )


@dataclass(frozen=True, eq=False)
class Toolpath:
    """Corners in the order in which the tip of the nozzle comes to them.

    Shapes: p corners.
    """

    corner_m: Float64[np.ndarray, "p 3"]
    volume_m3: Float64[np.ndarray, " p"]  # laid on the way to each corner; 0 where it travels
    height_m: Float64[np.ndarray, " p"]  # of the layer that is laid

    @property
    def laid(self) -> Bool[np.ndarray, " p"]:
        """Whether material is laid on the way to each corner."""
        return np.asarray(self.volume_m3 > 0)

    @property
    def length_m(self) -> Float64[np.ndarray, " p"]:
        """Of the way to each corner; 0 to the first."""
        steps = np.diff(self.corner_m, axis=0, prepend=self.corner_m[:1])
        return np.asarray(np.linalg.norm(steps, axis=1))

    @property
    def material_m3(self) -> float:
        """All that is laid: length times section."""
        return float(self.volume_m3.sum())

    @property
    def layers_m(self) -> Float64[np.ndarray, " h"]:
        """Heights of the tip at which material is laid."""
        return np.unique(np.round(self.corner_m[self.laid, 2], 9))

    @staticmethod
    def joined(paths: "list[Toolpath]") -> "Toolpath":
        """One after the other."""
        return Toolpath(
            np.concatenate([p.corner_m for p in paths]),
            np.concatenate([p.volume_m3 for p in paths]),
            np.concatenate([p.height_m for p in paths]),
        )


def everywhere(share: float) -> Share:
    """The same share of material at all points."""
    return lambda at_m: np.full(len(at_m), share)


def toolpath(mesh: Trimesh, pattern: Pattern, share: Share) -> Toolpath:
    """Layers from the lowest point of a closed mesh to its top, cut at their middles.

    Rings along the outline come first. Where the share that is asked for is at least `DENSE`,
    further rings fill the inside; elsewhere parallel lines, every second, fourth or eighth of
    those that would fill it, or none. Rings and lines lie above those of the layer below where
    the outline does.

    Raises:
        EngineError: if no layer takes a bead.
    """
    bead = pattern.bead
    low, high = float(mesh.bounds[0][2]), float(mesh.bounds[1][2])
    raster = Raster.around(mesh, bead.width_m / FINER, 2 * bead.width_m)
    pen = _Pen(pattern)
    for number in range(round((high - low) / bead.height_m)):
        floor = low + number * bead.height_m
        depth = depth_m(section(mesh, floor + bead.height_m / 2), raster)
        at_layer = _Layer(pattern, raster, depth, floor + bead.height_m / 2, share)
        direction = pattern.directions_deg[number % len(pattern.directions_deg)]
        lines = at_layer.lines(math.radians(direction))
        pen.draw(at_layer.rings(), floor + bead.height_m, at_layer.width_m)
        pen.draw(lines, floor + bead.height_m, bead.width_m)
    return pen.path()


@dataclass(frozen=True, eq=False)
class _Layer:
    """One cut, and what fills it."""

    pattern: Pattern
    raster: Raster
    depth: Float64[np.ndarray, "a b"]
    middle_m: float
    share: Share

    @cached_property
    def width_m(self) -> float:
        """Of the rings: at most that of the bead, so that whole ones fill to the deepest point."""
        deepest, width = float(self.depth.max()), self.pattern.bead.width_m
        count = math.ceil(deepest / width - ROUNDING)
        return max(deepest / count, NARROWEST * width) if count > 0 else width

    def rings(self) -> list[Line]:
        """Closed ones along the outline, then those, or parts of them, that the share asks for."""
        width = self.width_m
        found: list[Line] = []
        measure = package("skimage.measure")
        for number in range(math.ceil(max(float(self.depth.max()), 0.0) / width - ROUNDING)):
            loops = measure.find_contours(self.depth, (number + 0.5) * width)
            for loop in loops:
                flat = measure.approximate_polygon(loop, SMOOTH * FINER)
                ring = np.asarray(self.raster.low_m) + flat * self.raster.pitch_m
                if _length(ring) < 2 * SHORTEST * width:
                    continue
                found += [ring] if number < self.pattern.rings else self._dense(ring)
        return found

    def _dense(self, ring: Line) -> list[Line]:
        """Runs of a ring where the share is dense; the whole ring stays closed."""
        fine = _divided(ring, STEP * self.pattern.bead.width_m)
        kept = self._asked(fine) >= DENSE
        if kept.all():
            return [ring]
        if not kept.any():
            return []
        turn = int((~kept).argmax())  # begin in a gap, so that no run crosses the end
        fine = np.roll(fine[:-1], -turn, axis=0)
        kept = np.roll(kept[:-1], -turn)
        return self._long([fine[a:b] for a, b in _runs(kept)])

    def lines(self, angle: float) -> list[Line]:
        """Parallel ones where the share is not dense, from ring to ring."""
        width = self.pattern.bead.width_m
        along = np.array([math.cos(angle), math.sin(angle)])
        across = np.array([-along[1], along[0]])
        low, high = np.asarray(self.raster.low_m), self._high
        corners = np.array([low, (low[0], high[1]), (high[0], low[1]), high])
        (first, last), (start, stop) = (
            ((corners @ axis).min(), (corners @ axis).max()) for axis in (across, along)
        )
        places = np.arange(start, stop, STEP * width / 2)
        found: list[Line] = []
        for j in range(math.ceil(first / width), math.floor(last / width) + 1):
            needed = next((least for every, least in LEVELS if j % every == 0), math.inf)
            if needed <= DENSE:
                points = places[:, None] * along + j * width * across
                kept = self._open(points, needed)
                found += self._long([points[a:b] for a, b in _runs(kept)])
        return [run[[0, -1]] for run in found]

    @property
    def _high(self) -> Float64[np.ndarray, " 2"]:
        return np.asarray([self.raster.x_m[-1], self.raster.y_m[-1]])

    def _open(self, points: Line, needed: float) -> Bool[np.ndarray, " _"]:
        """Points inside the rings that ask for such a line and not for more rings."""
        at = (points - np.asarray(self.raster.low_m)) / self.raster.pitch_m
        depth = ndimage.map_coordinates(self.depth, at.T, order=1, cval=-1.0)
        inside = depth >= self.pattern.rings * self.width_m + BITE * self.pattern.bead.width_m
        if inside.any():
            asked = self._asked(points[inside])
            inside[inside] = (asked >= needed) & (asked < DENSE)
        return np.asarray(inside)

    def _asked(self, points: Line) -> Float64[np.ndarray, " _"]:
        return self.share(np.column_stack([points, np.full(len(points), self.middle_m)]))

    def _long(self, runs: list[Line]) -> list[Line]:
        shortest = SHORTEST * self.pattern.bead.width_m
        return [run for run in runs if len(run) > 1 and _length(run) >= shortest]


class _Pen:
    """Draws lines one after the other, the nearest end first, with hops between."""

    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern
        self.corners: list[Float64[np.ndarray, "q 3"]] = []
        self.volumes: list[Float64[np.ndarray, " q"]] = []
        self.at = np.zeros(2)

    def draw(self, lines: list[Line], top_m: float, width_m: float) -> None:
        """Lay beads of a width along lines, at a height of the tip."""
        section_m2 = width_m * self.pattern.bead.height_m
        left = list(lines)
        while left:
            gaps = [min(_gap(line[0], self.at), _gap(line[-1], self.at)) for line in left]
            line = left.pop(int(np.argmin(gaps)))
            if _gap(line[0], line[-1]) < 1e-9:
                line = _begun(line, self.at)
            elif _gap(line[-1], self.at) < _gap(line[0], self.at):
                line = line[::-1]
            self._travel(line[0], top_m)
            steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
            self._go(line[1:], top_m, steps * section_m2)

    def _travel(self, to: Float64[np.ndarray, " 2"], top_m: float) -> None:
        above = top_m + self.pattern.hop_m
        if self.corners and self.pattern.hop_m > 0:
            self._go(self.at[None], above, np.zeros(1))
        self._go(to[None], above, np.zeros(1))
        if self.pattern.hop_m > 0:
            self._go(to[None], top_m, np.zeros(1))

    def _go(self, line: Line, z_m: float, volume: Float64[np.ndarray, " q"]) -> None:
        self.corners.append(np.column_stack([line, np.full(len(line), z_m)]))
        self.volumes.append(volume)
        self.at = line[-1]

    def path(self) -> Toolpath:
        """All that was drawn.

        Raises:
            EngineError: if nothing was.
        """
        if not self.corners:
            raise EngineError("no layer of the part is wide enough for a bead")
        volume = np.concatenate(self.volumes)
        height = np.full(len(volume), self.pattern.bead.height_m)
        return Toolpath(np.concatenate(self.corners), volume, height)


def _gap(a: Float64[np.ndarray, " 2"], b: Float64[np.ndarray, " 2"]) -> float:
    return math.hypot(float(a[0] - b[0]), float(a[1] - b[1]))


def _length(line: Line) -> float:
    return float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())


def _begun(ring: Line, at: Float64[np.ndarray, " 2"]) -> Line:
    """A ring that starts at its corner nearest to where the nozzle is."""
    first = int(np.linalg.norm(ring[:-1] - at, axis=1).argmin())
    return np.concatenate([ring[first:-1], ring[: first + 1]])


def _divided(line: Line, step_m: float) -> Line:
    """With points on it at most a step apart."""
    parts = [line[:1]]
    for a, b in pairwise(line):
        count = max(1, math.ceil(_gap(a, b) / step_m))
        parts.append(a + (b - a) * (np.arange(1, count + 1) / count)[:, None])
    return np.concatenate(parts)


def _runs(kept: Bool[np.ndarray, " p"]) -> Int64[np.ndarray, "r 2"]:
    """First and behind the last of each row of neighbours that are kept."""
    edges = np.diff(np.concatenate([[0], kept.astype(np.int8), [0]]))
    return np.stack([np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)], 1).astype(np.int64)
