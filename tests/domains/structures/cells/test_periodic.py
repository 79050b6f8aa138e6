"""Effective stiffness against laminates, bounds, differences and two other engines."""

import math

import numpy as np
import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.domains.structures.cells.periodic import Periodic
from ingenium.domains.structures.cells.reference import ReferenceHomogenisation
from ingenium.kits.solids.elastic.element import constitutive

GRIDS = [(8, 8), (12, 27), (5, 7), (4, 4, 4), (4, 6, 9)]


def moduli(cell: Periodic, *, low: float, n: int = 1) -> torch.Tensor:
    rng = torch.Generator().manual_seed(4)
    solid = torch.rand(n, math.prod(cell.cells), generator=rng, dtype=torch.float64) < 0.7
    return low + (1 - low) * solid.double()


def laminate(first: torch.Tensor, second: torch.Tensor, share: float, dim: int) -> torch.Tensor:
    """Exact stiffness of layers across x (Milton, The Theory of Composites, 2002, ch. 9)."""
    across = [0, 2] if dim == 2 else [0, 4, 5]  # strains whose stress is the same in all layers
    along = [s for s in range(len(first)) if s not in across]

    def swapped(c: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        inverse = torch.linalg.inv(c[across][:, across])
        mixed = inverse @ c[across][:, along]
        return inverse, mixed, c[along][:, along] - c[along][:, across] @ mixed

    mean = [
        share * a + (1 - share) * b for a, b in zip(swapped(first), swapped(second), strict=True)
    ]
    c_nn = torch.linalg.inv(mean[0])
    c_nt = c_nn @ mean[1]
    out = torch.zeros_like(first)
    ix = torch.tensor(across)
    it = torch.tensor(along)
    out[ix[:, None], ix] = c_nn
    out[ix[:, None], it] = c_nt
    out[it[:, None], ix] = c_nt.T
    out[it[:, None], it] = mean[2] + mean[1].T @ c_nt
    return out


@pytest.mark.parametrize("cells", GRIDS)
def test_a_uniform_cell_is_its_material(cells):
    cell = Periodic(cells, poisson=0.27)
    found = cell.stiffness(torch.full((2, math.prod(cells)), 3.0, dtype=torch.float64))
    truth = 3 * constitutive(len(cells), 0.27)
    torch.testing.assert_close(found, truth.expand_as(found), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("cells", [(8, 4), (6, 3), (8, 2, 4)])
@pytest.mark.parametrize("low", [0.1, 1e-9])
def test_a_laminate_has_its_closed_form(cells, low):
    cell = Periodic(cells)
    share = 0.5
    field = torch.ones(cells, dtype=torch.float64)
    field[cells[0] // 2 :] = low
    c = constitutive(len(cells), 0.3)
    truth = laminate(c, low * c, share, len(cells))
    torch.testing.assert_close(cell.stiffness(field.view(1, -1))[0], truth, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("cells", GRIDS)
@pytest.mark.parametrize("low", [0.1, 1e-9])
def test_scikit_fem_agrees(cells, low):
    cell = Periodic(cells)
    field = moduli(cell, low=low)
    truth = ReferenceHomogenisation(cell).stiffness(field[0].numpy())
    np.testing.assert_allclose(cell.stiffness(field)[0], truth, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("plane", ["stress", "strain"])
def test_scikit_fem_agrees_on_either_plane(plane):
    cell = Periodic((6, 6), plane=plane)
    field = moduli(cell, low=1e-3)
    truth = ReferenceHomogenisation(cell).stiffness(field[0].numpy())
    np.testing.assert_allclose(cell.stiffness(field)[0], truth, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("cells", [(8, 8), (4, 3, 4)])
def test_gradients_are_those_of_differences(cells):
    cell = Periodic(cells)
    field = moduli(cell, low=0.05, n=2)
    weights = torch.randn(
        cell.strains, cell.strains, generator=torch.Generator().manual_seed(1), dtype=torch.float64
    )
    at = field.clone().requires_grad_()
    (slope,) = torch.autograd.grad((cell.stiffness(at) * weights).sum(), at)
    for e in (0, 5, 17):
        step = torch.zeros_like(field)
        step[:, e] = 1e-6
        up, down = cell.stiffness(field + step), cell.stiffness(field - step)
        difference = ((up - down) * weights).sum((1, 2)) / 2e-6
        torch.testing.assert_close(slope[:, e], difference, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("cells", [(32, 32), (8, 8, 4)])
def test_bits_do_not_depend_on_the_batch(cells):
    cell = Periodic(cells)
    field = moduli(cell, low=1e-9, n=3)
    together = cell.stiffness(field)
    assert torch.equal(cell.stiffness(field[1:2])[0], together[1])


@pytest.mark.parametrize("cells", [(16, 16), (4, 4, 8)])
def test_moving_and_turning_a_cell(cells):
    """Rolled over its edges it is the same; with two axes exchanged its stiffness is, too."""
    cell = Periodic(cells)
    field = moduli(cell, low=1e-9).view(1, *cells)
    base = cell.stiffness(field.flatten(1))
    rolled = field.roll((3, 1), (1, 2)).flatten(1)
    torch.testing.assert_close(cell.stiffness(rolled), base, rtol=1e-8, atol=1e-10)
    turned = cell.stiffness(field.transpose(1, 2).flatten(1))
    order = [1, 0, 2] if cell.dim == 2 else [1, 0, 2, 4, 3, 5]
    torch.testing.assert_close(turned, base[:, order][:, :, order], rtol=1e-8, atol=1e-10)


def test_a_part_of_a_cell_repeated_is_the_same_cell():
    small, large = Periodic((8, 8)), Periodic((16, 8))
    field = moduli(small, low=1e-9)
    repeated = field.view(1, 8, 8).repeat(1, 2, 1).flatten(1)
    torch.testing.assert_close(
        large.stiffness(repeated), small.stiffness(field), rtol=1e-8, atol=1e-11
    )


def test_a_cell_without_a_modulus_has_no_answer():
    cell = Periodic((4, 4))
    field = moduli(cell, low=0.1, n=3)
    field[1, 3] = torch.nan
    found = cell.stiffness(field)
    assert found[1].isnan().all()
    assert found[[0, 2]].isfinite().all()


@pytest.mark.parametrize(
    ("cells", "match"),
    [((8,), "two or three"), ((1, 8), "at least 2"), ((128, 128, 128), "GB")],
)
def test_grids_that_cannot_be_are_refused(cells, match):
    with pytest.raises(InputError, match=match):
        Periodic(cells)
