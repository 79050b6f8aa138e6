"""Verifier of a part: mass, cost, stiffness, strength, frequency, and printability."""

from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float64
from scipy import ndimage
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.structures.optimise.overhang import unsupported
from ingenium.domains.structures.parts.metal import price_per_kg
from ingenium.domains.structures.parts.part import Part
from ingenium.domains.structures.parts.thickness import thickness_m
from ingenium.kits.solids.elastic.critical import CriticalVolume
from ingenium.kits.solids.elastic.modes import frequencies_hz
from ingenium.kits.solids.elastic.solver import Elastic
from ingenium.kits.solids.printing.checks import support_m3, trapped_m3

VOID = 1e-6  # modulus of the empty space, relative to the metal
FIRM = 1e-5  # the same around a mechanism, which is rejected in any case
STRESS_M = 3e-3  # radius of the balls of metal over which stress is averaged
ACCURACY = 1e-2  # of the square of a frequency, relative
MPA, MM, CM2, CM3 = 1e-6, 1e3, 1e4, 1e6
MACHINE_EUR_H = 60.0
BUILT_M3_H = 20e-6  # build rate of one laser
SUPPORT_SHARE = 0.3  # metal in the space of a support


def meshed(name: str, unit: str, long_name: str) -> Quantity:
    """Return a quantity that depends on the cell size: limits apply beyond its uncertainty."""
    return Quantity(name, unit, long_name, beyond=True)


