"""What the studies of molecules are built of: properties, equal sizes, and shares."""

import math

import pytest
import torch

from ingenium.generators.tokens.families import recurrent
from ingenium.studies.fragment_latents import penalised
from ingenium.studies.molecule_families import FAMILIES, _shares
from ingenium.studies.molecule_models import as_pairs, as_smiles, drawn, trained, valid
from ingenium.train.plan import Plan


def test_the_property_is_its_three_parts() -> None:
    assert math.isnan(penalised("C1CC"))
    seven = penalised("C1CCCCCC1")
    assert seven == pytest.approx(2.7307 - 1.0 - 1.0, abs=0.1)  # logP of seven CH2 of 0.3901


def test_molecules_come_back_from_both_ways_of_writing() -> None:
    smiles = drawn("train", 50)
    for written in (as_smiles(smiles), as_pairs(smiles)):
        assert valid(written.codec.to_texts(written.x)) == smiles
        assert written.codec.grammar is None


def test_families_are_of_equal_size() -> None:
    written = as_pairs(drawn("train", 50))
    sizes = []
    for make in FAMILIES.values():
        family = make(written.codec.shape, 1, written.codec)
        sizes.append(sum(p.numel() for p in family.parameters()))
    assert max(sizes) / min(sizes) < 1.05


def test_a_seed_gives_the_same_model() -> None:
    written = as_pairs(drawn("train", 60))
    plan = Plan(seed=3, steps=2, batch=16, check_every=1)

    def make(shape: tuple[int, ...], c: int, tokens: object) -> object:
        return recurrent(shape, c, tokens, width=16, layers=1)  # type: ignore[arg-type]

    first, again = (trained(make, written, plan).family.state_dict() for _ in range(2))
    assert all(torch.equal(v, again[k]) for k, v in first.items())


def test_shares_are_of_what_is_left() -> None:
    assert _shares(["C", "C", "N"], 6, frozenset({"N"})) == (0.5, pytest.approx(2 / 3), 0.5)
