"""Filled, free, fixed and loaded regions, against known lengths and sums."""

import math

import numpy as np
import pytest
import torch
from scipy.spatial import Delaunay

from ingenium.domains.structures.bracket.milled import drawings, milled
from ingenium.domains.structures.bracket.part import bracket_part
from ingenium.domains.structures.bracket.settings import BracketSettings, PinLoad
from ingenium.domains.structures.parts.bodies import Cuboid, Cylinder, Prism, union
from ingenium.domains.structures.parts.part import FINE, positions, spread


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_distances_of_bodies_are_those_of_geometry() -> None:
    at = torch.tensor([[0.0, 0.0, 0.0], [3.0, 4.0, 1.0], [0.0, 2.0, 5.0]], dtype=torch.float64)
    cylinder = Cylinder(2, (0.0, 0.0), 2.0, -1.0, 1.0)
    assert cylinder.distance(at).tolist() == [-1.0, 3.0, 4.0]
    assert Cuboid((-1.0, -2.0, -3.0), (1.0, 2.0, 3.0)).distance(at).tolist() == [-1.0, 2.0, 2.0]
    assert union((), at).isinf().all()


def test_a_prism_holds_what_its_polygon_holds(rng: np.random.Generator) -> None:
    corners = ((0.0, 0.0), (3.0, 0.0), (2.0, 2.0), (0.5, 1.5))
    at = torch.from_numpy(rng.uniform(-1, 4, (500, 3)))
    inside = Prism(1, corners, 0.0, 2.0).distance(at) < 0
    flat = Delaunay(np.array(corners)).find_simplex(at[:, [0, 2]].numpy()) >= 0
    assert (
        inside.numpy().tolist() == (flat & (at[:, 1] > 0).numpy() & (at[:, 1] < 2).numpy()).tolist()
    )


def test_the_pin_brings_in_the_force_and_moment_that_were_asked_for(
    rng: np.random.Generator,
) -> None:
    at = torch.from_numpy(rng.normal(size=(40, 3)))
    touched = torch.from_numpy(rng.random(40) < 0.5)
    wrench = torch.tensor([3.0, -2.0, 5.0, 0.4, 0.7, -0.1], dtype=torch.float64)
    force = spread(at, touched, wrench).reshape(-1, 3)
    assert force[~touched].abs().max() == 0
    torch.testing.assert_close(force.sum(0), wrench[:3])
    torch.testing.assert_close(torch.linalg.cross(at, force).sum(0), wrench[3:])


def test_shares_of_cells_add_up_to_the_volume_of_the_bodies() -> None:
    settings = BracketSettings()
    part = bracket_part(settings)
    foot = settings.foot_radius_mm**2 - settings.bolt_radius_mm**2
    eye = settings.eye_radius_mm**2 - settings.pin_radius_mm**2
    metal = math.pi * (4 * foot * settings.foot_height_mm + eye * settings.eye_width_mm)
    found = union((part.solid[-1], *part.solid[:4]), part.centres_m) < 2 * part.grid.cell_m
    near = float((part.lower * found).sum()) * settings.cell_mm**3
    assert near == pytest.approx(metal, rel=0.25)  # and what the frame adds between the feet
    assert near > metal
    assert bool((part.lower <= part.upper + 1e-12).all())


def test_shares_are_counts_of_points_wherever_a_surface_passes() -> None:
    part = bracket_part(BracketSettings())
    x, y, z = part.grid.cells
    points = positions((x * FINE, y * FINE, z * FINE), part.grid.cell_m / FINE, 0.5)
    inside = (union(part.solid, points) < 0) & (union(part.free, points) >= 0)
    counts = inside.double().reshape(x, FINE, y, FINE, z, FINE).sum((1, 3, 5))
    off = (part.lower * FINE**3 - counts.reshape(-1)).abs()
    assert off.max() <= 4  # points that lie on a surface to the last digit
    assert off.sum() <= 1e-4 * counts.sum()


def test_every_foot_is_held_and_every_case_loaded() -> None:
    settings = BracketSettings(cases=(PinLoad("side", (0.0, 500.0, 0.0)),))
    part = bracket_part(settings)
    held = part.fixed.reshape(-1, 3)
    assert bool((held.all(1) == held.any(1)).all())
    nodes = positions(part.grid.nodes, part.grid.cell_m)[held.any(1)] * 1e3
    for x, y in settings.bolts_mm:
        own = (nodes[:, :2] - torch.tensor([x, y])).norm(dim=1)
        assert int(((own >= 4.5 - 1e-9) & (own <= 10.5 + 1e-9)).sum()) >= 12
    torch.testing.assert_close(
        part.load_n.reshape(-1, 3).sum(0), torch.tensor([0.0, 500.0, 0.0], dtype=torch.float64)
    )
    assert float(part.load_n[:, part.fixed].abs().max()) == 0


@pytest.mark.slow
def test_milled_parts_hold_their_eye_and_keep_their_holes_free() -> None:
    settings = BracketSettings()
    part = bracket_part(settings, halves=1)
    drawn = drawings()
    assert len(set(drawn)) == len(drawn) == 144
    filled = milled(part, settings, drawn[::47])
    assert bool((filled >= part.lower - 1e-12).all())
    assert bool((filled <= part.upper + 1e-12).all())
    assert float(filled.std(0).max()) > 0


def test_halving_keeps_the_space_and_the_loads() -> None:
    settings = BracketSettings()
    fine, coarse = bracket_part(settings), bracket_part(settings, halves=1)
    assert coarse.grid.n_cells * 8 == fine.grid.n_cells
    for part in (fine, coarse):
        total = part.load_n.reshape(3, -1, 3).sum(1)
        torch.testing.assert_close(
            total,
            torch.tensor([c.force_n for c in settings.cases], dtype=torch.float64),
            atol=1e-9,
            rtol=0,
        )
    assert float(coarse.lower.mean()) == pytest.approx(float(fine.lower.mean()), rel=0.05)
