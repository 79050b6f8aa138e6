"""One substance written in several ways is one to the dual-use screen.

The ways are made by code of its own from the members and look-alikes of other tests.
"""

import pytest
from listed import HARMLESS, MEMBERS
from rdkit import Chem
from written_forms import WAYS

from ingenium.domains.molecules import data
from ingenium.kits.chemistry import safety
from ingenium.kits.chemistry.forms import forms
from ingenium.kits.chemistry.parsing import canonical, parsed
from ingenium_book.checks.molecules.labelled import ALIKE, CONTROLLED, EXPLOSIVES, WEAPONS

HAZARDS = {**WEAPONS, **EXPLOSIVES, **CONTROLLED}


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
