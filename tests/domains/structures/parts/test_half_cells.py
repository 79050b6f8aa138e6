"""Printed parts read back, and their estimates on half cells."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.core.resolving import resolve
from ingenium.core.spec import Limit, Spec, parse
from ingenium.domains.structures.bracket.bracket import Bracket
from ingenium.domains.structures.bracket.settings import BracketSettings

LARGE = {"cells": [16, 12, 18], "cell_mm": 6.0}


@pytest.fixture(scope="module")
def large() -> Bracket:
    return Bracket(parse(LARGE, BracketSettings, "setup"))


@pytest.mark.slow
def test_the_metal_that_is_read_back_is_that_inside_the_mesh() -> None:
    """Test the usual grid, whose bolt holes are alike in their cells: four columns lose 0.3 %."""
    bracket = Bracket(BracketSettings())
    mesh = bracket.printer.mesh(bracket.data()["density"][0].to_numpy())
    read = bracket.printer.read(mesh)
    cell_m3 = bracket.part.grid.cell_volume_m3
    assert read.sum() * cell_m3 == pytest.approx(float(mesh.volume), rel=5e-4)
    bolt = bracket.part.tools[0]
    around = bolt.distance(bracket.part.centres_m).view(read.shape).numpy() < 3e-3
    fine = bracket.printer.read(mesh, 2)
    halves = fine.reshape(32, 2, 24, 2, 36, 2).mean((1, 3, 5))
    assert read[around].mean() == pytest.approx(halves[around].mean(), abs=0.01)


@pytest.mark.slow
def test_half_cells_say_how_far_each_response_is_off(large: Bracket) -> None:
    design = large.milled(slice(1)).view(1, *large.part.grid.cells)
    names = [q.name for q in large.quantities]
    assert large.second is not None
    assert large.second.finer is not None
    own, limit = (v.measure(design)[0] for v in (large.exact, large.second.finer.verifier))
    found = dict(zip(names, zip(own.tolist(), limit.tolist(), strict=True), strict=True))
    for name in ("compliance", "displacement"):
        coarse, truth = found[name]
        assert truth > 1.005 * coarse, name  # cells are too stiff
    mesh = large.printer.mesh(design[0].numpy())
    assert found["mass"][1] == pytest.approx(float(mesh.volume) * 2670.0)
    assert next(q.name for q in large.quantities if q.beyond) == "compliance"
    assert not any(q.beyond for q in large.quantities if q.name in ("mass", "pieces"))


def test_a_grid_whose_halves_no_machine_holds_has_no_answer_and_no_traceback(
    large: Bracket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused() -> None:
        raise InputError("a grid that this machine holds", "another")

    assert large.second is not None
    assert large.second.finer is not None
    engine = large.second.finer.verifier
    again = replace(engine, half=refused)
    design = large.milled(slice(1)).view(1, *large.part.grid.cells)
    assert bool(again.measure(design).isnan().all())


@pytest.mark.parametrize(
    "limit",
    [
        Limit("mass", at_most=1e-3),
        Limit("mass", at_least=50.0),
        Limit("min_feature", at_least=60.0),
    ],
)
def test_a_limit_that_no_part_can_hold_is_refused_at_once(large: Bracket, limit: Limit) -> None:
    with pytest.raises(InputError, match="No design could hold it"):
        resolve(Spec(problem=large.name, limits=(limit,)), large)


def test_designs_too_few_to_learn_from_are_refused_before_any_is_made() -> None:
    with pytest.raises(InputError, match="of which 7 are left to learn from"):
        parse({"making": {"designs": 8, "at_once": 8}}, BracketSettings, "setup")


def test_stress_is_read_from_the_same_distance_on_any_grid(large: Bracket) -> None:
    """The distance from feet and pin is 3 mm, whatever the cells."""
    for part in (large.part, large.halved()):
        away = torch.stack([b.distance(part.centres_m) for b in part.gripped]).amin(0)
        assert np.isclose(float(away[part.calm].min()), 3e-3, atol=part.grid.cell_m)
        assert float(away[~part.calm].max()) <= 3e-3
