"""Eigenfrequencies and buckling loads against beams and against an assembled eigenproblem."""

import math

import pytest
import torch
from scipy.sparse import coo_array, diags_array
from scipy.sparse.linalg import eigsh

from ingenium.kits.solids.elastic.buckling import buckling_factors, geometric_stiffness
from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.elastic.modes import frequencies_hz, masses_kg
from ingenium.kits.solids.elastic.reference import Reference
from ingenium.kits.solids.elastic.solver import Elastic


def clamped(cells, cell_m=1.0, **options):
    grid = RegularGrid(cells, cell_m)
    numbers = torch.arange(grid.n_displacements).view(*grid.nodes, grid.dim)
    fixed = torch.zeros(grid.n_displacements, dtype=torch.bool)
    fixed[numbers[0].flatten()] = True
    return Elastic(grid, fixed, **options), numbers


def random_designs(system, n):
    rng = torch.Generator().manual_seed(4)
    solid = torch.rand(n, system.grid.n_cells, generator=rng, dtype=torch.float64)
    return 0.1 + solid, 0.5 + solid


def matrix(system, each):
    cells = system.grid.cell_displacements
    q = cells.shape[1]
    i, j = cells.repeat_interleave(q, 1).flatten().numpy(), cells.repeat(1, q).flatten().numpy()
    size = system.grid.n_displacements
    free = (~system.fixed).numpy()
    return coo_array((each.flatten().numpy(), (i, j)), (size, size)).tocsc()[free][:, free]


def stiffness(system, modulus):
    return matrix(system, modulus[:, None, None] * system.unit_stiffness)


def test_a_slender_cantilever_swings_as_euler_and_bernoulli_say():
    system, _ = clamped((100, 5), 0.1)  # 10 m by 0.5 m
    modulus, density = torch.full((1, 500), 2e9).double(), torch.full((1, 500), 800.0).double()
    found = frequencies_hz(system, modulus, density, 2)[0]
    for n, root in enumerate((1.875104, 4.694091)):
        bending = math.sqrt(2e9 * 0.5**2 / 12 / 800)
        exact = root**2 / (2 * math.pi * 10**2) * bending
        assert found[n].item() == pytest.approx(exact, rel=0.02)


def test_a_slender_column_buckles_at_eulers_load():
    system, numbers = clamped((100, 5), 0.1)
    load = torch.zeros(1, 2, system.grid.n_displacements, dtype=torch.float64)
    load[0, 0, numbers[-1, :, 0]] = -torch.tensor([0.5, 1, 1, 1, 1, 0.5]).double() / 5
    load[0, 1] = -load[0, 0]  # a pull, under which nothing buckles along x
    found = buckling_factors(system, torch.full((1, 500), 2e9).double(), load)[0, :, 0]
    exact = math.pi**2 * 2e9 * (0.5**3 / 12) / (4 * 10**2)
    assert found[0].item() == pytest.approx(exact, rel=0.02)
    assert found[1].isinf()


@pytest.mark.parametrize("cells", [(12, 6), (5, 4, 3), (12, 12, 10)])
def test_frequencies_are_those_of_an_assembled_matrix(cells):
    system, _ = clamped(cells)
    modulus, density = random_designs(system, 2)
    found = frequencies_hz(system, modulus, density, 3, accuracy=1e-9)
    for i in range(2):
        mass = masses_kg(system, modulus, density)[i][~system.fixed]
        exact = eigsh(
            stiffness(system, modulus[i]), 3, diags_array(mass.numpy()).tocsc(), sigma=0.0
        )[0]
        root = torch.from_numpy(exact).sqrt() / (2 * math.pi)
        torch.testing.assert_close(found[i], root, rtol=1e-6, atol=0)


@pytest.mark.parametrize("cells", [(12, 6), (5, 4, 3)])
def test_buckling_factors_are_those_of_an_assembled_matrix(cells):
    system, numbers = clamped(cells)
    modulus, _ = random_designs(system, 2)
    load = torch.zeros(1, 1, system.grid.n_displacements, dtype=torch.float64)
    load[0, 0, numbers[-1, ..., 0].flatten()] = -1
    found = buckling_factors(system, modulus, load, 2, accuracy=1e-9)
    moved = system.solve(modulus, load)[:, 0]
    geometric = geometric_stiffness(system, modulus, moved)
    for i in range(2):
        each = torch.stack([torch.kron(g, torch.eye(len(cells)).double()) for g in geometric[i]])
        # K + t G is singular: the largest 1 / t of -G x = (1 / t) K x.
        largest = eigsh(
            -matrix(system, each), 2, stiffness(system, modulus[i]), which="LA", tol=1e-12
        )[0]
        exact = (1 / torch.from_numpy(largest)).sort().values
        torch.testing.assert_close(found[i, 0], exact, rtol=1e-6, atol=0)


def test_the_first_frequency_is_that_of_scikit_fem_where_cells_are_small():
    system, _ = clamped((40, 10), 0.1)
    modulus, density = torch.ones(1, 400).double(), torch.ones(1, 400).double()
    other = Reference(system).first_frequency_hz(modulus[0], density[0])  # with consistent mass
    assert frequencies_hz(system, modulus, density).item() == pytest.approx(other, rel=2e-3)


def test_voids_neither_swing_nor_spoil_the_modes():
    system, _ = clamped((24, 8))
    modulus = torch.ones(1, 24, 8).double()
    modulus[0, 8:16, 2:6] = 1e-9
    density = (modulus > 0.5).double() + 1e-3
    found = frequencies_hz(system, modulus.flatten(1), density.flatten(1)).item()
    without = frequencies_hz(system, modulus.flatten(1), (modulus > 0.5).double().flatten(1))
    assert found == pytest.approx(without.item(), rel=2e-3)
    assert found > 1e-3


def test_frequencies_have_exact_slopes_and_a_failed_design_stays_alone():
    system, _ = clamped((10, 4))
    modulus, density = random_designs(system, 3)
    modulus, density = modulus.requires_grad_(), density.requires_grad_()
    frequencies_hz(system, modulus, density, accuracy=1e-12)[0].sum().backward()
    for values, slope in ((modulus, modulus.grad), (density, density.grad)):
        step = torch.zeros_like(values)
        step[0, 13] = 1e-5
        pairs = [
            frequencies_hz(
                system,
                modulus + s * (values is modulus),
                density + s * (values is density),
                accuracy=1e-12,
            )[0]
            for s in (step, -step)
        ]
        assert slope[0, 13].item() == pytest.approx(((pairs[0] - pairs[1]) / 2e-5).item(), rel=1e-4)
    broken = modulus.detach().clone()
    broken[1] = 0
    found = frequencies_hz(system, broken, density.detach())
    assert found.isnan().flatten().tolist() == [False, True, False]
