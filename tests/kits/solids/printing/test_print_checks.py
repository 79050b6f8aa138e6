"""Print checks against closed forms on plates, struts, balls, bridges and boxes."""

import math

import numpy as np
import pytest
import trimesh

from ingenium.core.errors import InputError
from ingenium.kits.solids.printing.checks import (
    accessible,
    clear_cylinder,
    min_feature_m,
    overhang,
    support_m3,
    trapped_m3,
)
from ingenium.kits.solids.printing.voxels import voxels

CELL = 1e-3


def blank(*shape):
    return np.zeros((1, *shape), dtype=bool)


@pytest.mark.parametrize("cells", [1, 2, 3, 5])
def test_the_thickness_of_a_plate_is_exact(cells):
    mask = blank(20, 18, 12)
    mask[0, :, :, 3 : 3 + cells] = True
    assert min_feature_m(mask, CELL).wall_m[0] == pytest.approx(cells * CELL)


@pytest.mark.parametrize("cells", [1, 2, 4])
def test_the_width_of_a_slot_and_of_a_hole_is_exact(cells):
    mask = np.ones((2, 20, 20, 12), dtype=bool)
    mask[0, 5:, :, 4 : 4 + cells] = False
    mask[1, 8 : 8 + cells, 6 : 6 + cells] = False
    gap = min_feature_m(mask, CELL).gap_m
    assert gap[0] == pytest.approx(cells * CELL)
    assert gap[1] == pytest.approx(cells * CELL, abs=0.5 * CELL)


@pytest.mark.parametrize("turn", [0.0, 0.4, 0.9])
def test_a_strut_at_any_angle_has_its_thickness_to_a_cell(turn):
    bar = trimesh.creation.cylinder(radius=2.6e-3, height=0.024)
    bar.apply_transform(trimesh.transformations.rotation_matrix(turn, (1, 0.3, 0)))
    mask = voxels(bar, (24, 28, 28), CELL, (-0.0118, -0.0137, -0.014))[None] > 0.5
    assert min_feature_m(mask, CELL).wall_m[0] == pytest.approx(5.2e-3, abs=1.25 * CELL)


def test_a_fin_and_a_neck_are_found_and_a_block_is_not_thin():
    mask = np.zeros((3, 30, 16, 16), dtype=bool)
    mask[:, 2:12, 3:13, 3:13] = True
    mask[1, 12:26, 7:9, 3:13] = True  # a fin of two cells
    mask[2, 12:15, 6:9, 6:9] = True  # a short neck of three cells
    mask[2, 15:25, 3:13, 3:13] = True
    wall = min_feature_m(mask, CELL).wall_m
    assert wall[0] == math.inf
    assert wall[1] == pytest.approx(2 * CELL)
    assert wall[2] == pytest.approx(3 * CELL, abs=0.5 * CELL)


def test_a_batch_is_its_designs_one_by_one():
    rng = np.random.default_rng(1)
    mask = rng.random((4, 9, 8, 7)) < 0.6
    for check in (
        lambda m: min_feature_m(m, CELL).wall_m,
        lambda m: min_feature_m(m, CELL).gap_m,
        lambda m: support_m3(m, CELL),
        lambda m: trapped_m3(m, CELL, escape_m=1.5 * CELL),
        lambda m: accessible(m, CELL, [(0, 0, 1), (1, 2, 0)], radius_m=CELL),
    ):
        alone = np.concatenate([check(mask[i : i + 1]) for i in range(4)])
        np.testing.assert_allclose(check(mask), alone)


@pytest.mark.parametrize("angle", [30.0, 45.0, 60.0])
def test_the_overhang_of_a_ball_is_its_cap(angle):
    radius = 0.01
    ball = trimesh.creation.icosphere(5, radius)
    got = overhang(ball, (0.3, -0.2, 0.9), angle)
    a = math.radians(angle)
    cap = 2 * math.pi * radius**2 * (1 - math.cos(a))
    assert got.area_m2 == pytest.approx(cap, rel=0.02)
    assert got.share == pytest.approx((1 - math.cos(a)) / 2, rel=0.02)
    # Below the cap: a cylinder of its width up to the plate, less the ball's part in it.
    wide = radius * math.sin(a)
    under = math.pi * wide**2 * radius - 2 * math.pi / 3 * radius**3 * (1 - math.cos(a) ** 3)
    assert got.support_m3 == pytest.approx(under, rel=0.03)


