"""Requested molecule of the conformer problem, with hydrogens, and checks of the request."""

from rdkit import Chem, rdBase
from rdkit.Chem import AllChem
from rdkit.Chem.EnumerateStereoisomers import EnumerateStereoisomers, StereoEnumerationOptions

from ingenium.core.errors import InputError
from ingenium.kits.chemistry.parsing import parsed, required

MOST_ATOMS = 60  # heavy atoms; beyond, a random search finds a small part of the minima
MOST_TORSIONS = 15
MACROCYCLE = 9  # atoms of a ring from which it has many forms
TURNS = Chem.MolFromSmarts(
    "[!$([D1]);!$(*#*)]-;!@[!$([D1]);!$(*#*)]"  # single, not in a ring, not next to a linear atom
)
SHOWN = 4  # stereoisomers in a message
FEW_TRIES = 10  # to embed one


def molecule(smiles: str) -> Chem.Mol:
    """Return the molecule with hydrogens, atoms in the order of its canonical SMILES.

    Raises:
        InputError: if it is no single closed-shell molecule, has no rotatable bond, is too large,
            leaves a stereocentre open, or has atoms that MMFF94 does not support.
    """
    plain = parsed(smiles)
    if plain is not None:
        plain = Chem.Mol(plain)
        Chem.RemoveStereochemistry(plain)
        required(Chem.MolToSmiles(plain), "the molecule")
    else:
        required(smiles, "the molecule")
    mol = Chem.MolFromSmiles(Chem.MolToSmiles(parsed(smiles)))
    _check_size(mol, smiles)
    _check_stereo(mol, smiles)
    whole = Chem.AddHs(mol)
    with rdBase.BlockLogs():
        known = AllChem.MMFFHasAllMoleculeParams(whole)
    if not known:
        raise InputError(
            "a molecule whose atoms all have types in MMFF94",
            f'"{smiles}", which has others',
            "Write one of H, C, N, O, F, Si, P, S, Cl, Br and I in usual bonds.",
        )
    return whole


def turning(mol: Chem.Mol) -> list[tuple[int, int]]:
    """Return rotatable bonds with heavy atoms on either side, as pairs of atoms."""
    heavy = Chem.RemoveHs(mol)  # its atoms come first in `mol`, in the same order
    return sorted(tuple(sorted(pair)) for pair in heavy.GetSubstructMatches(TURNS))


def closed(smiles: str) -> str:
    """Return the first embeddable stereoisomer of a SMILES, in a fixed order."""
    options = StereoEnumerationOptions(maxIsomers=SHOWN, rand=0)
    isomers = EnumerateStereoisomers(Chem.MolFromSmiles(smiles), options=options)
    ordered = sorted({str(Chem.MolToSmiles(m)) for m in isomers})
    return next((s for s in ordered if _can_be(s)), ordered[0])


def _can_be(smiles: str) -> bool:
    """Return whether distance geometry can embed it; bridges cannot cross a ring."""
    how = AllChem.ETKDGv3()
    how.randomSeed, how.maxIterations = 1, FEW_TRIES
    with rdBase.BlockLogs():
        found = AllChem.EmbedMolecule(Chem.AddHs(Chem.MolFromSmiles(smiles)), how)
    return int(found) == 0


def macrocycle(mol: Chem.Mol) -> int:
    """Return the size of the largest ring if it is large enough to have many forms, or 0."""
    largest = max(map(len, mol.GetRingInfo().AtomRings()), default=0)
    return largest if largest >= MACROCYCLE else 0


def _check_size(mol: Chem.Mol, smiles: str) -> None:
    turns = len(turning(mol))
    if not turns:
        raise InputError(
            "a molecule with a bond to turn: single, in no ring, heavy atoms on both sides",
            f'"{smiles}" without any',
            "Write such as CCCC; forms of rings alone are not searched here.",
        )
    if mol.GetNumHeavyAtoms() > MOST_ATOMS or turns > MOST_TORSIONS:
        raise InputError(
            f"at most {MOST_ATOMS} heavy atoms and {MOST_TORSIONS} bonds to turn",
            f"{mol.GetNumHeavyAtoms()} heavy atoms and {turns} bonds to turn",
            "Ask for a part of the molecule.",
        )


def _check_stereo(mol: Chem.Mol, smiles: str) -> None:
    unspecified = Chem.StereoSpecified.Unspecified
    found = Chem.FindPotentialStereo(mol)
    if not any(s.specified == unspecified for s in found):
        return
    options = StereoEnumerationOptions(maxIsomers=SHOWN, rand=0)
    isomers = sorted({Chem.MolToSmiles(m) for m in EnumerateStereoisomers(mol, options=options)})
    if len(isomers) < 2:
        return
    raise InputError(
        "a molecule with all its stereochemistry stated",
        f'"{smiles}", which leaves some of it open',
        f"Write one of its isomers, such as {' or '.join(isomers)}.",
    )
