"""Holding the volume of fields: exact, nearest, ordered, differentiable, as scipy finds it."""

import pytest
import torch
from scipy.optimize import brentq
from torch import Tensor

from ingenium.sampling.constraints import ConstraintError
from ingenium.sampling.volume import hold_volume

CELLS = [(6, 5), (3, 4, 2)]


def fields(cells: tuple[int, ...], n: int = 4, seed: int = 0, spread: float = 1.0) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return 0.5 + spread * torch.randn(n, *cells, generator=rng, dtype=torch.float64)


@pytest.mark.parametrize("cells", CELLS)
@pytest.mark.parametrize("spread", [1e-6, 0.3, 50.0])
@pytest.mark.parametrize("seed", range(8))
def test_the_volume_is_exact_and_held_once_for_all(
    cells: tuple[int, ...], seed: int, spread: float
) -> None:
    x, wanted = fields(cells, seed=seed, spread=spread), torch.linspace(0.2, 0.75, 4).double()
    solid = torch.zeros(cells, dtype=torch.bool)
    solid[0] = True
    value = torch.linspace(0, 1, solid[0].numel()).double().view(cells[1:]).expand(cells)
    held = hold_volume(x, wanted, solid, value)
    torch.testing.assert_close(held.flatten(1).mean(1), wanted, atol=1e-12, rtol=0)
    assert float(held.min()) >= 0
    assert float(held.max()) <= 1
    assert torch.equal(held[:, solid], value[solid].expand(4, -1))
    assert torch.equal(hold_volume(held, wanted, solid, value), held)
    free, before = held[:, ~solid], x[:, ~solid]
    order = before.argsort(1)
    assert (free.gather(1, order).diff(dim=1) >= 0).all()


def _excess(shift: float, row: Tensor, volume: float) -> float:
    return float((row + shift).clamp(0, 1).mean()) - volume


@pytest.mark.parametrize("cells", CELLS)
def test_the_shift_is_that_of_bisection(cells: tuple[int, ...]) -> None:
    x, wanted = fields(cells), torch.tensor([0.1, 0.4, 0.6, 0.9])
    for row, volume, held in zip(x, wanted, hold_volume(x, wanted), strict=True):
        shift = brentq(_excess, -9, 9, args=(row, float(volume)), xtol=1e-15)
        torch.testing.assert_close(held, (row + shift).clamp(0, 1), atol=1e-9, rtol=0)


def test_ends_of_the_range_are_reached() -> None:
    held = hold_volume(fields((6, 5)), torch.tensor([0.0, 1.0, 0.5, 1e-9]))
    assert torch.equal(held[0], torch.zeros(6, 5).double())
    assert torch.equal(held[1], torch.ones(6, 5).double())


def test_each_row_has_its_own_cells_and_rows_do_not_meet() -> None:
    x = fields((6, 5))
    mask = torch.rand(4, 6, 5, generator=torch.Generator().manual_seed(1)) < 0.3
    wanted = torch.tensor([0.4, 0.45, 0.5, 0.55])
    held = hold_volume(x, wanted, mask, 0.25)
    assert (held[mask] == 0.25).all()
    for i in range(4):
        alone = hold_volume(x[i : i + 1], wanted[i : i + 1], mask[i : i + 1], 0.25)
        torch.testing.assert_close(alone[0], held[i], atol=1e-12, rtol=0)


def test_gradients_agree_with_differences() -> None:
    x = fields((6, 5), spread=0.3).requires_grad_()
    wanted = torch.tensor([0.3, 0.4, 0.5, 0.6], dtype=torch.float64, requires_grad=True)
    solid = torch.zeros(6, 5, dtype=torch.bool)
    solid[2] = True
    assert torch.autograd.gradcheck(lambda a, b: hold_volume(a, b, solid), (x, wanted), eps=1e-7)


def test_what_cannot_be_held_is_refused() -> None:
    x = fields((6, 5), n=1)
    solid = torch.zeros(6, 5, dtype=torch.bool)
    solid[:3] = True
    with pytest.raises(ConstraintError, match=r"between 0\.5 and 1"):
        hold_volume(x, torch.tensor([0.4]), solid)
    with pytest.raises(ValueError, match="between 0 and 1"):
        hold_volume(x, torch.tensor([0.4]), solid, 1.5)
    with pytest.raises(ValueError, match="finite"):
        hold_volume(x * torch.nan, torch.tensor([0.4]))
