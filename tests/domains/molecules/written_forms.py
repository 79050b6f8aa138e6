"""Other ways to write a molecule with the same substance, generated from its usual one."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from rdkit import Chem

AMINE = "[NX3;+0;!$(N-C=[O,S,N]);!$(N-[c,N,P,O,S]);!$(N[CX4]O)]"
ENOLISABLE = "[CX4;!H0]-[CX3](=[OX1])-[#6]"


def labelled(mol: Chem.Mol) -> Chem.Mol:
    """Deuterium in place of every hydrogen, and carbon-13 of every carbon."""
    whole = Chem.AddHs(mol)
    for atom in whole.GetAtoms():
        atom.SetIsotope({1: 2, 6: 13}.get(atom.GetAtomicNum(), 0))
    return whole


def salt(mol: Chem.Mol) -> Chem.Mol:
    """A proton at each basic nitrogen, chlorides, and a piece of many carbons next to it."""
    out = Chem.RWMol(mol)
    found = mol.GetSubstructMatches(Chem.MolFromSmarts(AMINE))
    for (i,) in found:
        out.GetAtomWithIdx(i).SetFormalCharge(1)
        out.GetAtomWithIdx(i).SetNumExplicitHs(out.GetAtomWithIdx(i).GetTotalNumHs() + 1)
    Chem.SanitizeMol(out)
    return Chem.MolFromSmiles(f"{Chem.MolToSmiles(out)}.CCCCCCCCCCCC(=O)O" + ".[Cl-]" * len(found))


def anion(mol: Chem.Mol) -> Chem.Mol:
    """The sodium salt, without the protons of acids and phenols."""
    out = Chem.RWMol(mol)
    found = mol.GetSubstructMatches(Chem.MolFromSmarts("[OX2H]-[$(C=O),$(P=O),c]"))
    for i, *_ in found:
        out.GetAtomWithIdx(i).SetFormalCharge(-1)
        out.GetAtomWithIdx(i).SetNumExplicitHs(0)
    Chem.SanitizeMol(out)
    return Chem.MolFromSmiles(Chem.MolToSmiles(out) + ".[Na+]" * len(found))


def dative(mol: Chem.Mol) -> Chem.Mol:
    """Charges in place of double bonds to phosphorus and sulfur."""
    out = Chem.RWMol(mol)
    for i, j in mol.GetSubstructMatches(Chem.MolFromSmarts("[P,S]=[O,S;X1]")):
        out.GetBondBetweenAtoms(i, j).SetBondType(Chem.BondType.SINGLE)
        centre, outer = out.GetAtomWithIdx(i), out.GetAtomWithIdx(j)
        centre.SetFormalCharge(centre.GetFormalCharge() + 1)
        outer.SetFormalCharge(-1)
    Chem.SanitizeMol(out)
    return out.GetMol()


def enol(mol: Chem.Mol) -> Chem.Mol:
    """The first ketone as its enol."""
    found = mol.GetSubstructMatch(Chem.MolFromSmarts(ENOLISABLE))
    if not found:
        return mol
    alongside, carbonyl, oxygen, _ = found
    out = Chem.RWMol(Chem.AddHs(mol))
    hydrogen = next(
        a.GetIdx() for a in out.GetAtomWithIdx(alongside).GetNeighbors() if a.GetAtomicNum() == 1
    )
    out.GetBondBetweenAtoms(alongside, carbonyl).SetBondType(Chem.BondType.DOUBLE)
    out.GetBondBetweenAtoms(carbonyl, oxygen).SetBondType(Chem.BondType.SINGLE)
    out.RemoveBond(alongside, hydrogen)
    out.AddBond(oxygen, hydrogen, Chem.BondType.SINGLE)
    Chem.SanitizeMol(out)
    return Chem.RemoveHs(out)


WAYS: Mapping[str, Callable[[Chem.Mol], Chem.Mol]] = MappingProxyType(
    {way.__name__: way for way in (labelled, salt, anion, dative, enol)}
)
