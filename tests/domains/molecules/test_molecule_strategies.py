"""Evolution and reinforcement of molecules satisfy the contract of strategies, and learn."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.problem import silent
from ingenium.core.resolving import resolve
from ingenium.core.spec import GeneratorChoice, Limit, Objective, Spec
from ingenium.core.verdict import Verdict
from ingenium.core.verify import verify
from ingenium.domains.molecules.language import SMILES
from ingenium.domains.molecules.lead import Lead, LeadSettings
from ingenium.domains.molecules.strategies.reinforced import GeneratorReinforcement
from ingenium.domains.molecules.strategies.table import MAKERS
from ingenium.runs.aim import Aim
from ingenium.runs.loop import training
from ingenium.searches.named import OF_DOMAINS
from ingenium.searches.strategies import Task, make, parted
from ingenium.searches.strategy import Strategy

NAMES = ("genetic", "reinforced")
REQUESTED = Spec(
    problem="molecules.lead",
    limits=(Limit("qed", at_least=0.8), Limit("logp", at_most=2.0)),
    objectives=(Objective("qed", "maximise"),),
)


@pytest.fixture(scope="module")
def task(own_folders: Path) -> Task:
    problem = Lead(LeadSettings(known=200, tries=1))
    return Task(problem, resolve(REQUESTED, problem), training(problem), 3, silent)


def rng(number: int) -> torch.Generator:
    return torch.Generator().manual_seed(number)


def texts(designs: xr.Dataset) -> list[str]:
    return [str(s) for s in designs[SMILES].to_numpy()]


def judged(task: Task, designs: xr.Dataset) -> xr.Dataset:
    """Verdicts with costs, in units of the limits."""
    problem, limits = task.problem, task.spec.limits
    found = verify(designs, problem.verifier, limits, variables=problem.variables, sizes={})
    return Aim.of(limits, task.spec.objectives, found.isel({DESIGN: []})).weighed(found)


def led(
    task: Task, name: str, rounds: int, size: int = 24
) -> tuple[Strategy, list[tuple[xr.Dataset, xr.Dataset]]]:
    """Run a strategy for some rounds; evolution first measures 100 known molecules."""
    strategy, reported = make(name, task).strategy, []
    for number in range(rounds):
        designs = strategy.ask(size, rng(number))
        reported.append((designs, judged(task, designs)))
        strategy.tell(*reported[-1])
    return strategy, reported


def accepted(verdicts: xr.Dataset) -> np.ndarray:
    return verdicts["verdict"].to_numpy() == Verdict.ACCEPTED


@pytest.mark.parametrize("name", ["genetic", pytest.param("reinforced", marks=pytest.mark.slow)])
def test_told_again_or_loaded_it_is_the_same(task: Task, name: str) -> None:
    first, rounds = led(task, name, {"genetic": 6, "reinforced": 2}[name])
    wanted = texts(first.ask(24, rng(9)))
    assert texts(first.ask(24, rng(9))) == wanted  # proposing changes nothing
    assert wanted != texts(first.ask(24, rng(8)))
    again, loaded = make(name, task).strategy, make(name, task).strategy
    for designs, verdicts in rounds:
        again.tell(designs, verdicts)
    assert texts(again.ask(24, rng(9))) == wanted
    state = first.state_dict()
    assert all(v.dtype.kind in "fiuU" for v in state.values())
    loaded.load_state_dict(state)
    assert texts(loaded.ask(24, rng(9))) == wanted


@pytest.mark.parametrize("name", NAMES)
def test_designs_carry_their_conditions(task: Task, name: str) -> None:
    designs = make(name, task).strategy.ask(8, rng(0))
    assert 0 < designs.sizes[DESIGN] <= 8
    own = task.problem.conditions_of(tuple(texts(designs)))
    for condition in task.problem.conditions:
        np.testing.assert_array_equal(designs[condition.name], own[condition.name])


def test_what_was_screened_out_is_shown_once_and_teaches_nothing(task: Task) -> None:
    strategy, shown = make("genetic", task).strategy, []
    for number in range(5):  # the first population, of which the engine measures nothing at first
        designs = strategy.ask(24, rng(number))
        verdicts = judged(task, designs)
        verdicts["verdict"].to_numpy()[: 24 if number < 2 else 5] = Verdict.SCREENED
        strategy.tell(designs, verdicts)
        shown += texts(designs)
    assert len(shown) == len(set(shown)) == 100
    again = make("genetic", task).strategy
    again.load_state_dict(strategy.state_dict())
    assert texts(again.ask(8, rng(9))) == texts(strategy.ask(8, rng(9)))
    assert not set(shown) & set(texts(strategy.ask(8, rng(9))))


@pytest.mark.slow
def test_where_all_are_screened_out_there_is_no_more(task: Task) -> None:
    strategy = make("genetic", task).strategy
    designs = strategy.ask(1000, rng(0))
    verdicts = judged(task, designs)
    verdicts["verdict"].to_numpy()[:] = Verdict.SCREENED
    strategy.tell(designs, verdicts)
    assert strategy.ask(24, rng(1)).sizes[DESIGN] == 0


@pytest.mark.slow
def test_evolution_beats_its_first_population(task: Task) -> None:
    """The first 100 are known molecules."""
    _, reported = led(task, "genetic", 12)
    best = [float(v["qed"].to_numpy()[accepted(v)].max(initial=0.0)) for _, v in reported]
    assert max(best[4:]) > max(best[:4])


@pytest.mark.slow
def test_evolution_finds_what_the_known_do_not_hold(task: Task) -> None:
    limits = (Limit("logp", at_least=4.0, at_most=4.5), Limit("tpsa", at_least=60.0))
    requested = replace(task, spec=replace(task.spec, limits=limits, objectives=()))
    _, reported = led(requested, "genetic", 9)
    shown = [text for designs, _ in reported for text in texts(designs)]
    assert len(shown) == len(set(shown)) == 196  # the last of the first hundred come alone
    held = np.concatenate([accepted(verdicts) for _, verdicts in reported])
    assert held[100:].sum() > 10 * max(held[:100].sum(), 1)


@pytest.mark.slow
def test_reinforcement_finds_more_than_its_prior(task: Task) -> None:
    """Start from the pretrained generator, on limits that few of its proposals satisfy."""
    limits = (Limit("logp", at_least=3.5), Limit("tpsa", at_least=80.0))
    prior = GeneratorChoice(family="moses_lstm_chosen")
    requested = replace(
        task, spec=replace(task.spec, limits=limits, objectives=(), generator=prior)
    )
    hits = {}
    for name in ("generator", "reinforced"):
        _, reported = led(requested, name, 12, 50)
        hits[name] = sum(int(accepted(verdicts).sum()) for _, verdicts in reported[6:])
    assert hits["reinforced"] > 3 * hits["generator"] + 10


@pytest.mark.parametrize(("objectives", "least"), [(REQUESTED.objectives, -1.0), ((), 0.0)])
def test_rewards_fall_from_one_to_nothing(task: Task, objectives: object, least: float) -> None:
    requested = replace(task, spec=replace(task.spec, objectives=objectives))
    strategy = make("reinforced", requested).strategy
    assert isinstance(strategy, GeneratorReinforcement)
    cost = np.array([least, 1.0, 2.0, np.inf])
    found = strategy._rewards(["CCO", "CCN", "CCC", "CCS"], cost)
    np.testing.assert_allclose(found, [1.0, np.exp(least - 1), np.exp(least - 2), 0.0])
    each = strategy.settings.each
    worn = strategy._rewards(["c1ccccc1C"] * (each + 1), np.full(each + 1, least))
    assert worn == [1.0] * each + [0.0]


@pytest.mark.slow
def test_reinforcement_raises_what_holds(task: Task) -> None:
    _, reported = led(task, "reinforced", 16, 32)
    held = [accepted(verdicts).mean() for _, verdicts in reported]
    assert np.mean(held[-4:]) > 2 * np.mean(held[:4])


def test_the_help_names_them() -> None:
    assert set(OF_DOMAINS) == set(MAKERS)


def test_others_have_no_such_strategies(task: Task) -> None:
    with pytest.raises(InputError, match="random"):
        parted("genetic")
    with pytest.raises(InputError, match="without options"):
        parted("genetic:latent", task.problem.searches.own())
