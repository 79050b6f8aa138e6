"""Molecules that grow from a group contain it, whatever a model proposes."""

from dataclasses import replace
from functools import cache

import pytest
import torch
from rdkit import Chem
from torch import Tensor

from ingenium.domains.molecules.joined_groups import parts, skeletons
from ingenium.domains.molecules.kekule import KekuleCodec
from ingenium.domains.molecules.known import LONGEST, Source
from ingenium.domains.molecules.required_group import drawn, growing
from ingenium.domains.molecules.trained.model import codec
from ingenium.generators.tokens.drawing import FREELY, OPEN, Turnstile
from ingenium.generators.tokens.drawing import sampled as token_of
from ingenium.generators.tokens.vocabulary import END, PAD, Vocabulary
from ingenium.kits.chemistry.parsing import canonical, parsed

IBUPROFEN = "CC(C)Cc1ccc(cc1)C(C)C(=O)O"
QUINAZOLINE = "c1ccccc1Nc1ncnc2ccccc12"  # 4-anilinoquinazoline


def few_tokens(source: Source) -> KekuleCodec:
    """The tokens of a data set, with the most frequent merged ones."""
    whole = codec(source, LONGEST[source]).vocabulary
    vocabulary = Vocabulary(whole.pieces, whole.pattern, whole.merges[:30])
    return KekuleCodec(vocabulary, 50, LONGEST[source])


def own(source: Source, smarts: str) -> KekuleCodec:
    plain = few_tokens(source)
    return replace(plain, first=growing((smarts,), plain))


def walked(codec: KekuleCodec, n: int, seed: int) -> Tensor:
    """Sample tokens by arbitrary probabilities: a model of another subject."""
    assert codec.grammar is not None
    grammar, rng = codec.grammar, torch.Generator().manual_seed(seed)
    state, over = grammar.start(n), torch.zeros(n, dtype=torch.bool)
    ids = torch.full((n, codec.steps), PAD)
    for step in range(codec.steps):
        may = Turnstile(grammar, state, codec.steps - step, over, torch.arange(n))
        logits = torch.randn(n, codec.symbols - OPEN, generator=rng)
        point = torch.rand(n, generator=rng, dtype=torch.float64)
        token = token_of(logits, point, FREELY, may).masked_fill(over, PAD)
        ids[:, step], over = token, over | (token == END)
        state = grammar.follow(state, token)
    return ids.double()


@pytest.mark.parametrize(
    ("source", "smarts"),
    [
        ("moses", QUINAZOLINE),
        ("moses", "c1ccccc1C(=O)N"),
        ("moses", "[CX3](=O)[OX2H]"),  # nothing may replace the hydrogen
        ("moses", "[CX3](=O)[NX3]"),
        ("moses", "C1CC1"),
        ("zinc250k", "c1ccc2[nH]ccc2c1"),
    ],
)
def test_every_molecule_holds_the_group_and_grows(source: Source, smarts: str) -> None:
    codec, query = own(source, smarts), Chem.MolFromSmarts(smarts)
    texts = codec.to_texts(walked(codec, 8, seed=3))
    mols = [parsed(text) for text in texts]
    assert all(mol is not None and mol.HasSubstructMatch(query) for mol in mols)
    alone = drawn(smarts)
    assert alone is not None
    assert len({*texts} - {canonical(alone)}) > 4


def test_growth_starts_at_more_than_one_atom() -> None:
    """Most of the quinazoline's ten atoms with hydrogen, and the nitrogen, are reached."""
    query, met = Chem.MolFromSmarts(QUINAZOLINE), set[int]()
    for text in quinazolines():
        mol = parsed(text)
        assert mol is not None
        match = mol.GetSubstructMatch(query)
        for place, atom in enumerate(match):
            if any(x.GetIdx() not in match for x in mol.GetAtomWithIdx(atom).GetNeighbors()):
                met.add(place)
    assert len(met) >= 6


