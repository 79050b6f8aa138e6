"""Toolpaths fill their regions, survive their file, and collide where they must."""

import math
from dataclasses import replace

import numpy as np
import pytest
import trimesh

from ingenium.core.errors import EngineError, InputError
from ingenium.kits.solids.printing.beads import deposited
from ingenium.kits.solids.printing.collisions import Machine, Printhead, trace
from ingenium.kits.solids.printing.columns import Column
from ingenium.kits.solids.printing.gcode import read_gcode, write_gcode
from ingenium.kits.solids.printing.mesh import check_closed, volume_m3
from ingenium.kits.solids.printing.slicing import outline
from ingenium.kits.solids.printing.toolpath import (
    Bead,
    Pattern,
    Toolpath,
    everywhere,
    toolpath,
)
from ingenium.kits.solids.printing.voxels import voxels

BEAD = Bead(0.04, 0.02)
PATTERN = Pattern(BEAD, hop_m=0.02)
MACHINE = Machine(Printhead(0.015, 30.0, 0.15, 0.2), (-1.0, -1.0, 0.0), (3.0, 3.0, 1.0))


def block(x: float, y: float, z: float, at: float = 0.0) -> trimesh.Trimesh:
    mesh = trimesh.creation.box((x, y, z))
    mesh.apply_translation((at + x / 2, y / 2, z / 2))
    return mesh


def test_the_outline_of_a_pipe_has_a_hole():
    mesh = trimesh.creation.annulus(0.05, 0.1, 0.04, sections=720)
    cut = outline(mesh, 0.0)
    assert cut.area == pytest.approx(math.pi * (0.1**2 - 0.05**2), rel=1e-4)
    assert len(cut.interiors) == 1
    path = toolpath(mesh, replace(PATTERN, bead=Bead(0.01, 0.01)), everywhere(1.0))
    assert len(path.layers_m) == 4
    away = np.hypot(*path.corner_m[path.laid, :2].T)
    third = 0.025 / 3  # share of the rest to the middle of the wall, for each of three rings
    assert away.min() == pytest.approx(0.05 + third / 2, abs=2e-4)
    assert away.max() == pytest.approx(0.1 - third / 2, abs=2e-4)
    assert path.material_m3 == pytest.approx(mesh.volume, rel=0.01)


def test_a_plane_through_corners_still_gives_a_closed_outline():
    mesh = block(0.2, 0.2, 0.2)
    assert outline(mesh, 0.0).is_empty
    assert outline(mesh, 0.2).area == pytest.approx(0.04)


def test_solid_rings_fill_a_block_and_share_of_lines_is_what_was_asked_for():
    mesh = block(0.48, 0.4, 0.08)
    full = toolpath(mesh, PATTERN, everywhere(1.0))
    assert full.material_m3 == pytest.approx(mesh.volume, rel=0.01)
    assert len(full.layers_m) == 4
    hollow = toolpath(mesh, PATTERN, everywhere(0.0))
    assert hollow.material_m3 == pytest.approx(0.08 * (0.48 * 0.4 - 0.4 * 0.32), rel=0.01)
    wide = block(1.6, 1.6, 0.02)
    for share in (0.125, 0.25, 0.5):
        inside = toolpath(wide, PATTERN, everywhere(share)).material_m3 / 0.02 - 4 * 1.56 * 0.04
        assert inside / 1.52**2 == pytest.approx(share, abs=0.03)


def test_two_towers_of_one_mesh_are_both_laid():
    both = trimesh.util.concatenate([block(0.2, 0.2, 0.04), block(0.2, 0.2, 0.04, 0.5)])
    for share in (1.0, 0.25):
        path = toolpath(both, PATTERN, everywhere(share))
        assert path.material_m3 == pytest.approx(
            2 * toolpath(block(0.2, 0.2, 0.04), PATTERN, everywhere(share)).material_m3
        )
    assert toolpath(both, PATTERN, everywhere(1.0)).material_m3 == pytest.approx(both.volume)


