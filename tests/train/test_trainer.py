"""The trainer against a closed form, against itself after a stop, and against damage."""

import dataclasses
import json
import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from ingenium.core.errors import CorruptError, InputError
from ingenium.generators.networks import retained, trunk
from ingenium.sampling.noise import gaussian
from ingenium.train.batches import Batches, split
from ingenium.train.plan import Plan, Turn
from ingenium.train.trainer import FitError, train


class Mean(nn.Module):
    """Least squares: the best weights are the mean of the data."""

    def __init__(self, d: int) -> None:
        super().__init__()
        self.centre = nn.Parameter(torch.zeros(d))
        self.fractions: list[float] = []

    def loss(self, x: Tensor, cond: Tensor, rng: torch.Generator) -> Tensor:
        return (x - self.centre).square().sum(-1)

    def turns(self) -> tuple[Turn, ...]:
        return (Turn(tuple(self.parameters()), self.loss),)

    def anneal(self, fraction: float) -> None:
        self.fractions.append(fraction)

    def held_out_loss(self, x: Tensor, cond: Tensor, rng: torch.Generator) -> Tensor:
        return self.loss(x, cond, rng)


class TwoTurns(nn.Module):
    """A model with two optimisers, noise in the loss, and dropped conditions."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = trunk((3,), 2, width=8, depth=1)
        self.second = trunk((3,), 2, width=8, depth=1)

    def _loss(self, net: nn.Module, x: Tensor, cond: Tensor, rng: torch.Generator) -> Tensor:
        noise = gaussian(x, rng)
        level = torch.rand(len(x), generator=rng)
        keep = retained(len(x), 0.3, rng)
        return (net(x + noise, cond, level, keep) - x).square().mean(-1)

    def turns(self) -> tuple[Turn, ...]:
        return (
            Turn(tuple(self.first.parameters()), lambda *a: self._loss(self.first, *a), repeats=2),
            Turn(tuple(self.second.parameters()), lambda *a: self._loss(self.second, *a)),
        )

    def anneal(self, fraction: float) -> None: ...

    def held_out_loss(self, x: Tensor, cond: Tensor, rng: torch.Generator) -> Tensor:
        return self._loss(self.first, x, cond, rng) + self._loss(self.second, x, cond, rng)


def data(n: int = 50) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(1)
    return torch.randn(n, 3, generator=rng) + 2.0, torch.randn(n, 2, generator=rng)


def test_least_squares_finds_the_mean() -> None:
    x, cond = data()
    model = Mean(3)
    plan = Plan(steps=600, learning_rate=0.05, weight_decay=0.0, clip_norm=1e9, held_out=0.0)
    curve = train(model, x, cond, plan)
    torch.testing.assert_close(model.centre.detach(), x.mean(0), atol=2e-3, rtol=0)
    assert model.fractions == [i / 600 for i in range(600)]
    assert set(curve) == {"step", "held_out", "turn_1"}
    assert curve["step"] == [100.0, 200.0, 300.0, 400.0, 500.0, 600.0]


def test_same_seed_same_weights_other_seed_other_weights() -> None:
    x, cond = data()
    ends = []
    for seed in (3, 3, 5):
        model = TwoTurns()
        train(model, x, cond, Plan(seed=seed, steps=20, batch=8))
        ends.append(model.first.leave.linear.weight.detach().clone())
    assert torch.equal(ends[0], ends[1])
    assert not torch.equal(ends[0], ends[2])


@pytest.mark.parametrize("stop_at", [1, 7, 10, 23, 38])
def test_a_stopped_fit_resumes_bit_for_bit(tmp_path: Path, stop_at: int) -> None:
    x, cond = data()
    plan = Plan(seed=3, steps=40, batch=8, check_every=10, ema_decay=0.9)
    whole = TwoTurns()
    curve = train(whole, x, cond, plan)

    def stop(step: int, steps: int, loss: float) -> None:
        if step == stop_at:
            raise KeyboardInterrupt

    stored_plan = dataclasses.replace(plan, checkpoint=tmp_path)
    stopped = TwoTurns()
    with pytest.raises(KeyboardInterrupt):
        train(stopped, x, cond, dataclasses.replace(stored_plan, progress=stop))
    # The stopped model has half-trained weights; the checkpoint must override them all.
    assert train(stopped, x, cond, stored_plan) == curve
    for name, value in whole.state_dict().items():
        assert torch.equal(value, stopped.state_dict()[name]), name
    again = TwoTurns()
    assert train(again, x, cond, stored_plan) == curve
    assert all(torch.equal(v, again.state_dict()[k]) for k, v in whole.state_dict().items())
    assert not list(tmp_path.glob(".part*"))
    assert len(list(tmp_path.iterdir())) == 2


def finished(folder: Path) -> Plan:
    x, cond = data()
    plan = Plan(steps=5, batch=8, checkpoint=folder)
    train(TwoTurns(), x, cond, plan)
    return plan


@pytest.mark.parametrize("damage", ["cut", "flip", "gone", "json", "list", "key"])
def test_a_damaged_checkpoint_is_a_clear_error(tmp_path: Path, damage: str) -> None:
    plan = finished(tmp_path)
    tensors = next(tmp_path.glob("tensors-*"))
    index = tmp_path / "state.json"
    if damage == "cut":
        tensors.write_bytes(tensors.read_bytes()[:-10])
    elif damage == "flip":
        whole = bytearray(tensors.read_bytes())
        whole[-1] ^= 1
        tensors.write_bytes(bytes(whole))
    elif damage == "gone":
        tensors.unlink()
    elif damage == "json":
        index.write_bytes(b"\xff{")
    elif damage == "list":
        index.write_text("[]")
    else:
        facts = json.loads(index.read_text())
        del facts["digest"]
        index.write_text(json.dumps(facts))
    with pytest.raises(CorruptError, match="Delete the folder"):
        train(TwoTurns(), *data(), plan)


def test_a_checkpoint_of_other_data_is_refused(tmp_path: Path) -> None:
    plan = finished(tmp_path)
    x, cond = data()
    with pytest.raises(InputError, match="another fit"):
        train(TwoTurns(), x + 1, cond, plan)
    with pytest.raises(InputError, match="another fit"):
        train(TwoTurns(), x, cond, dataclasses.replace(plan, steps=6))


def test_early_stopping_keeps_the_best_check() -> None:
    """The held-out loss is least at a centre that training passes through."""
    x = torch.full((40, 1), 1.0)

    class Past(Mean):
        def held_out_loss(self, x: Tensor, cond: Tensor, rng: torch.Generator) -> Tensor:
            return (self.centre - 0.5).square().expand(len(x))

    model = Past(1)
    plan = Plan(steps=4000, learning_rate=0.01, check_every=10, patience=3, ema_decay=0.5)
    curve = train(model, x, torch.zeros(40, 0), dataclasses.replace(plan, weight_decay=0.0))
    best = min(curve["held_out"])
    assert (model.centre.item() - 0.5) ** 2 == pytest.approx(best, abs=1e-6)
    assert best < 0.01
    assert len(curve["held_out"]) - 1 - curve["held_out"].index(best) == 3


def test_turns_train_only_their_own_parameters() -> None:
    model = TwoTurns()
    first = model.turns()[0]
    model.turns = lambda: (first,)  # type: ignore[method-assign]
    before = model.second.leave.linear.bias.detach().clone()
    train(model, *data(), Plan(steps=3, batch=8))
    assert torch.equal(before, model.second.leave.linear.bias.detach())


def test_a_loss_that_is_not_finite_stops_the_fit() -> None:
    class Log(Mean):
        def loss(self, x: Tensor, cond: Tensor, rng: torch.Generator) -> Tensor:
            return (self.centre - 1).log().sum().expand(len(x))

    with pytest.raises(FitError, match="finite loss, got nan"):
        train(Log(3), *data(), Plan(steps=3))


def test_a_gradient_that_is_not_finite_stops_the_fit() -> None:
    class Root(Mean):
        def loss(self, x: Tensor, cond: Tensor, rng: torch.Generator) -> Tensor:
            return self.centre.sqrt().sum().expand(len(x))

    with pytest.raises(FitError, match="norm of the gradient, got inf"):
        train(Root(3), *data(), Plan(steps=3))


def test_the_wall_clock_bounds_a_fit() -> None:
    curve = train(Mean(3), *data(), Plan(steps=10**7, seconds=0.3, patience=10**6))
    assert 0 < curve["step"][-1] < 10**6


def test_bad_input_is_refused() -> None:
    x, cond = data()
    for plan in (Plan(steps=0), Plan(held_out=1.0), Plan(batch=0)):
        with pytest.raises(ValueError, match="plan"):
            train(Mean(3), x, cond, plan)
    with pytest.raises(ValueError, match="as many rows"):
        train(Mean(3), x, cond[1:], Plan())
    with pytest.raises(ValueError, match="NaN"):
        train(Mean(3), x.clone().fill_(math.nan), cond, Plan())


def test_each_pass_gives_every_row_once() -> None:
    batches = Batches(torch.arange(12), 4, seed=0)
    passes = [torch.cat([next(batches) for _ in range(3)]) for _ in range(2)]
    assert all(torch.equal(p.sort().values, torch.arange(12)) for p in passes)
    assert not torch.equal(passes[0], passes[1])
    later = Batches(torch.arange(12), 4, seed=0, sampled=4)
    assert torch.equal(next(later), passes[1][4:8])


def test_split_keeps_both_sides_filled() -> None:
    rng = torch.Generator().manual_seed(0)
    for n, share in ((2, 0.01), (2, 0.99), (30, 0.1), (30, 0.0)):
        parts = split(n, share, rng)
        together = torch.cat([parts.train, parts.held_out]).sort().values
        assert torch.equal(together, torch.arange(n))
        assert len(parts.train) >= 1
        assert (len(parts.held_out) == 0) == (share == 0)