@cache
def quinazolines() -> list[str]:
    codec = own("moses", QUINAZOLINE)
    return codec.to_texts(walked(codec, 24, seed=5))


def test_rings_and_what_is_aromatic_in_the_group_stay() -> None:
    query = Chem.MolFromSmarts(QUINAZOLINE)
    for text in quinazolines():
        mol = parsed(text)
        assert mol is not None
        match = set(mol.GetSubstructMatch(query))
        rings = [set(r) for r in mol.GetRingInfo().AtomRings() if set(r) & match]
        assert sum(ring <= match for ring in rings) == len(rings) == 3


@pytest.mark.parametrize(
    "smarts",
    [
        "[C,N]~[O,S]",  # generates no one molecule
        "[CX3](=O)[NX3;H1]",  # written, it has two hydrogens
        "[CH4]",  # nothing may grow
    ],
)
def test_what_cannot_grow_is_left_to_the_choice_among_proposals(smarts: str) -> None:
    assert growing((smarts,), few_tokens("moses")) == ()


def test_orders_of_a_group_hang_on_nothing_that_was_drawn_before() -> None:
    plain = few_tokens("moses")
    first = growing((QUINAZOLINE,), plain)
    Chem.MolToRandomSmilesVect(Chem.MolFromSmiles("CCOc1ccccc1"), 5, randomSeed=9)
    assert [p.text for p in growing((QUINAZOLINE,), plain)] == [p.text for p in first]


@pytest.mark.parametrize(
    ("query", "smarts", "atoms"),
    [
        (IBUPROFEN, ("c1ccccc1", "[CX3](=O)[OX2H]"), 10),  # phenylacetic acid
        ("CN1CCC[C@H]1c1cccnc1", ("c1ccncc1", "C1CCNC1"), 11),  # nornicotine
        ("CC(=O)Nc1ccc(O)cc1", ("[OX2H]c", "[NX3][CX3](=O)"), 10),  # rings are whole
    ],
)
def test_several_groups_are_joined_as_in_a_molecule_and_stay(
    query: str, smarts: tuple[str, ...], atoms: int
) -> None:
    queries = [Chem.MolFromSmarts(s) for s in smarts]
    (found,) = skeletons(queries, [query, "CCO", query])
    assert found.GetNumAtoms() == atoms
    mol = parsed(query)
    assert mol is not None
    assert mol.HasSubstructMatch(found)
    plain = few_tokens("moses")
    own = replace(plain, first=growing(smarts, plain, ["CCO", query]))
    texts = own.to_texts(walked(own, 8, seed=5))
    grown = [parsed(text) for text in texts]
    assert all(g is not None and all(g.HasSubstructMatch(q) for q in queries) for g in grown)
    assert len({*texts} - {canonical(found)}) > 4


def test_the_first_molecule_shows_half_of_the_beginnings() -> None:
    smarts, plain = ("c1ccccc1", "[CX3](=O)[OX2H]"), few_tokens("moses")
    first = growing(smarts, plain, [IBUPROFEN])
    both = growing(smarts, plain, [IBUPROFEN, "O=C(O)CCCc1ccccc1", "O=C(O)c1ccccc1"])
    own = {p.text.pieces for p in first}
    assert [p.text.pieces in own for p in both] == [i % 2 == 0 for i in range(len(both))]
    assert growing(smarts, plain, ["CCO"]) == ()
    assert growing(smarts, plain) == ()


def test_parts_of_a_molecule_contain_all_groups_and_lack_a_branch() -> None:
    mol = parsed(IBUPROFEN)
    assert mol is not None
    queries = [Chem.MolFromSmarts(s) for s in ("c1ccccc1", "[CX3](=O)[OX2H]")]
    found = {canonical(part) for part in parts(queries, mol)}
    for known in ("CC(C(=O)O)c1ccccc1", "CC(C)Cc1ccc(CC(=O)O)cc1", "O=C(O)Cc1ccccc1"):
        assert known in found
    assert canonical(mol) not in found
