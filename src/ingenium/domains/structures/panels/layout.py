"""Rows of cells between two plates, and the struts of each topology in a row.

Shapes: n designs, y rows, s struts that any design may have, v nodes.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Bool, Float64, Int64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.units import Unit

TOPOLOGIES = {  # by the letter of a row: uprights, and diagonals that rise and fall to the right
    "I": "uprights",
    "N": "uprights and a diagonal in each cell",
    "V": "diagonals by turns",
    "X": "both diagonals in each cell",
}


@dataclass(frozen=True)
class CoreLayout:
    """Box of a core, its cells, and the limits of strut thickness in print.

    Raises:
        InputError: for cells or lengths that do not fit.
    """

    columns: int = 6  # cells across
    rows: int = 4  # cells along
    width_m: Annotated[float, Unit("m", 1e-3, 10.0)] = 0.06  # width of the core
    height_m: Annotated[float, Unit("m", 1e-3, 10.0)] = 0.04  # length of the core
    depth_m: Annotated[float, Unit("m", 1e-3, 10.0)] = 0.02  # thickness of the core
    thinnest_m: Annotated[float, Unit("m", 1e-6, 0.1)] = (
        0.0003  # thinnest strut that can be printed
    )
    thickest_m: Annotated[float, Unit("m", 1e-6, 0.1)] = 0.002  # thickest strut

    def __post_init__(self) -> None:
        if not (1 <= self.columns <= 16 and 1 <= self.rows <= 8):
            raise InputError(
                "1 to 16 columns and 1 to 8 rows", (self.columns, self.rows), "Write rows = 4."
            )
        if not 0 < self.thinnest_m < self.thickest_m < min(self.cell_m) / 3:
            raise InputError(
                f"struts above 0 m and below a third of a cell ({min(self.cell_m) / 3:g} m)",
                (self.thinnest_m, self.thickest_m),
                "Write thickest_m = 0.002, or fewer cells.",
            )

    @property
    def cell_m(self) -> tuple[float, float]:
        """Width and height of a cell."""
        return self.width_m / self.columns, self.height_m / self.rows

    @cached_property
    def plan(self) -> "StrutPlan":
        """All struts that a design may have."""
        return _plan(self)

    def thickness_m(
        self, letters: Float64[Tensor, "n y"], row_m: Float64[Tensor, "n y"]
    ) -> Float64[Tensor, "n s"]:
        """Return the thickness of each strut, 0 for those that a topology omits.

        A line between two rows has their mean thickness.
        """
        plan = self.plan
        codes = torch.tensor([ord(letter) for letter in TOPOLOGIES], dtype=torch.float64)
        chosen = (letters[..., None] == codes).to(torch.float64)  # n y letter
        there = torch.einsum("nyk,ksy->ns", chosen, plan.there)
        own = row_m @ plan.alongside.T
        return torch.where(plan.line, own, own * there)


@dataclass(frozen=True)
class StrutPlan:
    """Nodes of a layout, and its struts with the data for their presence and thickness."""

    node_m: Float64[np.ndarray, "v 2"]
    strut: Int64[np.ndarray, "s 2"]
    alongside: Float64[Tensor, "s y"]  # weights of the rows in the thickness
    there: Float64[Tensor, "k s y"]  # 1 where the topology k of a row has the strut
    line: Bool[Tensor, " s"]  # between rows, present in all designs

    @property
    def length_m(self) -> Float64[Tensor, " s"]:
        """Length from node to node."""
        a, b = self.node_m[self.strut[:, 0]], self.node_m[self.strut[:, 1]]
        return torch.from_numpy(np.linalg.norm(b - a, axis=1))


def _plan(layout: CoreLayout) -> StrutPlan:
    columns, rows = layout.columns, layout.rows
    i, j = np.meshgrid(np.arange(columns + 1), np.arange(rows + 1), indexing="ij")
    place = np.stack([i.ravel() * layout.cell_m[0], j.ravel() * layout.cell_m[1]], 1)
    struts: list[tuple[int, int, str, float]] = []  # ends, topologies, position in rows

    def node(at: int, level: int) -> int:
        return at * (rows + 1) + level

    for row, at in np.ndindex(rows, columns + 1):
        struts.append((node(at, row), node(at, row + 1), "IN", row))
    for row, at in np.ndindex(rows, columns):
        rising, falling = ("NVX", "X") if at % 2 == 0 else ("NX", "VX")
        struts.append((node(at, row), node(at + 1, row + 1), rising, row))
        struts.append((node(at + 1, row), node(at, row + 1), falling, row))
    for row, at in np.ndindex(rows - 1, columns):
        struts.append((node(at, row + 1), node(at + 1, row + 1), "", row + 0.5))
    at_row = np.array([where for *_, where in struts])
    near = np.abs(at_row[:, None] - np.arange(rows)) < 0.75
    of = [[letter in letters for *_, letters, _ in struts] for letter in TOPOLOGIES]
    alongside = near / near.sum(1, keepdims=True)
    return StrutPlan(
        place,
        np.array([(a, b) for a, b, *_ in struts]),
        torch.from_numpy(alongside),
        torch.from_numpy(np.array(of)[..., None] * near.astype(float)),
        torch.tensor([not letters for *_, letters, _ in struts]),
    )
