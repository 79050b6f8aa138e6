"""What the studies of periodic cells rest on: distances between cells and their rivals."""

import numpy as np

from ingenium.domains.structures.studies.auxetic_cells import of_honeycombs, read
from ingenium.domains.structures.studies.cell_designs import apart, distinct
from ingenium.evaluate.trials import Readings


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
    thin, thick = of_honeycombs(np.array([0.25, 0.6]))
    assert 1.2 * thin < thick
    yield_energy = 48e6**2 / (2 * 1.7e9)  # of the solid
    assert 0 < thick < yield_energy


def test_an_optimiser_that_finds_none_counts_as_half_a_design():
    def piece(auxetic):
        return {"auxetic": auxetic, "energy_gain": 1, "distinct": 2, "novelty": 3, "half": 5.0}

    found = Readings(
        (0, 1), {"generator": [piece(50), piece(60)], "optimiser": [piece(0), piece(20)]}
    )
    values = read(found)
    assert values["rate_ratio"].tolist() == [10, 3]
    assert values["auxetic"].tolist() == [50, 60]
    assert values["optimiser.auxetic"].tolist() == [0, 20]
