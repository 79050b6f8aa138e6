"""Opened design domain: supports, loads and free cells, all checked.

Shapes: n designs, l load cases, e cells, f displacements, m rigid moves.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float64
from scipy import ndimage
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.quantity import Condition
from ingenium.domains.structures.shapes.loading import Loading, Numbers
from ingenium.domains.structures.shapes.places import around, cells_of, held, node_places
from ingenium.domains.structures.shapes.settings import ShapeSettings
from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.elastic.memory import SHARE, machine_bytes, refuse_above
from ingenium.kits.solids.elastic.solver import Elastic

VOLUME = "volume_fraction"
PER_DISPLACEMENT = 4000  # approximate bytes for solving and optimising a block of designs
ENDS = 9  # points on the line of a load that are checked


@dataclass(frozen=True, eq=False)
class DesignBox:
    """A box of cells with supports, loads and passive cells, checked to be solvable."""

    settings: ShapeSettings  # filled
    elastic: Elastic
    loading: Loading
    solid: Bool[Tensor, " e"]
    void: Bool[Tensor, " e"]

    @property
    def grid(self) -> RegularGrid:
        """Grid of cells."""
        return self.elastic.grid

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Positions and directions of loads that have a range, and the volume."""
        low, high = self.settings.volume_fraction
        reported = "share of the box that is material at most"
        volume = Condition(VOLUME, reported, None, low, high, measured="volume", ceiling=True)
        return (*self.loading.conditions, volume)

    def numbers(self, values: tuple[Float64[Tensor, " n"], ...]) -> Numbers:
        """Return the values of the conditions by name."""
        return dict(zip((c.name for c in self.conditions), values, strict=True))

    def requested(self, conditions: xr.Dataset) -> Numbers:
        """Return the conditions of some designs as numbers."""
        values = (np.array(conditions[c.name], dtype=np.float64) for c in self.conditions)
        return self.numbers(tuple(torch.from_numpy(v) for v in values))


def open_box(given: ShapeSettings) -> DesignBox:
    """Place everything on the grid and refuse inputs that no design could satisfy.

    Raises:
        InputError: with what is missing or contradictory, and what to write instead.
    """
    check_size(given.grid)
    settings = given.filled()
    grid, supports, loads = settings.grid, settings.supports or (), settings.loads or ()
    if not supports or not loads:
        what = "supports" if not supports else "loads"
        raise InputError(
            "at least one support and one load", f"no {what}", f"Write [[setup.{what}]]."
        )
    if len({load.name for load in loads}) < len(loads):
        raise InputError(
            "loads with names of their own",
            ", ".join(load.name for load in loads),
            'Write name = "left" and name = "right".',
        )
    elastic = Elastic(grid, held(grid, supports), settings.material.poisson)
    solid, void = (cells_of(grid, settings.passive, kind) for kind in ("solid", "void"))
    box = DesignBox(settings, elastic, Loading(grid, loads), solid, void)
    if all(c.lower == c.upper for c in box.conditions):
        raise InputError(
            "a range of a load or of the volume, since models learn from designs that differ",
            "loads and volume that are all fixed",
            "Write volume_fraction = [0.3, 0.6], or from_m and to_m of a load.",
        )
    _check_volume(box)
    _check_held(box)
    _check_loads(box)
    return box


def check_size(grid: RegularGrid) -> None:
    """Refuse a grid that is too large for the memory of this machine.

    Raises:
        InputError: with the memory that it would need.
    """
    needed = grid.n_displacements * PER_DISPLACEMENT
    part = (SHARE * machine_bytes() / needed) ** (1 / grid.dim)
    refuse_above(
        needed,
        "a box of cells",
        f"Write cells = {[max(1, int(n * part)) for n in grid.cells]} at most.",
    )


def _check_volume(box: DesignBox) -> None:
    both = box.solid & box.void
    if bool(both.any()):
        raise InputError(
            "passive boxes that do not overlap",
            f"{int(both.sum())} cells both solid and void",
            "Move one of the boxes.",
        )
    least = float(box.solid.double().mean())
    most = 1 - float(box.void.double().mean())
    low, high = box.settings.volume_fraction
    if low <= least or high > most:
        raise InputError(
            f"volume_fraction above {least:.4g} (always solid) and at most {most:.4g} "
            "(not always void)",
            [low, high],
            f"Write volume_fraction = [{least + 0.3 * (most - least):.2g}, "
            f"{least + 0.6 * (most - least):.2g}].",
        )


