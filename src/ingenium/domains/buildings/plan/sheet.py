"""Dimensioned sheet of a plan: walls, doors with their swing, windows, rooms with areas.

Lengths on paper are in metres.
"""

from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Arc, Rectangle

from ingenium.domains.buildings.plan.drawings import openings
from ingenium.domains.buildings.plan.rectangles import present
from ingenium.domains.buildings.plan.solids import HALF, clear, walls
from ingenium.domains.buildings.plan.spaces import ENTRANCE, BuildingPlan, Spaces
from ingenium.domains.buildings.plan.travel import OUTSIDE, sides
from ingenium.drawing.style import INK, MUTED, SMALL, TEXT, panels

POCHE, GLASS, DIMENSION = "#3b3f45", "#4a90c4", "#7a7f87"
TINTS = {"corridor": "#f4f1ea", "stair": "#e6e2d8", "shaft": "#d9d5cb"}
DAY, DARK = "#ffffff", "#f0f3f6"  # rooms with daylight, and those that need none
INCHES_A_METRE = 0.26
BORDER_M = 3.2  # around the building, for dimensions
TICK = 0.18  # m


def sheet(spaces: Spaces, plan: BuildingPlan, title: str) -> Figure:
    """Draw all storeys of a plan to one scale, the ground floor last."""
    here = plan.box[present(plan.box)] / 1000
    low, high = here[:, :2].min(0) - BORDER_M, here[:, 2:].max(0) + BORDER_M
    wide, deep = high - low
    scale = min(INCHES_A_METRE, 11.5 / wide)
    figure, grid = panels(spaces.storeys, 1, (wide * scale, deep * scale + 0.25))
    for axes, storey in zip(grid[:, 0], reversed(range(spaces.storeys)), strict=True):
        axes.set_axis_off()
        axes.set_aspect("equal")
        axes.set_xlim(low[0], high[0])
        axes.set_ylim(low[1], high[1])
        level = "ground floor" if storey == 0 else f"level {storey}"
        axes.set_title(f"{title}, {level}", fontsize=TEXT, color=INK, loc="left")
        draw_storey(axes, spaces, plan, storey)
    _scale_bar(grid[-1, 0], low[0] + 0.4, low[1] + 0.4)
    return figure


def draw_storey(axes: Axes, spaces: Spaces, plan: BuildingPlan, storey: int) -> None:
    """Draw one storey on axes in metres."""
    own = [int(i) for i in plan.on(storey) if present(plan.box[i : i + 1])[0]]
    for i, b in zip(own, clear(plan.box[own]) / 1000, strict=True):
        axes.add_patch(Rectangle((b[0], b[1]), b[2] - b[0], b[3] - b[1], fc=_tint(spaces, i), lw=0))
        if spaces.names[i].startswith("stair"):
            _treads(axes, b)
        _label(axes, spaces.names[i].removesuffix(f" on level {storey}"), b)
    for wall in walls(plan.box[own]):
        x0, y0, x1, y1 = (c / 1000 for c in wall.footprint)
        axes.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, fc=POCHE, lw=0, zorder=2))
    for layer, _, row in openings(spaces, plan, storey):
        if layer == "WINDOWS":
            _window(axes, row)
        else:
            _door(axes, plan, row, own)
    _dimensions(axes, plan.box[own])


def _tint(spaces: Spaces, i: int) -> str:
    if i < spaces.rooms:
        return DAY if spaces.programme.rooms[i].daylight else DARK
    return TINTS[spaces.names[i].split()[0]]


def _label(axes: Axes, name: str, b: np.ndarray) -> None:
    """Write the name and area of a space, along its longer side and in lines that fit."""
    w, d = b[2] - b[0], b[3] - b[1]
    area = f"{w * d:.1f} m²"
    turned = d > 1.6 * w and w < 2.6
    room = (d if turned else w) / 0.155  # letters of a line
    words, lines = name.split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) > room and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    behind = {"fc": TINTS["stair"], "lw": 0, "pad": 0.8} if name.startswith("stair") else None
    text = "\n".join([*lines, area]) if min(w, d) > 1.2 else name
    axes.text(
        (b[0] + b[2]) / 2, (b[1] + b[3]) / 2, text, ha="center", va="center", fontsize=5.5,
        color=INK, rotation=90 if turned else 0, linespacing=1.15, zorder=4, bbox=behind,
    )  # fmt: skip


def _treads(axes: Axes, b: np.ndarray) -> None:
    """Draw the steps of a stair of two flights along its longer side."""
    along = 0 if b[2] - b[0] > b[3] - b[1] else 1
    low, high = b[along] + 1.1, b[along + 2] - 1.1
    middle = (b[1 - along] + b[3 - along]) / 2
    for at in np.arange(low, high + 1e-9, 0.25):
        line = ([at, at], [b[1 - along], b[3 - along]])
        axes.plot(*(line if along == 0 else line[::-1]), color=MUTED, lw=0.4, zorder=1)
    line = ([low, high], [middle, middle])
    axes.plot(*(line if along == 0 else line[::-1]), color=MUTED, lw=1.2, zorder=1)


