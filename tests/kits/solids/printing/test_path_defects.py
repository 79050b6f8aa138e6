"""Defects that are built into a part are predicted, and times follow from rule and path."""

import numpy as np
import pytest
import trimesh

from ingenium.core.errors import InputError
from ingenium.kits.solids.printing.collisions import Machine, Printhead
from ingenium.kits.solids.printing.defects import islands, predict
from ingenium.kits.solids.printing.deposition import Deposition
from ingenium.kits.solids.printing.path_pictures import layers
from ingenium.kits.solids.printing.toolpath import Bead, Pattern, everywhere, toolpath

BEAD = Bead(0.004, 0.002)
PROCESS = Deposition(BEAD)
MACHINE = Machine(Printhead(0.002, 30.0, 0.02, 0.03), (-1.0, -1.0, 0.0), (1.0, 1.0, 1.0))


def block(x, y, z):
    mesh = trimesh.creation.box((x, y, z))
    mesh.apply_translation((x / 2, y / 2, z / 2))
    return mesh


def path_of(mesh):
    return toolpath(mesh, Pattern(BEAD, hop_m=0.004), everywhere(1.0))


def test_speed_is_rate_by_section_and_short_layers_wait():
    assert PROCESS.laid_m_s == pytest.approx(1.0 / 3600 / 2670.0 / 8e-6)
    path = path_of(block(0.04, 0.032, 0.01))
    laid_s = path.length_m[path.laid].sum() / PROCESS.laid_m_s
    travel_s = path.length_m[~path.laid].sum() / PROCESS.travel_m_s
    assert PROCESS.layers_s(path).sum() == pytest.approx(laid_s + travel_s)
    assert len(PROCESS.layers_s(path)) == 5
    assert PROCESS.waits_s(path) == pytest.approx(60.0 - PROCESS.layers_s(path))
    with pytest.raises(InputError):
        Deposition(BEAD, rate_kg_h=0.0)


def test_a_block_has_no_defect_but_layers_that_wait():
    mesh = block(0.04, 0.032, 0.01)
    found = predict(mesh, path_of(mesh), PROCESS, MACHINE)
    assert found.islands == 0
    assert found.overhang_m2 == 0
    assert found.collisions == 0
    assert found.out_of_reach == 0
    assert found.short_layers == 5
    assert found.wall_m == pytest.approx(0.01)
    assert found.thin_m3 < 0.02 * mesh.volume
    assert found.beyond_m3 < 0.01 * mesh.volume


def test_a_fin_thinner_than_a_bead_is_not_covered():
    mesh = trimesh.util.concatenate([block(0.04, 0.032, 0.01)])
    fin = block(0.04, 0.003, 0.01)
    fin.apply_translation((0.0, 0.05, 0.0))
    both = trimesh.util.concatenate([mesh, fin])
    found = predict(both, path_of(both), PROCESS, MACHINE)
    assert found.thin_m3 == pytest.approx(fin.volume, rel=0.15)


def test_patches_that_begin_in_the_air_are_islands():
    solid = np.zeros((12, 12, 5), dtype=bool)
    solid[:4, :, :] = True
    solid[4:6, 3:5, 3] = True  # beside what is below: it rests on it by a corner
    assert len(islands(solid)) == 0
    solid[8:10, 2:5, 2:] = True
    assert islands(solid).tolist() == [6.0]


def test_a_picture_shows_each_layer_that_is_asked_for():
    figure = layers(path_of(block(0.04, 0.032, 0.01)), [0.002, 0.006])
    assert [axes.get_title() for axes in figure.axes[:2]] == ["z = 2 mm", "z = 6 mm"]
