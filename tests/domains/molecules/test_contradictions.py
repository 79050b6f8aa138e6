"""Contradictory specs are refused before any proposal, and others are not."""

from pathlib import Path

import pytest
from rdkit import Chem

from ingenium.core.errors import InputError
from ingenium.core.resolving import resolve
from ingenium.core.spec import Limit, Spec, load
from ingenium.domains.molecules.contradictions import check_limits
from ingenium.domains.molecules.lead import Lead, LeadSettings


def lead(**setup: object) -> Lead:
    return Lead(LeadSettings(known=200, **setup))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("setup", "reported"),
    [
        ({"keep": ("C1=CC=CC=C1",)}, 'does not even match.*Write "\\[#6\\]1:'),
        ({"avoid": ("N(=O)=O",)}, "charges in nitro"),
        ({"keep": ("[CX3](=O)[OX2H]",), "avoid": ("[OX2H]",)}, "with avoid"),
        ({"keep": ("Cc1ccccc1",), "avoid": ("[#6]1:[#6]:[#6]:[#6]:[#6]:[#6]1",)}, "with avoid"),
        ({"avoid": ("[#6]",)}, "every one holds"),
        ({"avoid": ("*",)}, "every one holds"),
        ({"keep": ("[Si](C)C",)}, "with Si"),
        ({"keep": ("[N+](C)(C)(C)C",)}, 'with charges.*source = "zinc250k"'),
        ({"keep": ("C" * 70,)}, "at most 64 atoms"),
        ({"query": "C" * 300}, '"C{80}[.]{3}": 300 heavy atoms'),
        ({"query": "[2H]CCO"}, 'Write "CCO"'),
        ({"processes": 0}, "at least one process"),
    ],
)
def test_groups_that_cannot_be(setup: dict[str, object], reported: str) -> None:
    with pytest.raises(InputError, match=reported):
        lead(**setup)


@pytest.mark.parametrize(
    "setup",
    [
        {"keep": ("[NX3H2]",), "avoid": ("[NX3H1]",)},
        {"keep": ("CC",), "avoid": ("[CX1]",)},
        {"keep": ("c1ccccc1",), "avoid": ("[cH0]",)},
        {"keep": ("CO",), "avoid": ("[OX2H]",)},
        {"keep": ("CN",), "avoid": ("[!#6;!#7]",)},
        {"keep": ("N",), "avoid": ("[N,O;R]",)},
        {"keep": ("C.C",), "avoid": ("c",)},
        {"keep": ("[F,Cl,Br,I]",)},
    ],
)
def test_groups_that_can_be(setup: dict[str, object]) -> None:
    lead(**setup)


@pytest.mark.parametrize(
    ("limit", "reported"),
    [
        (Limit("weight", at_most=50.0), 'weight with "c1ccccc1", which alone takes 72'),
        (Limit("weight", at_most=0.05, unit="kg/mol"), "takes 72"),
        (Limit("rings", at_most=0.0), "takes 1"),
        (Limit("heavy_atoms", at_most=5.0), "takes 6"),
        (
            Limit("aromatic_rings", at_most=0.0),
            'aromatic_rings with "c1ccccc1", which alone takes 1',
        ),
        (Limit("rings", at_least=1.5, at_most=1.8), "a whole number"),
        (Limit("qed", at_least=1.5), "0 or more and 1 or less"),
        (Limit("sa_score", at_most=0.5), "1 or more and 10 or less"),
        (Limit("tpsa", at_most=-1.0), "tpsa, which is 0 or more"),
    ],
)
def test_limits_that_nothing_meets(limit: Limit, reported: str) -> None:
    problem = lead(keep=("c1ccccc1",))
    with pytest.raises(InputError, match=reported):
        resolve(Spec(problem="molecules.lead", limits=(limit,)), problem)


@pytest.mark.parametrize(
    ("group", "count"),
    [
        ("c1ccccc1-c1ccccc1", 2),
        ("c1ccc2ccccc2c1", 1),  # one is certain, though there are two
        ("c1cccc2cccc2cc1", 0),  # azulene, whose rings RDKit does not count
        ("c1ccncc1", 0),
        ("[#6]1~[#6]~[#6]~[#6]~[#6]~[#6]1", 0),
        ("cccccc", 0),
        ("C1CCCCC1", 0),
    ],
)
def test_aromatic_rings_that_a_group_takes(group: str, count: int) -> None:
    query = {group: Chem.MolFromSmarts(group)}
    check_limits((Limit("aromatic_rings", at_most=count),), query)
    if count:
        with pytest.raises(InputError, match=f"takes {count}"):
            check_limits((Limit("aromatic_rings", at_most=count - 1),), query)


def test_limits_that_something_meets() -> None:
    """Benzene itself satisfies them; groups that may overlap are not added up."""
    problem = lead(keep=("c1ccccc1", "cc", "[#6]~[#6]"))
    limits = (
        Limit("weight", at_most=78.2),
        Limit("rings", at_least=1.0, at_most=1.5),
        Limit("heavy_atoms", at_most=6.0),
        Limit("logp", at_most=-50.0),
        Limit("groups_missing", at_most=0.0),
    )
    found = resolve(Spec(problem="molecules.lead", limits=limits), problem).limits
    assert found[: len(limits)] == tuple(
        Limit(x.quantity, x.at_least, x.at_most, u)
        for x, u in zip(limits, ("g/mol", *"1111"), strict=True)
    )


def test_groups_of_the_setup_are_judged_whatever_a_spec_limits() -> None:
    problem = lead(keep=("C(=O)N",), avoid=("[OX2H]",))
    found = resolve(
        Spec(problem="molecules.lead", limits=(Limit("logp", at_most=3.0),)), problem
    ).limits
    assert {"groups_missing", "groups_unwanted", "pieces", "radicals"} < {x.quantity for x in found}


def test_a_long_text_in_a_setup_is_no_file(tmp_path: Path) -> None:
    file = tmp_path / "long.toml"
    file.write_text(f'problem = "molecules.lead"\n[setup]\nquery = "{"C" * 3000}"\n')
    assert load(file).setup["query"] == "C" * 3000