def _gap(axes: Axes, row: list[int], colour: str) -> None:
    x, y, axis, width = row
    half = (width / 2, HALF) if axis == 0 else (HALF, width / 2)
    low = ((x - half[0]) / 1000, (y - half[1]) / 1000)
    axes.add_patch(Rectangle(low, half[0] / 500, half[1] / 500, fc=colour, lw=0, zorder=3))


def _window(axes: Axes, row: list[int]) -> None:
    _gap(axes, row, "white")
    x, y, _, width = (c / 1000 for c in row)
    for shift in (-HALF / 1000, 0.0, HALF / 1000):
        ends = np.array([[x - width / 2, x + width / 2], [y + shift] * 2])
        if row[2] == 1:
            ends = np.array([[x + shift] * 2, [y - width / 2, y + width / 2]])
        axes.plot(*ends, color=GLASS, lw=0.6 if shift else 1.0, zorder=4)


def _door(axes: Axes, plan: BuildingPlan, row: list[int], own: list[int]) -> None:
    """Draw the gap of a door and its leaf, open into the room or, at exits, to the outside."""
    _gap(axes, row, "white")
    x, y, _, width = (c / 1000 for c in row)
    both = sides(plan, row, own) or (OUTSIDE, OUTSIDE)
    spans = [plan.box[i, 2:] - plan.box[i, :2] if i != OUTSIDE else None for i in both]
    up = spans[1] is None or (spans[0] is not None and int(spans[1].max()) < int(spans[0].max()))
    sign = 1.0 if up else -1.0
    leaves = [(-1.0, width)] if row[3] < ENTRANCE else [(-1.0, width / 2), (1.0, width / 2)]
    for end, leaf in leaves:
        if row[2] == 0:
            hinge = (x + end * width / 2, y)
            tip, start = (hinge[0], y + sign * leaf), 0 if end < 0 else 90
            angle = start if up else start + (270 if end < 0 else 90)
        else:
            hinge = (x, y + end * width / 2)
            tip = (x + sign * leaf, hinge[1])
            angle = {(True, -1.0): 0, (True, 1.0): 270, (False, -1.0): 90, (False, 1.0): 180}[
                up, end
            ]
        axes.plot(*zip(hinge, tip, strict=True), color=INK, lw=0.7, zorder=5)
        arc = Arc(hinge, 2 * leaf, 2 * leaf, angle=angle % 360, theta1=0, theta2=90,
                  color=INK, lw=0.4, zorder=5)  # fmt: skip
        axes.add_patch(arc)


def _dimensions(axes: Axes, box: np.ndarray) -> None:
    """Draw chains of dimensions: the axes of rooms below, of rows at the left, and the whole."""
    x0, y0, x1, y1 = box[:, 0].min(), box[:, 1].min(), box[:, 2].max(), box[:, 3].max()
    below = box[box[:, 1] == y0]
    above = box[box[:, 3] == y1]
    left = box[box[:, 0] == x0]
    for side, at, sign in ((below, y0, -1), (above, y1, 1)):
        marks = np.unique(np.r_[side[:, 0], side[:, 2]])
        _chain(axes, marks / 1000, at / 1000 + sign * 0.9, 0)
    _chain(axes, np.array([x0, x1]) / 1000, y0 / 1000 - 1.8, 0)
    _chain(axes, np.unique(np.r_[left[:, 1], left[:, 3]]) / 1000, x0 / 1000 - 0.9, 1)
    _chain(axes, np.array([y0, y1]) / 1000, x0 / 1000 - 1.9, 1)


def _chain(axes: Axes, marks: np.ndarray, at: float, axis: int) -> None:
    """Draw a chain of dimensions between marks, along x (axis 0) or y."""
    ends = ([marks[0], marks[-1]], [at, at])
    axes.plot(*(ends if axis == 0 else ends[::-1]), color=DIMENSION, lw=0.5)
    for mark in marks:
        tick = ([mark - TICK, mark + TICK], [at - TICK, at + TICK])
        axes.plot(*(tick if axis == 0 else tick[::-1]), color=DIMENSION, lw=0.7)
    for a, b in pairwise(marks):
        place = ((a + b) / 2, at + 0.1) if axis == 0 else (at - 0.1, (a + b) / 2)
        axes.text(
            place[0], place[1], f"{b - a:.2f}", fontsize=5, color=DIMENSION, rotation=90 * axis,
            ha="center" if axis == 0 else "right", va="bottom" if axis == 0 else "center",
        )  # fmt: skip


def _scale_bar(axes: Axes, x: float, y: float) -> None:
    for k in range(5):
        axes.add_patch(
            Rectangle((x + k, y), 1, 0.15, fc=INK if k % 2 == 0 else "white", ec=INK, lw=0.5)
        )
    axes.text(x + 5.2, y, "5 m", fontsize=SMALL - 2, color=INK, va="bottom")
