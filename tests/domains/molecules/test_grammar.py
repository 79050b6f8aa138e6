"""The grammar of Kekulé structures permits molecules, and only molecules."""

import re

import pytest
import torch
from rdkit import Chem
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.text import codes, texts
from ingenium.domains.molecules.grammar import KekuleGrammar, MoleculePrefix, valence
from ingenium.domains.molecules.kekule import KekuleCodec
from ingenium.domains.molecules.language import ATOMS
from ingenium.generators.tokens.drawing import FREELY, OPEN, Turnstile, sampled
from ingenium.generators.tokens.families import recurrent
from ingenium.generators.tokens.vocabulary import BEGIN, END, PAD, Vocabulary
from ingenium.kits.chemistry.kekule import bonds_of

DRUGS = {
    "aspirin": "CC(=O)Oc1ccccc1C(=O)O",
    "caffeine": "Cn1c(=O)c2c(ncn2C)n(C)c1=O",
    "sildenafil": "CCCc1nn(C)c2c(=O)[nH]c(-c3cc(S(=O)(=O)N4CCN(C)CC4)ccc3OCC)nc12",
    "penicillin V": "CC1(C)SC2C(NC(=O)COc3ccccc3)C(=O)N2C1C(=O)O",
    "strychnine": "O=C1CC2OCC=C3CN4CCC56c7ccccc7N1C5C2C3CC46",
    "nitrobenzene": "O=[N+]([O-])c1ccccc1",
    "betaine": "C[N+](C)(C)CC(=O)[O-]",
    "efavirenz": "O=C1Nc2ccc(Cl)cc2C(C#CC2CC2)(C(F)(F)F)O1",
}


def codec(steps: int = 40, merges: int = 30, longest: int = 80) -> KekuleCodec:
    written = [*map(bonds_of, DRUGS.values()), "123456789"]
    vocabulary = Vocabulary.of(written, pattern=ATOMS, merges=merges)
    return KekuleCodec(vocabulary, steps, longest, name="smiles")


def walked(codec: KekuleCodec, n: int, seed: int) -> Tensor:
    """Sample tokens uniformly among the permitted ones, ends half as often."""
    grammar, rng = (
        KekuleGrammar(codec.vocabulary, codec.longest),
        torch.Generator().manual_seed(seed),
    )
    state, over = grammar.start(n), torch.zeros(n, dtype=torch.bool)
    ids = torch.full((n, codec.steps), PAD)
    for step in range(codec.steps):
        may = Turnstile(grammar, state, codec.steps - step, over, torch.arange(n))
        logits = torch.randn(n, codec.symbols - OPEN, generator=rng)
        point = torch.rand(n, generator=rng, dtype=torch.float64)
        token = sampled(logits, point, FREELY, may).masked_fill(over, PAD)
        ids[:, step], over = token, over | (token == END)
        state = grammar.follow(state, token)
    return ids


@pytest.mark.parametrize("name", DRUGS)
def test_drugs_are_permitted(name: str) -> None:
    beginning = MoleculePrefix()
    for piece in re.findall(ATOMS, bonds_of(DRUGS[name])):
        assert beginning.add(piece)
        assert beginning.hopeful
    assert beginning.finished


@pytest.mark.parametrize("steps", [2, 9, 40])
def test_whatever_is_permitted_ends_in_time_and_is_a_molecule(steps: int) -> None:
    own = codec(steps)
    found = walked(own, 30, seed=steps)
    assert ((found == END).sum(1) == 1).all()
    written = [own.vocabulary.decode(row) for row in found.tolist()]
    assert all(Chem.MolFromSmiles(text) is not None for text in written)
    assert len(set(written)) > (5 if steps == 2 else 20)


@pytest.mark.parametrize("longest", [1, 7, 24])
def test_whatever_is_permitted_has_room_in_the_text(longest: int) -> None:
    """Long tokens in many steps, so that characters run out before steps do."""
    tight = codec(steps=40, merges=60, longest=longest)
    found = walked(tight, 30, seed=longest)
    written = texts(*tight.decode(found.to(torch.float32)))
    assert all(Chem.MolFromSmiles(text) for text in written)
    whole = [tight.vocabulary.decode(row) for row in found.tolist()]
    assert max(map(len, whole)) <= longest
    assert longest < 7 or max(map(len, whole)) > 0.8 * longest


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("O=C=O=C", "oxygen has two bonds"),
        ("CF(", "fluorine has one"),
        ("C1C1", "the two are bonded already"),
        ("C11", "a ring closes on its own atom"),
        ("CC((", "an empty branch"),
        ("CC)", "no branch is open"),
        ("C==", "two bonds"),
        ("=C", "no atom before"),
        ("O=1CC1", "the ring takes all that oxygen has"),
        ("C=1CCC#1", "the two ends of a ring differ"),
        ("c1", "an aromatic atom"),
        ("CC(=1", "a ring closes before the branch has an atom"),
        ("CC(C)1", "a ring closes after a branch"),
        ("CC(=O)(=O)", "five bonds"),
        ("FC1F", "a ring is open and nothing can close it"),
        ("[Xx]", "no element"),
    ],
)
def test_what_is_no_molecule_is_not_permitted(written: str, why: str) -> None:
    beginning, held = MoleculePrefix(), True
    for piece in re.findall(ATOMS, written):
        held = held and beginning.add(piece) and beginning.hopeful
    assert not held, why


def test_valences_of_atoms_in_brackets() -> None:
    known = {"[NH+]": 3, "[O-]": 1, "[nH]": -1, "[N+]": 4, "[C@@H]": 3, "[H]": 1, "C": 4, ".": -1}
    assert {piece: valence(piece) for piece in known} == known


def test_kekule_structures_and_back() -> None:
    own = codec(70)
    smiles = [Chem.CanonSmiles(s) for s in DRUGS.values()]
    ids = own.encode((codes(smiles, 80),))
    assert texts(own.decode(ids)[0]) == smiles
    assert (ids != BEGIN).all()
    with pytest.raises(InputError, match="a molecule"):
        own.of_texts(["C1CC"])


def test_an_untrained_model_proposes_molecules_only() -> None:
    own = codec()
    torch.manual_seed(0)
    family = recurrent(own.shape, 1, own, width=16, layers=1)
    found = own.to_texts(family.propose(torch.zeros(64, 1), torch.Generator().manual_seed(1)))
    assert all(Chem.MolFromSmiles(text) is not None for text in found)
    assert len(set(found)) > 32
