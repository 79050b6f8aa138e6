"""Shares of cells inside a mesh, against closed forms."""

import numpy as np
import pytest
import trimesh

from ingenium.core.errors import InputError
from ingenium.kits.solids.printing.surface import surface
from ingenium.kits.solids.printing.voxels import voxels


def test_a_box_on_cell_edges_fills_exactly_its_cells():
    box = trimesh.creation.box(bounds=((0.002, 0.001, 0.003), (0.006, 0.004, 0.005)))
    got = voxels(box, (8, 6, 7), 1e-3)
    want = np.zeros((8, 6, 7))
    want[2:6, 1:4, 3:5] = 1
    np.testing.assert_allclose(got, want, atol=1e-9)


@pytest.mark.parametrize("fine", [1, 2, 3])
def test_columns_through_edges_and_corners_are_counted_once(fine):
    # An octahedron whose edges and tips lie on the columns of a single pass.
    tips = np.array([[4.5, 4.5, 9], [4.5, 4.5, 0], [8.5, 4.5, 4.5], [0.5, 4.5, 4.5]])
    tips = np.concatenate([tips, [[4.5, 8.5, 4.5], [4.5, 0.5, 4.5]]]) * 1e-3
    mesh = trimesh.Trimesh(tips).convex_hull
    assert voxels(mesh, (9, 9, 9), 1e-3, fine=fine).sum() * 1e-9 == pytest.approx(
        mesh.volume, rel=0.06 / fine
    )


def test_a_ball_converges_to_its_volume():
    mesh = trimesh.creation.icosphere(4, radius=9.13e-3)
    origin = (-0.0122, -0.0121, -0.0119)
    off = [
        abs(voxels(mesh, (24, 24, 24), 1e-3, origin, fine=f).sum() * 1e-9 / mesh.volume - 1)
        for f in (1, 2, 4)
    ]
    assert off[1] < 1e-3
    assert off[2] < 3e-4


def test_a_gyroid_keeps_its_volume_within_half_a_percent():
    x, y, z = (np.indices((32, 24, 36)) + 0.5) * 2 * np.pi / 11.3
    wave = np.sin(x) * np.cos(y) + np.sin(y) * np.cos(z) + np.sin(z) * np.cos(x)
    mesh = surface(np.clip(0.5 + wave, 0, 1), 1e-3)
    share = voxels(mesh, (32, 24, 36), 1e-3)
    assert share.sum() * 1e-9 == pytest.approx(mesh.volume, rel=2e-3)


def test_turned_bodies_keep_volume_centre_and_inertia():
    box = trimesh.creation.box((0.011, 0.017, 0.008))
    box.apply_transform(trimesh.transformations.rotation_matrix(0.7, (1, 2, 3)))
    share = voxels(box, (24, 24, 24), 1e-3, (-0.012, -0.012, -0.012), fine=3)
    place = (np.indices(share.shape) + 0.5) * 1e-3 - 0.012
    assert share.sum() * 1e-9 == pytest.approx(box.volume, rel=2e-3)
    assert (place * share).sum((1, 2, 3)) / share.sum() == pytest.approx(np.zeros(3), abs=2e-5)


def test_what_lies_beyond_the_grid_is_cut_off():
    box = trimesh.creation.box((0.02, 0.02, 0.02))
    assert voxels(box, (4, 4, 4), 1e-3) == pytest.approx(np.ones((4, 4, 4)))
    assert voxels(box, (4, 4, 4), 1e-3, (0.02, 0.0, 0.0)).max() == 0


def test_wrong_grids_and_open_meshes_are_refused():
    box = trimesh.creation.box((0.002, 0.002, 0.002))
    with pytest.raises(InputError, match="above 0"):
        voxels(box, (0, 4, 4), 1e-3)
    with pytest.raises(InputError, match="GiB"):
        voxels(box, (1000, 1000, 1000), 1e-3)
    with pytest.raises(InputError, match="larger cells"):
        voxels(box, (4, 4, 4), 1e-9)
    top = box.face_normals[:, 2] > 0.5
    box.update_faces(~top)
    with pytest.raises(InputError, match="closed mesh"):
        voxels(box, (4, 4, 4), 1e-3, (-0.002, -0.002, -0.002))
