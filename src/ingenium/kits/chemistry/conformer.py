"""One conformer of a molecule, always the same, or where a file has its atoms.

Shapes: a atoms, each its atomic number and its place in angstrom.
"""

import numpy as np
from jaxtyping import Float64
from rdkit import Chem, rdBase
from rdkit.Chem import AllChem

SEED = 61453
STARTS = 5
TRIES = 50  # of each start; where no embedding can be found, ten for each atom take minutes
MOST_STEPS = 500  # of the force field
BOND = (0.6, 1.4)  # a bond is as long as the radii of its atoms together, times one of these
APART = 0.7  # angstrom; nearer no two atoms lie


def conformer(mol: Chem.Mol) -> Chem.Mol:
    """The molecule with hydrogens and a conformer by ETKDG, relaxed by MMFF94 where that has terms.

    Where no embedding in space succeeds, such as of a cage that cannot exist, it is drawn flat.

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
    """Of a molecule with hydrogens and a conformer."""
    numbers = [a.GetAtomicNum() for a in mol.GetAtoms()]
    return np.column_stack([numbers, mol.GetConformer().GetPositions()])


def bonded(mol: Chem.Mol) -> bool:
    """Whether atoms of a conformer lie as its bonds say, and none upon another."""
    place, table = mol.GetConformer().GetPositions(), Chem.GetPeriodicTable()
    away = np.linalg.norm(place[:, None] - place, axis=-1)
    radius = [table.GetRcovalent(a.GetAtomicNum()) for a in mol.GetAtoms()]
    for bond in mol.GetBonds():
        i, j = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        if not BOND[0] <= away[i, j] / (radius[i] + radius[j]) <= BOND[1]:
            return False
    return bool((away[np.triu_indices(len(place), 1)] >= APART).all())
