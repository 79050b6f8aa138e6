"""What is judged of a lattice is its mesh: walls that it has, as thick as they are there."""

import numpy as np
import pytest

from ingenium.core.errors import InputError
from ingenium.domains.structures.lattices.known import graded
from ingenium.domains.structures.lattices.layout import Layout, frames, nodes, thicknesses
from ingenium.domains.structures.lattices.recovered import recovered
from ingenium.domains.structures.lattices.solid import solid

LAYOUT = Layout(columns=4, rows=4, width_m=0.04, height_m=0.048)
FIELDS = graded(LAYOUT, 3, np.random.default_rng(2))
MICRON = 1e-6


def one(row: int, thicker: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    shape, wall, web = (f[row] for f in FIELDS)
    most = LAYOUT.thickest_m
    return shape, np.clip(thicker * wall, LAYOUT.thinnest_m, most), np.clip(thicker * web, 0, most)


def body(fields):
    (frame,) = frames(LAYOUT, *(f[None] for f in fields))
    return solid(frame, 0.01)


def walls(fields) -> np.ndarray:
    shape, wall, web = (f[None] for f in fields)
    (node,), (thick,) = nodes(LAYOUT, shape), thicknesses(LAYOUT, wall, web)
    return np.concatenate([node.ravel(), thick])


@pytest.mark.parametrize("row", range(3))
def test_walls_come_back_from_the_mesh(row):
    asked = one(row)
    found = recovered(LAYOUT, asked, body(asked))
    np.testing.assert_allclose(walls(found), walls(asked), atol=10 * MICRON)


def test_it_is_the_mesh_that_counts():
    """A body of thicker walls and other amplitudes than the table says gives its own."""
    asked, real = one(0), one(0, 1.15)
    real = (real[0] + 0.02, *real[1:])
    found = recovered(LAYOUT, asked, body(real))
    np.testing.assert_allclose(walls(found), walls(real), atol=25 * MICRON)


def test_a_mesh_without_such_walls_is_refused():
    shape, wall, _ = asked = one(0)
    webs = (shape, wall, np.full_like(wall, 2 * LAYOUT.thinnest_m))
    none = (shape, wall, np.zeros_like(wall))
    with pytest.raises(InputError, match="no wall there in the mesh"):
        recovered(LAYOUT, webs, body(none))
    with pytest.raises(InputError, match="a wall there in the mesh"):
        recovered(LAYOUT, none, body(webs))
    mesh = body(asked)
    mesh.apply_translation([0.005, 0.0, 0.0])
    with pytest.raises(InputError, match="wall"):
        recovered(LAYOUT, asked, mesh)


def test_a_wall_that_no_cells_explain_is_refused():
    asked = one(0)
    (frame,) = frames(LAYOUT, *(f[None] for f in asked))
    ends = frame.node_m[frame.wall]
    frame.thickness_m[np.isclose(ends[:, 0, 0], ends[:, 1, 0])] *= 1.8  # all that stand
    with pytest.raises(InputError, match="Grade the walls"):
        recovered(LAYOUT, asked, solid(frame, 0.01))
