"""Properties of known materials, bounds, and connectivity."""

import math

import numpy as np
import pytest
import torch

from ingenium.domains.structures.cells.drawing import Canvas
from ingenium.domains.structures.cells.feature import gaps, walls
from ingenium.domains.structures.cells.periodic import Periodic
from ingenium.domains.structures.cells.plane_families import FAMILIES as PLANE
from ingenium.domains.structures.cells.properties import bulk_bounds, moduli
from ingenium.domains.structures.cells.solid import to_solid
from ingenium.domains.structures.cells.spatial_families import FAMILIES as SPATIAL
from ingenium.domains.structures.cells.topology import connection
from ingenium.kits.solids.elastic.element import constitutive


@pytest.mark.parametrize("dim", [2, 3])
def test_an_isotropic_material_has_its_own_constants(dim):
    found = moduli(5 * constitutive(dim, 0.2)[None])
    bulk = 5 / (2 * 0.8) if dim == 2 else 5 / (3 * 0.6)
    for name, value in found.items():
        kind = name.split("_")[0]
        truth = {"young": 5, "poisson": 0.2, "shear": 5 / 2.4, "bulk": bulk, "anisotropy": 0}[kind]
        assert float(value) == pytest.approx(truth, abs=1e-12), name


def test_the_index_of_anisotropy_of_copper():
    """C11, C12, C44 of 168.4, 121.4 and 75.4 GPa give 1.74 (Ranganathan 2008: A = 3.21)."""
    c = torch.zeros(1, 6, 6, dtype=torch.float64)
    c[:, :3, :3] = 121.4
    c[0].diagonal()[:3] = 168.4
    c[0].diagonal()[3:] = 75.4
    zener = 2 * 75.4 / (168.4 - 121.4)
    truth = 6 / 5 * (math.sqrt(zener) - 1 / math.sqrt(zener)) ** 2  # eq. 12 of the source
    assert float(moduli(c)["anisotropy"]) == pytest.approx(truth, rel=1e-12)


def test_the_plane_index_does_not_depend_on_the_axes():
    cell = Periodic((8, 8))
    rng = torch.Generator().manual_seed(2)
    field = torch.where(torch.rand(1, 64, generator=rng) < 0.6, 1.0, 0.01).to(torch.float64)
    c = cell.stiffness(field)
    turn = math.radians(31)
    s, t = math.sin(turn), math.cos(turn)
    bond = torch.tensor(
        [[t * t, s * s, 2 * s * t], [s * s, t * t, -2 * s * t], [-s * t, s * t, t * t - s * s]],
        dtype=torch.float64,
    )
    turned = moduli(bond @ c @ bond.T)
    assert float(turned["anisotropy"]) == pytest.approx(float(moduli(c)["anisotropy"]), rel=1e-9)


@pytest.mark.parametrize(("cells", "low"), [((16, 16), 0.02), ((16, 16), 1e-9), ((6, 6, 6), 0.1)])
def test_measured_values_lie_within_their_bounds(cells, low):
    """Upper bounds are Voigt's, for bulk moduli also Hashin and Shtrikman's; lower ones Reuss'."""
    dim = len(cells)
    cell, rng = Periodic(cells, poisson=0.3), np.random.default_rng(0)
    canvas, families = Canvas(cells), PLANE if dim == 2 else SPATIAL
    solid = torch.from_numpy(np.stack([draw(canvas, rng) for draw in families.values()]))
    modulus = low + (1 - low) * solid.flatten(1).double()
    c, share = cell.stiffness(modulus), solid.flatten(1).double().mean(1)
    voigt = (share + (1 - share) * low)[:, None, None] * constitutive(dim, 0.3)
    assert torch.linalg.eigvalsh(voigt - c).amin() >= -1e-9
    assert torch.linalg.eigvalsh(c).amin() > 0
    lowest, highest = bulk_bounds(share, (1.0, low), 0.3, dim)
    bulk = moduli(c)["bulk"]
    assert (bulk <= highest * (1 + 1e-9)).all()
    reuss = torch.linalg.inv(constitutive(dim, 0.3))[:dim, :dim].sum()
    assert (bulk >= (1 - 1e-6) / (reuss * (share + (1 - share) / low))).all()
    assert (lowest <= highest).all()


def test_pieces_hang_together_across_the_borders():
    solid = torch.zeros(5, 8, 8, dtype=torch.bool)
    solid[0, 3] = True  # a wall along y
    solid[1, 3], solid[1, :, 2] = True, True  # a cross
    for i in range(8):  # a slanting bar closes around both axes, but carries along one way only
        solid[2, i, i] = solid[2, i, (i + 1) % 8] = True
    solid[3, 2:5, 2:5] = True  # an island
    solid[4, 3], solid[4, 6, 0] = True, True  # a wall and a crumb
    main, share, axes = connection(solid)
    assert axes.tolist() == [1, 2, 1, 0, 1]
    torch.testing.assert_close(share, torch.tensor([1, 1, 1, 1, 8 / 9], dtype=torch.float64))
    assert int(main[4].sum()) == 8
    assert connection(torch.zeros(1, 8, 8, dtype=torch.bool))[1:] == (0, 0)


def test_a_bar_in_space_is_told_from_a_frame():
    solid = torch.zeros(2, 6, 6, 6, dtype=torch.bool)
    solid[0, 2, 2] = True
    solid[1, 2, 2] = solid[1, :, 2, 2] = solid[1, 2, :, 2] = True
    assert connection(solid)[2].tolist() == [1, 3]


def test_the_thinnest_wall_and_gap():
    solid = torch.zeros(4, 12, 12, dtype=torch.bool)
    solid[0, 10:], solid[0, :1] = True, True  # three cells, across the border
    solid[1, 5] = True
    solid[2, 5:9, :5] = True
    solid[3] = True
    solid[3, 4:8, :5], solid[3, 4:8, 7:] = False, False  # a bridge of two cells
    assert walls(solid).tolist() == [3, 1, 4, 2]
    assert gaps(solid).tolist() == [6, 6, 6, 4]


def test_a_neck_is_a_wall_even_if_all_still_hangs_together():
    """Without the notch the upright carries on; the beam across stays whole."""
    solid = torch.zeros(1, 16, 16, dtype=torch.bool)
    solid[0, 4:8], solid[0, :, 4:8] = True, True
    assert walls(solid).tolist() == [4]
    solid[0, 12, 5:8] = False
    assert walls(solid).tolist() == [1]


def test_the_fullest_cells_become_solid():
    rng = torch.Generator().manual_seed(0)
    canvas, draw = Canvas((16, 16)), np.random.default_rng(3)
    drawn = np.stack([PLANE["reentrant"](canvas, draw) for _ in range(3)])
    share = torch.from_numpy(drawn).double()
    noisy = 0.8 * share + 0.2 * torch.rand(share.shape, generator=rng, dtype=torch.float64)
    assert torch.equal(to_solid(noisy, share.flatten(1).mean(1)), torch.from_numpy(drawn))
    more = to_solid(noisy, torch.full((3,), 0.6))
    assert (more.flatten(1).sum(1) <= round(0.6 * 256)).all()
    assert connection(more)[1].tolist() == [1, 1, 1]
