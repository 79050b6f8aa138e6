"""One substance written in several ways is one to the dual-use screen.

The ways are made here by code of their own from the members and look-alikes of other tests.
"""

from collections.abc import Callable

import pytest
from listed import HARMLESS, MEMBERS
from rdkit import Chem

from ingenium.domains.molecules import data, safety
from ingenium.domains.molecules.chemistry.forms import forms
from ingenium.domains.molecules.chemistry.parsing import canonical, parsed
from ingenium.studies.dual_use_screen import HAZARDS
from ingenium.studies.screened_molecules import ALIKE

AMINE = "[NX3;+0;!$(N-C=[O,S,N]);!$(N-[c,N,P,O,S]);!$(N[CX4]O)]"
ENOLISABLE = "[CX4;!H0]-[CX3](=[OX1])-[#6]"


def labelled(mol: Chem.Mol) -> Chem.Mol:
    """Deuterium for every hydrogen, and carbon-13 for every carbon."""
    whole = Chem.AddHs(mol)
    for atom in whole.GetAtoms():
        atom.SetIsotope({1: 2, 6: 13}.get(atom.GetAtomicNum(), 0))
    return whole


def salt(mol: Chem.Mol) -> Chem.Mol:
    """A proton at each basic nitrogen, chlorides, and a piece of many carbons beside it."""
    out = Chem.RWMol(mol)
    found = mol.GetSubstructMatches(Chem.MolFromSmarts(AMINE))
    for (i,) in found:
        out.GetAtomWithIdx(i).SetFormalCharge(1)
        out.GetAtomWithIdx(i).SetNumExplicitHs(out.GetAtomWithIdx(i).GetTotalNumHs() + 1)
    Chem.SanitizeMol(out)
    return Chem.MolFromSmiles(f"{Chem.MolToSmiles(out)}.CCCCCCCCCCCC(=O)O" + ".[Cl-]" * len(found))


def anion(mol: Chem.Mol) -> Chem.Mol:
    """Without the protons of acids and phenols, as a sodium salt."""
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
    beside, carbonyl, oxygen, _ = found
    out = Chem.RWMol(Chem.AddHs(mol))
    hydrogen = next(
        a.GetIdx() for a in out.GetAtomWithIdx(beside).GetNeighbors() if a.GetAtomicNum() == 1
    )
    out.GetBondBetweenAtoms(beside, carbonyl).SetBondType(Chem.BondType.DOUBLE)
    out.GetBondBetweenAtoms(carbonyl, oxygen).SetBondType(Chem.BondType.SINGLE)
    out.RemoveBond(beside, hydrogen)
    out.AddBond(oxygen, hydrogen, Chem.BondType.SINGLE)
    Chem.SanitizeMol(out)
    return Chem.RemoveHs(out)


WAYS: dict[str, Callable[[Chem.Mol], Chem.Mol]] = {
    way.__name__: way for way in (labelled, salt, anion, dative, enol)
}


@pytest.mark.parametrize("way", WAYS)
def test_members_are_refused_however_they_are_written(way: str) -> None:
    changed = 0
    for name, smiles in {**{k: s for k, (s, _) in MEMBERS.items()}, **HAZARDS}.items():
        mol = parsed(smiles)
        other = WAYS[way](mol)
        changed += Chem.MolToSmiles(other) != Chem.MolToSmiles(mol)
        assert set(safety.classes(mol)) <= set(safety.classes(other)), name
    assert changed >= 4


@pytest.mark.parametrize("way", WAYS)
def test_look_alikes_pass_however_they_are_written(way: str) -> None:
    for name, smiles in {**HARMLESS, **ALIKE}.items():
        other = WAYS[way](parsed(smiles))
        assert safety.classes(other) == safety.classes(parsed(smiles)), name


def test_plain_molecules_have_one_form() -> None:
    """So that the screen costs no more on them; nitro groups and azides are plain too."""
    for smiles in ("CC(=O)Nc1ccc(O)cc1", "O=[N+]([O-])c1ccccc1", "CN=[N+]=[N-]", "CC(=O)O"):
        (form,) = forms(parsed(smiles))
        assert canonical(form) == canonical(parsed(smiles))
    many = [forms(parsed(str(s))) for s in data.moses("test")[:500]]
    assert sum(len(found) > 1 for found in many) < 5


def test_pieces_are_named() -> None:
    """Glycine as zwitterion, acetone as its enol, and a quaternary ion that stays."""
    named = [
        [canonical(f) for f in forms(parsed(s))[1:]]
        for s in ("[NH3+]CC(=O)[O-]", "CC(O)=C.[Na+]", "C[N+](C)(C)C", "CC(=O)OC.CC[13CH3]")
    ]
    assert named == [["NCC(=O)O"], ["CC(C)=O", "[Na+]"], ["C[N+](C)(C)C"], ["COC(C)=O", "CCC"]]
