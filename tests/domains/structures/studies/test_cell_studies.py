"""What the studies of periodic cells rest on: distances between cells and their rivals."""

import numpy as np
from ingenium.domains.structures.studies.strong_cells import hypervolume

from ingenium.domains.structures.cells.settings import CellSettings
from ingenium.domains.structures.cells.verifier import CellVerifier
from ingenium.domains.structures.studies.auxetic_cells import Honeycombs
from ingenium.domains.structures.studies.cell_designs import apart, distinct


def test_cells_are_compared_wherever_they_begin():
    rng = np.random.default_rng(0)
    cell = rng.random((16, 16)) < 0.4
    changed = cell.copy()
    changed[3, :4] ^= True
    moved = np.stack([np.roll(cell, (5, 11), (0, 1)), np.roll(changed, (2, 3), (0, 1))])
    np.testing.assert_allclose(apart(cell[None], moved), [[0, 4 / 256]], atol=1e-12)
    others = rng.random((2, 16, 16)) < 0.4
    assert distinct(np.concatenate([cell[None], moved, others])).tolist() == [0, 3, 4]


def test_thicker_honeycombs_store_more():
    honeycomb = Honeycombs.drawn(CellVerifier(CellSettings()))
    thin, thick = honeycomb.resilience(np.array([0.25, 0.6]))
    assert 1.2 * thin < thick
    yield_energy = 48e6**2 / (2 * 1.7e9)  # of the solid
    assert 0 < thick < yield_energy


def test_the_area_below_a_front():
    front = np.array([[0.2, 0.9], [0.8, 0.1], [0.5, 0.5], [0.3, 0.3]])
    assert abs(hypervolume(front) - (0.8 * 0.1 + 0.5 * 0.4 + 0.2 * 0.4)) < 1e-12
