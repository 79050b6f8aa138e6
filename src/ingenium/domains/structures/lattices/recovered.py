"""Recovery of a lattice's walls from its mesh: position and thickness of each wall.

Shapes: v nodes, s walls, q stations on a wall, t segments.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float64

from ingenium.core.errors import InputError
from ingenium.domains.structures.lattices.layout import Layout, nodes, thicknesses

if TYPE_CHECKING:
    from trimesh import Trimesh

STATIONS = np.linspace(0.35, 0.65, 5)  # of a wall's length: clear of the joints at its ends
LEAST = 1e-6  # share of a wall's length; nearer crossings count as one
DISTANCE = 0.25  # of the thinnest wall; tolerated difference between a wall and its cells

Fields = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class MidSection:
    """Outline of a body, cut across at half its depth, as segments."""

    start: Float64[np.ndarray, "t 2"]
    end: Float64[np.ndarray, "t 2"]

    @classmethod
    def of(cls, mesh: "Trimesh") -> "MidSection":
        """Intersect the faces of a mesh with the plane."""
        corners = np.asarray(mesh.vertices[mesh.faces], dtype=np.float64)
        middle = mesh.bounds[:, 2].mean()
        above = corners[:, :, 2] > middle
        crossing = corners[above.any(1) & ~above.all(1)]
        above = crossing[:, :, 2] > middle
        alone = np.where(above.sum(1) == 1, above.argmax(1), (~above).argmax(1))
        rows = np.arange(len(crossing))
        tip = crossing[rows, alone]
        ends = []
        for step in (1, 2):
            other = crossing[rows, (alone + step) % 3]
            share = (middle - tip[:, 2]) / (other[:, 2] - tip[:, 2])
            ends.append(tip[:, :2] + share[:, None] * (other - tip)[:, :2])
        return cls(*ends)

    def through(
        self, at: Float64[np.ndarray, " 2"], way: Float64[np.ndarray, " 2"]
    ) -> Float64[np.ndarray, " _"]:
        """Return the outline's crossings with a line (m from `at` along unit vector), in order."""
        off = np.stack([self.start - at, self.end - at], 1)
        side = off @ np.array([-way[1], way[0]])
        crossed = (side[:, 0] > 0) != (side[:, 1] > 0)
        near, far = side[crossed].T
        along = off[crossed] @ way
        share = near / (near - far)
        return np.sort(along[:, 0] + share * (along[:, 1] - along[:, 0]))


def recovered(layout: Layout, requested: Fields, mesh: "Trimesh") -> Fields:
    """Return the fields of the lattice in a mesh, near the requested fields.

    Each wall is sectioned at some places along its middle. Deviations in thickness and position are
    added to the fields by least squares, with the smallest change that explains them.

    Raises:
        InputError: for a mesh with a missing or an additional wall, or with walls that no fields of
            this layout have.
    """
    amplitude, wall_m, web_m = requested
    (node,) = nodes(layout, amplitude[None])
    (thick,) = thicknesses(layout, wall_m[None], web_m[None])
    plan, there = layout.plan, thick > 0
    cut = MidSection.of(mesh)
    found, aside = _measured(cut, node, plan.wall, thick, layout)
    lines, webs = there & ~plan.web, there & plan.web
    wall, web = (
        field
        + _solved(plan.alongside[own], found[own] - plan.alongside[own] @ field.ravel()).reshape(
            layout.cells
        )
        for field, own in ((wall_m, lines), (web_m, webs))
    )
    shape = amplitude + _raised(layout, node, aside, lines).reshape(layout.cells)
    (again,) = thicknesses(layout, wall[None], web[None])
    worst = float(np.abs(again - found)[there].max())
    if worst > DISTANCE * layout.thinnest_m:
        raise InputError(
            f"walls that differ by at most {1e3 * DISTANCE * layout.thinnest_m:.2g} mm from the "
            "cells of the layout can say",
            f"one that differs by {1e3 * worst:.2g} mm",
            "Grade the walls smoothly from cell to cell.",
        )
    return shape, wall, web


def _measured(
    cut: MidSection, node: np.ndarray, wall: np.ndarray, thick: np.ndarray, layout: Layout
) -> tuple[Float64[np.ndarray, " s"], Float64[np.ndarray, "s q"]]:
    """Thickness of each wall, and the offset of its middle at the stations (m)."""
    found, aside = np.zeros(len(wall)), np.zeros((len(wall), len(STATIONS)))
    for row, (a, b) in enumerate(wall):  # few walls, each with its own number of crossings
        along = node[b] - node[a]
        across = np.array([-along[1], along[0]]) / np.linalg.norm(along)
        spans = [_span(cut.through(node[a] + s * along, across)) for s in STATIONS]
        if thick[row] == 0:
            _check(all(x is None for x in spans), False, node[wall[row]])
            continue
        _check(all(x is not None for x in spans), True, node[wall[row]])
        ends = np.array(spans)
        found[row] = np.median(ends[:, 1] - ends[:, 0])
        aside[row] = ends.mean(1)
        _check(bool(found[row] < 2 * layout.thickest_m), True, node[wall[row]])
    return found, aside


def _span(crossings: Float64[np.ndarray, " _"]) -> tuple[float, float] | None:
    """The segment of a line inside the body that contains its origin, if that is inside."""
    below = int((crossings <= 0).sum())
    if below % 2 == 0 or below == len(crossings):
        return None
    return float(crossings[below - 1]), float(crossings[below])


def _check(holds: bool, wanted: bool, ends_m: Float64[np.ndarray, "2 2"]) -> None:
    if not holds:
        place = " to ".join(f"({1e3 * x:.4g}, {1e3 * y:.4g})" for x, y in ends_m)
        raise InputError(
            f"{'a' if wanted else 'no'} wall from {place} mm",
            f"{'no' if wanted else 'a'} wall there in the mesh",
            "Export the lattice that cells.csv beside the mesh describes.",
        )


def _solved(
    rows: Float64[np.ndarray, "w cells"], change: Float64[np.ndarray, " w"]
) -> Float64[np.ndarray, " cells"]:
    """The smallest change of cells that explains a change of walls."""
    if not len(rows):
        return np.zeros(rows.shape[1])
    solved: np.ndarray = np.linalg.lstsq(rows, change, rcond=None)[0]
    return solved


def _raised(
    layout: Layout, node: np.ndarray, aside: np.ndarray, lines: Bool[np.ndarray, " s"]
) -> Float64[np.ndarray, " cells"]:
    """Change of amplitudes that moves the walls by the measured offsets."""
    plan, height = layout.plan, layout.cell_m[1]
    first, last = plan.wall[lines].T
    along = node[last] - node[first]
    level = along[:, 0] / np.linalg.norm(along, axis=1)  # sideways share of a rise
    weight = STATIONS[None, :, None]
    moved = (1 - weight) * plan.raised[first][:, None] + weight * plan.raised[last][:, None]
    rows = height * level[:, None, None] * moved
    flat = np.abs(level) > LEAST  # uprights do not determine the heights of their ends
    return _solved(rows[flat].reshape(-1, rows.shape[2]), aside[lines][flat].ravel())
