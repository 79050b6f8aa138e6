"""Layers, time and cost by hand on a block, and the way up that spares support."""

import numpy as np
import pytest
import trimesh

from ingenium.core.errors import InputError
from ingenium.kits.solids.printing.build import Process, build, cheapest

BLOCK = (0.010, 0.020, 0.030)


def test_a_block_costs_what_it_costs_by_hand():
    got = build(trimesh.creation.box(BLOCK))
    assert got.layers == 500
    assert got.support_m3 == 0
    assert got.mass_kg == pytest.approx(6e-6 * 2660)
    time = 6e-6 / 10.5e-9 + 500 * 9.0
    assert got.time_s == pytest.approx(time)
    assert got.cost_eur == pytest.approx(time / 3600 * 120 + 6e-6 * 2660 * 60 + 60)


def test_lying_down_is_cheapest_where_nothing_hangs():
    best = cheapest(trimesh.creation.box(BLOCK))
    assert best.direction == (1.0, 0.0, 0.0)
    assert best.layers == 167


def test_supports_are_paid_for():
    block = trimesh.creation.box((0.02, 0.02, 0.002))
    block.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 6, (0, 1, 0)))
    tilted = build(block)
    # Below a plate that leans by 30 degrees: a wedge with its length as hypotenuse.
    wedge = 0.02**3 * np.sin(np.pi / 6) * np.cos(np.pi / 6) / 2
    assert tilted.overhang_m2 == pytest.approx(0.02**2)
    assert tilted.support_m3 == pytest.approx(wedge, rel=0.02)
    flat = build(block, direction=(np.sin(np.pi / 6), 0.0, np.cos(np.pi / 6)))
    assert flat.overhang_m2 == 0
    assert flat.layers == 34
    extra = Process().support_density * tilted.support_m3
    saved = (tilted.layers - flat.layers) * 9.0 + extra / 10.5e-9
    assert tilted.time_s - flat.time_s == pytest.approx(saved)


def test_wrong_settings_are_refused():
    with pytest.raises(InputError, match="`layer_m` above 0"):
        Process(layer_m=0.0)
    with pytest.raises(InputError, match="no denser"):
        Process(support_density=1.5)
    with pytest.raises(InputError, match="some length"):
        build(trimesh.creation.box(BLOCK), direction=(0.0, 0.0, 0.0))
    with pytest.raises(InputError, match="at least one direction"):
        cheapest(trimesh.creation.box(BLOCK), directions=())
