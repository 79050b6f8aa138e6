"""GFN2-xTB energies of conformers, fixed or relaxed."""

import math

import numpy as np
from jaxtyping import Float
from rdkit import Chem

from ingenium.core.counting import each
from ingenium.kits.chemistry import xtb
from ingenium.kits.chemistry.xtb import BOHR_ANGSTROM, HARTREE_KCAL, Geometry, single_point


def energies(mol: Chem.Mol, position: Float[np.ndarray, "n a 3"]) -> Float[np.ndarray, " n"]:
    """Return GFN2-xTB energies (kcal/mol); NaN where the charges do not converge."""
    return np.array([energy(mol, x) for x in each(position)])


def energy(mol: Chem.Mol, position: Float[np.ndarray, "a 3"]) -> float:
    """Return the GFN2-xTB energy of one conformer (kcal/mol)."""
    found = single_point(_geometry(mol, position))
    return math.nan if found is None else found.energy_hartree * HARTREE_KCAL


def relaxed(
    mol: Chem.Mol, position: Float[np.ndarray, "a 3"]
) -> tuple[Float[np.ndarray, "a 3"], float]:
    """Return the nearest minimum of GFN2-xTB and its energy (kcal/mol); NaN on failure."""
    found = xtb.relaxed(_geometry(mol, position))
    if found is None:
        return position, math.nan
    there, electrons = found
    return there.position_bohr * BOHR_ANGSTROM, electrons.energy_hartree * HARTREE_KCAL


def _geometry(mol: Chem.Mol, position: Float[np.ndarray, "a 3"]) -> Geometry:
    numbers = np.array([a.GetAtomicNum() for a in mol.GetAtoms()])
    return Geometry(numbers, position / BOHR_ANGSTROM, int(Chem.GetFormalCharge(mol)), 0)
