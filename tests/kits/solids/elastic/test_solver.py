"""Displacements against closed forms and an independent assembly; gradients; failures."""

import numpy as np
import pytest
import torch
from scipy.sparse import coo_array
from scipy.sparse.linalg import spsolve

from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.elastic.solver import Elastic

GRIDS = [(12, 5), (5, 12), (6, 3, 4), (3, 6, 2), (13, 12, 10)]  # the last by multigrid


def held(cells, *, cell_m=1.0, tolerance=1e-12):
    """A grid fixed at x = 0, with a random load at the other end."""
    grid = RegularGrid(cells, cell_m)
    numbers = torch.arange(grid.n_displacements).view(*grid.nodes, grid.dim)
    fixed = torch.zeros(grid.n_displacements, dtype=torch.bool)
    fixed[numbers[0].flatten()] = True
    load = torch.zeros(1, 2, grid.n_displacements, dtype=torch.float64)
    end = numbers[-1].flatten()
    rng = torch.Generator().manual_seed(3)
    load[0][:, end] = torch.randn(2, len(end), generator=rng, dtype=torch.float64)
    return Elastic(grid, fixed, tolerance=tolerance), load


def moduli(system, n, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return 0.05 + torch.rand(n, system.grid.n_cells, generator=rng, dtype=torch.float64)


def assembled(system, modulus, load):
    """The same system by a matrix that scipy solves."""
    cells = system.grid.cell_displacements.numpy()
    k = modulus.numpy()[:, None, None] * system.unit_stiffness.numpy()
    i, j = np.repeat(cells, cells.shape[1], 1).ravel(), np.tile(cells, cells.shape[1]).ravel()
    size = system.grid.n_displacements
    matrix = coo_array((k.ravel(), (i, j)), (size, size)).tocsc()
    free = np.flatnonzero(~system.fixed.numpy())
    out = np.zeros((len(load), size))
    out[:, free] = spsolve(matrix[free][:, free], load.numpy()[:, free].T).T
    return torch.from_numpy(out)


@pytest.mark.parametrize("cells", GRIDS)
def test_displacements_are_those_of_an_assembled_matrix(cells):
    system, load = held(cells)
    modulus = moduli(system, 3)
    found = system.solve(modulus, load)
    for i in range(3):
        torch.testing.assert_close(
            found[i], assembled(system, modulus[i], load[0]), rtol=1e-9, atol=1e-9
        )


@pytest.mark.parametrize("plane", ["stress", "strain"])
@pytest.mark.parametrize("cells", [(4, 3), (3, 2, 4)])
def test_a_uniform_strain_is_reproduced(cells, plane):
    """Patch test: linear displacements of the border produce linear ones inside."""
    grid = RegularGrid(cells, 0.5)
    at = torch.meshgrid(*(torch.arange(n) * 0.5 for n in grid.nodes), indexing="ij")
    slope = torch.randn(grid.dim, grid.dim, generator=torch.Generator().manual_seed(1)).double()
    exact = (torch.stack(at, -1).double() @ slope).flatten()
    border = torch.ones(*grid.nodes, grid.dim, dtype=torch.bool)
    border[tuple(slice(1, -1) for _ in cells)] = False
    system = Elastic(grid, border.flatten(), plane=plane)
    moved = torch.where(system.fixed, exact, 0)
    load = torch.zeros(1, 1, grid.n_displacements, dtype=torch.float64)
    own = -moved[grid.cell_displacements] @ system.unit_stiffness
    load[0, 0].index_add_(0, grid.cell_displacements.flatten(), own.flatten())
    inside = system.solve(torch.ones(1, grid.n_cells).double(), load)[0, 0]
    torch.testing.assert_close(inside + moved, exact, rtol=0, atol=1e-12)


def test_a_slender_cantilever_bends_as_timoshenko_says():
    grid = RegularGrid((200, 20), 0.1)  # 20 m by 2 m, 1 m thick
    system, load = held((200, 20), cell_m=0.1, tolerance=1e-8)
    load = torch.zeros_like(load[:, :1])
    tip = torch.arange(grid.n_displacements).view(*grid.nodes, 2)[-1, :, 1]
    load[0, 0, tip] = -1 / len(tip)
    sag = -system.solve(torch.ones(1, grid.n_cells).double(), load)[0, 0, tip].mean()
    inertia, area, shear = 2**3 / 12, 2.0, 1 / 2.6
    exact = 20**3 / (3 * inertia) + 20 / (5 / 6 * shear * area)
    assert sag.item() == pytest.approx(exact, rel=5e-3)


@pytest.mark.parametrize("cells", GRIDS)
def test_gradients_are_those_of_finite_differences(cells):
    system, load = held(cells)
    modulus = moduli(system, 2).requires_grad_()
    weight = torch.randn(
        load.shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64
    )

    def loss(m):
        return (system.solve(m, load) * weight).sum() + system.compliance(m, load).square().sum()

    (slope,) = torch.autograd.grad(loss(modulus), modulus)
    step = torch.zeros_like(modulus)
    for cell in (0, system.grid.n_cells // 2):
        step.zero_()[1, cell] = 1e-6
        with torch.no_grad():
            found = (loss(modulus + step) - loss(modulus - step)) / 2e-6
        assert slope[1, cell].item() == pytest.approx(found.item(), rel=1e-5)


@pytest.mark.parametrize("cells", GRIDS)
def test_a_batch_is_its_designs_one_by_one(cells):
    system, load = held(cells)
    modulus = moduli(system, 3)
    each = torch.cat([load, 2 * load, -load])
    found = system.solve(modulus, each)
    for i in range(3):
        torch.testing.assert_close(
            found[i], system.solve(modulus[i : i + 1], each[i : i + 1])[0], rtol=0, atol=0
        )


@pytest.mark.parametrize("cells", GRIDS)
def test_a_design_without_an_answer_leaves_the_others_alone(cells):
    system, load = held(cells)
    modulus = moduli(system, 4)
    whole = system.solve(modulus, load)
    modulus[1] = 0.0
    modulus[2, 0] = torch.nan
    found = system.solve(modulus, load)
    assert found[1:3].isnan().all()
    torch.testing.assert_close(found[[0, 3]], whole[[0, 3]], rtol=0, atol=0)


def test_threads_change_nothing():
    system, load = held((12, 5))
    modulus = moduli(system, 5)
    alone = system.solve(modulus, load)
    torch.set_num_threads(2)
    try:
        assert torch.equal(system.solve(modulus, load), alone)
    finally:
        torch.set_num_threads(1)


def test_the_mbb_beam_reaches_its_published_compliance():
    """SIMP with a sensitivity filter of radius 2.4 and optimality criteria: 216.81.

    Source: Andreassen et al., Struct. Multidisc. Optim. 43, 2011, 60 x 20 cells, volume 0.5.
    """
    grid = RegularGrid((60, 20))
    numbers = torch.arange(grid.n_displacements).view(61, 21, 2)
    fixed = torch.zeros(grid.n_displacements, dtype=torch.bool)
    fixed[numbers[0, :, 0]] = True
    fixed[numbers[-1, 0, 1]] = True
    load = torch.zeros(1, 1, grid.n_displacements, dtype=torch.float64)
    load[0, 0, numbers[0, -1, 1]] = -1
    system = Elastic(grid, fixed)
    at = torch.cartesian_prod(torch.arange(60.0), torch.arange(20.0))
    near = (2.4 - torch.cdist(at, at)).clamp(min=0).double()
    x = torch.full((1, 1200), 0.5, dtype=torch.float64)
    for _ in range(100):
        modulus = 1e-9 + x**3 * (1 - 1e-9)
        displacement = system.solve(modulus, load)
        slope = -3 * (1 - 1e-9) * x**2 * system.energies(displacement)[:, 0]
        slope = (x * slope) @ near / near.sum(0) / x.clamp(min=1e-3)
        low, high = 0.0, 1e9
        while high - low > 1e-3 * (high + low):
            middle = (low + high) / 2
            step = x * (-slope / middle).sqrt()
            new = torch.minimum(torch.maximum(step, x - 0.2), x + 0.2).clamp(0, 1)
            low, high = (middle, high) if new.mean() > 0.5 else (low, middle)
        change, x = (new - x).abs().max().item(), new
        if change <= 0.01:
            break
    assert (displacement * load).sum().item() == pytest.approx(216.81, abs=0.05)


def test_a_start_near_the_answer_saves_steps_and_changes_nothing():
    system, load = held((14, 12, 12), tolerance=1e-9)
    assert not system.direct
    modulus = moduli(system, 2)
    found = system.solve(modulus, load)
    again = system.solve(modulus, load, found)
    assert torch.equal(again, found)
    near = system.solve(modulus * 1.01, load, found)
    torch.testing.assert_close(near, found / 1.01, rtol=1e-6, atol=1e-6)


def test_a_grid_with_voids_of_a_billionth_is_solved_by_multigrid():
    system, load = held((24, 12, 12), tolerance=1e-8)
    assert not system.direct
    at = torch.cartesian_prod(*(torch.arange(n) + 0.5 for n in system.grid.cells))
    hole = ((at - torch.tensor([12.0, 6.0, 6.0])).norm(dim=1) < 4.5) | (at[:, 1] > 9)
    modulus = torch.where(hole, 1e-9, 1.0).double()[None]
    rest = torch.zeros(2, system.grid.n_displacements, dtype=torch.float64)
    displacement = system.solve(modulus, load)
    own = displacement[0][:, system.grid.cell_displacements] @ system.unit_stiffness
    own = own * modulus[0][None, :, None]
    rest.index_add_(1, system.grid.cell_displacements.flatten(), own.flatten(1))
    free = ~system.fixed
    left = (rest - load[0])[:, free].norm(dim=1) / load[0][:, free].norm(dim=1)
    assert left.max() < 2e-8


def test_a_few_held_points_off_the_coarse_grids_suffice_for_multigrid():
    grid = RegularGrid((15, 13, 11))
    numbers = torch.arange(grid.n_displacements).view(*grid.nodes, 3)
    fixed = torch.zeros(grid.n_displacements, dtype=torch.bool)
    for at in ((1, 1, 1), (1, 11, 1), (3, 7, 11)):
        fixed[numbers[at]] = True
    load = torch.zeros(1, 1, grid.n_displacements, dtype=torch.float64)
    load[0, 0, numbers[15, 7, 5, 2]] = -1
    system = Elastic(grid, fixed, tolerance=1e-10)
    assert not system.direct
    modulus = moduli(system, 1)
    exact = assembled(system, modulus[0], load[0])
    found = system.solve(modulus, load)[0]
    torch.testing.assert_close(found, exact, rtol=1e-7, atol=1e-7)
