"""Designs on a grid of cells through comparison and run: nothing but their shape is special."""

from pathlib import Path

import numpy as np
import pytest
import torch

from blobs import Blobs, Settings, blobs
from ingenium.comparison import families as compare
from ingenium.core.errors import InputError
from ingenium.core.seeds import BLOCK
from ingenium.core.spec import GeneratorChoice, Spec
from ingenium.generators.families import build
from ingenium.generators.generator import Generator
from ingenium.runs import loop
from ingenium.trust.ledger import open_ledger

CLASSICAL = ("nearest_neighbours", "random")


@pytest.mark.parametrize("cells", [(12, 8), pytest.param((6, 5, 4), marks=pytest.mark.slow)])
def test_a_comparison_ranks_neighbours_above_random_cells(
    cells: tuple[int, ...], tmp_path: Path
) -> None:
    problem = Blobs(Settings(cells))
    protocol = compare.Protocol(families=CLASSICAL, seeds=(0,), members=10)
    entries = compare.compare(problem, protocol, tmp_path)
    table = compare.tabulate(problem, entries)
    compare.write(table, entries, tmp_path)
    known, random = (entry.card for entry in entries)
    assert np.isfinite([known["energy_score"], known["variogram_score"]]).all()
    assert known["block_distance"] < random["block_distance"]
    assert known["edge_distance"] < random["edge_distance"]
    assert known["classifier_auc"] < random["classifier_auc"]
    assert known["volume_distance"] < 0.1  # satisfied by the projection
    assert known["duplicates"] > 0
    assert "utility_evening" not in known


@pytest.mark.slow
@pytest.mark.parametrize("cells", [(12, 8), (6, 5, 4)])
def test_every_usual_family_can_be_compared(cells: tuple[int, ...], tmp_path: Path) -> None:
    problem = Blobs(Settings(cells))
    names = compare.usual(problem)
    assert {"principal_flow", "gaussian_process", "random"} <= set(names)
    protocol = compare.Protocol(families=names, seeds=(0,), members=10, steps=20)
    entries = compare.compare(problem, protocol, tmp_path)
    assert all(np.isfinite(entry.card["energy_score"]).all() for entry in entries)


def test_what_cannot_be_learned_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    problem = Blobs(Settings((100, 100)))
    protocol = compare.Protocol(families=("random", "flow"), seeds=(0,), members=10)
    with pytest.raises(InputError, match="principal_flow"):
        compare.compare(problem, protocol, tmp_path / "compared")
    spec = Spec(problem="toy.blobs", generator=GeneratorChoice(family="flow"))
    with pytest.raises(InputError, match="principal_flow"):
        loop.run(problem, spec, 2, 0, tmp_path / "run", ledger=open_ledger(tmp_path / "ledger.db"))
    assert not list(tmp_path.glob("compared*"))


def test_members_of_large_fields_fit_into_memory() -> None:
    protocol = compare.Protocol(members=100)
    assert compare.members_of(Blobs(Settings((60, 20))), protocol, 100) == 100
    assert compare.members_of(Blobs(Settings((32, 24, 36))), protocol, 100) == 10


@pytest.mark.parametrize("cells", [(12, 8), (6, 5, 4)])
def test_designs_of_a_block_are_the_same_alone(cells: tuple[int, ...]) -> None:
    problem = Blobs(Settings(cells))
    family = build("flow_matching", problem.codec.shape, 2, seed=1)
    spec = Spec(problem=problem.name)
    known = problem.data()
    whole = Generator(problem, family, spec, known).propose_block(3, 0)
    alone = Generator(problem, family, spec, known).propose_block(3, 0, [7])
    np.testing.assert_array_equal(alone["density"][0], whole["density"][7])
    volume = whole["density"].mean(tuple(problem.sizes)).to_numpy()
    np.testing.assert_allclose(volume, whole["filled"].to_numpy(), atol=1e-9)
    assert whole.sizes["design"] == BLOCK


def test_known_fields_have_the_volume_that_was_asked_for() -> None:
    fields, cond = blobs((60, 20), 50)
    torch.testing.assert_close(
        fields.flatten(1).mean(1), 0.45 + 0.15 * cond[:, 1].double(), atol=1e-7, rtol=0
    )