@dataclass(frozen=True, eq=False)
class PartVerifier:
    """Linear elasticity of a part on its grid, and print checks on its cells.

    The modulus of a cell is that of the metal times its metal share. Stress is averaged over balls
    of metal (`CriticalVolume`) in cells that are at least half metal and clear of loaded or
    supported walls; the largest value counts, and a neck thinner than a ball is averaged
    separately. Print checks use the cells that are at least half metal. Cost includes the metal in
    part and support, and the machine time for both.

    Pieces are connected by faces of cells: a connection by edges or corners is a mechanism. Where
    the engine fails for a mechanism, the space around it is stiffened until it succeeds.

    Shapes: n designs, e cells, k quantities, l load cases, f displacements.
    """

    part: Part
    elastic: Elastic
    name: str = "ingenium elastic grid"
    tier: Literal["exact"] = "exact"

    @property
    def version(self) -> str:
        """Version of the engine, which is part of the package."""
        return version("ingenium")

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Columns of `measure`."""
        return (
            Quantity("mass", "kg", "mass of the part"),
            Quantity("cost", "EUR", "metal of part and support, and time of the machine"),
            *self.responses,
            Quantity("min_feature", "mm", "thickness that 99 % of the metal reaches"),
            Quantity("overhang_area", "cm²", "area that faces down and that nothing carries"),
            Quantity("support_volume", "cm³", "volume of the support under overhangs"),
            Quantity("tool_blocked", "1", "share of the way of the tools that is not free"),
            Quantity("trapped_powder", "cm³", "volume of the hollows that powder cannot leave"),
            Quantity("missing", "1", "share of the prescribed metal that is not there"),
            Quantity("pieces", "1", "pieces of the metal, by faces of cells"),
        )

    @property
    def responses(self) -> tuple[Quantity, ...]:
        """Quantities that `response` measures."""
        return (
            meshed("compliance", "J", "largest compliance under a load case"),
            *(
                meshed(f"compliance_{case}", "J", f"compliance under the load case {case}")
                for case in self.part.cases
            ),
            meshed("stress", "MPa", "largest von Mises stress, over balls of metal"),
            meshed("displacement", "mm", "largest displacement where loads act"),
            meshed("frequency", "Hz", "lowest eigenfrequency of the part on its bolts"),
        )

    def measure(self, density: Float64[Tensor, "n *cells"]) -> Float64[Tensor, "n k"]:
        """Measure all quantities of designs given by the metal share of each cell."""
        flat = density.flatten(1)
        mass = flat.sum(1) * self.part.grid.cell_volume_m3 * self.part.material.density_kg_m3
        answers = torch.stack(self.response(flat), 1)
        printing = self._printing(flat)
        loose = answers.isnan().any(1) & (printing[-1] > 1)
        if bool(loose.any()):
            answers[loose] = torch.stack(self.response(flat[loose].clamp(min=FIRM)), 1)
        cost = self._cost(mass, printing[2] / CM3)
        return torch.stack([mass, cost, *answers.unbind(1), *printing], 1)

    def modulus_pa(self, flat: Float64[Tensor, "n e"]) -> Float64[Tensor, "n e"]:
        """Return the modulus of each cell."""
        return self.part.material.modulus_pa * (VOID + (1 - VOID) * flat)

    def _cost(self, mass_kg: Tensor, support_m3: Tensor) -> Float64[Tensor, " n"]:
        metal = self.part.material
        built_m3 = mass_kg / metal.density_kg_m3 + SUPPORT_SHARE * support_m3
        each_m3 = price_per_kg(metal) * metal.density_kg_m3 + MACHINE_EUR_H / BUILT_M3_H
        return built_m3 * each_m3

    def response(self, flat: Float64[Tensor, "n e"]) -> list[Tensor]:
        """Return works, stress, displacement and frequency."""
        return self.mechanics(
            flat, self.elastic.solve(self.modulus_pa(flat), self.part.load_n[None])
        )

    def mechanics(self, flat: Float64[Tensor, "n e"], u: Float64[Tensor, "n l f"]) -> list[Tensor]:
        """Return the columns of `response` for given displacements under the loads."""
        work = (u * self.part.load_n[None]).sum(-1)
        density = self.part.material.density_kg_m3 * flat
        modulus = self.modulus_pa(flat)
        first = frequencies_hz(self.elastic, modulus, density, accuracy=ACCURACY)[:, 0]
        stress, moved = self.peak_pa(flat, u) * MPA, self.moved_m(u) * MM
        return [work.amax(1), *work.unbind(1), stress, moved, first]

    def peak_pa(
        self, flat: Float64[Tensor, "n e"], u: Float64[Tensor, "n l f"], stiffer: float = 1.0
    ) -> Float64[Tensor, " n"]:
        """Return the largest stress of all load cases, in a metal stiffer by a factor."""
        modulus = stiffer * self.part.material.modulus_pa
        return self.volume.peak_pa(modulus, u, flat, self.part.calm[None])

    @cached_property
    def volume(self) -> CriticalVolume:
        """Volume over which stress is averaged."""
        return CriticalVolume(self.elastic, STRESS_M)

    def moved_m(self, u: Float64[Tensor, "n l f"]) -> Float64[Tensor, " n"]:
        """Return the largest displacement of the loaded nodes, over all load cases."""
        nodes = (self.part.load_n != 0).any(0).reshape(-1, 3).any(1)
        moved = u.reshape(*u.shape[:2], -1, 3)[:, :, nodes]
        largest: Tensor = moved.norm(dim=-1).flatten(1).amax(1)
        return largest

    def _printing(self, flat: Float64[Tensor, "n e"]) -> list[Tensor]:
        """Thickness, overhang, support, access, powder, missing metal, and pieces.

        NaN for an empty design.
        """
        grid, build = self.part.grid, self.part.build
        masks = self.masks(flat)
        some = masks.any((1, 2, 3))
        masks[~some] = True
        metal = torch.from_numpy(masks).flatten(1).to(torch.float64)
        tools = (self.part.tool_share >= 0.5).to(torch.float64)
        wanted = (self.part.lower >= 0.5).to(torch.float64)
        support = support_m3(masks, grid.cell_m, axis=build.axis, upward=build.upward)
        found = [
            torch.from_numpy(thickness_m(masks, grid.cell_m)) * MM,
            unsupported(build, metal).double().sum(1) * grid.cell_m**2 * CM2,
            torch.from_numpy(support) * CM3,
            metal @ tools / tools.sum(),
            torch.from_numpy(trapped_m3(masks, grid.cell_m)) * CM3,
            (1 - metal) @ wanted / wanted.sum(),
            torch.tensor([float(ndimage.label(m)[1]) for m in masks], dtype=torch.float64),
        ]
        return [values.masked_fill(torch.from_numpy(~some), torch.nan) for values in found]

    def masks(self, flat: Float64[Tensor, "n e"]) -> Bool[np.ndarray, "n x y z"]:
        """Return the cells that are at least half metal."""
        whole: Bool[np.ndarray, "n x y z"] = (
            (flat >= 0.5).reshape(-1, *self.part.grid.cells).numpy().copy()
        )
        return whole
