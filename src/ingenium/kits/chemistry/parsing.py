"""Parsing of molecules, and explanations of text that is no molecule.

Designs are constitutions: bonded atoms without stereochemistry and isotopes, like the known
molecules of MOSES.
"""

from functools import cache

from rdkit import Chem, rdBase

from ingenium.core.errors import InputError

STEREO = "stereochemistry"
SHOWN = 80  # characters of a text in a message
MOST_ATOMS = 150  # heavy atoms; above, engines take minutes and rules for drugs do not apply


def parsed(smiles: str) -> Chem.Mol | None:
    """Return the molecule, or None for text that is none of 1 to `MOST_ATOMS` heavy atoms."""
    if not smiles or smiles.split() != [smiles]:
        return None
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smiles)
    if mol is None or not 0 < mol.GetNumHeavyAtoms() <= MOST_ATOMS:
        return None
    return None if any(a.GetAtomicNum() == 0 for a in mol.GetAtoms()) else mol


def canonical(mol: Chem.Mol) -> str:
    """Return the canonical SMILES of the molecule's constitution."""
    return str(Chem.MolToSmiles(mol, isomericSmiles=False))


def kekulized(mol: Chem.Mol) -> str:
    """Return the SMILES of the molecule's constitution without aromatic atoms."""
    plain = Chem.Mol(mol)
    Chem.Kekulize(plain, clearAromaticFlags=True)
    return str(Chem.MolToSmiles(plain, isomericSmiles=False))


def readable(smiles: str, what: str) -> Chem.Mol:
    """Parse a molecule whose text states only a constitution; it may be a salt or a radical.

    Args:
        smiles: as the user wrote it.
        what: name in the message, such as "query".

    Raises:
        InputError: with the fault of the text.
    """
    mol = parsed(smiles)
    if mol is None:
        raise InputError(
            f"{what} as SMILES", f"{_shown(smiles)}: {_fault(smiles)}", "Write such as CCO."
        )
    found = [
        name for name, marks in (("an isotope", isotopes), (STEREO, stereo_marks)) if marks(mol)
    ]
    if found:
        raise InputError(
            f"{what} as a constitution",
            f"{_shown(smiles)}, with {' and '.join(found)}",
            f'Write "{canonical(_usual(mol))}".',
        )
    return mol


def _usual(mol: Chem.Mol) -> Chem.Mol:
    """The molecule without stated isotopes, and without hydrogens that were written for them."""
    plain = Chem.Mol(mol)
    for atom in plain.GetAtoms():
        atom.SetIsotope(0)
    return Chem.RemoveHs(plain)


def required(smiles: str, what: str) -> Chem.Mol:
    """Parse a molecule like `readable`; it must be one piece without unpaired electrons.

    Raises:
        InputError: with the fault of the text.
    """
    mol = readable(smiles, what)
    pieces = Chem.GetMolFrags(mol, asMols=True)
    if len(pieces) > 1:
        largest = max(pieces, key=lambda p: p.GetNumHeavyAtoms())
        raise InputError(
            f"{what} as one molecule",
            f"{_shown(smiles)}, a salt or mixture of {len(pieces)} pieces",
            f'Write "{canonical(largest)}" alone.',
        )
    if radicals(mol):
        raise InputError(
            f"{what} with all electrons paired",
            f"{_shown(smiles)}, a radical",
            "Add the hydrogen that is missing.",
        )
    return mol


@cache
def pattern(smarts: str, what: str) -> Chem.Mol:
    """Return a substructure query.

    Raises:
        InputError: if the text is no SMARTS.
    """
    with rdBase.BlockLogs():
        query = Chem.MolFromSmarts(smarts) if smarts.strip() else None
    if query is None:
        raise InputError(
            f"{what} as SMARTS", f'"{smarts}", which cannot be parsed', "Write such as [OX2H]."
        )
    return query


def _shown(smiles: str) -> str:
    """Text for a message, abbreviated where it is long."""
    return f'"{smiles}"' if len(smiles) <= SHOWN else f'"{smiles[:SHOWN]}..."'


def _fault(smiles: str) -> str:
    """Reason why a text is no molecule here."""
    if not smiles.strip():
        return "no text"
    if smiles.split() != [smiles]:
        return "blanks within"
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smiles, sanitize=False)
        if mol is None:
            return "brackets, rings or symbols that do not fit together"
        problems = [str(p.Message()) for p in Chem.DetectChemistryProblems(mol)]
    if problems:
        return problems[0].rstrip(".")
    heavy = mol.GetNumHeavyAtoms()
    if heavy > MOST_ATOMS:
        return f"{heavy} heavy atoms, and engines here take {MOST_ATOMS} at most"
    if any(a.GetAtomicNum() == 0 for a in mol.GetAtoms()):
        return "an atom * that is left open"
    return "no heavy atom" if not heavy else "a structure that RDKit does not take"


def radicals(mol: Chem.Mol) -> int:
    """Return the number of unpaired electrons."""
    return sum(a.GetNumRadicalElectrons() for a in mol.GetAtoms())


def isotopes(mol: Chem.Mol) -> int:
    """Return the number of atoms with a stated isotope."""
    return sum(a.GetIsotope() != 0 for a in mol.GetAtoms())


def stereo_marks(mol: Chem.Mol) -> int:
    """Return the number of atoms and bonds with stated stereochemistry."""
    atoms = [a.GetChiralTag() != Chem.ChiralType.CHI_UNSPECIFIED for a in mol.GetAtoms()]
    return sum(atoms + [b.GetStereo() > Chem.BondStereo.STEREOANY for b in mol.GetBonds()])
