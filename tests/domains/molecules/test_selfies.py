"""Molecules as SELFIES: there and back, and molecules from any sample."""

import pytest
import torch

from ingenium.domains.molecules.forms import SelfiesForm
from ingenium.domains.molecules.known import LONGEST, known
from ingenium.domains.molecules.trained.model import codec
from ingenium.generators.families import build, plan
from ingenium.generators.tokens.rewritten import NotationFamily
from ingenium.generators.tokens.vocabulary import END, PAD
from ingenium.kits.chemistry.parsing import canonical, parsed
from ingenium.train.plan import Plan

FAMILIES = ("autoregressive", "lstm", "vae", "masked_diffusion")


def form(source: str) -> SelfiesForm:
    found = codec(source, LONGEST[source]).forms["selfies"]
    assert isinstance(found, SelfiesForm)
    return found


@pytest.mark.parametrize("source", ["moses", "zinc250k"])
def test_known_molecules_come_back_as_they_were(source: str) -> None:
    own, smiles = form(source), known(source, 100).smiles[:60]  # type: ignore[arg-type]
    x = own.outer.of_texts(smiles)
    y, retained = own.written(x)
    assert float(retained.double().mean()) > 0.97
    assert y.shape == (int(retained.sum()), *own.shape)
    back = own.outer.to_texts(own.back(y))
    for text, again in zip(
        [s for s, k in zip(smiles, retained, strict=True) if k], back, strict=True
    ):
        assert canonical(parsed(again)) == canonical(parsed(text))


def test_random_symbols_are_molecules() -> None:
    own, rng = form("moses"), torch.Generator().manual_seed(5)
    n, steps = 60, own.shape[0]
    y = torch.randint(END + 1, own.codec.symbols, (n, steps), generator=rng)
    length = torch.randint(8, steps, (n, 1), generator=rng)
    place = torch.arange(steps)
    y = torch.where(place < length, y, torch.where(place == length, END, PAD)).float()
    mols = [parsed(text) for text in own.outer.to_texts(own.back(y))]
    # A row that begins with a branch or a ring may be empty.
    assert sum(m is not None and m.GetNumAtoms() > 0 for m in mols) >= 0.9 * n


def test_what_has_no_room_in_the_tokens_keeps_its_beginning() -> None:
    own = form("moses")
    y = own.codec.of_texts(["[C][C][P][C]", "[Branch1]"])  # phosphorus is an index only
    assert own.outer.to_texts(own.back(y)) == ["CC", ""]


def test_what_cannot_be_written_is_left_out() -> None:
    own = form("moses")
    assert own.row("C[Si](C)(C)C") is None
    assert own.row("C" * 60) is None
    assert own.row("C1CC") is None
    assert own.row("CCO") == "[C][C][O]"


@pytest.mark.parametrize(
    "name", [*FAMILIES[:-1], pytest.param(FAMILIES[-1], marks=pytest.mark.slow)]
)
def test_families_propose_molecules_and_the_same_for_a_seed(name: str) -> None:
    outer = codec("moses", LONGEST["moses"])
    family = build(f"selfies_{name}", outer.shape, 1, codec=outer)
    assert isinstance(family, NotationFamily)
    x = outer.of_texts(known("moses", 100).smiles[:64])
    brief = Plan(steps=3, batch=32, check_every=3)
    assert family.fit(x, torch.zeros(64, 1), brief)["written"] == [1.0]
    cond = torch.zeros(12, 1)
    first, again = (family.propose(cond, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(first, again)
    assert first.shape == (12, *outer.shape)
    assert plan(f"selfies_{name}", codec=outer).steps == plan(name, codec=outer).steps
