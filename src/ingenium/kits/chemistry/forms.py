"""Forms in which one substance can be written: labelled, charged, as a salt, or as an enol.

Forms that lists of substances treat as one substance are normalised. Tautomers other than enols,
imidic acids and aci-nitro compounds stay as they are, and so do salts with a bond to the metal.
"""

from functools import cache

from rdkit import Chem, rdBase
from rdkit.Chem.MolStandardize import rdMolStandardize

from ingenium.kits.chemistry.parsing import pattern

DATIVE = "[P,S,As;+,+2]-[OX1-,SX1-]"
ENOL = "[OX2H]-[#6,$([N+][O-])]=[#6,#7]"
STAYS = "$([N+](=O)[O-]),$([O-][N+]=O),$([N+](=N)=[N-]),$([N-]=[N+]=N)"
"""Charged atoms of nitro groups and azides, which have no form without charges."""
UNDONE = f"[!0*,$([!+0;!{STAYS.replace(',', ';!')}]),$({ENOL})]"
"""Isotopes, other charges, and enols."""


def forms(mol: Chem.Mol) -> list[Chem.Mol]:
    """Return the molecule as written, and each of its pieces normalised as in lists of substances.

    A single piece that is written in its normalised form is not repeated.
    """
    if len(Chem.GetMolFrags(mol)) == 1 and not mol.HasSubstructMatch(pattern(UNDONE, "a form")):
        return [mol]
    with rdBase.BlockLogs():
        return [mol, *(_named(piece) for piece in Chem.GetMolFrags(mol, asMols=True))]


def _named(piece: Chem.Mol) -> Chem.Mol:
    """One piece without isotopes, without enols, and neutralised by protons where possible."""
    named = Chem.RWMol(piece)
    for atom in named.GetAtoms():
        atom.SetIsotope(0)
    _undatived(named)
    Chem.SanitizeMol(named)
    return _ketone(_uncharger().uncharge(Chem.RemoveHs(named)))


def _undatived(mol: Chem.RWMol) -> None:
    """Write P+-O- as P=O, and likewise arsenic and sulfur at either end."""
    for at, outer in mol.GetSubstructMatches(pattern(DATIVE, "a form")):
        centre = mol.GetAtomWithIdx(at)
        if centre.GetFormalCharge() > 0:
            mol.GetBondBetweenAtoms(at, outer).SetBondType(Chem.BondType.DOUBLE)
            centre.SetFormalCharge(centre.GetFormalCharge() - 1)
            mol.GetAtomWithIdx(outer).SetFormalCharge(0)


def _ketone(mol: Chem.Mol) -> Chem.Mol:
    """Move the hydrogen of each enol or imidic acid to the far end of the double bond."""
    while found := mol.GetSubstructMatch(
        pattern(ENOL, "a form")
    ):  # terminates: each round uses up a hydroxyl
        oxygen, centre, end = found
        edited = Chem.RWMol(mol)
        edited.GetBondBetweenAtoms(oxygen, centre).SetBondType(Chem.BondType.DOUBLE)
        edited.GetBondBetweenAtoms(centre, end).SetBondType(Chem.BondType.SINGLE)
        for atom, change in ((oxygen, -1), (end, 1)):
            own = edited.GetAtomWithIdx(atom)
            own.SetNumExplicitHs(max(own.GetNumExplicitHs() + change, 0))
        Chem.SanitizeMol(edited)
        mol = edited.GetMol()
    return mol


@cache
def _uncharger() -> rdMolStandardize.Uncharger:
    return rdMolStandardize.Uncharger()
