"""One conformer of a molecule, always the same."""

from rdkit import Chem, rdBase
from rdkit.Chem import AllChem

SEED = 61453
STARTS = 5
TRIES = 50  # of each start; where no embedding can be found, ten for each atom take minutes
MOST_STEPS = 500  # of the force field


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
