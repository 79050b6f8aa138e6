"""Lattices from cell fields: their walls, their density, and its exact control."""

import math

import numpy as np
import pytest

from ingenium.core.errors import InputError
from ingenium.domains.structures.lattices.known import classical, graded
from ingenium.domains.structures.lattices.layout import Layout, frames, relative_density
from ingenium.domains.structures.lattices.proportion import printed, proportioned
from ingenium.domains.structures.lattices.solid import body_density, solid

LAYOUT = Layout()
SMALL = Layout(columns=4, rows=4, width_m=0.04, height_m=0.048)


def test_batched_density_is_that_of_the_frames():
    fields = graded(LAYOUT, 6, np.random.default_rng(0))
    each = [f.relative_density for f in frames(LAYOUT, *fields)]
    np.testing.assert_allclose(relative_density(LAYOUT, *fields), each, rtol=1e-5)


def test_every_upright_stands_between_a_peak_and_a_valley():
    one = np.ones((1, *LAYOUT.cells))
    (hexagons,) = frames(LAYOUT, 0.2 * one, 0.001 * one, 0 * one)
    across = np.abs(
        hexagons.node_m[hexagons.wall[:, 0], 0] - hexagons.node_m[hexagons.wall[:, 1], 0]
    )
    upright = hexagons.length_m[across < 1e-12]
    row = LAYOUT.cell_m[1]
    inside = upright[np.abs(upright - row * 0.6) < 1e-12]
    assert len(inside) == (LAYOUT.rows - 2) * (LAYOUT.columns + 1) // 2
    assert set(np.round(upright / row, 9)) == {0.6, 0.8}  # 0.8 where a plate is one end


def test_density_is_held_exactly_and_holding_twice_changes_nothing():
    rng = np.random.default_rng(1)
    wild = [rng.normal(size=(40, *LAYOUT.cells)) * s for s in (0.3, 0.001, 0.001)]
    wanted = rng.uniform(0.08, 0.2, 40)
    once = proportioned(LAYOUT, *wild, wanted)
    np.testing.assert_allclose(relative_density(LAYOUT, *once), wanted, rtol=1e-9)
    assert once[1].min() >= LAYOUT.thinnest_m
    web = once[2][once[2] > 0]
    assert web.min() >= LAYOUT.thinnest_m
    for a, b in zip(proportioned(LAYOUT, *once, wanted), once, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_a_printed_body_has_the_density_that_its_walls_overshoot():
    wanted = np.array([0.1, 0.18])
    fields = printed(SMALL, *graded(SMALL, 2, np.random.default_rng(3)), wanted)
    bodies = [solid(frame, 0.03) for frame in frames(SMALL, *fields)]
    box = SMALL.width_m * SMALL.height_m * 0.03
    np.testing.assert_allclose([tetrahedra(b) / box for b in bodies], wanted, rtol=5e-4)
    assert (relative_density(SMALL, *fields) > 1.01 * wanted).all()  # joints once a wall
    for a, b in zip(printed(SMALL, *fields, wanted), fields, strict=True):
        np.testing.assert_array_equal(a, b)


def tetrahedra(mesh) -> float:
    """Volume as the sum of signed tetrahedra from the origin."""
    a, b, c = np.moveaxis(np.asarray(mesh.vertices)[np.asarray(mesh.faces)], 1, 0)
    return float((a * np.cross(b, c)).sum() / 6)


def test_a_density_out_of_reach_is_met_as_closely_as_walls_allow():
    one = np.ones((1, *LAYOUT.cells))
    thin = proportioned(LAYOUT, 0 * one, one * 0.001, 0 * one, np.array([1e-4]))
    assert thin[1].max() == pytest.approx(LAYOUT.thinnest_m)


@pytest.mark.slow
def test_classical_lattices_have_the_density_and_names():
    for fields in classical(SMALL, 0.12).values():
        (frame,) = frames(SMALL, *fields)
        assert body_density(frame) == pytest.approx(0.12, rel=1e-3)


def test_a_layout_that_cannot_be_printed_is_refused():
    with pytest.raises(InputError, match="half a cell"):
        Layout(columns=60)
    with pytest.raises(InputError, match="columns and rows"):
        Layout(columns=1)


def test_the_body_has_the_walls_and_their_union():
    """Bricks without amplitude are rectangles, whose union is known up to the rounded ends."""
    one = np.ones((1, *LAYOUT.cells))
    t, depth = 0.002, 0.03
    (bricks,) = frames(LAYOUT, 0 * one, t * one, 0 * one)
    body = solid(bricks, depth)
    assert body.is_watertight
    columns, rows = LAYOUT.cells
    uprights = sum((i + j) % 2 == 0 for i in range(columns + 1) for j in range(rows))
    ends = [
        (i + j) % 2 == 0 and j in (0, rows - 1) for i in range(columns + 1) for j in range(rows)
    ]
    lines = (rows - 1) * (LAYOUT.width_m * t + math.pi * t**2 / 4)
    inside = uprights * (LAYOUT.height_m / rows - t) + sum(ends) * t / 2
    area = lines + inside * t + sum(ends) * math.pi * t**2 / 8
    assert body.volume == pytest.approx(area * depth, rel=0.01)
