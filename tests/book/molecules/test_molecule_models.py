"""Parts of the studies of molecules: properties, equal sizes, and shares."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from ingenium.domains.molecules.metrics.chemnet import features, gaussian
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings
from ingenium.generators.tokens.drawing import FREELY
from ingenium.train.plan import Plan
from ingenium_book.studies.molecules import molecule_models as models
from ingenium_book.studies.molecules.fragment_latents import (
    FRAGMENT,
    LATENT,
    MODEL,
    SMILES,
    _rebuilt,
    _written,
    penalised,
    read,
)
from ingenium_book.studies.molecules.molecule_families import ARMS
from ingenium_book.studies.molecules.molecule_models import as_pairs, drawn, trained, valid

PLAN = Plan(steps=2, batch=32, check_every=1)


def test_the_property_is_its_three_parts() -> None:
    assert math.isnan(penalised("C1CC"))
    seven = penalised("C1CCCCCC1")
    assert seven == pytest.approx(2.7307 - 1.0 - 1.0, abs=0.1)  # logP of seven CH2 of 0.3901


def test_molecules_come_back_from_pairs_but_for_the_longest() -> None:
    written = as_pairs(1_500)
    again, smiles = valid(written.codec.to_texts(written.x)), drawn("train", 1_500)
    assert written.codec.grammar is None
    assert 1_490 <= len(again) < 1_500
    left_out = [s for s in smiles if s not in again]
    assert again == [s for s in smiles if s not in left_out]
    assert min(map(len, left_out)) > np.mean([len(s) for s in smiles])


def test_families_are_of_equal_size() -> None:
    written = as_pairs(2_000)
    sizes = []
    for arm in ARMS.values():
        family = arm.make(written.codec.shape, 1, written.codec)
        sizes.append(sum(p.numel() for p in family.parameters()))
    assert max(sizes) / min(sizes) < 1.05


def test_shares_are_of_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    model = trained(MODEL, as_pairs(60), PLAN)
    monkeypatch.setattr(models.Trained, "smiles", lambda *_: ["C", "C", "N", "C1", "x", ""])
    monkeypatch.setattr(models, "drawn", lambda *_: ("N",))
    found = model.judged(6, 0, 1, gaussian(features(["CCO", "CCN", "CCC"])))
    assert found["read"] == [True, True, True, False, False, False]
    assert found["unique"] == pytest.approx(2 / 3)
    assert found["novel"] == 0.5


def test_a_point_is_written_and_judged(tmp_path: Path) -> None:
    model = trained(MODEL, as_pairs(60), PLAN)
    z = np.random.default_rng(0).standard_normal((5, LATENT))
    first, again, other = (_written(model, z, torch.Generator().manual_seed(i)) for i in (0, 0, 1))
    assert first == again != other
    assert 0.0 <= _rebuilt(model, 10, 0) <= 1.0
    assert model.family.drawing == FREELY


def test_values_are_read_from_both_ways_of_writing() -> None:
    piece = {"gain over chance": 0.5, "share that can be written": 0.9, "parameters": 1.0}
    rows = {
        FRAGMENT: [piece | {"read": [True] * 4}, piece | {"read": [True] * 4}],
        SMILES: [piece | {"read": [True, True, True, False]}, piece | {"read": [True] * 4}],
    }
    found = read(Readings((0, 1), rows))
    assert np.asarray(found["smiles_lower"]) == pytest.approx([0.25, 0.0])
    assert isinstance(found["valid"], Value)
    assert found["valid"].interval.value == 1.0
    assert found["valid"].interval.low < 1.0  # of eight samples
    assert set(found) >= {"gain", f"{SMILES}: valid", f"{FRAGMENT}: gain over chance"}
    assert f"{SMILES}: parameters" not in found
