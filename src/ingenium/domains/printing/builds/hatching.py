"""Hatch vectors of layers: lines cut by the part's triangles, and split at borders of regions.

Coordinates are micrometres, whole in the result. The box of the part begins at the origin.

Shapes: t triangles, h layers, m vectors.
"""

import math
from typing import NamedTuple, no_type_check

import numpy as np
from jaxtyping import Float64, Int8, Int64
from numba import njit

from ingenium.core.errors import EngineError

CORE, SKIN, SUPPORT = 0, 1, 2  # regions
REGIONS = ("core", "down-skin", "support")
SHORTEST_UM = 40.0  # shorter vectors are not scanned
MOST = 6_000_000  # vectors of a plan
OFF_UM = 0.013  # of lines, so that none runs through whole micrometres


class ScanVectors(NamedTuple):
    """Scan vectors in their order; layers count from 0."""

    layer: Int64[np.ndarray, " m"]
    region: Int8[np.ndarray, " m"]
    ends_um: Int64[np.ndarray, "m 4"]  # x and y of start and end

    @property
    def length_um(self) -> Float64[np.ndarray, " m"]:
        """Length of each vector."""
        e = self.ends_um
        return np.asarray(np.hypot(e[:, 2] - e[:, 0], e[:, 3] - e[:, 1]), dtype=np.float64)


class Raster(NamedTuple):
    """Regions on cubes: where the inside of the part is down-skin, and the outside is support."""

    skin: Int8[np.ndarray, "x y z"]
    support: Int8[np.ndarray, "x y z"]
    cell_um: float


class Hatch(NamedTuple):
    """Distances of lines in each region, and their turn from layer to layer."""

    layer_um: float
    core_um: float
    skin_um: float
    support_um: float
    turn_deg: float


def hatched(corners_um: Float64[np.ndarray, "t 3 3"], raster: Raster, hatch: Hatch) -> ScanVectors:
    """Hatch all layers of a part, each cut at its middle, serpentine within a region.

    Raises:
        EngineError: for more vectors than a plan may have.
    """
    low, high = corners_um[:, :, 2].min(1), corners_um[:, :, 2].max(1)
    count = max(1, math.ceil(high.max() / hatch.layer_um - 1e-9))
    order = np.argsort(low, kind="stable")
    ground, high = np.ascontiguousarray(corners_um[order]), high[order]
    room = 1 << 20  # memory is taken where it is written
    while True:
        layer, region = np.empty(room, np.int64), np.empty(room, np.int8)
        ends = np.empty((room, 4), np.int64)
        found = _hatch(ground, low[order], high, raster, tuple(map(float, hatch)), count,
                       layer, region, ends)  # fmt: skip
        if found <= room:
            return ScanVectors(layer[:found].copy(), region[:found].copy(), ends[:found].copy())
        room = int(found)
        if room > MOST:
            raise EngineError(f"a plan of {room} vectors, of at most {MOST}: scale the part down")


@njit(cache=True, nogil=True)
@no_type_check  # compiled: no annotation is executed
def _hatch(corners, low, high, raster, hatch, count, layer_out, region_out, ends_out):
    """Write vectors; return their number, also where there is no room for all."""
    layer_um, core_um, skin_um, support_um, turn = hatch
    spacing = (core_um, skin_um, support_um)
    segments = np.empty((len(corners), 4))
    n, wide = 0, raster.skin.shape
    box = (wide[0] * raster.cell_um, wide[1] * raster.cell_um)
    for h in range(count):
        z = (h + 0.5) * layer_um
        m = _section(corners, low, high, z, segments)
        k = min(int(z / raster.cell_um), wide[2] - 1)
        for region in range(3):
            marks = raster.support if region == 2 else raster.skin
            wanted = 0 if region == 0 else 1
            if region and not marks[:, :, k].any():
                continue
            angle = 0.0 if region == 2 else np.deg2rad((turn * h) % 360.0)
            ca, sa = np.cos(angle), np.sin(angle)
            reach = abs(sa) * box[0] + abs(ca) * box[1]
            first = min(-sa * box[0], 0.0) + min(ca * box[1], 0.0)
            begin = int(np.ceil(first / spacing[region]))
            lines = int((first + reach) / spacing[region]) + 1 - begin
            starts, cuts = _cross(segments, m, ca, sa, begin, lines, spacing[region])
            for i in range(lines):
                line = begin + i
                across = line * spacing[region] + OFF_UM
                own = cuts[starts[i] : starts[i + 1]]
                own.sort()
                n = _pieces(own, len(own), region, (ca, sa, across), marks[:, :, k], wanted,
                            (raster.cell_um, box[0], box[1], line % 2), h, n, layer_out,
                            region_out, ends_out)  # fmt: skip
    return n