def test_lines_turn_from_layer_to_layer():
    path = toolpath(
        block(0.8, 0.8, 0.04), replace(PATTERN, directions_deg=(0.0, 90.0)), everywhere(0.25)
    )
    steps = np.diff(path.corner_m, axis=0, prepend=path.corner_m[:1])
    for top, axis in ((0.02, 1), (0.04, 0)):
        inner = (
            path.laid
            & (np.abs(path.corner_m[:, 2] - top) < 1e-9)
            & (np.abs(path.corner_m[:, :2] - 0.4).max(1) < 0.36)
        )
        assert inner.any()
        assert np.abs(steps[inner, axis]).max() < 1e-9


def test_laid_material_is_where_the_path_says_and_as_much():
    mesh = block(0.48, 0.4, 0.08)
    path = toolpath(mesh, PATTERN, everywhere(0.0))
    share = deposited(path, (48, 40, 8), 0.01)
    inner = np.zeros((48, 40, 8))
    inner[4:-4, 4:-4] = 1.0
    assert np.abs(share - (1 - inner)).mean() < 5e-3  # round outer corners
    shifted = deposited(path, (54, 46, 14), 0.01, (-0.03, -0.03, -0.03))
    assert np.abs(shifted[3:-3, 3:-3, 3:-3] - share).sum() < 2e-3 * share.sum()


def test_one_straight_bead_is_length_times_section():
    corner = np.array([[0.1, 0.1, 0.02], [0.4, 0.3, 0.02]])
    length = math.hypot(0.3, 0.2)
    path = Toolpath(corner, np.array([0.0, length * 0.04 * 0.02]), np.full(2, 0.02))
    share = deposited(path, (50, 40, 4), 0.01, fine=8)
    assert share.sum() * 1e-6 == pytest.approx(length * 0.04 * 0.02, rel=6e-3)
    assert share[:, :, 2:].sum() == 0


def test_a_file_keeps_the_path(tmp_path):
    mesh = block(0.48, 0.4, 0.08)
    path = toolpath(mesh, PATTERN, everywhere(0.25))
    file = tmp_path / "block.gcode"
    write_gcode(path, file, laid_m_s=0.1, travel_m_s=0.3)
    read = read_gcode(file)
    assert np.abs(read.corner_m - path.corner_m).max() < 1e-7
    assert read.material_m3 == pytest.approx(path.material_m3, rel=1e-6)
    assert np.array_equal(read.laid, path.laid)
    grid = ((48, 40, 8), 0.01)
    distance = np.abs(deposited(read, *grid) - deposited(path, *grid)).sum()
    assert distance < 5e-3 * deposited(path, *grid).sum()


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("G90\nM83\nG2 X1 Y1 I1 J0 E1\n", "G2 in line 3"),
        ("M82\nG1 X1 E1\n", "M82"),
        ("G91\nG1 X1 E1\n", "G91"),
        ("G21\nG0 X1\n", "none in"),
        ("G21\nG1 X1 E1\n", "none in"),
    ],
)
def test_files_of_another_kind_are_refused(text, got, tmp_path):
    file = tmp_path / "other.gcode"
    file.write_text(text)
    with pytest.raises(InputError, match=got):
        read_gcode(file)


def test_an_underside_is_tip_cone_and_body():
    head = MACHINE.head
    away = np.array([0.0, 0.015, 0.025, 0.14, 0.16])
    slope = math.tan(math.radians(30.0))
    assert head.underside_m(away) == pytest.approx([0, 0, 0.01 / slope, 0.2, math.inf])


def test_a_hop_clears_what_a_nozzle_without_one_drags_over():
    mesh = block(0.48, 0.4, 0.1)
    high = trace(toolpath(mesh, PATTERN, everywhere(0.25)), MACHINE)
    assert not high.collides.any()
    low = toolpath(mesh, replace(PATTERN, hop_m=0.0), everywhere(0.25))
    found = trace(low, MACHINE).collides
    assert found[~low.laid].mean() > 0.5
    assert not found[low.laid].any()


