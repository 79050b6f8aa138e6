"""What a printer, a powder and a hand ask of a part: thickness, overhang, support, access.

Checks of voxels take a batch of masks and are as exact as their cells: a thickness or a gap is
right to one cell. Checks of a mesh take the surface itself.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64
from scipy import ndimage

from ingenium.core.errors import InputError
from ingenium.kits.solids.printing.mesh import Trimesh
from ingenium.kits.solids.printing.raster import cover

Masks = Bool[np.ndarray, "n x y z"]
PerDesign = Float64[np.ndarray, " n"]
Direction = Sequence[float | int]

EVERY = np.ones((3, 3, 3), dtype=bool)
FACES = ndimage.generate_binary_structure(3, 1)
APART = np.zeros((3, 3, 3, 3), dtype=bool)  # neighbours by faces, but none in another design
APART[1] = FACES
FINER = 2  # halves of cells make a wall of any number of cells even, so its middle is exact
COLUMNS = 200  # through a part along its longer side, where its support is measured
ON_PLATE = 1e-4  # of the height: faces so near to the lowest point rest on the plate


class Features(NamedTuple):
    """Smallest solid and smallest void of each design."""

    wall_m: PerDesign
    gap_m: PerDesign


class OverhangFaces(NamedTuple):
    """Faces that hang over nothing, and the support below them."""

    area_m2: float
    share: float  # of the whole surface
    support_m3: float  # columns from these faces down to the plate or to the part


def min_feature_m(
    mask: Masks,
    cell_m: float,
    *,
    wall_corner_deg: float = 60.0,
    gap_corner_deg: float = 45.0,
    within: int = 6,
) -> Features:
    """Smallest wall or strut and smallest gap or hole, by the balls that fit, in whole cells.

    A thickness is the diameter of the largest ball that can roll through all of the solid: it
    is too large where it leaves a part uncovered or can no longer pass a neck. What it leaves
    in corners does not count unless a corner is sharper than the angle that is given. A gap is
    the same of the void, open space around the part included. Plates and slots along the axes
    are exact; a round strut, of which a mask keeps only what fills half a cell, loses up to one
    cell and a quarter.

    Args:
        mask: where solid is.
        cell_m: edge of a cell.
        wall_corner_deg: solid corners of at least this angle are no thin walls.
        gap_corner_deg: notches of at least this angle are no gaps, nor, at 45 degrees, are
            holes and slots less deep than about twice their width.
        within: cells; a wall or gap at least so wide is given as infinite.

    Source: Serra, Image Analysis and Mathematical Morphology, 1982 (granulometry).

    Raises:
        InputError: for a design without any solid.
    """
    if not mask.any((1, 2, 3)).all():
        raise InputError("designs with some solid", "an empty one")
    walls, gaps = [], []
    for one in mask:  # distance transforms know no batch
        fine = one.repeat(FINER, 0).repeat(FINER, 1).repeat(FINER, 2)
        walls.append(_rolling(np.pad(fine, 1), wall_corner_deg, within))
        room = np.pad(~fine, within + 2, constant_values=True)
        gaps.append(_rolling(room, gap_corner_deg, within))
    return Features(np.array(walls) * cell_m, np.array(gaps) * cell_m)


def _rolling(solid: Bool[np.ndarray, "_ _ _"], corner_deg: float, within: int) -> float:
    """Diameter of the largest ball that covers the solid and passes its necks, in cells."""
    inner = ndimage.distance_transform_edt(solid)
    reach = 1 / math.sin(math.radians(corner_deg) / 2) - 1  # of a corner beyond the ball, in radii
    pieces = int(ndimage.label(solid, EVERY)[1])
    for radius in range(2, within + 1):  # in fine cells: as many as the ball is cells wide
        centres = inner >= radius
        if not centres.any() or ndimage.label(centres, EVERY)[1] != pieces:
            return radius - 1.0
        left = ndimage.distance_transform_edt(~centres)[solid].max() - radius
        if left > reach * radius + 1:
            return radius - 1.0
    return math.inf


def overhang(
    mesh: Trimesh, build_direction: Direction = (0.0, 0.0, 1.0), angle_deg: float = 45.0
) -> OverhangFaces:
    """Faces flatter than an angle that look down, but for those that rest on the plate.

    Args:
        mesh: closed, faces outward.
        build_direction: upward.
        angle_deg: between a face and the plate; what is steeper carries itself.

    Raises:
        InputError: for a direction of no length or an angle beyond [0, 90].
    """
    if not 0 <= angle_deg <= 90:
        raise InputError("an angle between 0 and 90 degrees", angle_deg)
    corners = (mesh.vertices @ _upright(build_direction).T)[mesh.faces]
    corners = np.asarray(corners - corners.min((0, 1)), dtype=np.float64)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    size = np.linalg.norm(normal, axis=1)
    flat = -normal[:, 2] > math.cos(math.radians(angle_deg)) * size
    hangs = flat & (corners[:, :, 2].max(1) > ON_PLATE * corners[:, :, 2].max())
    area = float(size[hangs].sum() / 2)
    return OverhangFaces(area, area / float(size.sum() / 2), _columns_m3(corners, hangs))


def _columns_m3(corners: Float64[np.ndarray, "t 3 3"], hangs: Bool[np.ndarray, " t"]) -> float:
    pitch = float(corners[:, :, :2].max()) / COLUMNS
    shape = tuple(int(n) for n in np.ceil(corners[:, :, :2].max((0, 1)) / pitch))
    hits = cover(corners[:, :, :2] / pitch, (shape[0], shape[1]))
    height = np.einsum("hi,hi->h", hits.weight, corners[hits.triangle, :, 2])
    column = hits.point[:, 0] * shape[1] + hits.point[:, 1]
    order = np.lexsort((height, column))
    column, height = column[order], height[order]
    first = np.concatenate([[True], column[1:] != column[:-1]])
    below = np.where(first, 0.0, np.concatenate([[0.0], height[:-1]]))
    return float((height - below)[hangs[hits.triangle[order]]].sum() * pitch**2)


def _upright(direction: Direction) -> Float64[np.ndarray, "3 3"]:
    """Rotation that turns a direction to z."""
    up = np.asarray(direction, dtype=np.float64)
    length = float(np.linalg.norm(up))
    if up.shape != (3,) or not (math.isfinite(length) and length > 0):
        raise InputError("a direction (x, y, z) of some length", tuple(direction))
    up = up / length
    aside = np.cross(up, np.eye(3)[np.abs(up).argmin()])
    aside /= np.linalg.norm(aside)
    return np.stack([np.cross(aside, up), aside, up])


def support_m3(mask: Masks, cell_m: float, *, axis: int = 2, upward: bool = True) -> PerDesign:
    """Volume of the columns below overhangs, down to the plate or to the part.

    A cell carries itself on the plate or if the cell below it or one of the four beside that
    one is solid: 45 degrees on cubic cells.
    """
    layers = np.moveaxis(mask, axis + 1, 1)
    layers = layers if upward else layers[:, ::-1]
    hanging = np.zeros_like(layers[:, 0])
    volume = np.zeros(len(mask))
    for i in range(layers.shape[1] - 1, -1, -1):  # from the top: what hangs is handed down
        solid = layers[:, i]
        carried = _spread(layers[:, i - 1]) if i else np.ones_like(solid)
        volume += (hanging & ~solid).sum((1, 2))
        hanging = np.where(solid, ~carried, hanging)
    return volume * cell_m**3


def _spread(layer: Bool[np.ndarray, "n a b"]) -> Bool[np.ndarray, "n a b"]:
    cross = ndimage.generate_binary_structure(2, 1)[None]
    spread: Bool[np.ndarray, "n a b"] = ndimage.binary_dilation(layer, cross)
    return spread


def trapped_m3(mask: Masks, cell_m: float, *, escape_m: float = 0.0) -> PerDesign:
    """Volume of void that powder cannot leave.

    Args:
        mask: where solid is.
        cell_m: edge of a cell.
        escape_m: width of the narrowest opening that powder runs through; any if 0.
    """
    radius = escape_m / cell_m / 2
    edge = math.ceil(radius) + 1
    room = np.pad(~mask, ((0, 0), *[(edge, edge)] * 3), constant_values=True)
    trapped = room & ~_from_outside(room)
    if radius > 0.5:
        inner = np.stack([ndimage.distance_transform_edt(one) for one in room])
        wide = inner - 0.5 >= radius
        caught = wide & ~_from_outside(wide)
        around = [ndimage.distance_transform_edt(~one) <= radius for one in caught if one.any()]
        trapped[caught.any((1, 2, 3))] |= np.array(around, dtype=bool).reshape(-1, *room.shape[1:])
    return np.asarray(trapped.sum((1, 2, 3)) * cell_m**3, dtype=np.float64)


def _from_outside(room: Masks) -> Masks:
    """Void that hangs together, by faces, with the first cell, which lies outside."""
    number = ndimage.label(room, APART)[0]
    reached: Masks = room & (number == number[:, :1, :1, :1])
    return reached


def accessible(
    mask: Masks, cell_m: float, directions: Sequence[Direction], *, radius_m: float = 0.0
) -> PerDesign:
    """Share of the surface's void cells that a straight tool reaches from outside.

    Args:
        mask: where solid is.
        cell_m: edge of a cell.
        directions: from the part to where a tool comes from.
        radius_m: of the tool.

    Raises:
        InputError: for no direction, or one of no length.
    """
    if not directions:
        raise InputError("at least one direction", "none")
    edge = math.ceil(radius_m / cell_m) + 1
    solid = np.pad(mask, ((0, 0), *[(edge, edge)] * 3))
    blocked = solid
    if radius_m > 0:
        away = [ndimage.distance_transform_edt(~one) for one in solid]
        blocked = (np.stack(away) - 0.5) * cell_m < radius_m
    reached = np.zeros_like(solid)
    for direction in directions:
        free = ~(blocked | _shadowed(blocked, _upright(direction)[2]))
        reached |= free
    if radius_m > 0:
        near = [ndimage.distance_transform_edt(~one) for one in reached]
        reached = (np.stack(near) - 0.5) * cell_m <= radius_m
    ball = FACES[None]
    surface = ndimage.binary_dilation(solid, ball) & ~solid
    count = surface.sum((1, 2, 3))
    return np.asarray((surface & reached).sum((1, 2, 3)) / np.maximum(count, 1), dtype=np.float64)


def _shadowed(blocked: Masks, towards: Float64[np.ndarray, " 3"]) -> Masks:
    """Cells from which a ray in the direction meets a blocked cell."""
    shape = blocked.shape[1:]
    dark = np.zeros_like(blocked)
    step = towards / np.abs(towards).max()
    for i in range(1, max(shape)):
        move = [int(m) for m in np.rint(step * i)]
        if any(abs(m) >= n for m, n in zip(move, shape, strict=True)):
            break
        here = tuple(slice(max(0, -m), n - max(0, m)) for m, n in zip(move, shape, strict=True))
        there = tuple(slice(max(0, m), n - max(0, -m)) for m, n in zip(move, shape, strict=True))
        dark[:, *here] |= blocked[:, *there]
    return dark


def clear_cylinder(
    mask: Masks,
    cell_m: float,
    start_m: Direction,
    direction: Direction,
    *,
    radius_m: float,
    length_m: float = math.inf,
) -> PerDesign:
    """Share of a cylinder's cells that are free, for a bolt and the key that turns it.

    Args:
        mask: where solid is.
        cell_m: edge of a cell.
        start_m: middle of the cylinder's first end.
        direction: from there along its axis.
        radius_m: of the cylinder.
        length_m: along the axis.

    Raises:
        InputError: for a direction of no length, or a cylinder that misses the grid.
    """
    place = (np.moveaxis(np.indices(mask.shape[1:]), 0, -1) + 0.5) * cell_m
    turned = (place - np.asarray(start_m)) @ _upright(direction).T
    within = (turned[..., 2] >= 0) & (turned[..., 2] <= length_m)
    inside = within & (np.hypot(turned[..., 0], turned[..., 1]) <= radius_m)
    if not inside.any():
        raise InputError("a cylinder that holds the middle of a cell", "none", "Check its place.")
    return np.asarray(1 - mask[:, inside].mean(1), dtype=np.float64)
