"""Figures of parts for a report: a shaded view, three cuts, and a gallery."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float64
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from ingenium.core.errors import InputError
from ingenium.core.scene import Mark, Scene, Shading
from ingenium.drawing import gallery as side_by_side
from ingenium.drawing import style
from ingenium.drawing.style import INK, SMALL, TEXT, panels
from ingenium.kits.solids.printing.mesh import Trimesh, mesh_of
from ingenium.kits.solids.printing.rendering import Look, pixels_per_m, render

DOTS = 100  # pixels of a picture along an inch of the figure
LITTLE = Look(width_px=330, height_px=270)
MM = 1000.0
UNTOLD = 0.62  # grey of corners without a value
LONGEST_BAR = 0.3  # of the picture's width


def shaded(
    mesh: Trimesh,
    *,
    title: str = "",
    look: Look | None = None,
    colours: Float64[np.ndarray, "v 3"] | None = None,
) -> Figure:
    """Plot a part seen from one side, with its size and a scale.

    Args:
        mesh: closed, faces outward; z points up.
        title: above the picture.
        look: the eye, the light and the size.
        colours: of each vertex, instead of one for all.
    """
    look = look or Look()
    size = (look.width_px / DOTS, look.height_px / DOTS + 0.55)
    figure, axes = style.plane(*size)
    _show(axes, mesh, look, colours)
    axes.set_title(title, fontsize=11, color=INK)
    x, y, z = mesh.extents * MM
    axes.set_xlabel(
        f"{x:.0f} x {y:.0f} x {z:.0f} mm, {mesh.volume * 1e6:.3g} cm³", fontsize=TEXT, color=INK
    )
    return figure


def gallery(
    meshes: Sequence[Trimesh],
    titles: Sequence[str],
    *,
    columns: int = 4,
    look: Look = LITTLE,
) -> Figure:
    """Plot parts side by side, each with its title, all from one side.

    Raises:
        InputError: for no part, or another number of titles than of parts.
    """
    if not meshes or len(meshes) != len(titles) or columns < 1:
        raise InputError("a title for each of at least one part", (len(titles), len(meshes)))
    return side_by_side(
        titles,
        lambda axes, i: _show(axes, meshes[i], look, None),
        size=(look.width_px / DOTS, look.height_px / DOTS + 0.3),
        columns=columns,
    )


def scene(
    title: str,
    mesh: Trimesh,
    shadings: tuple[Shading, ...] = (),
    marks: tuple[Mark, ...] = (),
) -> Scene:
    """Return an interactive view of a part."""
    vertices = np.asarray(mesh.vertices, dtype=np.float64)
    return Scene(title, vertices, np.asarray(mesh.faces, dtype=np.int64), shadings, marks)


def strained(scenes: Sequence[Scene], *, columns: int = 3, look: Look = LITTLE) -> Figure:
    """Plot bodies with their marks, coloured by the first of their values, one scale for each."""
    columns = min(columns, len(scenes))
    size = (look.width_px / DOTS, look.height_px / DOTS + 0.75)
    figure, grid = panels(-(-len(scenes) // columns), columns, size)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, one in zip(grid.flat, scenes, strict=False):
        mesh, colours = _coloured(one)
        _show(axes, mesh, look, colours)
        axes.set_title(one.title, fontsize=TEXT, color=INK)
        if one.shadings:
            first = one.shadings[0]
            style.scale_bar(figure, axes, style.strained(first.most), first.name)
    return figure


def _coloured(scene: Scene) -> tuple[Trimesh, Float64[np.ndarray, "v 3"]]:
    """A body and its marks as one mesh, with a colour at each corner."""
    own = np.tile(np.array(Look.colour), (len(scene.vertices_m), 1))
    if scene.shadings:
        first = scene.shadings[0]
        own = style.STRAINED(np.clip(first.values / first.most, 0.0, 1.0))[:, :3]
        own[~np.isfinite(first.values)] = UNTOLD
    parts = [(scene.vertices_m, scene.faces, own)]
    parts += [
        (m.vertices_m, m.faces, np.tile(to_rgb(m.colour), (len(m.vertices_m), 1)))
        for m in scene.acting(scene.shadings[0] if scene.shadings else None)
    ]
    firsts = np.cumsum([0, *(len(vertices) for vertices, _, _ in parts)])
    faces = [own + first for (_, own, _), first in zip(parts, firsts, strict=False)]
    mesh = mesh_of(np.concatenate([p[0] for p in parts]), np.concatenate(faces))
    return mesh, np.concatenate([p[2] for p in parts])


def sections(
    density: Float64[np.ndarray, "x y z"] | Bool[np.ndarray, "x y z"],
    cell_m: float,
    *,
    at_m: tuple[float, float, float] | None = None,
) -> Figure:
    """Plot three cuts through a field, all to one scale, with axes in millimetres.

    Args:
        density: share of each cell that is material.
        cell_m: edge of a cell.
        at_m: point that the cuts go through; the middle if None.

    Raises:
        InputError: for a point outside the field.
    """
    shape = np.array(density.shape)
    point = shape * cell_m / 2 if at_m is None else np.asarray(at_m, dtype=np.float64)
    cell = np.floor(point / cell_m + 1e-9).astype(int)
    if (cell < 0).any() or (cell >= shape).any():
        raise InputError("a point inside the field", at_m)
    size_mm = shape * cell_m * MM
    planes = ((0, 1, 2), (0, 2, 1), (1, 2, 0))  # across, up, and the axis that is cut
    widths = [float(size_mm[a]) for a, _, _ in planes]
    ratio = float(max(size_mm[b] for _, b, _ in planes)) / sum(widths)
    figure, grid = panels(1, 3, (9.5 / 3, min(1.0 + 8.0 * ratio, 7.5)), widths=widths)
    for axes, (a, b, c) in zip(grid[0], planes, strict=True):
        cut = np.asarray(density, dtype=np.float64).take(cell[c], c)  # axes stay in order
        style.field(axes, cut, (0.0, float(size_mm[a]), 0.0, float(size_mm[b])))
        _framed(axes, "xyz"[a], "xyz"[b], f"{'xyz'[c]} = {(cell[c] + 0.5) * cell_m * MM:.3g} mm")
    return figure


def _framed(axes: Axes, across: str, up: str, title: str) -> None:
    axes.set_title(title, fontsize=TEXT, color=INK)
    axes.set_xlabel(f"{across} (mm)", fontsize=TEXT, color=INK)
    axes.set_ylabel(f"{up} (mm)", fontsize=TEXT, color=INK)
    axes.tick_params(labelsize=SMALL, colors=INK, length=3)
    axes.locator_params(nbins=5)
    axes.spines[:].set_color("#b5b5b5")
    axes.spines[:].set_linewidth(0.8)


def _show(
    axes: Axes, mesh: Trimesh, look: Look, colours: Float64[np.ndarray, "v 3"] | None
) -> None:
    axes.imshow(render(mesh, look, colours=colours), interpolation="antialiased")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    _bar(axes, pixels_per_m(mesh, look) / MM, look)


def _bar(axes: Axes, pixels_per_mm: float, look: Look) -> None:
    """Scale bar at the lower left: a round length, to scale at the part's middle."""
    longest = LONGEST_BAR * look.width_px / pixels_per_mm
    power = 10.0 ** math.floor(math.log10(longest))
    length = max(m for m in (1, 2, 5) if m * power <= longest) * power
    x, y = 0.03 * look.width_px, 0.965 * look.height_px
    axes.plot([x, x + length * pixels_per_mm], [y, y], color=INK, lw=1.6, solid_capstyle="butt")
    axes.text(
        x, y - 0.012 * look.height_px, f"{length:g} mm", fontsize=SMALL, color=INK, va="bottom"
    )
