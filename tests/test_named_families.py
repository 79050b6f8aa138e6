"""Names in a spec and a comparison: families of the engine, baselines, pretrained generators."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from typer.testing import CliRunner

import toy
from ingenium.cli.app import app
from ingenium.comparison import families as compare
from ingenium.core.errors import InputError
from ingenium.core.field_comparison import FieldComparison
from ingenium.core.problem import Pretrained
from ingenium.core.spec import GeneratorChoice
from ingenium.domains import open_problem
from ingenium.generators import offer
from ingenium.generators.fitted import check
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan
from ingenium.verbs.propose import propose
from ingenium.verbs.replay import replay

pytestmark = pytest.mark.usefixtures("beams", "rules")


class RuleOfThumb:
    """A square of the given width, or of a learned one, in standardised logarithms."""

    shape, c = (3,), 3

    def __init__(self) -> None:
        self.middle = torch.zeros(3)

    def fit(self, x: Tensor, cond: Tensor, plan: Plan) -> dict[str, list[float]]:
        self.middle = x.mean(0)
        return {}

    def propose(self, cond: Tensor, rng: torch.Generator, steer: Steer = FREE) -> Tensor:
        return self.middle + 0.1 * torch.randn(len(cond), 3, generator=rng)

    def state_dict(self) -> dict[str, Tensor]:
        return {"middle": self.middle}

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object:
        self.middle = state_dict["middle"]
        return self


@pytest.fixture
def rules(beams: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The toy with a baseline of its own and a pretrained generator."""
    weights = tmp_path / "thick.safetensors"
    save_file({"middle": torch.tensor([1.5, 1.5, 0.0])}, weights)
    own = {"rule_of_thumb": RuleOfThumb}
    ready = {"thick": Pretrained(RuleOfThumb, weights)}
    monkeypatch.setattr(toy.Cantilever, "baselines", lambda self: own)
    monkeypatch.setattr(toy.Cantilever, "pretrained", lambda self: ready)


@pytest.mark.parametrize("family", ["rule_of_thumb", "thick", "bootstrap"])
def test_a_spec_can_name_it_and_replay_holds(family: str, tmp_path: Path) -> None:
    requested = toy.spec(generator={"family": family})
    run = propose(requested, 10, 3, tmp_path / "o")
    assert run.record["model"]["family"] == family
    assert replay(tmp_path / "o", 4).reproduced


def test_a_shipped_one_is_not_fitted(tmp_path: Path) -> None:
    """Thick beams are 1.5 spreads above the mean of the logarithms."""
    run = propose(toy.spec(generator={"family": "thick"}), 64, 3, tmp_path / "o")
    x = run.problem.encode(run.designs)[:, :2].mean(0)
    torch.testing.assert_close(x, torch.full((2,), 1.5, dtype=torch.float64), atol=0.05, rtol=0)


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    problem = open_problem(toy.spec())
    with pytest.raises(InputError, match='Write "rule_of_thumb"'):
        check(problem, GeneratorChoice(family="rule_of_tumb"))
    with pytest.raises(InputError, match="vector"):
        check(problem, GeneratorChoice(family="principal_vae"))
    found = offer.offered(problem)
    assert found["rule_of_thumb"] == "baseline"
    assert found["thick"] == "pretrained"
    assert found["bootstrap"] == "engine"
    assert "principal_vae" not in found


def test_show_lists_them() -> None:
    shown = CliRunner().invoke(app, ["show", "toy.cantilever", "--json"]).stdout
    assert json.loads(shown)["families"]["rule_of_thumb"] == "baseline"
    text = CliRunner().invoke(app, ["show", "toy.cantilever"]).stdout
    assert "Baselines of the field: rule_of_thumb" in text
    assert "Pretrained: thick" in text


@pytest.mark.slow
def test_a_comparison_has_them_and_says_how_many_hold_the_spec(tmp_path: Path) -> None:
    """Thick beams satisfy every stress and deflection; for bootstrapped ones it is a share."""
    problem = open_problem(toy.spec())
    assert "rule_of_thumb" in compare.usual(problem)
    assert "thick" not in compare.usual(problem)
    families = ("thick", "rule_of_thumb", "bootstrap")
    protocol = compare.Protocol(families, seeds=(0, 1), members=10)
    table = compare.tabulate(problem, compare.compare(problem, protocol, tmp_path / "own"))
    share = {name: table.values(name, "accepted_share").mean() for name in families}
    assert share["thick"] == 1.0
    assert 0.05 < share["bootstrap"] < 0.95
    assert table.values("thick", "accepted_per_call").tolist() == [[1.0], [1.0]]
    light = toy.spec(limits=[{"quantity": "mass_kg", "at_most": 1e-3}])
    entries = compare.compare(problem, protocol, tmp_path / "own", requested=light)
    assert {e.card["accepted_share"] for e in entries} == {0.0}, "it is the spec that judges"


def test_calls_of_mending_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = FieldComparison(repair_calls=3.0)
    monkeypatch.setattr(toy.Cantilever, "comparison", lambda self: facts)
    problem = open_problem(toy.spec())
    protocol = compare.Protocol(("thick",), seeds=(0,), members=10)
    (entry,) = compare.compare(problem, protocol, tmp_path)
    assert (entry.card["accepted_share"], entry.card["accepted_per_call"]) == (1.0, 0.25)
