"""One reproducible conformer of a molecule, or the positions of the atoms in a file.

Shapes: a atoms, each with atomic number and position in angstrom.
"""

import numpy as np
from jaxtyping import Float64
from rdkit import Chem, rdBase
from rdkit.Chem import AllChem

SEED = 61453
STARTS = 5
TRIES = 50  # of each start; RDKit's default, ten for each atom, takes minutes where all fail
MOST_STEPS = 500  # of the force field's minimisation
BOND = (0.6, 1.4)  # least and largest bond length over the sum of both covalent radii
DISTANCE = 0.7  # angstrom; least distance between two atoms


def conformer(mol: Chem.Mol) -> Chem.Mol:
    """Add hydrogens and a conformer by ETKDG, relaxed by MMFF94 where that has parameters.

    Where no embedding in space succeeds, such as for an impossible cage, the conformer is planar.

    Source: Riniker and Landrum, J. Chem. Inf. Model. 55:2562, 2015; Wang et al., J. Chem. Inf.
        Model. 60:2044, 2020 (ETKDGv3); Halgren, J. Comput. Chem. 17:490, 1996 (MMFF94).
    """
    ordered = Chem.MolFromSmiles(Chem.MolToSmiles(mol, isomericSmiles=False))
    whole = Chem.AddHs(ordered)
    with rdBase.BlockLogs():
        for attempt in range(STARTS):
            how = AllChem.ETKDGv3()
            how.randomSeed = SEED + attempt
            how.useRandomCoords, how.maxIterations = attempt > 0, TRIES
            if AllChem.EmbedMolecule(whole, how) == 0:
                if AllChem.MMFFHasAllMoleculeParams(whole):
                    AllChem.MMFFOptimizeMolecule(whole, maxIters=MOST_STEPS)
                return whole
    AllChem.Compute2DCoords(whole)
    return whole


def atoms(mol: Chem.Mol) -> Float64[np.ndarray, "a 4"]:
    """Return atomic numbers and positions (angstrom) of a molecule with a conformer."""
    numbers = [a.GetAtomicNum() for a in mol.GetAtoms()]
    return np.column_stack([numbers, mol.GetConformer().GetPositions()])


def bonded(mol: Chem.Mol) -> bool:
    """Return whether all bond lengths of a conformer are plausible and no two atoms overlap."""
    place, table = mol.GetConformer().GetPositions(), Chem.GetPeriodicTable()
    away = np.linalg.norm(place[:, None] - place, axis=-1)
    radius = [table.GetRcovalent(a.GetAtomicNum()) for a in mol.GetAtoms()]
    for bond in mol.GetBonds():
        i, j = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        if not BOND[0] <= away[i, j] / (radius[i] + radius[j]) <= BOND[1]:
            return False
    return bool((away[np.triu_indices(len(place), 1)] >= DISTANCE).all())
