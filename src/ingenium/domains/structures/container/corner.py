"""Design space of a corner fitting: seat, feet and pads, free space, supports and loads."""

from collections.abc import Sequence
from math import floor

import torch
from jaxtyping import Bool, Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.domains.structures.container.loads import LoadCase, cases
from ingenium.domains.structures.container.settings import ContainerSettings
from ingenium.domains.structures.optimise.build import Build
from ingenium.domains.structures.parts.bodies import Body, Cylinder, union
from ingenium.domains.structures.parts.part import MM, Part, halved, positions, spread
from ingenium.kits.solids.elastic.grid import RegularGrid

ON = 1e-9  # m; nodes this near to a face lie on it
SLACK = 0.25  # cells by which nodes outside a ring still belong to it


def corner_part(settings: ContainerSettings, *, halves: int = 0) -> Part:
    """Build the part of the settings: its feet on the post, loads at seat and pads.

    `halves` is how often the numbers of cells are halved, for a cheap first evaluation; -1 halves
    the size of cells.
    """
    grid = RegularGrid(halved(settings.cells, halves), settings.cell_mm * 2.0**halves * MM)
    feet, bolts, tools = _feet(settings)
    seat, hole = _seat(settings)
    pads, taps = zip(_pads(settings, 0), _pads(settings, 1), strict=True)
    nodes = positions(grid.nodes, grid.cell_m)
    held = _on(nodes, grid.cell_m, 2, 0.0, feet, bolts)
    faces = {
        "seat": ((seat,), (hole,), 2, settings.size_mm[2]),
        "under": ((seat,), (hole,), 2, settings.size_mm[2] - settings.seat_height_mm),
        "rail_x": (pads[0], taps[0], 0, settings.size_mm[0]),
        "rail_y": (pads[1], taps[1], 1, settings.size_mm[1]),
    }
    loads = []
    for case in cases(settings):
        metal, cut, axis, level_mm = faces[case.face]
        touched = _on(nodes, grid.cell_m, axis, level_mm * MM, metal, cut)
        loads.append(spread(nodes - _middle(case, settings), touched, case.wrench))
    return Part(
        grid=grid,
        material=settings.material,
        solid=(*feet, seat, *pads[0], *pads[1]),
        free=(*bolts, *tools, hole, *taps[0], *taps[1]),
        tools=tools,
        gripped=(*feet, seat, hole, *pads[0], *pads[1]),
        fixed=held.repeat_interleave(3),
        load_n=torch.stack(loads),
        cases=tuple(case.name for case in cases(settings)),
        build=Build(grid, settings.build),
    )


def _on(
    nodes: Float64[Tensor, "v 3"],
    cell_m: float,
    axis: int,
    level_m: float,
    metal: Sequence[Body],
    cut: Sequence[Body],
) -> Bool[Tensor, " v"]:
    """Nodes of the layer next to a flat face, inside its rings of metal or just outside them.

    Raises:
        InputError: if they are too few to transmit a moment.
    """
    layer = floor(level_m / cell_m + 0.5) * cell_m
    at, slack = nodes.clone(), SLACK * cell_m
    at[:, axis] = level_m
    ring = (union(metal, at) <= slack) & (union(cut, at) >= -slack)
    chosen = ring & ((nodes[:, axis] - layer).abs() <= ON)
    if int(chosen.sum()) < 3:
        raise InputError(
            f"at least three nodes of the grid on each face of the {'xyz'[axis]} axis",
            f"{int(chosen.sum())} of them",
            "Use smaller cells or larger rings.",
        )
    return chosen


def _middle(case: LoadCase, settings: ContainerSettings) -> Tensor:
    x, y = settings.post_mm
    wide, deep, top = settings.size_mm
    places = {
        "seat": (x, y, top),
        "under": (x, y, top - settings.seat_height_mm),
        "rail_x": (wide, y, settings.rail_z_mm),
        "rail_y": (x, deep, settings.rail_z_mm),
    }
    return torch.tensor(places[case.face], dtype=torch.float64) * MM


def _feet(
    settings: ContainerSettings,
) -> tuple[tuple[Body, ...], tuple[Body, ...], tuple[Body, ...]]:
    """Feet on the post, their holes, and the space of the tool above them."""
    top, deep = settings.size_mm[2] * MM, settings.cell_mm * MM
    high = settings.foot_height_mm * MM
    feet, bolts, tools = [], [], []
    for x, y in settings.bolts_mm:
        at = (x * MM, y * MM)
        feet.append(Cylinder(2, at, settings.foot_radius_mm * MM, 0.0, high))
        bolts.append(Cylinder(2, at, settings.bolt_radius_mm * MM, -deep, high + deep))
        tools.append(Cylinder(2, at, settings.tool_radius_mm * MM, high, top + deep))
    return tuple(feet), tuple(bolts), tuple(tools)


def _seat(settings: ContainerSettings) -> tuple[Body, Body]:
    """The seat, and the hole for a cone or a pin through it."""
    at = (settings.post_mm[0] * MM, settings.post_mm[1] * MM)
    top, deep = settings.size_mm[2] * MM, settings.cell_mm * MM
    under, bottom = (top - d * MM for d in (settings.seat_height_mm, settings.hole_deep_mm))
    seat = Cylinder(2, at, settings.seat_radius_mm * MM, under, top)
    return seat, Cylinder(2, at, settings.hole_radius_mm * MM, bottom, top + deep)


def _pads(settings: ContainerSettings, axis: int) -> tuple[tuple[Body, ...], tuple[Body, ...]]:
    """Pads at the end plate of a rail along an axis, and the tapped holes in them."""
    end, deep = settings.size_mm[axis] * MM, settings.cell_mm * MM
    low = end - settings.pad_deep_mm * MM
    places = [(across * MM, z * MM) for across, z in settings.pads_mm(1 - axis)]
    pads = tuple(Cylinder(axis, at, settings.pad_radius_mm * MM, low, end) for at in places)
    taps = tuple(
        Cylinder(axis, at, settings.tapped_radius_mm * MM, low, end + deep) for at in places
    )
    return pads, taps
