"""Designs with parts that float in voids, against scikit-fem."""

import numpy as np
import pytest
import torch

from ingenium.kits.solids.elastic import multigrid, solver
from ingenium.kits.solids.elastic.floating import floating
from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.elastic.reference import Reference
from ingenium.kits.solids.elastic.solver import Elastic

CELLS = (16, 12, 10)
VOID = 1e-9


@pytest.fixture(scope="module")
def beam():
    """A beam fixed at one end and loaded at the other; a grid that multigrid solves."""
    grid = RegularGrid(CELLS)
    numbers = torch.arange(grid.n_displacements).view(*grid.nodes, 3)
    fixed = torch.zeros(grid.n_displacements, dtype=torch.bool)
    fixed[numbers[0].flatten()] = True
    load = torch.zeros(1, 1, grid.n_displacements, dtype=torch.float64)
    load[0, 0, numbers[-1, 6, 0, 1]] = -1
    system = Elastic(grid, fixed)
    assert not system.direct
    return system, load


def designs():
    """A bar among islands, pairs that touch at a corner or an edge, and scattered cells."""
    bar = np.zeros(CELLS, dtype=bool)
    bar[:, 5:8, :4] = True
    islands, pairs = bar.copy(), bar.copy()
    for x in range(1, 16, 4):
        for y, z in ((1, 2), (1, 7), (6, 7), (9, 2), (9, 7)):
            islands[x : x + 2, y : y + 2, z : z + 2] = True
            pairs[x, y, z] = True
            pairs[x + 1, y + 1, z + (x % 8 == 1)] = True
    scattered = bar | (np.random.default_rng(0).random(CELLS) < 0.1)
    grey = np.where(bar, 1.0, np.where(islands, 1e-4, VOID))
    solid = [np.where(design, 1.0, VOID) for design in (bar, islands, pairs, scattered)]
    return torch.from_numpy(np.stack([*solid, grey])).flatten(1)


@pytest.mark.slow
def test_work_is_that_of_scikit_fem_whatever_floats(beam):
    system, load = beam
    modulus = designs()[3:]
    exact = Reference(system).work_j(modulus, load)
    torch.testing.assert_close(system.compliance(modulus, load), exact, rtol=1e-7, atol=0)


def test_work_is_that_of_a_factorisation_whatever_floats(beam, monkeypatch):
    system, load = beam
    found = system.compliance(designs(), load)
    monkeypatch.setattr(solver, "DIRECT_WORK", 1e12)
    assert system.direct
    torch.testing.assert_close(found, system.compliance(designs(), load), rtol=1e-7, atol=0)


def test_steps_hardly_grow_with_what_floats(beam):
    system, load = beam
    modulus = designs().numpy()
    out = np.zeros((len(modulus), 1, system.grid.n_displacements))
    args = (modulus, load.numpy(), np.zeros_like(out), system._hierarchy, 1e-8, out)
    steps = multigrid.solve(*args)[:, 0]
    assert (steps > 0).all()
    assert steps.max() <= 100


def test_rigid_motions_strain_only_the_voids_around(beam):
    system, _ = beam
    modulus = designs()[2].numpy()
    unit, fixed = system.unit_stiffness.numpy(), system.fixed.numpy()
    places = np.arange(system.grid.n_displacements, dtype=np.int32)
    parts = floating(system.grid, fixed, unit, modulus, places)
    assert len(parts.begin) - 1 == 40
    stiffness = np.linalg.eigvalsh(np.linalg.inv(parts.inverse))
    # Each pair shifts and turns as one, and turns about its corner or its edge.
    assert np.count_nonzero(stiffness < 1e3 * VOID) == 10 * (6 + 3) + 10 * (6 + 1)
