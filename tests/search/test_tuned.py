"""Fits of a generator to the best designs are short, and forget little."""

import math

import numpy as np
import pytest
import torch
import xarray as xr

import known_fronts
from ingenium.core.errors import InputError
from ingenium.core.problem import Problem, SearchDefaults, silent
from ingenium.core.resolving import resolve
from ingenium.core.spec import GeneratorChoice
from ingenium.core.verify import verify
from ingenium.generators import families
from ingenium.runs.aim import Aim
from ingenium.runs.loop import training
from ingenium.searches.strategies import MAKERS, Task
from ingenium.searches.tuned import Tuned, TunedSettings
from ingenium.train.plan import Plan

FAMILY = "flow"
SPEC = known_fronts.spec(
    objectives=known_fronts.LEAST_SQUARE, generator={"family": FAMILY, "steps": 200}
)


@pytest.fixture(scope="module")
def problem() -> Problem:
    return known_fronts.Front(known_fronts.Settings(function="projected", d=6, known=400))


def weighed(problem: Problem, designs: xr.Dataset) -> xr.Dataset:
    """Verdicts, with margins on the scales of these designs."""
    spec = resolve(SPEC, problem)
    verdicts = verify(
        designs,
        problem.verifier,
        spec.limits,
        variables=problem.variables,
        sizes=problem.sizes,
    )
    return Aim.of(spec.limits, spec.objectives, verdicts).weighed(verdicts)


def test_a_design_is_seen_a_few_times_in_a_fit_and_never_held_out(
    problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, how, taught = training(problem), TunedSettings(), list[tuple[int, Plan]]()
    task = Task(problem, resolve(SPEC, problem), known, 0, silent)
    generator = task.generator(GeneratorChoice(family="gaussian_copula"))[1]
    monkeypatch.setattr(
        generator.family, "fit", lambda x, cond, plan: taught.append((len(x), plan))
    )
    tuned = Tuned(generator, families.plan(FAMILY, shape=(6,)), 0)
    best = known.isel(design=slice(0, how.every))
    tuned.tell(best, weighed(problem, best))
    rows, plan = taught[0]
    shown = plan.steps * plan.batch / rows  # times that a row is seen
    assert rows == how.rows
    assert 1 <= shown <= 2, "as in the published fine-tuning on the best so far"
    assert plan.held_out == 0, "rows are drawn again and again: none would be unseen"


def test_where_an_engine_takes_minutes_each_round_is_learned_from(
    problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise ten calls would end before 64 designs are verified."""
    known = training(problem)
    quick = known_fronts.spec(
        objectives=known_fronts.LEAST_SQUARE, generator={"family": "gaussian_copula"}
    )
    monkeypatch.setattr(type(problem), "searches", SearchDefaults(batch=2))
    task = Task(problem, resolve(quick, problem), known, 0, silent)
    tuned = MAKERS["tuned"](task).strategy
    assert isinstance(tuned, Tuned)
    for round_ in range(2):
        few = known.isel(design=slice(2 * round_, 2 * round_ + 2))
        tuned.tell(few, weighed(problem, few))
    assert tuned.fits == 2


@pytest.mark.slow
def test_what_was_known_is_forgotten_no_more_than_a_mixture_would(problem: Problem) -> None:
    """A fit to a mixture with `known_share` of known designs costs these `-log(known_share)`."""
    data, known = problem.data(), training(problem)
    held = data.isel(design=np.flatnonzero(data["held_out"].to_numpy()))
    x, cond = problem.encode(held).float(), problem.features(held).float()
    task = Task(problem, resolve(SPEC, problem), known, 0, silent)
    model, generator = task.generator(task.spec.generator)

    def surprise() -> float:
        with torch.no_grad():
            return -float(generator.family.log_density(x, cond).mean())  # type: ignore[attr-defined]

    before = surprise()
    tuned = Tuned(generator, families.plan(model.name, shape=(6,)), 0)
    designs = tuned.ask(64, torch.Generator().manual_seed(0))
    tuned.tell(designs, weighed(problem, designs))
    assert tuned.fits == 1
    assert surprise() - before < -math.log(TunedSettings().known_share)


def test_designs_without_a_code_are_not_learned_from(
    problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A molecule may be written so that the tokens lack an atom for it."""
    known, how = training(problem), TunedSettings()
    task = Task(problem, resolve(SPEC, problem), known, 0, silent)
    generator = task.generator(GeneratorChoice(family="gaussian_copula"))[1]
    reported, encode = known.isel(design=slice(0, how.every)), problem.encode
    best = weighed(problem, reported)["cost"].to_numpy().argsort()
    refused = problem.encode(reported.isel(design=best[[0, 3]]))

    def strict(designs: xr.Dataset) -> torch.Tensor:
        x = encode(designs)
        if torch.cdist(x.flatten(1), refused.flatten(1)).min() < 1e-9:
            raise InputError("a design with a code", "another one")
        return x

    monkeypatch.setattr(problem, "encode", strict)
    tuned = Tuned(generator, families.plan(FAMILY, shape=(6,)), 0)
    monkeypatch.setattr(generator.family, "fit", lambda x, cond, plan: None)
    tuned.known = tuned.known.isel(design=slice(how.every, None))  # without those refused
    tuned.tell(reported, weighed(problem, reported))
    assert tuned.fits == 1
    assert tuned.elite is not None
    known_share = encode(tuned.elite).flatten(1)
    assert torch.cdist(known_share, refused.flatten(1)).min() > 1e-9
    wanted = min(how.elite, how.every - 2)
    assert tuned.elite.sizes["design"] == wanted