def rigid_moves(grid: RegularGrid) -> Float64[Tensor, "m f"]:
    """Return displacements without strain: shifts along axes and rotations in planes of axes."""
    places = node_places(grid).to(torch.float64)
    places = places - places.mean(0)
    moves = []
    for axis in range(grid.dim):
        move = torch.zeros_like(places)
        move[:, axis] = 1.0
        moves.append(move.flatten())
    for a, b in combinations(range(grid.dim), 2):
        move = torch.zeros_like(places)
        move[:, a], move[:, b] = -places[:, b], places[:, a]
        moves.append((move / max(grid.cells)).flatten())
    return torch.stack(moves)


def pieces(grid: RegularGrid, filled: Bool[Tensor, " e"]) -> tuple[np.ndarray, int]:
    """Number the piece of each cell, from 1; cells of a piece share sides. Return the count too."""
    labels, count = ndimage.label(filled.view(grid.cells).numpy())
    return labels.ravel(), int(count)


def _names(grid: RegularGrid) -> list[str]:
    shifts = [f"shifting along {a}" for a in grid.axes]
    turns = [f"turning in the plane of {a} and {b}" for a, b in combinations(grid.axes, 2)]
    return shifts + turns


def loose_moves(box: DesignBox, cells: Bool[Tensor, " e"]) -> list[str]:
    """Return the rigid moves, in words, that the supports permit to a piece of the box."""
    own = torch.zeros(box.grid.n_displacements, dtype=torch.bool)
    own[box.grid.cell_displacements[cells].flatten()] = True
    moves = rigid_moves(box.grid)
    at = moves[:, own & box.elastic.fixed]
    if at.shape[1] == 0:
        return _names(box.grid)
    _, sizes, modes = torch.linalg.svd(at.T, full_matrices=True)
    size = torch.zeros(len(moves), dtype=torch.float64)
    size[: len(sizes)] = sizes
    free = modes[size < 1e-9 * size.max()]
    return [_names(box.grid)[int(mode.abs().argmax())] for mode in free]


def _check_held(box: DesignBox) -> None:
    """Check that some non-void piece is supported against all rigid moves."""
    labels, count = pieces(box.grid, ~box.void)
    parts = (torch.from_numpy(labels == i + 1) for i in range(count))
    loose: list[list[str]] = [loose_moves(box, part) for part in parts]
    if all(loose):
        fewest = sorted(set(sorted(loose, key=len)[0]))
        raise InputError(
            "supports that prevent every rigid-body motion",
            f"supports that leave it {' and '.join(fewest)}",
            'Write one more [[setup.supports]], such as face = "left" with no axes, which '
            "clamps it.",
        )


def _check_loads(box: DesignBox) -> None:
    """Check that each load acts on possible solid cells of a supported piece, and does work."""
    labels, count = pieces(box.grid, ~box.void)
    sound = {i + 1 for i in range(count) if not loose_moves(box, torch.from_numpy(labels == i + 1))}
    numbers = {c.name: _over(c) for c in box.loading.conditions}
    forces = box.loading.forces(numbers, ENDS)
    free = ~box.elastic.fixed
    for load in box.loading.loads:
        if box.grid.dim == 2 and load.tilt_deg != (0.0, 0.0):
            raise InputError(
                "a load in the plane", f"tilt_deg = {list(load.tilt_deg)}", "Leave tilt_deg out."
            )
        for at in box.loading.points(load, numbers, ENDS):
            touched = labels[around(box.grid, at).flatten().numpy()]
            if not touched.any():
                raise InputError(
                    f"the load {load.name} on cells that can be solid",
                    f"a passive void at {[round(float(x) * box.grid.cell_m, 6) for x in at[0]]} m",
                    "Move the load, or make the void smaller.",
                )
            if not set(touched.tolist()) & sound:
                raise InputError(
                    f"a way for material from the load {load.name} to the supports",
                    "passive voids that part them",
                    "Leave a bridge between them, or support the part with the load.",
                )
    for case, name in enumerate(box.loading.cases):
        if bool((forces[:, case] * free).abs().sum(1).min() == 0):
            raise InputError(
                f"loads of the case {name} on nodes that can move",
                "a load that acts only on supports",
                "Move the load or the support.",
            )


def _over(condition: Condition) -> Float64[Tensor, " n"]:
    return torch.linspace(condition.lower, condition.upper, ENDS, dtype=torch.float64)
