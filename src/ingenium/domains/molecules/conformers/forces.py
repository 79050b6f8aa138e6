"""Conformers by distance geometry, and their energy by the force field MMFF94.

Source: Riniker and Landrum, J. Chem. Inf. Model. 55:2562, 2015; Wang et al., J. Chem. Inf. Model.
    60:2044, 2020 (ETKDGv3); Halgren, J. Comput. Chem. 17:490, 1996 (MMFF94).
"""

import numpy as np
from jaxtyping import Float
from rdkit import Chem, rdBase
from rdkit.Chem import AllChem

MOST_STEPS = 1000
MOST_TRIES = 50  # for each conformer


def embedded(mol: Chem.Mol, count: int, seed: int) -> Float[np.ndarray, "n a 3"]:
    """Embed conformers by ETKDGv3; fewer than `count` where some cannot be embedded."""
    own, how = Chem.Mol(mol), AllChem.ETKDGv3()
    how.randomSeed, how.maxIterations = seed, MOST_TRIES
    with rdBase.BlockLogs():
        found = list(AllChem.EmbedMultipleConfs(own, count, how))
        if not found:
            how.useRandomCoords = True
            found = list(AllChem.EmbedMultipleConfs(own, count, how))
    return positions(own) if found else np.empty((0, mol.GetNumAtoms(), 3))


def energies(mol: Chem.Mol, position: Float[np.ndarray, "n a 3"]) -> Float[np.ndarray, " n"]:
    """Return MMFF94 energies (kcal/mol)."""
    about, own = AllChem.MMFFGetMoleculeProperties(mol), _filled(mol, position[:1])
    field = AllChem.MMFFGetMoleculeForceField(own, about)
    return np.array([field.CalcEnergy(x.ravel().tolist()) for x in position])


def relaxed(
    mol: Chem.Mol, position: Float[np.ndarray, "n a 3"], most: int = MOST_STEPS
) -> tuple[Float[np.ndarray, "n a 3"], Float[np.ndarray, " n"]]:
    """Return the nearest minima of MMFF94 and their energies (kcal/mol)."""
    if not len(position):
        return position, np.empty(0)
    own = _filled(mol, position)
    reported = AllChem.MMFFOptimizeMoleculeConfs(own, numThreads=1, maxIters=most)
    return positions(own), np.array([energy for _, energy in reported])


def positions(mol: Chem.Mol) -> Float[np.ndarray, "n a 3"]:
    """Return the positions of all conformers of a molecule (angstrom)."""
    return np.array([c.GetPositions() for c in mol.GetConformers()])


def _filled(mol: Chem.Mol, position: Float[np.ndarray, "n a 3"]) -> Chem.Mol:
    own = Chem.Mol(mol)
    own.RemoveAllConformers()
    for x in position:
        conformer = Chem.Conformer(len(x))
        conformer.SetPositions(np.ascontiguousarray(x))
        own.AddConformer(conformer, assignId=True)
    return own
