"""Means over scenarios: errors in closed form, and verdicts independent of batch and luck."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.quantity import Quantity
from ingenium.core.scenarios import Sampled, Samples, Undecided, scenario_rng, score_error
from ingenium.core.spec import Limit
from ingenium.core.verdict import BEYOND, Verdict, at_best, undecided, weighed
from ingenium.core.verify import verdicts

AT_MOST = Limit("risk", at_most=0.05)


@dataclass(frozen=True)
class Plain:
    """The probability of failure of a design itself."""

    name: str = "plain"
    version: str = "1"
    tier: str = "exact"
    quantities: tuple[Quantity, ...] = (Quantity("chance", "1", "chance"),)

    def measure(self, *arrays: Tensor) -> Tensor:
        return arrays[0][:, None]


@dataclass(frozen=True)
class Dice:
    """Failure of a design in a scenario, and a cost with its probability as mean and deviation."""

    seed: int = 0
    shares: tuple[str, ...] = ("risk",)
    quantities: tuple[Quantity, ...] = (
        Quantity("risk", "1", "risk"),
        Quantity("cost", "1", "cost"),
    )

    def outcomes(self, *arrays: Tensor, scenarios: range) -> Tensor:
        samples = [scenario_rng(self.seed, j) for j in scenarios]
        point = torch.tensor([[r.uniform(), r.standard_normal()] for r in samples])
        fails = (point[None, :, 0] < arrays[0][:, None]).double()
        cost = arrays[0][:, None] * (1 + point[None, :, 1])
        return torch.stack([fails, cost.double()], 2)


def engine(**settings: Any) -> Sampled:
    return Sampled(Plain(), Dice(), **settings)


def judged(sampled: Sampled, chance: Tensor, *limits: Limit) -> Any:
    measured = sampled.until(limits).measure(chance).numpy()
    return verdicts(measured, sampled, limits, index=np.arange(len(chance)))


def test_contracts() -> None:
    assert isinstance(engine(), Undecided)
    assert isinstance(Dice(), Samples)
    assert [q.name for q in engine().quantities] == [
        *("chance", "risk", "risk_error", "cost", "cost_error", "scenarios")
    ]
    with pytest.raises(InputError, match="from 16 scenarios"):
        engine(first=8)


def test_errors_in_closed_form() -> None:
    """A mean has s/sqrt(n); a share uses the farther end of Wilson's interval."""
    found = engine(first=64).measure(torch.tensor([0.3], dtype=torch.float64)).numpy()[0]
    cost = Dice().outcomes(torch.tensor([0.3]).double(), scenarios=range(64))[0, :, 1].numpy()
    assert found[3:5] == pytest.approx([cost.mean(), cost.std(ddof=1) / 8])
    for hits in (0, 3, 64):
        share = hits / 64
        half = BEYOND * float(score_error(torch.tensor([share]).double(), 64)[0])
        roots = np.roots([1 + 9 / 64, -(2 * share + 9 / 64), share**2])  # (p - x)^2 = 9 x(1-x)/n
        assert half == pytest.approx(np.abs(roots - share).max())


def test_a_design_is_measured_alone_as_in_any_batch() -> None:
    chance = torch.linspace(0.0, 0.3, 60, dtype=torch.float64)
    sampled = engine().until((AT_MOST,))
    together = sampled.measure(chance)
    assert len(set(together[:, -1].tolist())) > 3, "how much is drawn differs"
    for i in (0, 7, 11, 30, 59):
        assert torch.equal(sampled.measure(chance[i : i + 1])[0], together[i])
    assert (together[1:, 1] >= together[:-1, 1]).sum() >= 55, "common numbers keep the order"


def test_scenarios_grow_until_decided_or_the_budget_ends() -> None:
    found = judged(engine(most=256), torch.tensor([0.0, 0.05, 0.9]).double(), AT_MOST)
    assert found["verdict"].to_numpy().tolist() == [
        *(Verdict.ACCEPTED, Verdict.FAILED, Verdict.REJECTED)
    ]
    assert found["scenarios"].to_numpy().tolist() == [256.0, 256.0, 32.0]
    assert undecided(found).tolist() == [False, True, False]
    assert (found["margin"].to_numpy()[:, 0] >= 0).tolist() == [True, False, False]
    assert (at_best(found, (AT_MOST,))[:, 0] >= 0).tolist() == [True, True, False]
    assert found["risk"].attrs["ancillary_variables"] == "risk_error"
    again = weighed(found, (AT_MOST,), {"risk": 0.001})
    np.testing.assert_array_equal(again["margin"], found["margin"])
    np.testing.assert_array_equal(again["verdict"], found["verdict"])


def test_no_more_is_drawn_of_what_another_limit_rejects() -> None:
    found = judged(engine(), torch.tensor([0.05]).double(), AT_MOST, Limit("chance", at_most=0.01))
    assert found["scenarios"].item() == 32
    assert found["verdict"].item() == Verdict.REJECTED


@pytest.mark.slow
def test_luck_accepts_no_more_than_stated() -> None:
    """Engines with other seeds, on a design a little beyond the limit and on one within."""
    wrong, right = 0, 0
    for seed in range(300):
        sampled = Sampled(Plain(), Dice(seed), most=512)
        codes = judged(sampled, torch.tensor([0.06, 0.01]).double(), AT_MOST)["verdict"].to_numpy()
        wrong += int(codes[0] == Verdict.ACCEPTED)
        right += int(codes[1] == Verdict.ACCEPTED)
    assert wrong <= 0.022 * 300
    assert right > 0.9 * 300


def test_no_answer_in_one_scenario_is_none() -> None:
    found = judged(engine(), torch.tensor([float("nan"), 0.0]).double(), AT_MOST)
    assert found["verdict"].to_numpy().tolist() == [Verdict.FAILED, Verdict.ACCEPTED]
    assert undecided(found).tolist() == [False, False]
