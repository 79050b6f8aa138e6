"""Verifier of conformers: clashes and stereochemistry, two energies, distance to known ones."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64
from rdkit import Chem
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.molecules.conformers import electrons, forces
from ingenium.domains.molecules.conformers.likeness import Likeness
from ingenium.domains.molecules.conformers.search import ConformerEnsemble
from ingenium.domains.molecules.conformers.shape import Shape
from ingenium.kits.chemistry.packages import release_of
from ingenium.kits.chemistry.xtb import HARTREE_KCAL


@dataclass(frozen=True)
class ConformerVerifier:
    """Verifier of all quantities of each conformer.

    Shapes: n conformers, a atoms, k quantities.
    """

    mol: Chem.Mol
    known: Callable[[], ConformerEnsemble]  # searched on first use
    shape: Shape
    likeness: Likeness
    name: ClassVar[str] = "rdkit and tblite"
    tier: ClassVar[Literal["exact"]] = "exact"

    @property
    def version(self) -> str:
        """Versions of the measuring packages."""
        return f"{release_of('rdkit')} and {release_of('tblite')}"

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Quantities in the order of their cost."""
        return (
            Quantity("clash", "1", "closest contact of far atoms, in sums of their radii"),
            Quantity("stretch", "1", "largest relative change of a bond's length"),
            Quantity("stereo_changed", "1", "stereocentres and double bonds the other way round"),
            Quantity("nearest_known", "angstrom", "distance to the nearest known conformer"),
            Quantity("nearest", "1", "which known conformer that is, from 0 for the lowest"),
            Quantity(
                "mmff_energy",
                "kcal/mol",
                "MMFF94 energy above the lowest known one",
                rounding=1e-6,
            ),
            Quantity(
                "energy",
                "kcal/mol",
                "GFN2-xTB energy above the lowest known one",
                rounding=1e-5,
            ),
            Quantity("gfn2_energy", "hartree", "total energy by GFN2-xTB"),
        )

    def measure(self, position: Float64[Tensor, "n a 3"]) -> Float64[Tensor, "n k"]:
        """Measure all quantities of each design; NaN where the charges do not converge."""
        x, known = position.numpy(), self.known()
        apart = self.likeness.between(x, known.position)
        mmff, gfn2 = forces.energies(self.mol, x), electrons.energies(self.mol, x)
        columns = [
            self.shape.clash(x),
            self.shape.stretch(x),
            self.shape.stereo_changed(x),
            apart.min(1),
            apart.argmin(1).astype(np.float64),
            mmff - known.mmff_kcal.min(),
            gfn2 - known.gfn2_kcal.min(),
            gfn2 / HARTREE_KCAL,
        ]
        return torch.from_numpy(np.stack(columns, 1))
