"""What the studies of molecules are built of: properties, equal sizes, and shares."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from ingenium.domains.molecules.studies.fragment_latents import (
    LATENT,
    MODEL,
    _rebuilt,
    _written,
    penalised,
)
from ingenium.domains.molecules.studies.molecule_families import ARMS
from ingenium.domains.molecules.studies.molecule_models import (
    Place,
    as_pairs,
    drawn,
    kept,
    shares,
    trained,
    valid,
)
from ingenium.generators.tokens.drawing import FREELY
from ingenium.generators.tokens.families import recurrent
from ingenium.train.plan import Plan


def test_the_property_is_its_three_parts() -> None:
    assert math.isnan(penalised("C1CC"))
    seven = penalised("C1CCCCCC1")
    assert seven == pytest.approx(2.7307 - 1.0 - 1.0, abs=0.1)  # logP of seven CH2 of 0.3901


def test_molecules_come_back_from_pairs() -> None:
    smiles = drawn("train", 50)
    written = as_pairs(smiles)
    assert valid(written.codec.to_texts(written.x)) == smiles
    assert written.codec.grammar is None


def test_the_longest_are_left_out() -> None:
    smiles = [*drawn("train", 400), "C1CC1" + "CN" * 20]
    written = as_pairs(smiles)
    assert 390 <= len(written.x) <= 400
    assert written.x.shape[1] < 20


def test_families_are_of_equal_size() -> None:
    written = as_pairs(drawn("train", 2_000))
    sizes = []
    for arm in ARMS.values():
        family = arm.make(written.codec.shape, 1, written.codec)
        sizes.append(sum(p.numel() for p in family.parameters()))
    assert max(sizes) / min(sizes) < 1.05


def _small(shape: tuple[int, ...], c: int, tokens: object) -> object:
    return recurrent(shape, c, tokens, width=16, layers=1)  # type: ignore[arg-type]


def test_a_stopped_fit_goes_on_to_the_same_model(tmp_path: Path) -> None:
    written = as_pairs(drawn("train", 60))
    plan = Plan(seed=3, steps=4, batch=16, check_every=2)

    def stop(stage: str, done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    whole = trained(_small, written, plan, Place(tmp_path / "whole"))
    with pytest.raises(KeyboardInterrupt):
        trained(_small, written, plan, Place(tmp_path / "stopped", stop))
    spent = Place(tmp_path / "stopped").spent_s
    seen: list[int] = []
    place = Place(tmp_path / "stopped", lambda stage, done, total: seen.append(done))
    again = trained(_small, written, plan, place)
    assert seen == [3, 4]
    assert again.cpu_s > spent > 0
    state = again.family.state_dict()
    assert all(torch.equal(v, state[k]) for k, v in whole.family.state_dict().items())


def test_numbers_are_measured_once(tmp_path: Path) -> None:
    def never() -> dict[str, float]:
        raise AssertionError

    first = kept(tmp_path / "a.json", lambda: {"valid": 0.25, "distance": math.nan})
    again = kept(tmp_path / "a.json", never)
    assert again["valid"] == first["valid"] == 0.25
    assert math.isnan(again["distance"])


def test_shares_are_of_what_is_left() -> None:
    found = shares(["C", "C", "N", "C1", "x", ""], frozenset({"N"}))
    assert found == {"valid": 0.5, "unique": pytest.approx(2 / 3), "novel": 0.5}


def test_a_point_is_written_and_judged(tmp_path: Path) -> None:
    written = as_pairs(drawn("train", 60))
    model = trained(MODEL, written, Plan(steps=2, batch=32, check_every=1), Place(tmp_path))
    z = np.random.default_rng(0).standard_normal((5, LATENT))
    first, again, other = (_written(model, z, torch.Generator().manual_seed(i)) for i in (0, 0, 1))
    assert first == again != other
    assert 0.0 <= _rebuilt(model, 10, 0) <= 1.0
    assert model.family.drawing == FREELY
