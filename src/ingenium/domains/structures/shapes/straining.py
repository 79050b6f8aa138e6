"""Stress and displacement of shapes under their loads: figures in the plane, views in space.

Shapes: n designs, l load cases, f displacements.
"""

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from torch import Tensor

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.scene import Scene
from ingenium.domains.structures.shapes.box import DesignBox
from ingenium.domains.structures.shapes.drawing import loads_and_supports
from ingenium.domains.structures.shapes.stl import body
from ingenium.domains.structures.shapes.stress_cells import read
from ingenium.domains.structures.shapes.verifier import ShapeVerifier
from ingenium.drawing import style
from ingenium.drawing.style import INK, TEXT, panels, scale_bar
from ingenium.kits.solids.acting import MM, MPA, acting, borne
from ingenium.kits.solids.elastic.critical import CriticalVolume
from ingenium.kits.solids.printing.pictures import scene, strained

SWAY = 0.06  # of the box; length of the largest displacement in the plot
WIDE = 4.7  # inches of a drawing
GREY = "#c8ced3"  # material whose stress is not read


def section(box: DesignBox, shown: xr.Dataset) -> Section:
    """Solve some shapes again and plot each under its most demanding case."""
    numbers = box.requested(shown)
    flat = torch.from_numpy(shown["density"].to_numpy()).flatten(1)
    load = box.loading.forces(numbers, len(flat))
    moved = box.elastic.solve(ShapeVerifier(box).moduli(flat), load)
    radius_m = box.settings.stress_radius_m
    volume = CriticalVolume(box.elastic, radius_m)
    calm = read(box.grid, box.elastic.fixed, load, radius_m)
    modulus = box.settings.material.modulus_pa
    stress = [
        volume.field_pa(volume.cell_pa2(modulus, u), own, known)
        for u, own, known in zip(moved, flat, calm, strict=True)
    ]
    text = (
        "Each shape under the load case that strains it most: von Mises stress as it is judged, a "
        f"mean over {MM * radius_m:.3g} mm, grey near points that bear a force or hold the shape, "
        "where it is not read."
    )
    names = [f"design {i}" for i in shown[DESIGN].to_numpy()]
    if box.grid.dim == 3:
        scenes = tuple(
            _scene(box, volume, *one) for one in zip(names, flat, load, moved, stress, strict=True)
        )
        return Section("Loads, supports and stress", text, strained(scenes), scenes=scenes)
    text += " Next to it the displacement, exaggerated."
    nx, ny = box.grid.cells
    edge = 0.2 * max(nx, ny)
    figure, grid = panels(len(names), 2, (WIDE, WIDE * (ny + 2 * edge) / (nx + 2 * edge) + 0.8))
    for i, name in enumerate(names):
        case = int(np.nan_to_num(stress[i]).reshape(len(stress[i]), -1).max(1).argmax())
        reported = name if len(load[i]) == 1 else f"{name}, {box.loading.cases[case]}"
        grid[i, 0].set_title(reported, fontsize=TEXT, color=INK)
        own = flat[i].view(box.grid.cells).numpy() >= 0.5
        _stress(figure, grid[i, 0], MPA * stress[i][case], own)
        loads_and_supports(grid[i, 0], box, numbers, i, case)
        _moved(figure, grid[i, 1], moved[i, case], own)
        for axes in grid[i]:
            axes.set(xlim=(-edge, nx + edge), ylim=(-edge, ny + edge), aspect="equal")
            axes.set_axis_off()
    return Section("Stress and displacement", text, figure)


def _scene(
    box: DesignBox,
    volume: CriticalVolume,
    name: str,
    flat: Float64[Tensor, " e"],
    load: Float64[Tensor, "l f"],
    moved: Float64[Tensor, "l f"],
    stress: Float64[np.ndarray, "l x y z"],
) -> Scene:
    mesh = body(box.grid, flat.view(box.grid.cells).numpy())
    reported = borne(volume, stress, moved, box.loading.cases, mesh, flat >= 0.5)
    acts = acting(box.grid, box.elastic.fixed, box.loading.cases, load)
    return scene(name, mesh, reported, acts)


def _stress(
    figure: Figure, axes: Axes, field: Float64[np.ndarray, "x y"], filled: np.ndarray
) -> None:
    """Stress over the cells that are material."""
    nx, ny = field.shape
    grey = np.where(filled, 1.0, np.nan)
    x, y = np.arange(nx + 1), np.arange(ny + 1)
    axes.pcolormesh(x, y, grey.T, cmap=ListedColormap([GREY]), vmin=0, vmax=1)
    _mapped(figure, axes, "stress (MPa)", x, y, np.where(filled, field, np.nan))


def _moved(figure: Figure, axes: Axes, moved: Float64[Tensor, " f"], filled: np.ndarray) -> None:
    """The deformed shape, coloured by displacement."""
    nodes = tuple(n + 1 for n in filled.shape)
    along, up = moved.view(*nodes, 2).numpy().transpose(2, 0, 1)
    far = np.hypot(along, up)
    each = (far[:-1, :-1] + far[1:, :-1] + far[:-1, 1:] + far[1:, 1:]) / 4
    scale = SWAY * max(filled.shape) / max(float(each[filled].max()), 1e-300)
    x, y = np.indices(nodes)
    touched = np.zeros(nodes, dtype=bool)
    for a, b in ((0, 0), (0, 1), (1, 0), (1, 1)):
        touched[a : a + filled.shape[0], b : b + filled.shape[1]] |= filled
    x, y = x + scale * np.where(touched, along, 0.0), y + scale * np.where(touched, up, 0.0)
    _mapped(figure, axes, "displacement (mm)", x.T, y.T, MM * np.where(filled, each, np.nan))


def _mapped(
    figure: Figure,
    axes: Axes,
    name: str,
    x: np.ndarray,
    y: np.ndarray,
    field: Float64[np.ndarray, "x y"],
) -> None:
    most = float(np.nanmax(field)) if np.isfinite(field).any() else 1.0
    scale = style.strained(most)
    axes.pcolormesh(x, y, field.T, cmap=scale.cmap, vmin=0, vmax=most)
    scale_bar(figure, axes, scale, name)