def _bridge():
    mask = blank(20, 6, 12)
    mask[0, :4], mask[0, 16:] = True, True
    mask[0, :, :, 9:] = True
    return mask


def _gallows():
    """A pier of 4 mm below an arm of 20 mm, 9 mm above the plate and 6 mm deep."""
    profile = np.array([[0, 0], [4, 0], [4, 9], [20, 9], [20, 12], [0, 12]]) * 1e-3
    front = np.insert(profile, 1, 0.0, axis=1)
    face = np.array([[0, 1, 2], [0, 2, 5], [2, 3, 4], [2, 4, 5]])
    start = np.arange(6)
    end = (start + 1) % 6
    side = np.concatenate(
        [np.stack([start, start + 6, end], 1), np.stack([end, start + 6, end + 6], 1)]
    )
    faces = np.concatenate([face, face[:, ::-1] + 6, side])
    mesh = trimesh.Trimesh(
        np.concatenate([front, front + np.array([0, 0.006, 0])]), faces, process=False
    )
    assert mesh.is_watertight
    assert mesh.volume == pytest.approx((4 * 9 + 20 * 3) * 6e-9)
    return mesh


def test_a_bridge_needs_the_support_below_its_span():
    mask = _bridge()
    # The cells next to the piers are carried by them at 45 degrees.
    assert support_m3(mask, CELL)[0] == pytest.approx(10 * 6 * 9 * CELL**3)
    assert support_m3(mask, CELL, upward=False)[0] == 0
    assert support_m3(mask, CELL, axis=1)[0] == 0
    solid = _gallows()
    assert overhang(solid).area_m2 == pytest.approx(0.016 * 0.006, rel=1e-6)
    assert overhang(solid).support_m3 == pytest.approx(0.016 * 0.006 * 0.009, rel=0.01)


def test_faces_at_the_limit_and_on_the_plate_carry_themselves():
    box = trimesh.creation.box((0.01, 0.02, 0.03))
    assert overhang(box).area_m2 == 0
    assert overhang(box, (0, 1, 1), 44.0).area_m2 == 0
    tilted = overhang(box, (0, 1, 1), 46.0)
    assert tilted.area_m2 == pytest.approx(0.01 * 0.02 + 0.01 * 0.03)


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


def test_a_tool_reaches_what_it_can_see_and_fit_into():
    box = blank(12, 12, 12)
    box[0, 3:9, 3:9, 3:9] = True
    six = [tuple(s * np.eye(3)[a]) for a in range(3) for s in (1, -1)]
    assert accessible(box, CELL, six)[0] == 1
    assert accessible(box, CELL, six[:1])[0] == pytest.approx(5 / 6)
    slot = np.ones((1, 14, 14, 10), dtype=bool)
    slot[0, 6:8, 6:8, 2:] = False
    wide = accessible(slot, CELL, [(0, 0, 1)], radius_m=0.4 * CELL)[0]
    assert accessible(slot, CELL, [(0, 0, 1)], radius_m=3 * CELL)[0] < wide
    lean = accessible(box, CELL, [(1, 1, 0)])[0]
    assert lean == pytest.approx(4 / 6, abs=0.08)


def test_a_bolt_has_its_room():
    mask = np.ones((2, 20, 20, 10), dtype=bool)
    x, y = np.indices((20, 20)) + 0.5
    mask[:, np.hypot(x - 10, y - 10) < 4] = False
    mask[1, :, :, 5] = True
    free = clear_cylinder(mask, CELL, (0.01, 0.01, 0), (0, 0, 1), radius_m=0.0035)
    assert free[0] == 1
    assert free[1] == pytest.approx(0.9)
    short = clear_cylinder(mask, CELL, (0.01, 0.01, 0), (0, 0, 1), radius_m=0.0035, length_m=0.005)
    assert short[1] == 1


def test_wrong_input_is_refused():
    box = trimesh.creation.box((0.01, 0.02, 0.03))
    with pytest.raises(InputError, match="some length"):
        overhang(box, (0, 0, 0))
    with pytest.raises(InputError, match="between 0 and 90"):
        overhang(box, angle_deg=120.0)
    with pytest.raises(InputError, match="some solid"):
        min_feature_m(blank(3, 3, 3), CELL)
    with pytest.raises(InputError, match="at least one direction"):
        accessible(blank(3, 3, 3), CELL, [])
    with pytest.raises(InputError, match="middle of a cell"):
        clear_cylinder(blank(3, 3, 3), CELL, (1, 1, 1), (0, 0, 1), radius_m=CELL)
