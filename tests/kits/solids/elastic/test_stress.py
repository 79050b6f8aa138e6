"""Stress against closed forms; work against scikit-fem."""

import pytest
import torch

from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.elastic.reference import work_j
from ingenium.kits.solids.elastic.solver import Elastic
from ingenium.kits.solids.elastic.stress import stress_pa


@pytest.mark.parametrize("plane", ["stress", "strain"])
def test_a_pulled_bar_has_its_stress_everywhere(plane):
    grid = RegularGrid((6, 3), 0.5, thickness_m=2.0)
    numbers = torch.arange(grid.n_displacements).view(7, 4, 2)
    fixed = torch.zeros(grid.n_displacements, dtype=torch.bool)
    fixed[numbers[0, :, 0]] = fixed[numbers[0, 0, 1]] = True
    load = torch.zeros(1, 1, grid.n_displacements, dtype=torch.float64)
    load[0, 0, numbers[-1, :, 0]] = torch.tensor([0.5, 1, 1, 0.5]).double()  # 3 N on 3 m2
    system = Elastic(grid, fixed, plane=plane)
    modulus = torch.full((1, 18), 7.0).double()
    found = stress_pa(system, modulus, system.solve(modulus, load))
    exact = torch.tensor([1.0, 0, 0]).double().expand_as(found)
    torch.testing.assert_close(found, exact, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("cells", "plane"), [((9, 5), "stress"), ((9, 5), "strain"), ((5, 3, 4), "stress")]
)
def test_work_is_that_of_scikit_fem(cells, plane):
    grid = RegularGrid(cells, 0.25, thickness_m=0.1 if len(cells) == 2 else 1.0)
    numbers = torch.arange(grid.n_displacements).view(*grid.nodes, grid.dim)
    fixed = torch.zeros(grid.n_displacements, dtype=torch.bool)
    fixed[numbers[0].flatten()] = True
    rng = torch.Generator().manual_seed(2)
    load = torch.randn(2, 2, grid.n_displacements, generator=rng, dtype=torch.float64)
    modulus = torch.rand(2, grid.n_cells, generator=rng, dtype=torch.float64) + 0.01
    system = Elastic(grid, fixed, poisson=0.2, plane=plane)
    free = torch.where(fixed, 0.0, load)
    found, other = system.compliance(modulus, free), work_j(system, modulus, free)
    torch.testing.assert_close(found, other, rtol=1e-9, atol=0)
