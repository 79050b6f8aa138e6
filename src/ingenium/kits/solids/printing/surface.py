"""Density fields as closed, smoothed surfaces at print size."""

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float64
from scipy import ndimage
from scipy.optimize import brentq

from ingenium.core.errors import EngineError, InputError
from ingenium.kits.solids.printing.mesh import (
    Faces,
    Trimesh,
    Vertices,
    check_closed,
    mesh_of,
    package,
    volume_m3,
)

BYTES = 2 * 2**30  # of the refined field; more is refused
CLEAR = 4e-3  # distance of the field from the surface's level, so that no triangle collapses
FAIRED = 0.6  # default width of the fairing, in cells
RIM = 0.05  # height of the chamfer at the faces of the box, in fine cells
CLOSE = 0.02  # largest relative error of the enclosed volume

Field = Float64[np.ndarray, "_ _ _"]
Marks = Float64[np.ndarray, " _"]
Region = Float64[np.ndarray, "_ _ _"] | Bool[np.ndarray, "_ _ _"]


def surface(
    density: Field,
    cell_m: float,
    *,
    level: float | None = None,
    fine: int = 2,
    smooth_m: float | None = None,
    solid: Region | None = None,
    void: Region | None = None,
) -> Trimesh:
    """Return the closed surface of a density field, from the corner of its first cell.

    The field is refined, faired by a Gaussian that mirrors at the box, and cut where the enclosed
    volume is the sum of the densities; then only the largest piece is retained. Faces of the box
    stay plane.

    Args:
        density: of each cell, between 0 and 1.
        cell_m: edge of a cell.
        level: of the faired field at the cut; chosen to preserve the volume if None.
        fine: fine cells along a cell.
        smooth_m: standard deviation of the fairing; 0.6 cells if None, 0 for none.
        solid: where material is required, for each cell or fine cell: true or false, or the share
            of it that is solid (shares of fine cells make round holes and bosses round).
        void: where material is forbidden, likewise; it overrides `solid`.

    Source: Lewiner et al., J. Graphics Tools 8(2), 2003 (marching cubes with topology).

    Raises:
        InputError: for densities beyond [0, 1], an empty field, or a field too large.
        EngineError: if no level preserves the volume, or the surface does not close.
    """
    _check(density, cell_m, fine)
    cut = _cut(density, fine, _width(smooth_m, cell_m, fine), solid, void)
    marks = [_marks(n * fine) * (cell_m / fine) for n in density.shape]
    return _meshed(cut, float(density.sum()) * cell_m**3, level, marks)


def solid_2d(
    density: Float64[np.ndarray, "x y"],
    cell_m: float,
    thickness_m: float,
    *,
    level: float | None = None,
    fine: int = 2,
    smooth_m: float | None = None,
) -> Trimesh:
    """Extrude a plane design to a plate from z = 0 to its thickness; otherwise like `surface`.

    Raises:
        InputError: for densities beyond [0, 1], an empty field, or a field too large.
        EngineError: if no level preserves the volume, or the surface does not close.
    """
    if not (thickness_m > 0 and math.isfinite(thickness_m)):
        raise InputError("a thickness above 0 m", thickness_m)
    _check(density[:, :, None], cell_m, fine)
    flat = _cut(density[:, :, None], fine, _width(smooth_m, cell_m, fine), None, None)

    def cut(at: float) -> Field:
        return np.repeat(flat(at)[:, :, :1], 2, 2)

    marks = [_marks(n * fine) * (cell_m / fine) for n in density.shape]
    rim = min(RIM * cell_m / fine, thickness_m / 8)
    across = np.array([-rim, rim, thickness_m - rim, thickness_m + rim])
    volume = float(density.sum()) * cell_m**2 * thickness_m
    return _meshed(cut, volume, level, [*marks, across])


def _check(density: Field, cell_m: float, fine: int) -> None:
    if not (cell_m > 0 and math.isfinite(cell_m)) or fine < 1:
        raise InputError("a cell above 0 m and at least one fine cell in it", (cell_m, fine))
    needed = 8 * math.prod(n * fine + 2 for n in density.shape)
    if needed > BYTES:
        raise InputError(
            f"a refined field of at most {BYTES / 2**30:.0f} GiB",
            f"{' x '.join(map(str, density.shape))} cells, refined {fine} times: "
            f"{needed / 2**30:.3g} GiB",
            "Take fewer cells or fine = 1.",
        )
    if density.size == 0 or not (density.min() >= -1e-9 and density.max() <= 1 + 1e-9):
        raise InputError("densities between 0 and 1", "others, or none", "Clip the field.")
    if not density.any():
        raise InputError("some material", "a density of 0 everywhere")


def _width(smooth_m: float | None, cell_m: float, fine: int) -> float:
    """Width of the fairing, in fine cells."""
    if smooth_m is not None and not smooth_m >= 0:
        raise InputError("a fairing of at least 0 m", smooth_m)
    return FAIRED * fine if smooth_m is None else smooth_m / cell_m * fine