def test_the_second_of_two_towers_hits_the_first_unless_it_stands_apart():
    first = toolpath(block(0.2, 0.2, 0.5), PATTERN, everywhere(0.0))
    near, far = (
        Toolpath.joined([first, toolpath(block(0.2, 0.2, 0.5, at), PATTERN, everywhere(0.0))])
        for at in (0.3, 0.6)
    )
    found = trace(near, MACHINE)
    behind = np.arange(len(near.corner_m)) >= len(first.corner_m)
    assert found.collides[behind].any()
    assert not found.collides[~behind].any()
    cone_m = (0.12 - 0.015) / math.tan(math.radians(30.0))  # above the tip, at the tower's wall
    deepest = found.depth_m[behind & near.laid].max()
    assert deepest == pytest.approx(0.5 - 0.02 - cone_m, abs=0.025)
    assert trace(far, MACHINE).collides[len(first.corner_m) + 1 :].sum() == 0


def test_a_bead_through_one_that_lies_higher_collides():
    corner = np.array([[0, 0, 0.04], [0.4, 0, 0.04], [0.2, -0.3, 0.02], [0.2, 0.3, 0.02]])
    volume = np.array([0.0, 0.4, 0.0, 0.6]) * 0.04 * 0.02
    path = Toolpath(corner, volume, np.array([0.04, 0.04, 0.02, 0.02]))
    assert trace(path, MACHINE).collides.tolist()[3]


def test_corners_beyond_the_machine_are_told():
    path = toolpath(block(0.48, 0.4, 0.1), PATTERN, everywhere(0.0))
    small = replace(MACHINE, high_m=(0.4, 1.0, 1.0))
    assert trace(path, MACHINE).outside.sum() == 0
    assert trace(path, small).outside.any()


def test_columns_are_closed_and_as_large_as_their_outline():
    ellipse = Column(1.0, (0.2, 0.1), power=2.0)
    mesh = ellipse.mesh()
    check_closed(mesh.vertices, mesh.faces)
    assert volume_m3(mesh.vertices, mesh.faces) == pytest.approx(math.pi * 0.02, rel=2e-3)
    turned = Column(1.0, (0.2, 0.1), power=2.0, turn_deg=90.0, taper=0.5).mesh()
    check_closed(turned.vertices, turned.faces)
    top = turned.vertices[turned.vertices[:, 2] > 0.999]
    assert np.abs(top[:, :2]).max(0) == pytest.approx([0.05, 0.1], abs=1e-6)


def test_rings_of_a_turning_column_fill_it():
    mesh = Column(0.2, (0.2, 0.17), power=4.0, taper=0.9, turn_deg=10.0).mesh()
    path = toolpath(mesh, PATTERN, everywhere(1.0))
    low = (-0.24, -0.24, 0.0)
    solid = voxels(mesh, (48, 48, 20), 0.01, low)
    laid = deposited(path, (48, 48, 20), 0.01, low)
    assert laid.sum() == pytest.approx(solid.sum(), rel=0.02)
    assert np.abs(laid - solid).sum() < 0.04 * solid.sum()


def test_wrong_settings_and_parts_that_take_no_bead_are_refused():
    with pytest.raises(InputError):
        Bead(0.01, 0.02)
    with pytest.raises(InputError):
        Pattern(BEAD, rings=0)
    with pytest.raises(InputError):
        Printhead(0.2, 30.0, 0.1, 0.1)
    with pytest.raises(InputError):
        Column(1.0, (0.2, 0.1), power=1.0)
    with pytest.raises(EngineError):
        toolpath(block(0.5, 0.02, 0.1), PATTERN, everywhere(1.0))
