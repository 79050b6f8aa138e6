"""Half precision: as good as full, and without lost small gradients."""

from dataclasses import replace
from typing import Any

import pytest
import ranked
import torch

from ingenium.core.errors import InputError
from ingenium.scale.divided import DividedModel
from ingenium.scale.layout import RankLayout
from ingenium.scale.place import HERE
from ingenium.scale.ranked_descent import DTYPES, Precision, RankedDescent, in_precision
from ingenium.scale.ranks import Rank, Tell, gather
from ingenium.train.trainer import FitError, train

TINY = 1e-7  # of a loss, whose gradients half precision cannot hold


def lost_share(precision: Precision, scale: float) -> float:
    """Share of the gradients of a tiny loss that are 0, among those that should not be."""
    model = DividedModel(ranked.family(), RankLayout())
    descent = RankedDescent(model, precision=precision)
    whole = descent.chain
    descent.chain = replace(whole, loss=lambda answer, x: TINY * whole.loss(answer, x))
    descent.scale = scale
    x, cond = ranked.texts()
    descent.gradients(model.turns()[0], x[:16], cond[:16], torch.Generator().manual_seed(1))
    gradients = [p.grad for name, p in model.named_parameters() if "down" in name]
    found = torch.cat([g.flatten() for g in gradients if g is not None])
    return float((found == 0).double().mean())


def lost(rank: Rank, tell: Tell) -> dict[str, float]:
    return {
        "full": lost_share("fp32", 1.0),
        "unscaled": lost_share("fp16", 1.0),
        "scaled": lost_share("fp16", 2.0**20),
    }


def test_small_gradients_are_lost_without_a_scale_and_kept_with_one() -> None:
    found = gather(HERE, lost)[0]
    assert found["unscaled"] > 0.9
    assert found["scaled"] < found["full"] + 0.05


def overflowing(rank: Rank, tell: Tell) -> dict[str, Any]:
    """Take a step, and one whose gradients overflow; return how far that moved the weights."""
    model = DividedModel(ranked.family(), RankLayout())
    descent, turn = RankedDescent(model, precision="fp16"), model.turns()[0]
    optimiser, (x, cond) = descent.optimiser(turn, ranked.plan()), ranked.texts()

    def step() -> None:
        descent.gradients(turn, x[:16], cond[:16], torch.Generator().manual_seed(1))
        descent.clip(turn.parameters, 1.0)
        optimiser.step()

    step()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    descent.scale = 2.0**40
    step()
    after = model.state_dict()
    moved = max(float((v - before[k]).abs().max()) for k, v in after.items())
    descent.chain = replace(descent.chain, loss=lambda answer, _: answer.sum() * 1e30)
    descent.scale = 1.0
    with pytest.raises(FitError, match="without any scale"):
        step()
    with pytest.raises(InputError, match="a descent of a divided one, got DividedModel"):
        train(model, x, cond, ranked.plan())
    return {"moved": moved}


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_what_is_timed_has_the_precision_of_the_fit(precision: Precision) -> None:
    a = torch.ones(2, 2)
    with in_precision(ranked.family().chain(), precision).precision():
        found = (a @ a).dtype
    assert found == {"fp32": torch.float32, **DTYPES}[precision]


def test_a_step_whose_gradients_overflow_is_left_out() -> None:
    assert gather(HERE, overflowing)[0]["moved"] == 0


@pytest.mark.parametrize("precision", ["bf16", pytest.param("fp16", marks=pytest.mark.slow)])
def test_half_precision_learns_as_full(precision: str, alone: dict[str, Any]) -> None:
    found = gather(HERE, ranked.Layouts(("data:1",), {"precision": precision}))[0]["data:1"]
    full, half = alone["curve"]["held_out"], found["curve"]["held_out"]
    assert half[-1] == pytest.approx(full[-1], abs=0.02 * (full[0] - full[-1]) + 1e-3)
