"""The rules of a molecule's graph against published numbers, and refusals."""

import numpy as np
import pytest
from rdkit import Chem

from ingenium.core.errors import InputError
from ingenium.domains.molecules import data
from ingenium.kits.chemistry import alerts as filters
from ingenium.kits.chemistry import likeness, parsing, rules, work
from ingenium.kits.chemistry.alerts import alerts, breaks_moses
from ingenium.kits.chemistry.groups import Groups

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"


def mol(smiles: str) -> Chem.Mol:
    return parsing.required(smiles, "molecule")


def value(name: str, smiles: str) -> float:
    return float(rules.BY_NAME[name].of(mol(smiles)))


@pytest.mark.parametrize(
    ("name", "smiles", "truth", "off"),
    [
        ("weight", ASPIRIN, 180.159, 1e-3),  # CRC Handbook
        ("tpsa", ASPIRIN, 63.60, 1e-2),  # Ertl et al. 2000
        ("donors", ASPIRIN, 1, 0),
        ("rings", "C1CC2CCC1CC2", 2, 0),
        ("largest_ring", "C1CCCCCCCCC1", 10, 0),
        ("sp3", "CCO", 1, 0),
        ("rotatable", "CCCC", 1, 0),
        ("open_centres", "CC(O)C(N)C=CC", 3, 0),
        ("charge", "C[N+](C)(C)CC(=O)[O-]", 0, 0),
    ],
)
def test_values_are_those_of_the_books(name: str, smiles: str, truth: float, off: float) -> None:
    assert value(name, smiles) == pytest.approx(truth, abs=off)


def test_values_are_those_that_moses_ships() -> None:
    """An older RDKit computed them: the same rules give the same numbers on 50 molecules."""
    known = data.moses_statistics("test")
    mols = [mol(s) for s in data.moses("test")[:50]]
    for ours, theirs in (
        ("logp", "logP"),
        ("sa_score", "SA"),
        ("qed", "QED"),
        ("weight", "weight"),
    ):
        found = [rules.BY_NAME[ours].of(m) for m in mols]
        np.testing.assert_allclose(found, known.properties[theirs][:50], atol=1e-6, err_msg=ours)
    np.testing.assert_array_equal(likeness.fingerprints(mols, bits=1024), known.fingerprints[:50])
    assert not any(breaks_moses(m) for m in mols)


@pytest.mark.parametrize(
    ("smiles", "why"),
    [
        ("[O-]C(=O)C", "charge"),
        ("CC[Si](C)(C)C", "element"),
        ("C1CCCCCCC1", "large ring"),
        ("CCBr", "MCF4"),
        ("CC=O", "MCF7"),
    ],
)
def test_filters_of_moses(smiles: str, why: str) -> None:
    assert breaks_moses(mol(smiles)) == why


def test_fingerprints_hide_no_filter_of_moses() -> None:
    """The first filter is the one that every pattern, matched one after the other, finds."""
    patterns = [(name, p) for name, p, _ in filters._moses()]
    broken = []
    for m in filter(None, map(Chem.MolFromSmiles, data.drugs()[:80])):
        whole, found = Chem.AddHs(m), breaks_moses(m)
        if found not in ("large ring", "charge", "element"):
            due = (name for name, p in patterns if whole.HasSubstructMatch(p))
            assert found == next(due, ""), Chem.MolToSmiles(m)
            broken.append(found)
    assert "" in broken
    assert len(set(broken)) > 3


def test_alerts_are_named() -> None:
    assert "Oxygen-nitrogen_single_bond" in alerts(mol("CON(C)C"))
    assert alerts(mol(ASPIRIN)) == ["phenol_ester"]
    assert not alerts(mol("CC(=O)Nc1ccccc1"))


@pytest.mark.parametrize(
    ("smiles", "reported"),
    [
        ("", "no text"),
        ("C1CC", "do not fit together"),
        ("C(C)(C)(C)(C)C", "Explicit valence for atom # 0 C"),
        ("c1cccc1", "kekulize"),
        ("CCO ethanol", "blanks"),
        ("C*", "left open"),
        ("[H][H]", "no heavy atom"),
        ("C" * 151, "151 heavy atoms"),
        ("CC(=O)[O-].[Na+]", 'salt or mixture of 2 pieces. Write "CC'),
        ("C[CH2]", "radical"),
        ("[13CH4]", 'isotope. Write "C"'),
        ("C[C@H](N)C(=O)O", 'stereochemistry. Write "CC(N)C(=O)O"'),
        ("C/C=C/C", "stereochemistry"),
    ],
)
def test_what_is_no_design_is_refused(smiles: str, reported: str) -> None:
    with pytest.raises(InputError) as error:
        mol(smiles)
    assert reported.lower() in str(error.value).lower()
    assert "query" not in str(error.value)


def test_text_of_one_constitution_is_one() -> None:
    same = ("OC(=O)[C@@H](N)C", "C[C@H](N)C(O)=O", "CC(N)C(=O)O")
    assert {parsing.canonical(parsing.parsed(s)) for s in same} == {"CC(N)C(=O)O"}


def test_groups_to_keep_and_avoid() -> None:
    groups = Groups(keep=("c1ccccc1", "C(=O)[OX2H]"), avoid=("[NX3]", "[OX2H]-c"))
    assert (groups.missing(mol(ASPIRIN)), groups.unwanted(mol(ASPIRIN))) == (0, 0)
    assert (groups.missing(mol("Nc1ccccc1O")), groups.unwanted(mol("Nc1ccccc1O"))) == (1, 2)
    with pytest.raises(InputError, match="cannot be parsed"):
        Groups(keep=("c1ccc",))
    with pytest.raises(InputError, match="hold no group to avoid"):
        Groups(keep=("OC(=O)c1ccccc1",), avoid=("c1ccccc1",))


def test_likeness() -> None:
    mols = [mol(s) for s in (ASPIRIN, "CCCC", "OC(=O)c1ccccc1O")]
    near = likeness.similarity(mols, mols[0])
    assert near[0] == 1
    assert near[1] < 0.2 < near[2] < 1
    np.testing.assert_array_equal(likeness.nearest(mols, mols[:1]), near)
    assert likeness.scaffold(mol("CCc1ccc(CC2CC2)cc1")) == "c1ccc(CC2CC2)cc1"
    assert likeness.scaffold(mols[1]) == ""


def test_processes_keep_the_order() -> None:
    items = list(data.moses("test")[:30])
    assert work.mapped(len, items, processes=2, chunk=10) == [len(s) for s in items]
