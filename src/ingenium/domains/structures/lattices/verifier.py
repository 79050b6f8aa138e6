"""Verifier of the energy that a lattice absorbs under crushing.

Shapes: n designs, x columns and y rows of cells, p records, k quantities.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium import __version__
from ingenium.core.counting import each
from ingenium.core.quantity import Quantity
from ingenium.domains.structures.lattices.crushing import Crushing, Curve, crush
from ingenium.domains.structures.lattices.frame import Frame
from ingenium.domains.structures.lattices.layout import Layout, frames, relative_density
from ingenium.domains.structures.lattices.material import Ductile
from ingenium.domains.structures.lattices.solid import body_density

PLATEAU = (0.2, 0.4)  # strains between which ISO 13314 takes the plateau stress
FIRST = 0.2  # strain up to which the first peak is searched


@dataclass(frozen=True)
class CrushVerifier:
    """Energy, stresses and evenness of crushing to half the height, for both signs of crookedness.

    Plane frames with plastic hinges and contact; no fracture, friction or strain rate. For a file,
    the frame has the walls recovered from the mesh; the collapse is the frame's, density and mass
    are those of the printed body.

    Source: ISO 13314:2011, Compression test for porous and cellular metals (plateau stress,
        energy absorption up to 50 % strain); `crushing` for the engine.
    """

    layout: Layout
    material: Ductile
    depth_m: float
    crushing: Crushing
    name: ClassVar[str] = "explicit corotational frame with plastic hinges and contact"
    version: ClassVar[str] = __version__
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = (
        Quantity("specific_energy", "J/kg", "energy taken up to 50 % strain, over the mass"),
        Quantity("energy_gap", "1", "specific energy over the target, minus one"),
        Quantity("energy_scatter", "1", "half the range over two crooked shapes, over the mean"),
        Quantity("plateau_stress", "Pa", "mean stress between 20 % and 40 % strain", shown="MPa"),
        Quantity("first_peak", "Pa", "highest stress up to 20 % strain", shown="MPa"),
        Quantity("evenness", "1", "mean over highest stress: 1 for an even crush"),
        Quantity("relative_density", "1", "volume of the printed body over the box"),
        Quantity("mass", "kg", "of the printed body"),
        Quantity("imbalance", "1", "work at the upper less the lower plate, over the mean"),
    )

    def measure(
        self,
        amplitude: Float64[Tensor, "n x y"],
        wall_m: Float64[Tensor, "n x y"],
        web_m: Float64[Tensor, "n x y"],
        wanted_j_kg: Float64[Tensor, " n"],
    ) -> Float64[Tensor, "n k"]:
        """Measure all quantities of each design; NaN where the motion fails."""
        fields = tuple(a.numpy() for a in (amplitude, wall_m, web_m))
        out = np.full((len(wanted_j_kg), len(self.quantities)), np.nan)
        sound = np.logical_and.reduce([np.isfinite(f).all((1, 2)) for f in fields])
        rows = np.flatnonzero(sound)
        built = frames(self.layout, *(f[rows] for f in fields))
        for row, frame in each(zip(rows, built, strict=True)):  # frames differ in size
            out[row] = self._one(frame, float(wanted_j_kg[row]))
        return torch.from_numpy(out)

    def _one(self, frame: Frame, wanted_j_kg: float) -> np.ndarray:
        box = self.layout.width_m * self.layout.height_m * self.depth_m
        density = body_density(frame)
        mass = density * box * self.material.density_kg_m3
        curves = [crush(frame, self.material, c) for c in self.crushing.both()]
        stress = np.stack([stress_pa(c, self.layout.width_m) for c in curves])
        strain, each = curves[0].strain, np.gradient(curves[0].strain)
        energy = (stress * each).sum(1) * box / mass
        mean = stress.mean(0)
        flat = mean[(strain >= PLATEAU[0]) & (strain <= PLATEAU[1])].mean()
        work = np.array([[(f * each).sum() for f in (c.top_n_m, c.bottom_n_m)] for c in curves])
        return np.array(
            [
                energy.mean(),
                energy.mean() / wanted_j_kg - 1,
                np.ptp(energy) / 2 / energy.mean(),
                flat,
                mean[strain <= FIRST].max(),
                (mean * each).sum() / each.sum() / mean.max(),
                density,
                mass,
                np.abs(work[:, 0] - work[:, 1]).sum() / work.mean(1).sum(),
            ]
        )


@dataclass(frozen=True)
class WallSum:
    """Relative density by lengths times thicknesses of walls, joints counted once a wall."""

    layout: Layout
    name: ClassVar[str] = "walls of the frame, length times thickness"
    version: ClassVar[str] = __version__
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = tuple(
        q for q in CrushVerifier.quantities if q.name == "relative_density"
    )

    def measure(self, *arrays: Float64[Tensor, "n ..."]) -> Float64[Tensor, "n 1"]:
        """Measure each design."""
        fields = (a.numpy() for a in arrays[:3])
        return torch.from_numpy(relative_density(self.layout, *fields))[:, None]


def stress_pa(curve: Curve, width_m: float) -> Float64[np.ndarray, " p"]:
    """Return the mean of the forces on both plates over the area of the plate."""
    stress: np.ndarray = (curve.top_n_m + curve.bottom_n_m) / 2 / width_m
    return stress
