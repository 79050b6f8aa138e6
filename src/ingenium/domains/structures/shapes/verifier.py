"""Verifier of shapes by finite elements: stiffness, mass, strength and connectivity.

Shapes: n designs, l load cases, e cells, f displacements, k measurements.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor

import ingenium
from ingenium.core.quantity import Quantity
from ingenium.domains.structures.shapes.box import VOLUME, DesignBox, pieces
from ingenium.domains.structures.shapes.printability import Printability
from ingenium.domains.structures.shapes.stress_cells import read
from ingenium.kits.solids.elastic.critical import CriticalVolume
from ingenium.kits.solids.elastic.supports import held_parts

PENALTY = 3.0  # exponent of the stiffness of a cell that is neither solid nor void
VOID = 1e-9  # stiffness of a void cell, as a share of the solid
FIRM = (1e-6, 1e-5)  # of voids around a load on no supported piece; the first that succeeds


@dataclass(frozen=True, eq=False)
class ShapeVerifier:
    """Compliance, displacement, stress, volume and pieces of density fields.

    The stiffness of a cell is `VOID + density**PENALTY * (1 - VOID)` times that of the solid.

    Stress is a mean over balls of material, in the plane discs (`CriticalVolume`), read beyond
    their radius from loaded or supported points.

    Source: Andreassen et al., Struct. Multidisc. Optim. 43, 2011, eq. 1 and 2.
    """

    box: DesignBox
    name: str = "bilinear or trilinear finite elements on the cells"
    version: str = ingenium.__version__
    tier: Literal["exact"] = "exact"

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Measured quantities; each case separately where there are several."""
        cases = self.box.loading.cases
        each = tuple(
            Quantity(f"compliance_{c}", "J", f"work of the loads of the case {c}", beyond=True)
            for c in (cases if len(cases) > 1 else ())
        )
        return (
            *self.responses,
            Quantity("volume", "1", "share of the box that is material"),
            Quantity("volume_excess", "1", "volume above the requested share"),
            Quantity("mass", "kg", "mass of the material"),
            Quantity("grey", "1", "mean of 4 d (1 - d) over the densities d"),
            Quantity("pieces", "1", "pieces of the material (above one half), by sides of cells"),
            Quantity("unheld_load", "1", "share of the load that no supported piece carries"),
            *each,
            *self.printability.quantities,
        )

    @cached_property
    def responses(self) -> tuple[Quantity, ...]:
        """Quantities that depend on the cell size, so that limits apply beyond its uncertainty."""
        reported = (
            ("compliance", "J", "work of the loads, mean over the cases"),
            ("worst_compliance", "J", "work of the loads in the worst case"),
            ("compliance_ratio", "1", "compliance as a multiple of the solid box's"),
            ("max_displacement", "m", "largest displacement of the material"),
            ("peak_von_mises", "Pa", "largest von Mises stress, over balls away from points"),
        )
        shown = {"m": "mm", "Pa": "MPa"}
        return tuple(Quantity(*one, beyond=True, shown=shown.get(one[1], "")) for one in reported)

    @cached_property
    def printability(self) -> Printability:
        """Printability of shapes, as far as the settings require it."""
        box, own = self.box, self.box.settings
        return Printability(box.grid, own.manufacture, box.solid, box.void, own.material.poisson)

    @property
    def measure(self) -> Callable[..., Tensor]:
        """Function of the densities, and the value of each condition."""
        return self._measure

    def _measure(
        self, density: Float64[Tensor, "n ..."], *given: Float64[Tensor, " n"]
    ) -> Float[Tensor, "n k"]:
        numbers, flat = self.box.numbers(given), density.flatten(1)
        load = self.box.loading.forces(numbers, len(flat))
        count, unheld = self._wholeness(flat > 0.5, load)
        moved = self._moved(flat, load, unheld > 0)
        work = (moved * load).sum(-1)
        mean, material = work.mean(1), self.box.settings.material
        volume = flat.mean(1)
        size = self.box.grid.cell_volume_m3 * self.box.grid.n_cells
        columns = [
            mean,
            work.amax(1),
            mean / self.solid_work(load).mean(1),
            self._largest(moved, flat > 0.5),
            self._stress(moved, load, flat),
            volume,
            volume - numbers[VOLUME],
            volume * size * material.density_kg_m3,
            (4 * flat * (1 - flat)).mean(1),
            count,
            unheld,
            *(work.unbind(1) if work.shape[1] > 1 else ()),
            *self.printability.measure(flat > 0.5),
        ]
        found = torch.stack(columns, 1)
        return found.masked_fill(~found.isfinite().all(1, keepdim=True), float("nan"))

    def _moved(
        self, density: Float64[Tensor, "n e"], load: Float64[Tensor, "n l f"], floats: Tensor
    ) -> Float64[Tensor, "n l f"]:
        """Displacements; where a load floats on void, the void is stiffened for a solution."""
        moved = self.box.elastic.solve(self.moduli(density), load)
        for firm in FIRM:
            again = floats & moved.flatten(1).isnan().any(1)
            if bool(again.any()):
                moduli = self.moduli(density[again], firm)
                moved[again] = self.box.elastic.solve(moduli, load[again])
        return moved

    def moduli(self, density: Float64[Tensor, "n e"], void: float = VOID) -> Float64[Tensor, "n e"]:
        """Return the modulus of cells with these densities (Pa)."""
        share = void + density.clamp(min=0.0) ** PENALTY * (1 - void)
        return share * self.box.settings.material.modulus_pa

    def compliance(
        self, density: Float64[Tensor, "n ..."], *given: Float64[Tensor, " n"]
    ) -> Float64[Tensor, " n"]:
        """Return the first quantity, differentiable with respect to the densities."""
        load = self.box.loading.forces(self.box.numbers(given), len(density))
        return self.box.elastic.compliance(self.moduli(density.flatten(1)), load).mean(1)

    def solid_work(self, load: Float64[Tensor, "n l f"]) -> Float64[Tensor, "n l"]:
        """Return the work of the loads on the full box; one matrix for all."""
        whole = self.moduli((~self.box.void).double()[None])
        moved = self.box.elastic.solve(whole, load.flatten(0, 1)[None])
        work: Tensor = (moved.view_as(load) * load).sum(-1)
        return work

    def _largest(
        self, moved: Float64[Tensor, "n l f"], filled: Bool[Tensor, "n e"]
    ) -> Float64[Tensor, " n"]:
        """Largest length of a displacement of a node that touches material."""
        grid = self.box.grid
        each = moved.unflatten(-1, (grid.n_nodes, grid.dim))
        length: Tensor = torch.linalg.vector_norm(each, dim=-1).amax(1)
        return (length[:, grid.cell_nodes].amax(-1) * filled).amax(1)

    def _stress(
        self,
        moved: Float64[Tensor, "n l f"],
        load: Float64[Tensor, "n l f"],
        density: Float64[Tensor, "n e"],
    ) -> Float64[Tensor, " n"]:
        """Largest stress of the material (Pa)."""
        box, radius_m = self.box, self.box.settings.stress_radius_m
        calm = read(box.grid, box.elastic.fixed, load, radius_m)
        volume = CriticalVolume(box.elastic, radius_m)
        return volume.peak_pa(box.settings.material.modulus_pa, moved, density, calm)

    def _wholeness(
        self, filled: Bool[Tensor, "n e"], load: Float64[Tensor, "n l f"]
    ) -> tuple[Float64[Tensor, " n"], Float64[Tensor, " n"]]:
        """Number of pieces, and the share of the load on no firmly supported piece."""
        grid = self.box.grid
        nodes, held = grid.cell_nodes.numpy(), held_parts(grid, self.box.elastic.fixed, filled)
        force = load.unflatten(-1, (grid.n_nodes, grid.dim)).norm(dim=-1).sum(1).numpy()
        counts, unheld = np.zeros(len(filled)), np.zeros(len(filled))
        for i, own in enumerate(filled):  # labels have no batch
            _, counts[i] = pieces(grid, own)
            bearing = np.zeros(grid.n_nodes, dtype=bool)
            bearing[nodes[held[i].numpy()].ravel()] = True
            unheld[i] = force[i][~bearing].sum() / force[i].sum()
        return torch.from_numpy(counts), torch.from_numpy(unheld)


def block_size(box: DesignBox, most: int) -> int:
    """Return the number of designs in a batch: a power of two, at most `most`."""
    batch_size = most
    while batch_size > 1 and batch_size * prod(box.grid.cells) > 200_000:
        batch_size //= 2
    return batch_size
