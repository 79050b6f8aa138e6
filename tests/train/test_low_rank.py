"""Low-rank parts: they start at zero, learn alone, and are merged into a plain model."""

import pytest
import torch
from torch import Tensor, nn

from ingenium.core.errors import InputError
from ingenium.train.low_rank import AdaptedModel
from ingenium.train.plan import Plan, Turn
from ingenium.train.trainer import train


class Plane(nn.Module):
    """A least-squares model."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Linear(6, 5)

    def turns(self) -> tuple[Turn, ...]:
        return (Turn(tuple(self.parameters()), self.loss),)

    def anneal(self, fraction: float) -> None: ...

    def loss(self, x: Tensor, cond: Tensor, rng: torch.Generator) -> Tensor:
        return (self.dense(cond) - x).square().mean(1)

    held_out_loss = loss


def data(rank: int) -> tuple[Tensor, Tensor, Plane]:
    """Targets of a plane whose matrix differs from the first one by a given rank."""
    rng = torch.Generator().manual_seed(0)
    model = Plane()
    more = torch.randn(5, rank, generator=rng) @ torch.randn(rank, 6, generator=rng)
    cond = torch.randn(512, 6, generator=rng)
    with torch.no_grad():
        return model.dense(cond) + cond @ more.T, cond, model


def fitted(rank: int, steps: int = 800) -> tuple[Plane, float, float]:
    x, cond, model = data(1)
    adapted = AdaptedModel(model, rank, torch.Generator().manual_seed(1))
    before = model.loss(x, cond, torch.Generator()).mean().item()
    plan = Plan(steps=steps, batch=64, learning_rate=0.02, held_out=0.1, weight_decay=0.0)
    train(adapted, x, cond, plan)
    adapted.merge()
    return model, before, model.loss(x, cond, torch.Generator()).mean().item()


def test_a_change_of_one_rank_is_learned_by_one() -> None:
    torch.manual_seed(0)
    _, before, after = fitted(1)
    assert after < 1e-3 * before


def test_parts_begin_as_nothing_and_all_else_is_frozen() -> None:
    x, cond, model = data(2)
    first = {k: v.clone() for k, v in model.state_dict().items()}
    before = model.loss(x, cond, torch.Generator())
    adapted = AdaptedModel(model, 2, torch.Generator())
    assert torch.equal(model.loss(x, cond, torch.Generator()), before)
    assert adapted.share == pytest.approx(2 * (5 + 6) / (5 * 6 + 5))
    train(adapted, x, cond, Plan(steps=5, batch=64, held_out=0.1))
    retained = dict(model.named_parameters())
    assert torch.equal(retained["dense.parametrizations.weight.original"], first["dense.weight"])
    assert torch.equal(retained["dense.bias"], first["dense.bias"])
    adapted.merge()
    assert set(model.state_dict()) == set(first)


def test_a_rank_that_saves_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="a rank below 5"):
        AdaptedModel(Plane(), 5, torch.Generator())
