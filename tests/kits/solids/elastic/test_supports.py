"""Supports, loads and the material between them; absurd sizes."""

import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.kits.solids.elastic import memory
from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.elastic.solver import Elastic
from ingenium.kits.solids.elastic.supports import (
    carries,
    held_parts,
)


def fixed_at(grid, *numbers):
    out = torch.zeros(grid.n_displacements, dtype=torch.bool)
    out[list(numbers)] = True
    return out


def test_material_must_lead_each_load_to_enough_supports():
    grid = RegularGrid((4, 3))
    numbers = torch.arange(grid.n_displacements).view(5, 4, 2)
    fixed = torch.zeros(grid.n_displacements, dtype=torch.bool)
    fixed[numbers[0].flatten()] = True
    load = torch.zeros(2, grid.n_displacements).double()
    load[0, numbers[4, 0, 1]] = load[1, numbers[4, 3, 1]] = 1
    full = torch.ones(4, 3, dtype=torch.bool)
    cut, corner, low = full.clone(), full.clone(), full.clone()
    cut[2] = False
    corner[2, :2], corner[1, 2] = False, False  # two parts that touch at a node
    low[:, 1:] = False  # the upper load is on a void
    solid = torch.stack([full, cut, corner, low]).flatten(1)
    expected = torch.tensor([[True, True], [False, False], [False, False], [True, False]])
    assert torch.equal(carries(grid, fixed, load, solid), expected)
    firm = held_parts(grid, fixed, solid).view(4, 4, 3)
    assert torch.equal(firm[0], full)
    assert firm[1, :2].all()
    assert not firm[1, 2:].any()
    hinge = torch.zeros_like(fixed)
    hinge[numbers[0, 0]] = True  # one point lets the part turn
    assert not carries(grid, hinge, load, solid[:1]).any()


def test_absurd_sizes_are_refused_with_what_they_would_take(monkeypatch):
    monkeypatch.setattr(memory, "machine_bytes", lambda: 2**30)
    memory.refuse_above(2**28, "a grid", "")
    with pytest.raises(InputError, match=r"within 512 MiB .* takes 3 GiB\. Write fewer cells"):
        memory.refuse_above(3 * 2**30, "a grid", "Write fewer cells.")


@pytest.mark.parametrize("cells", [(60, 20), (9, 8, 7)])
def test_what_a_factorisation_takes_is_stated(cells):
    grid = RegularGrid(cells)
    system = Elastic(grid, torch.zeros(grid.n_displacements, dtype=torch.bool))
    band = system._band
    taken = 8 * band.size + band.target.nbytes + 3 * band.cells.nbytes
    assert 0.9 < system.working_bytes / taken < 1.5


def test_what_multigrid_takes_is_stated():
    grid = RegularGrid((32, 20, 18))
    system = Elastic(grid, torch.zeros(grid.n_displacements, dtype=torch.bool))
    table = system._hierarchy.table
    fields = 5 * table[1, 7] + 6 * table[-1, 7] + table[-1, 8]
    taken = 8 * fields + 3 * system._cells.nbytes
    assert 0.9 < system.working_bytes / taken < 1.5


def test_a_system_of_absurd_size_is_refused_at_once(monkeypatch):
    monkeypatch.setattr(memory, "machine_bytes", lambda: 2**30)
    grid = RegularGrid((200, 100, 100))
    fixed = torch.zeros(grid.n_displacements, dtype=torch.bool)
    with pytest.raises(InputError, match="a grid that is solved within 512 MiB"):
        Elastic(grid, fixed)