@njit(cache=True, nogil=True)
@no_type_check  # compiled: no annotation is executed
def _section(corners, low, high, z, segments):
    """Segments of a cut; corners on the plane lie above."""
    m = 0
    for t in range(len(corners)):
        if low[t] > z:
            break
        if high[t] < z:
            continue
        found = 0
        for i in range(3):
            a, b = corners[t, i], corners[t, (i + 1) % 3]
            if (a[2] >= z) != (b[2] >= z):
                share = (z - a[2]) / (b[2] - a[2])
                segments[m, 2 * found] = a[0] + share * (b[0] - a[0])
                segments[m, 2 * found + 1] = a[1] + share * (b[1] - a[1])
                found += 1
        if found == 2:
            m += 1
    return m


@njit(cache=True, nogil=True)
@no_type_check  # compiled: no annotation is executed
def _cross(segments, m, ca, sa, begin, lines, spacing):
    """Places at which lines meet the outline, line by line: where each begins, and all of them."""
    starts = np.zeros(lines + 1, np.int64)
    cuts = np.empty(0)
    for fill in range(2):
        at = starts[:-1].copy()
        for s in range(m):
            x0, y0, x1, y1 = segments[s]
            v0, v1 = ca * y0 - sa * x0 - OFF_UM, ca * y1 - sa * x1 - OFF_UM
            # A line at its distance d crosses where (v0 >= d) differs from (v1 >= d).
            low, high = min(v0, v1), max(v0, v1)
            first = max(int(np.floor(low / spacing)) - begin, 0)
            last = min(int(np.floor(high / spacing)) + 1 - begin, lines - 1)
            for i in range(first, last + 1):
                d = (begin + i) * spacing
                if (v0 >= d) != (v1 >= d):
                    if fill:
                        u0 = ca * x0 + sa * y0
                        share = (v0 - d) / (v0 - v1)
                        cuts[at[i]] = u0 + share * (ca * x1 + sa * y1 - u0)
                    at[i] += 1
        if not fill:
            total = 0
            for i in range(lines):
                count = at[i]
                starts[i] = total
                total += count
            starts[lines] = total
            cuts = np.empty(total)
    return starts, cuts


@njit(cache=True, nogil=True)
@no_type_check  # compiled: no annotation is executed
def _pieces(cuts, c, region, line, marks, wanted, frame, h, n, layer_out, region_out, ends_out):
    """Write the pieces of a line inside the part, or outside of it for supports."""
    ca, sa, across = line
    cell, wide, deep, back = frame
    step = 0.5 * cell
    last = c // 2 if region < 2 else c // 2 + 1
    reach = wide + deep
    for p in range(last):
        q = last - 1 - p if back else p
        if region < 2:
            start, end = cuts[2 * q], cuts[2 * q + 1]
        else:
            start = cuts[2 * q - 1] if q else -reach
            end = cuts[2 * q] if 2 * q < c else reach
        steps = max(1, int(np.ceil((end - start) / step)))
        size = (end - start) / steps
        begin = -1
        for i in range(steps + 1):
            inside = False
            if i < steps:
                at = start + (i + 0.5) * size if not back else end - (i + 0.5) * size
                x, y = ca * at - sa * across, sa * at + ca * across
                a, b = int(np.floor(x / cell)), int(np.floor(y / cell))
                if 0 <= a < marks.shape[0] and 0 <= b < marks.shape[1]:
                    inside = marks[a, b] == wanted
                else:
                    inside = region == 0
            if inside and begin < 0:
                begin = i
            if not inside and begin >= 0:
                if (i - begin) * size >= SHORTEST_UM:
                    if n < len(layer_out):
                        u0 = start + begin * size if not back else end - begin * size
                        u1 = start + i * size if not back else end - i * size
                        layer_out[n], region_out[n] = h, region
                        ends_out[n, 0] = int(np.rint(ca * u0 - sa * across))
                        ends_out[n, 1] = int(np.rint(sa * u0 + ca * across))
                        ends_out[n, 2] = int(np.rint(ca * u1 - sa * across))
                        ends_out[n, 3] = int(np.rint(sa * u1 + ca * across))
                    n += 1
                begin = -1
    return n
