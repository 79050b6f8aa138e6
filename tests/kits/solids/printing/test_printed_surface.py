"""Surfaces of density fields: closed, of the right volume and area, sharp where needed."""

import numpy as np
import pytest
from scipy import ndimage

from ingenium.core.errors import EngineError, InputError
from ingenium.kits.solids.printing.surface import solid_2d, surface


def ball(cells, radius, centre=None):
    """Densities of a ball: a ramp one cell wide across its surface."""
    place = np.indices(cells) + 0.5
    centre = np.array(cells) / 2 if centre is None else np.asarray(centre)
    away = np.linalg.norm(place - centre[:, None, None, None], axis=0)
    return np.clip(radius - away + 0.5, 0.0, 1.0)


def test_a_ball_has_its_volume_and_area():
    radius, cell = 8.3, 1e-3
    field = ball((22, 20, 21), radius)
    mesh = surface(field, cell)
    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(field.sum() * cell**3, rel=2e-4)
    assert mesh.volume == pytest.approx(4 / 3 * np.pi * (radius * cell) ** 3, rel=5e-3)
    assert mesh.area == pytest.approx(4 * np.pi * (radius * cell) ** 2, rel=5e-3)
    assert mesh.centroid == pytest.approx(np.array([11, 10, 10.5]) * cell, abs=1e-6)


@pytest.mark.parametrize("share", [1.0, 0.8])
@pytest.mark.parametrize("smooth_m", [None, 0.0])
def test_a_full_box_stays_a_box(smooth_m, share):
    mesh = surface(np.full((6, 4, 3), share), 2e-3, smooth_m=smooth_m, level=0.5)
    assert mesh.bounds == pytest.approx(np.array([[0, 0, 0], [0.012, 0.008, 0.006]]), abs=1e-8)
    assert mesh.volume == pytest.approx(72 * 8e-9, rel=0.03)  # its edges are broken
    flat = np.abs(mesh.face_normals).max(1) > 1 - 1e-6
    assert mesh.area_faces[flat].sum() > 0.8 * mesh.area


@pytest.mark.parametrize("seed", range(12))
def test_random_fields_give_closed_surfaces_of_their_volume(seed):
    rng = np.random.default_rng(seed)
    rough = ndimage.gaussian_filter(rng.random((12, 11, 9)), rng.uniform(0.3, 1.5), mode="wrap")
    field = (rough - rough.min()) / np.ptp(rough)
    for smooth_m in (0.0, None):
        mesh = surface(field, 1e-3, smooth_m=smooth_m)
        assert mesh.is_watertight
        assert mesh.is_winding_consistent
        assert mesh.volume > 0
        assert 0.5 * field.sum() < mesh.volume * 1e9 < 1.02 * field.sum()


def test_only_the_largest_piece_stays():
    field = ball((30, 12, 12), 5, (6, 6, 6)) + ball((30, 12, 12), 3, (22, 6, 6))
    mesh = surface(field, 1e-3)
    assert mesh.bounds[1, 0] < 0.0125
    assert mesh.volume == pytest.approx(ball((30, 12, 12), 5, (6, 6, 6)).sum() * 1e-9, rel=0.05)


def test_fixed_regions_hold():
    place = np.indices((48, 48, 16)) + 0.5  # fine cells
    away = np.hypot(place[0] - 24, place[1] - 24)
    hole = np.clip(8 - away + 0.5, 0, 1)  # as shares of fine cells: round
    block = np.zeros((24, 24, 8), dtype=bool)
    block[:3] = True
    mesh = surface(np.full((24, 24, 8), 0.9), 1e-3, level=0.5, solid=block, void=hole)
    wall = mesh.triangles_center
    wall = wall[(np.hypot(*(wall[:, :2].T - 0.012)) < 0.006) & (abs(wall[:, 2] - 0.004) < 0.0035)]
    assert np.hypot(*(wall[:, :2].T - 0.012)) == pytest.approx(0.004, rel=0.02)
    full = surface(block * 1.0, 1e-3, level=0.5, solid=block)
    assert full.bounds == pytest.approx(np.array([[0, 0, 0], [0.003, 0.024, 0.008]]), abs=1e-8)


def test_a_plane_design_becomes_a_plate():
    place = np.indices((40, 30)) + 0.5
    field = np.clip(9.0 - np.hypot(place[0] - 20, place[1] - 15) + 0.5, 0, 1)
    mesh = solid_2d(field, 1e-3, 4e-3)
    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(field.sum() * 4e-9, rel=2e-4)
    assert mesh.volume == pytest.approx(np.pi * 0.009**2 * 0.004, rel=4e-3)
    assert mesh.area == pytest.approx(2 * np.pi * 0.009 * (0.009 + 0.004), rel=5e-3)
    assert mesh.bounds[:, 2] == pytest.approx([0, 0.004], abs=1e-7)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (np.zeros((4, 4, 4)), "a density of 0 everywhere"),
        (np.full((4, 4, 4), 1.5), "densities between 0 and 1"),
        (np.full((4, 4, 4), np.nan), "densities between 0 and 1"),
        (np.broadcast_to(1.0, (2000, 2000, 2000)), "GiB"),
    ],
)
def test_wrong_fields_are_refused(field, message):
    with pytest.raises(InputError, match=message):
        surface(field, 1e-3)


def test_a_field_that_no_level_cuts_is_an_engine_error():
    with pytest.raises(EngineError, match="no level"):
        surface(np.full((6, 6, 6), 0.3), 1e-3)
    with pytest.raises(EngineError, match="above the level"):
        surface(np.full((6, 6, 6), 0.3), 1e-3, level=0.5)


def test_a_region_of_another_shape_is_refused():
    with pytest.raises(InputError, match="`void` for each cell"):
        surface(np.ones((6, 6, 6)), 1e-3, void=np.zeros((5, 6, 6), dtype=bool))
