"""Print checks against closed forms on bridges and boxes."""

import numpy as np
import pytest

from ingenium.kits.solids.printing.checks import support_m3, trapped_m3

CELL = 1e-3


def test_a_batch_is_its_designs_one_by_one():
    rng = np.random.default_rng(1)
    mask = rng.random((4, 9, 8, 7)) < 0.6
    for check in (
        lambda m: support_m3(m, CELL),
        lambda m: trapped_m3(m, CELL, escape_m=1.5 * CELL),
    ):
        alone = np.concatenate([check(mask[i : i + 1]) for i in range(4)])
        np.testing.assert_allclose(check(mask), alone)


def test_a_bridge_needs_the_support_below_its_span():
    mask = np.zeros((1, 20, 6, 12), dtype=bool)
    mask[0, :4], mask[0, 16:] = True, True
    mask[0, :, :, 9:] = True
    # The cells next to the piers are carried by them at 45 degrees.
    assert support_m3(mask, CELL)[0] == pytest.approx(10 * 6 * 9 * CELL**3)
    assert support_m3(mask, CELL, upward=False)[0] == 0
    assert support_m3(mask, CELL, axis=1)[0] == 0


def test_powder_is_trapped_behind_walls_and_behind_narrow_doors():
    mask = np.ones((3, 16, 16, 16), dtype=bool)
    mask[:, 4:12, 4:12, 4:12] = False
    mask[1, 7:9, 7:9, :4] = False  # a door of two cells
    mask[2, 5:10, 5:10, :4] = False  # one of five
    np.testing.assert_allclose(trapped_m3(mask, CELL), np.array([512, 0, 0]) * CELL**3)
    narrow = trapped_m3(mask, CELL, escape_m=3 * CELL)
    assert narrow[0] == pytest.approx(512 * CELL**3)
    assert 400 * CELL**3 < narrow[1] <= 530 * CELL**3
    assert narrow[2] == 0
