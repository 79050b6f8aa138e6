"""Molecules as rows of fragments: exact there and back, and nothing but molecules."""

from functools import cache

import numpy as np
import pytest
import torch
from rdkit import Chem

from ingenium.core.errors import InputError
from ingenium.domains.molecules.data import moses
from ingenium.domains.molecules.fragments.codec import FragmentCodec, fragment_codec
from ingenium.domains.molecules.fragments.cutting import Fragment, cut, joined, opened
from ingenium.domains.molecules.known import LONGEST, known
from ingenium.domains.molecules.trained.model import codec
from ingenium.generators.families import build
from ingenium.generators.tokens.rewritten import NotationFamily
from ingenium.generators.tokens.vocabulary import END
from ingenium.kits.chemistry.parsing import canonical, parsed
from ingenium.kits.chemistry.zinc import zinc250k
from ingenium.train.plan import Plan

SOURCES = ("moses", "zinc250k")


@cache
def molecules(source: str, count: int = 300) -> list[str]:
    """Canonical texts of molecules, of MOSES from its test split."""
    whole = moses("test") if source == "moses" else zinc250k()
    drawn = np.random.default_rng(3).choice(len(whole), count, replace=False)
    return [canonical(parsed(str(s))) for s in whole[drawn]]


def own(source: str) -> FragmentCodec:
    return fragment_codec(source, LONGEST[source])


@pytest.mark.parametrize("count", [300, pytest.param(3000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("source", SOURCES)
def test_molecules_come_back_exactly(source: str, count: int) -> None:
    rows = [cut(parsed(text)) for text in molecules(source, count)]
    found = [joined([Fragment(text) for text in row]) for row in rows]
    assert [canonical(parsed(text)) for text in found] == molecules(source, count)


@pytest.mark.parametrize(("source", "share"), [("moses", 0.9), ("zinc250k", 0.8)])
def test_known_fragments_write_most_molecules_and_these_exactly(source: str, share: float) -> None:
    codec, texts = own(source), molecules(source)
    lines = [codec.row(text) for text in texts]
    retained = [text for text, line in zip(texts, lines, strict=True) if line is not None]
    assert len(retained) > share * len(texts)
    back = codec.to_texts(codec.of_rows([line for line in lines if line is not None]))
    assert [canonical(parsed(text)) for text in back] == retained


def test_cuts_are_where_a_chemist_makes_them() -> None:
    aspirin = cut(parsed("CC(=O)Oc1ccccc1C(=O)O"))
    assert aspirin == ["C*", "*C(*)=O", "*O*", "*c1ccccc1*", "*C(*)=O", "*O"]
    assert cut(parsed("C[N+](=O)[O-]")) == ["C*", "*[N+](=O)[O-]"]


def test_a_fragment_with_all_its_places_is_the_same_where_hydrogen_hangs() -> None:
    text, at = opened("*c1c(*)[nH]c(*)c1*")
    assert text.count("*") == 5
    assert sorted(k for k in at if k is not None) == [0, 1, 2]
    (cyclic,) = [cut(parsed("Cc1cc(C)c(F)[nH]1"), {"C*", "*C", "*F"})]
    assert "*[H]" in cyclic
    again = canonical(parsed(joined([Fragment(text) for text in cyclic])))
    assert again == canonical(parsed("Cc1cc(C)c(F)[nH]1"))


@pytest.mark.parametrize("source", SOURCES)
def test_whatever_the_grammar_permits_is_a_molecule(source: str) -> None:
    """Fragments are sampled at random, without a model."""
    codec, n = own(source), 100
    grammar, rng = codec.grammar, torch.Generator().manual_seed(0)
    assert grammar is not None
    state, ids = grammar.start(n), torch.zeros(n, codec.steps)
    rows, every = torch.arange(n).repeat_interleave(codec.symbols), torch.arange(codec.symbols)
    ended = torch.zeros(n, dtype=torch.bool)
    for step in range(codec.steps):
        may = grammar.permits(state, rows, every.repeat(n), codec.steps - step)
        may = may.reshape(n, -1) & (every >= END)
        may[ended, END] = True
        token = torch.multinomial(may.float(), 1, generator=rng)[:, 0].masked_fill(ended, 0)
        state = grammar.follow(state, token)
        ids[:, step] = token
        ended |= token == END
    assert bool(ended.all())
    mols = [parsed(text) for text in codec.to_texts(ids)]
    assert all(mol is not None for mol in mols)
    assert max(mol.GetNumHeavyAtoms() for mol in mols if mol is not None) <= codec.most
    assert all(len(Chem.GetMolFrags(mol)) == 1 for mol in mols if mol is not None)


def test_what_has_other_fragments_is_refused() -> None:
    with pytest.raises(InputError, match="known fragments"):
        own("moses").of_texts(["C1C2CC3CC1CC(C2)C3[Si]"])


@pytest.mark.slow
def test_a_family_on_fragments_proposes_molecules_and_moves_between_them() -> None:
    outer = codec("moses", LONGEST["moses"])
    x = outer.of_texts(known("moses", 100).smiles)
    family = build("fragment_vae", outer.shape, 1, codec=outer)
    assert isinstance(family, NotationFamily)
    cond = torch.zeros(len(x), 1)
    course = family.fit(x, cond, Plan(steps=4, batch=32, check_every=2))
    assert course["written"][0] > 0.8
    rng = torch.Generator().manual_seed(0)
    texts = outer.to_texts(family.propose(torch.zeros(64, 1), rng))
    assert all(parsed(text) is not None for text in texts)
    _, retained = family.form.written(x[:10])
    z = family.latent_of(x[:10][retained])
    assert family.write(z, cond[: len(z)], rng).shape == (len(z), *outer.shape)
    with pytest.raises(InputError, match="can all be written"):
        family.latent_of(outer.of_texts(["C1CC2CCC1C1CC21"]))
