"""Toolpath of a nozzle through a part: rings along the outline, lines inside, and hops between."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float64

from ingenium.core.errors import EngineError, InputError
from ingenium.kits.solids.printing.mesh import Trimesh, package
from ingenium.kits.solids.printing.slicing import Area, outline

Line = Float64[np.ndarray, "_ 2"]
Share = Callable[[float], float]  # of material, at the height of a layer's middle

DENSE = 0.75  # share from which rings fill the gaps that lines would leave
LEVELS = ((2, 0.375), (4, 0.1875), (8, 0.0625))  # every n-th line, from which share
BITE = 0.25  # of a width; overlap of a line with the ring that ends it
ROUNDING = 0.02  # of a width; less is not worth another ring
NARROWEST = 0.6  # of a width; narrowest ring
SHORTEST = 1.0  # widths; shorter lines are not laid
SMOOTH = 0.02  # of a width; tolerance for leaving out corners of a ring


@dataclass(frozen=True)
class Bead:
    """Flattened strand of material that the nozzle lays, as high as a layer.

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
        """Cross-section of the bead."""
        return self.width_m * self.height_m


@dataclass(frozen=True)
class Pattern:
    """Fill pattern of the layers.

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
    """Corners of the path of the nozzle's tip, in order.

    Shapes: p corners.
    """

    corner_m: Float64[np.ndarray, "p 3"]
    volume_m3: Float64[np.ndarray, " p"]  # laid on the way to each corner; 0 where it travels
    height_m: Float64[np.ndarray, " p"]  # of the layer that is laid

    @property
    def laid(self) -> Bool[np.ndarray, " p"]:
        """True where material is laid on the way to each corner."""
        return np.asarray(self.volume_m3 > 0)

    @property
    def length_m(self) -> Float64[np.ndarray, " p"]:
        """Length of the way to each corner; 0 to the first."""
        steps = np.diff(self.corner_m, axis=0, prepend=self.corner_m[:1])
        return np.asarray(np.linalg.norm(steps, axis=1))

    @property
    def material_m3(self) -> float:
        """Total volume of material: length times section."""
        return float(self.volume_m3.sum())

    @property
    def layers_m(self) -> Float64[np.ndarray, " h"]:
        """Heights of the tip at which material is laid."""
        return np.unique(np.round(self.corner_m[self.laid, 2], 9))

    @staticmethod
    def joined(paths: "list[Toolpath]") -> "Toolpath":
        """Concatenate paths."""
        return Toolpath(
            np.concatenate([p.corner_m for p in paths]),
            np.concatenate([p.volume_m3 for p in paths]),
            np.concatenate([p.height_m for p in paths]),
        )


def everywhere(share: float) -> Share:
    """Return a function with the same share of material at all heights."""
    return lambda height_m: share


def toolpath(mesh: Trimesh, pattern: Pattern, share: Share) -> Toolpath:
    """Slice a closed mesh from its lowest point to its top, with layers cut at their middles.

    Rings along the outline come first. Where the requested share of a layer is at least `DENSE`,
    further rings fill the inside; elsewhere parallel lines, every second, fourth or eighth of those
    that would fill it, or none. Rings and lines lie above those of the layer below where the
    outline does.

    Raises:
        EngineError: if no layer takes a bead.
    """
    bead = pattern.bead
    low, high = float(mesh.bounds[0][2]), float(mesh.bounds[1][2])
    pen = _Pen(pattern)
    for number in range(round((high - low) / bead.height_m)):
        floor = low + number * bead.height_m
        middle = floor + bead.height_m / 2
        layer = _Layer(pattern, outline(mesh, middle), share(middle))
        direction = pattern.directions_deg[number % len(pattern.directions_deg)]
        pen.draw(layer.rings(), floor + bead.height_m, layer.width_m)
        pen.draw(layer.lines(math.radians(direction)), floor + bead.height_m, bead.width_m)
    return pen.path()


@dataclass(frozen=True, eq=False)
class _Layer:
    """One cut, and its fill."""

    pattern: Pattern
    outline: Area
    requested: float

    @cached_property
    def deepest_m(self) -> float:
        """Largest distance of an interior point from the outline."""
        parts = package("shapely").get_parts(self.outline)
        fine = ROUNDING / 4 * self.pattern.bead.width_m
        circles = package("shapely").maximum_inscribed_circle(parts, fine)
        return max((float(c.length) for c in circles), default=0.0)

    @cached_property
    def width_m(self) -> float:
        """Width of the rings, at most the bead's, so that whole rings fill to the deepest point."""
        width = self.pattern.bead.width_m
        count = math.ceil(self.deepest_m / width - ROUNDING)
        return max(self.deepest_m / count, NARROWEST * width) if count > 0 else width

    def rings(self) -> list[Line]:
        """Return closed rings along the outline, and inside of them where the share is dense."""
        width, shapely = self.width_m, package("shapely")
        count = math.ceil(self.deepest_m / width - ROUNDING)
        if self.requested < DENSE:
            count = min(count, self.pattern.rings)
        depths = -(np.arange(count) + 0.5) * width
        inner = shapely.simplify(shapely.buffer(self.outline, depths), SMOOTH * width)
        loops = shapely.get_rings(shapely.get_parts(inner))
        long = loops[shapely.length(loops) >= 2 * SHORTEST * width]
        return [shapely.get_coordinates(loop) for loop in long]

    def lines(self, angle: float) -> list[Line]:
        """Return parallel lines where the share is not dense, from ring to ring."""
        every = next((every for every, least in LEVELS if self.requested >= least), 0)
        if self.requested >= DENSE or not every:
            return []
        shapely, width = package("shapely"), self.pattern.bead.width_m
        inner = shapely.buffer(self.outline, -self.pattern.rings * self.width_m - BITE * width)
        if inner.is_empty:
            return []
        along = np.array([math.cos(angle), math.sin(angle)])
        across = np.array([-along[1], along[0]])
        corners = shapely.get_coordinates(inner)
        places, ways = corners @ across / width, corners @ along
        number = np.arange(math.ceil(places.min()), math.floor(places.max()) + 1)
        at = number[number % every == 0][:, None] * width * across
        ends = np.stack([at + ways.min() * along, at + ways.max() * along], 1)
        cut = shapely.get_parts(shapely.intersection(shapely.linestrings(ends), inner))
        long = cut[shapely.length(cut) >= SHORTEST * width]
        return [shapely.get_coordinates(one) for one in long]


class _Pen:
    """Moves along lines one after the other, the nearest end first, with hops between."""

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
        """Return the toolpath of all laid lines.

        Raises:
            EngineError: if there is none.
        """
        if not self.corners:
            raise EngineError("no layer of the part is wide enough for a bead")
        volume = np.concatenate(self.volumes)
        height = np.full(len(volume), self.pattern.bead.height_m)
        return Toolpath(np.concatenate(self.corners), volume, height)


def _gap(a: Float64[np.ndarray, " 2"], b: Float64[np.ndarray, " 2"]) -> float:
    return math.hypot(float(a[0] - b[0]), float(a[1] - b[1]))


def _begun(ring: Line, at: Float64[np.ndarray, " 2"]) -> Line:
    """A ring that starts at its corner nearest to the nozzle."""
    first = int(np.linalg.norm(ring[:-1] - at, axis=1).argmin())
    return np.concatenate([ring[first:-1], ring[: first + 1]])