def _marks(count: int) -> Marks:
    """Centres of fine cells, with one beyond each end.

    The outer ones move to the faces of the box, across which the field hardly changes: so the edges
    along the faces are sharp.
    """
    marks = np.arange(-1, count + 1) + 0.5
    marks[:2], marks[-2:] = (-RIM, RIM), (count - RIM, count + RIM)
    return marks


def _cut(
    density: Field, fine: int, width: float, solid: Region | None, void: Region | None
) -> Callable[[float], Field]:
    """Function from a level, shifted to one half, to the faired field with the fixed regions."""
    smooth = ndimage.gaussian_filter(_refined(density, fine), width, mode="nearest")
    held = _region(solid, density.shape, fine, "solid")
    free = _region(void, density.shape, fine, "void")

    def cut(at: float) -> Field:
        field = _raised(np.clip(smooth + (0.5 - at), 0.0, 1.0), held)
        field = 1 - _raised(1 - field, free)
        clear: Field = np.where(
            field >= 0.5, np.maximum(field, 0.5 + CLEAR), np.minimum(field, 0.5 - CLEAR)
        )
        return clear

    return cut


def _raised(field: Field, region: Region | None) -> Field:
    """Material of a region; for whole cells, only the material that the fairing removed."""
    if region is None:
        return field
    if region.dtype == bool:  # the faired field already passes one half at the region's walls
        region = region & (field < 0.5)
    raised: Field = np.maximum(field, region)
    return raised


def _refined(density: Field, fine: int) -> Field:
    """Trilinear between the centres of cells, constant beyond the outer ones."""
    field = density
    for axis, count in enumerate(density.shape):
        at = np.clip((np.arange(count * fine) + 0.5) / fine - 0.5, 0, count - 1)
        left = np.minimum(at.astype(int), max(count - 2, 0))
        right = np.minimum(left + 1, count - 1)
        weight = (at - left).reshape([-1 if a == axis else 1 for a in range(3)])
        field = field.take(left, axis) * (1 - weight) + field.take(right, axis) * weight
    return field


def _region(region: Region | None, shape: tuple[int, ...], fine: int, name: str) -> Region | None:
    if region is None:
        return None
    if region.shape == shape:
        for axis in range(3):
            region = np.repeat(region, fine, axis)
    if region.shape != tuple(n * fine for n in shape):
        raise InputError(
            f"`{name}` for each cell, {shape}, or each fine cell", f"an array of {region.shape}"
        )
    return region


def _meshed(
    cut: Callable[[float], Field],
    wanted_m3: float,
    level: float | None,
    marks: list[Marks],
) -> Trimesh:
    """The largest piece of the surface at the level, or at the volume-preserving one."""
    at = _level(cut, wanted_m3, marks) if level is None else level
    field = _largest(cut(at))
    vertices, faces = _marched(field, marks)
    try:
        check_closed(vertices, faces)
    except InputError as error:
        raise EngineError(f"the surface of the field does not close: {error}") from error
    return mesh_of(vertices, faces)


def _level(cut: Callable[[float], Field], wanted_m3: float, marks: list[Marks]) -> float:
    def excess(at: float) -> float:
        field = cut(at)
        if not (field > 0.5).any():
            return -1.0
        return volume_m3(*_marched(field, marks)) / wanted_m3 - 1

    low, high = 0.02, 0.98
    if not excess(low) >= 0 >= excess(high):
        raise EngineError("no level of the field encloses the sum of its densities")
    at = float(brentq(excess, low, high, xtol=1e-4, rtol=1e-4))
    left = excess(at)
    if abs(left) > CLOSE:
        raise EngineError(
            f"no level of the field encloses the sum of its densities: {left:+.1%} at {at:.3f}"
        )
    return at


def _largest(field: Field) -> Field:
    """Turn all pieces but the largest to void; cells are connected by their faces."""
    piece, count = ndimage.label(field > 0.5)
    if count == 0:
        raise EngineError("nothing of the field lies above the level")
    sizes = np.bincount(piece.ravel())[1:]
    dropped = (piece > 0) & (piece != 1 + sizes.argmax())
    return np.where(dropped, 1 - field, field)


def _marched(field: Field, marks: list[Marks]) -> tuple[Vertices, Faces]:
    """Marching cubes at one half, with the box closed exactly at its faces."""
    for axis in range(3):
        first, last = field.take([0], axis), field.take([-1], axis)
        beyond = [np.minimum(outer, 1 - outer) for outer in (first, last)]  # meet half way
        field = np.concatenate([beyond[0], field, beyond[1]], axis)
    found = package("skimage.measure").marching_cubes(field, 0.5, gradient_direction="ascent")
    place = np.asarray(found[0], dtype=np.float64)
    columns = [np.interp(place[:, a], np.arange(len(m)), m) for a, m in enumerate(marks)]
    return np.stack(columns, 1), np.asarray(found[1], dtype=np.int64)
