"""Design space of a bracket: feet, frame and eye, free space, supports and loads."""

import torch

from ingenium.domains.structures.bracket.settings import BracketSettings
from ingenium.domains.structures.optimise.build import Build
from ingenium.domains.structures.parts.bodies import Cuboid, Cylinder, union
from ingenium.domains.structures.parts.part import MM, Part, halved, positions, spread
from ingenium.kits.solids.elastic.grid import RegularGrid

RIM = 0.75  # cells around the wall of a hole whose nodes the pin or bolt moves


def bracket_part(settings: BracketSettings, *, halves: int = 0) -> Part:
    """Build the part of the settings: feet fixed at their underside, loads at the eye.

    `halves` is how often the numbers of cells are halved, for a cheap first evaluation; -1 halves
    the size of cells.
    """
    grid = RegularGrid(halved(settings.cells, halves), settings.cell_mm * 2.0**halves * MM)
    feet, bolts, tools = _feet(settings)
    eye, pin = _eye(settings)
    nodes = positions(grid.nodes, grid.cell_m)
    held = (nodes[:, 2] == 0) & (union(feet, nodes) <= 1e-9) & (union(bolts, nodes) > -1e-9)
    touched = (pin.distance(nodes).abs() <= RIM * grid.cell_m) & (eye.distance(nodes) <= 1e-9)
    middle = torch.tensor(
        [settings.pin_mm[0], settings.size_mm[1] / 2, settings.pin_mm[1]], dtype=torch.float64
    )
    loads = [spread(nodes - middle * MM, touched, case.wrench) for case in settings.cases]
    return Part(
        grid=grid,
        material=settings.material,
        solid=(*feet, *_frame(settings), eye),
        free=(*bolts, *tools, pin),
        tools=tools,
        gripped=(*bolts, *feet, pin),
        fixed=held.repeat_interleave(3),
        load_n=torch.stack(loads),
        cases=tuple(case.name for case in settings.cases),
        build=Build(grid, settings.build),
    )


def _feet(
    settings: BracketSettings,
) -> tuple[tuple[Cylinder, ...], tuple[Cylinder, ...], tuple[Cylinder, ...]]:
    """Feet, their holes, and the space of the tool above them."""
    top, deep = settings.size_mm[2] * MM, settings.cell_mm * MM
    foot_top = settings.foot_height_mm * MM
    feet, bolts, tools = [], [], []
    for x, y in settings.bolts_mm:
        at = (x * MM, y * MM)
        feet.append(Cylinder(2, at, settings.foot_radius_mm * MM, 0.0, foot_top))
        bolts.append(Cylinder(2, at, settings.bolt_radius_mm * MM, -deep, foot_top + deep))
        tools.append(Cylinder(2, at, settings.tool_radius_mm * MM, foot_top, top + deep))
    return tuple(feet), tuple(bolts), tuple(tools)


def _frame(settings: BracketSettings) -> tuple[Cuboid, ...]:
    """Bars on the ground along the rectangle of the outer bolts."""
    half, top = settings.rim_mm * MM / 2, settings.plate_mm * MM
    (left, right), (front, back) = (
        (min(a) * MM, max(a) * MM) for a in zip(*settings.bolts_mm, strict=True)
    )
    spans = (
        ((left, right), (front, front)),
        ((left, right), (back, back)),
        ((left, left), (front, back)),
        ((right, right), (front, back)),
    )
    return tuple(
        Cuboid((x[0] - half, y[0] - half, 0.0), (x[1] + half, y[1] + half, top)) for x, y in spans
    )


def _eye(settings: BracketSettings) -> tuple[Cylinder, Cylinder]:
    """Eye, and the hole of the pin, which goes through the whole part."""
    at = (settings.pin_mm[0] * MM, settings.pin_mm[1] * MM)
    width, half = settings.size_mm[1] * MM, settings.eye_width_mm * MM / 2
    eye = Cylinder(1, at, settings.eye_radius_mm * MM, width / 2 - half, width / 2 + half)
    deep = settings.cell_mm * MM
    return eye, Cylinder(1, at, settings.pin_radius_mm * MM, -deep, width + deep)
