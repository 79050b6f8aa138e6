"""Stress over balls of material against closed forms, scikit-fem, and finer and finer cells."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
import torch

from ingenium.kits.solids.elastic.critical import CriticalVolume
from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.elastic.reference import Reference
from ingenium.kits.solids.elastic.richardson import extrapolated
from ingenium.kits.solids.elastic.solver import Elastic
from ingenium.kits.solids.elastic.stress import stress_pa

VOID = 1e-9


def nodes_of(grid: RegularGrid) -> torch.Tensor:
    return torch.arange(grid.n_displacements).view(*grid.nodes, grid.dim)


def pulled(grid: RegularGrid, stress: float, metal: torch.Tensor) -> tuple[Elastic, torch.Tensor]:
    """A plate on two planes of symmetry, pulled along x at its right edge, and its displacement."""
    numbers, (_, high) = nodes_of(grid), grid.cells
    fixed = torch.zeros(grid.n_displacements, dtype=torch.bool)
    fixed[numbers[0, :, 0]] = fixed[numbers[:, 0, 1]] = True
    load = torch.zeros(1, 1, grid.n_displacements, dtype=torch.float64)
    share = torch.ones(high + 1, dtype=torch.float64)
    share[[0, -1]] = 0.5
    load[0, 0, numbers[-1, :, 0]] = share * stress * grid.cell_m * grid.thickness_m
    system = Elastic(grid, fixed)
    return system, system.solve((VOID + (1 - VOID) * metal)[None], load)


def peak(system: Elastic, u: torch.Tensor, metal: torch.Tensor, radius_m: float) -> float:
    every = torch.ones(1, len(metal), dtype=torch.bool)
    found = CriticalVolume(system, radius_m).peak_pa(1.0, u, metal[None], every)
    return float(found)


def middle_peak(system: Elastic, u: torch.Tensor, metal: torch.Tensor) -> float:
    """The largest von Mises stress in the middle of a cell."""
    x, y, xy = stress_pa(system, torch.ones(1, len(metal)).double(), u)[0, 0].unbind(-1)
    square = (x**2 - x * y + y**2 + 3 * xy**2) * (metal >= 0.5)
    return float(square.max().sqrt())


@pytest.mark.parametrize("radius_m", [0.2, 0.6, 2.0])
def test_a_pulled_plate_has_its_stress_over_any_ball(radius_m: float) -> None:
    grid = RegularGrid((8, 4), 0.5, thickness_m=2.0)
    whole = torch.ones(grid.n_cells, dtype=torch.float64)
    system, u = pulled(grid, 3.0, whole)
    assert peak(system, u, whole, radius_m) == pytest.approx(3.0, rel=1e-6)


def test_pure_shear_has_root_three_times_its_stress() -> None:
    grid = RegularGrid((1, 1, 1))
    system = Elastic(grid, torch.zeros(24, dtype=torch.bool))
    sheared = torch.zeros(1, 8, 3, dtype=torch.float64)
    sheared[0, :, 1] = torch.tensor([0, 1, 0, 1, 0, 1, 0, 1])  # y grows along z
    found = CriticalVolume(system, 1.0).cell_pa2(1.0, sheared.flatten(1))
    assert float(found.sqrt()) == pytest.approx(3**0.5 / (2 * (1 + system.poisson)))


@pytest.mark.parametrize("plane", ["stress", "strain"])
def test_a_plane_that_is_held_across_is_stressed_across(plane: str) -> None:
    """A unit stress along x, with fixed sides, gives Poisson's ratio of it across."""
    grid = RegularGrid((3, 3))
    system = Elastic(grid, torch.zeros(grid.n_displacements, dtype=torch.bool), plane=plane)
    at = torch.cartesian_prod(torch.arange(4), torch.arange(4)).double()
    nu = system.poisson
    free = [1.0, -nu] if plane == "stress" else [1 - nu**2, -nu * (1 + nu)]
    moved = (at * torch.tensor(free, dtype=torch.float64)).flatten()[None]
    found = CriticalVolume(system, 1.0).cell_pa2(1.0, moved).sqrt()
    equal = 1.0 if plane == "stress" else (1 - nu + nu**2) ** 0.5
    torch.testing.assert_close(found, torch.full_like(found, equal))


@pytest.mark.parametrize("plane", ["stress", "strain"])
@pytest.mark.parametrize("cells", [(4, 3), (3, 2, 4)])
def test_mean_squares_of_cells_are_those_of_scikit_fem(cells: tuple[int, ...], plane: str) -> None:
    grid = RegularGrid(cells, 0.5)
    none = torch.zeros(grid.n_displacements, dtype=torch.bool)
    system = Elastic(grid, none, plane=plane)
    rng = torch.Generator().manual_seed(0)
    moved = torch.randn(2, grid.n_displacements, generator=rng, dtype=torch.float64)
    found = CriticalVolume(system, 1.0).cell_pa2(7.0, moved)
    torch.testing.assert_close(Reference(system).mises_pa2(7.0, moved), found)


RADIUS, HOLE, SIDE = 2.0, 5.0, 60.0  # of ball and hole; a quarter of the plate


