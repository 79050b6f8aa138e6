"""Shapley values of groups against their axioms, and the average over all orders."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from rdkit import Chem

from ingenium.domains.molecules import data
from ingenium.kits.chemistry import solubility
from ingenium.kits.chemistry.attribution import MOST_GROUPS, groups, shares
from ingenium.kits.chemistry.parsing import parsed
from ingenium.kits.chemistry.zinc import zinc250k

PARACETAMOL = parsed("CC(=O)Nc1ccc(O)cc1")


def written(smiles: str) -> list[str]:
    mol = parsed(smiles)
    return [Chem.MolFragmentToSmiles(mol, atoms) for atoms in groups(mol)]


def test_groups_are_those_of_chemists() -> None:
    assert written("CC(=O)Nc1ccc(O)cc1") == ["C", "NC=O", "c1ccccc1", "O"]
    assert written("CCCC(=O)OCC") == ["CCC", "O=CO", "CC"]
    assert written("CNS(=O)(=O)c1ccc([N+](=O)[O-])cc1") == [
        "C",
        "NS(=O)=O",
        "c1ccccc1",
        "O=[N+][O-]",
    ]


def test_groups_are_a_partition_of_few() -> None:
    for smiles in (*data.moses("test")[:40], *zinc250k()[:40], "CCO" * 20):
        mol = parsed(str(smiles))
        cut = groups(mol)
        assert sorted(itertools.chain(*cut)) == list(range(mol.GetNumAtoms()))
        assert len(cut) <= MOST_GROUPS


def test_an_additive_prediction_gives_each_group_its_own() -> None:
    found = shares(PARACETAMOL, lambda mols: np.array([m.GetNumAtoms() for m in mols]), 0.0)
    np.testing.assert_allclose(found.added, [len(atoms) for atoms in found.groups])


def test_what_needs_two_groups_is_shared_by_them() -> None:
    """An amide on a ring; the methyl and the hydroxyl have no part in it."""
    both = Chem.MolFromSmarts("c[NX3]C=O")
    found = shares(PARACETAMOL, lambda ms: np.array([m.HasSubstructMatch(both) for m in ms]), 0.0)
    np.testing.assert_allclose(found.added, [0, 0.5, 0.5, 0], atol=1e-12)


def test_shares_are_the_average_over_all_orders() -> None:
    """The prediction is a function without any structure."""

    def predict(mols: Sequence[Chem.Mol]) -> np.ndarray:
        return np.array([hash_of(Chem.MolToSmiles(m)) for m in mols])

    def hash_of(text: str) -> float:
        return sum((i + 1) * ord(c) for i, c in enumerate(text)) % 97 / 97

    mol = parsed("CC(=O)NCc1ccc(O)cc1")
    found = shares(mol, predict, 0.25)
    assert len(found.groups) == 5

    def worth(members: tuple[int, ...]) -> float:
        if not members:
            return 0.25
        atoms = {a for i in members for a in found.groups[i]}
        made = Chem.RWMol(mol)
        for i in sorted(set(range(mol.GetNumAtoms())) - atoms, reverse=True):
            made.RemoveAtom(i)
        Chem.SanitizeMol(made)
        return hash_of(Chem.MolToSmiles(made))

    mean = np.zeros(5)
    for order in itertools.permutations(range(5)):
        for place, i in enumerate(order):
            mean[i] += worth(order[: place + 1]) - worth(order[:place])
    np.testing.assert_allclose(found.added, mean / 120, atol=1e-12)


@pytest.mark.parametrize("smiles", ["CC(=O)Nc1ccc(O)cc1", "C[N+](C)(C)CC(=O)[O-]", "Cn1cccc1CCl"])
def test_shares_of_solubility_sum_up_to_it(smiles: str) -> None:
    mol = parsed(smiles)
    found = solubility.explained(mol)
    assert found.start + sum(found.added) == pytest.approx(solubility.measured(mol)[0])


def test_shares_of_solubility_have_the_signs_of_chemistry() -> None:
    """A hydroxyl raises solubility; chlorine and rings of carbon lower it."""
    found = solubility.explained(parsed("OCCc1ccc(Cl)cc1"))
    added = dict(zip(written("OCCc1ccc(Cl)cc1"), found.added, strict=True))
    assert added["O"] > 0.3
    assert added["c1ccccc1"] < -0.3
    assert added["Cl"] < -0.3
