"""Parts of the studies of periodic cells: distances between cells and their rivals."""

import numpy as np
import pytest
import torch

from ingenium.domains.structures.cells.settings import CellSettings
from ingenium.domains.structures.cells.verifier import CellVerifier
from ingenium.evaluate.trials import Readings
from ingenium_book.studies.structures.auxetic_cells import (
    OPTIMISER,
    OURS,
    control,
    honeycombs,
    measure,
    of_honeycombs,
    read,
)
from ingenium_book.studies.structures.cell_designs import (
    CELLS,
    distance,
    distinct,
    nearest,
    spacing,
)


def test_cells_are_compared_wherever_they_begin():
    rng = np.random.default_rng(0)
    cell = rng.random((16, 16)) < 0.4
    changed = cell.copy()
    changed[3, :4] ^= True
    moved = np.stack([np.roll(cell, (5, 11), (0, 1)), np.roll(changed, (2, 3), (0, 1))])
    np.testing.assert_allclose(distance(cell[None], moved), [[0, 4 / 256]], atol=1e-12)
    others = rng.random((2, 16, 16)) < 0.4
    assert distinct(np.concatenate([cell[None], moved, others])).tolist() == [0, 3, 4]


def test_a_cell_is_as_far_from_known_ones_as_from_the_nearest():
    known = np.random.default_rng(1).random((3, 8, 8)) < 0.5
    moved = np.roll(known[1], 3, 0)
    moved[0, 0] ^= True
    np.testing.assert_allclose(nearest(moved[None], known), [1 / 64], atol=1e-12)
    twins = np.concatenate([known, known])
    assert spacing(twins) == 1 / 64  # at least a pixel
    assert spacing(known) > 0.1


def test_a_reentrant_honeycomb_grows_sideways_along_both_axes():
    solid = honeycombs(np.array([3 / 32 + 1e-3]))
    verifier = CellVerifier(CellSettings(CELLS))
    found = verifier.measure(torch.from_numpy(solid.astype(float)))[0].tolist()
    named = dict(zip((q.name for q in verifier.quantities), found, strict=True))
    assert named["poisson"] < -0.3
    assert named["carried_axes"] == 2
    assert (solid == solid[:, ::-1]).all()
    assert (solid == solid[:, :, ::-1]).all()
    yield_energy = 48e6**2 / (2 * 1.7e9)  # of the solid
    assert of_honeycombs(np.array([named["share"]])) == pytest.approx(named["resilience"], rel=0.1)
    assert 0 < named["resilience"] < named["share"] * yield_energy


PLAIN = dict.fromkeys(("energy_gain", "distinct", "novelty", "new", "rate"), 1.0)
CURVE = {
    "curve_step": [100.0, 200.0],
    "curve_training": [2.0, 1.9],
    "curve_held_out": [2.0, 1.95],
    "curve_nothing": 3.0,
}


def _piece(auxetic, calls, new_rate=0.0):
    cost = {"auxetic": auxetic, "calls": calls, "new_rate": new_rate, "half": 5.0}
    return PLAIN | CURVE | cost | {"data_calls": 8470.0}


def _readings(optimiser=(40.0, 20.0), look_up=(1.0, 2.0)):
    pieces = {name: [_piece(50.0, 3.0)] * 2 for name in measure.arms}
    pieces[OURS] = [_piece(60.0, 2.0, 8.0), _piece(90.0, 2.0, 9.0)]
    pieces[OPTIMISER] = [_piece(x, 10.0) for x in optimiser]
    pieces["nearest_known_repaired"] = [_piece(50.0, 3.0, x) for x in look_up]
    return Readings((0, 1), pieces)


def test_rates_are_for_each_call():
    values = read(_readings())
    np.testing.assert_allclose(values["rate_ratio"], [30 / 4, 45 / 2])
    np.testing.assert_allclose(values["with_data"], [60 / 12 / 4, 90 / 12 / 2])
    np.testing.assert_allclose(values["share_ratio"], [60 / 50, 90 / 50])  # of the longer search
    assert values["auxetic"].tolist() == [60, 90]


def test_an_optimiser_that_finds_none_counts_as_half_a_design():
    np.testing.assert_allclose(read(_readings((0.0, 20.0)))["rate_ratio"], [30 / 0.5, 45 / 2])


@pytest.mark.parametrize(("look_up", "ahead"), [((1.0, 2.0), True), ((8.5, 8.8), False)])
def test_a_control_stands_on_new_designs_beyond_look_up(look_up, ahead):
    found = control(_readings(look_up=look_up))
    assert found.over_random.low > 0
    assert (found.over_nearest.low > 0) is ahead
    assert found.curve is not None
    assert found.curve.learned
    assert not found.convincing  # losses by rows are not measured