def kirsch() -> float:
    """Root mean square of the von Mises stress over the ball at the edge of the hole, in closed
    form.

    Source: Timoshenko and Goodier, Theory of Elasticity, 3rd ed., 1970, eq. 61.
    """
    line = np.linspace(-RADIUS, RADIUS, 801)
    x, y = np.meshgrid(line, line + HOLE, indexing="ij")
    r, turn = np.hypot(x, y), 2 * np.arctan2(y, x)
    a = (HOLE / r) ** 2
    radial = (1 - a) / 2 + (1 - 4 * a + 3 * a**2) / 2 * np.cos(turn)
    hoop = (1 + a) / 2 - (1 + 3 * a**2) / 2 * np.cos(turn)
    shear = -(1 + 2 * a - 3 * a**2) / 2 * np.sin(turn)
    square = radial**2 - radial * hoop + hoop**2 + 3 * shear**2
    inside = (x**2 + (y - HOLE) ** 2 <= RADIUS**2) & (r >= HOLE)
    return float(np.sqrt(square[inside].mean()))


def holed(cell_m: float) -> tuple[Elastic, torch.Tensor, torch.Tensor]:
    grid = RegularGrid((round(SIDE / cell_m),) * 2, cell_m)
    fine = (np.arange(8 * grid.cells[0]) + 0.5) * cell_m / 8
    out = np.hypot(fine[:, None], fine[None]) >= HOLE
    share = out.reshape(grid.cells[0], 8, grid.cells[1], 8).mean((1, 3))
    metal = torch.from_numpy(share).flatten()
    return *pulled(grid, 1.0, metal), metal


def test_the_stress_at_a_hole_is_kirschs_on_finer_and_finer_cells() -> None:
    found, middle = [], []
    for cell_m in (1.0, 0.5):
        system, u, metal = holed(cell_m)
        found.append(peak(system, u, metal, RADIUS))
        middle.append(middle_peak(system, u, metal))
    truth, (coarse, fine) = kirsch(), found
    assert coarse == pytest.approx(truth, rel=0.12)  # five cells a radius of the hole
    assert abs(fine - truth) < 0.6 * abs(coarse - truth)
    reported = torch.tensor([coarse, fine], dtype=torch.float64)
    assert abs(coarse - truth) <= abs(float(extrapolated(*reported)) - coarse)  # what is stated
    assert truth < min(middle)  # a point is not a ball


def bent(cell_m: float, deep: float) -> tuple[Elastic, torch.Tensor]:
    """A beam as long as three depths under a moment of unit stress at its outer fibres."""
    grid = RegularGrid((round(3 * deep / cell_m), round(deep / cell_m)), cell_m)
    numbers, high = nodes_of(grid), grid.cells[1]
    fixed = torch.zeros(grid.n_displacements, dtype=torch.bool)
    fixed[numbers[0, :, 0]] = fixed[numbers[0, high // 2, 1]] = True
    at = torch.arange(high + 1, dtype=torch.float64) / high * 2 - 1
    share = torch.ones(high + 1, dtype=torch.float64)
    share[[0, -1]] = 0.5
    load = torch.zeros(1, 1, grid.n_displacements, dtype=torch.float64)
    load[0, 0, numbers[-1, :, 0]] = at * share * cell_m
    load[0, 0, numbers[-1, [0, -1], 0]] *= 1 - 2 / (3 * high)  # a line that ends there
    system = Elastic(grid, fixed)
    return system, system.solve(torch.ones(1, grid.n_cells, dtype=torch.float64), load)


def test_a_bent_beam_has_the_stress_of_half_a_disc_at_its_edge() -> None:
    """Over half a disc of radius R at the edge, depth d has means of 4 R / 3 pi and R^2 / 4."""
    deep, radius_m = 16.0, 2.0
    half = deep / 2
    mean, square = 4 * radius_m / (3 * np.pi), radius_m**2 / 4
    truth = np.sqrt(1 - 2 * mean / half + square / half**2)
    gaps = []
    for cell_m in (1.0, 0.5):
        system, u = bent(cell_m, deep)
        whole = torch.ones(system.grid.n_cells, dtype=torch.float64)
        gaps.append(abs(peak(system, u, whole, radius_m) / truth - 1))
    assert gaps[1] < gaps[0] < 0.08
    assert gaps[1] < 0.045


def angled(cell_m: float, wide: float = 12.0) -> tuple[Elastic, torch.Tensor, torch.Tensor]:
    """Two plates that meet at a sharp corner, pulled across it."""
    grid = RegularGrid((round(2 * wide / cell_m),) * 2, cell_m)
    middle = (torch.arange(grid.cells[0]) + 0.5) * cell_m
    metal = ((middle[:, None] < wide) | (middle[None] > wide)).double().flatten()
    return *pulled(grid, 1.0, metal), metal


def halvings(values: Sequence[float]) -> list[float]:
    return [b - a for a, b in pairwise(values)]


def test_at_a_sharp_corner_a_ball_settles_and_the_middle_of_a_cell_does_not() -> None:
    balls, middles = [], []
    for cell_m in (1.0, 0.5, 0.25):
        system, u, metal = angled(cell_m)
        balls.append(peak(system, u, metal, 3.0))
        middles.append(middle_peak(system, u, metal))
    first, second = halvings(balls)
    assert abs(second) < 0.7 * abs(first)
    first, second = halvings(middles)
    assert second > 0.9 * first > 0


@pytest.mark.parametrize("wide", [1, 2])
def test_a_neck_is_read_for_itself(wide: int) -> None:
    """Two plates joined by a neck of one or two cells, which a ball of three cells would hide."""
    grid = RegularGrid((24, 12), 1.0)
    metal = torch.ones(*grid.cells, dtype=torch.float64)
    metal[12, wide:] = 0.0
    system, u = pulled(grid, 1.0, metal.flatten())
    section = 12.0 / wide
    assert peak(system, u, metal.flatten(), 3.0) > 0.85 * section
