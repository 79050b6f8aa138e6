"""Every method against the exact posterior of a linear Gaussian problem."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from linear import MEAN, exact, opened

from ingenium.core.errors import InputError
from ingenium.core.problem import silent
from ingenium.core.resolving import resolve
from ingenium.core.spec import GeneratorChoice, Spec
from ingenium.generators import fitted
from ingenium.generators.generator import Generator
from ingenium.infer.methods.method import InferenceTask
from ingenium.infer.methods.nuts import settled
from ingenium.infer.methods.table import METHODS
from ingenium.infer.prior import Prior
from ingenium.infer.weights import moments
from ingenium.runs.loop import training

SEEN = [1.2, -3.1]
LEARNED = {
    "mixture": "bootstrap",
    "gaussian": "bootstrap",
    "amortised": "bootstrap",
    "guided": "flow_matching",
}
# how far, in posterior spreads, a mean may lie off, and a spread in relation
WITHIN = {
    "importance": (0.15, 0.15),
    "mixture": (0.12, 0.1),
    "gaussian": (0.12, 0.1),
    "annealed": (0.15, 0.15),
    "langevin": (0.15, 0.15),
    "nuts": (0.25, 0.25),
    "random_walk": (0.2, 0.2),
    "amortised": (0.25, 0.25),
    "guided": (0.5, 0.5),  # an approximation, and known to be one
}


@cache
def prior(family: str) -> Prior:
    """The prior of a fitted family; without one, the exact prior."""
    problem, _ = opened(SEEN, exact_prior=not family)
    choice = GeneratorChoice(family=family or "bootstrap", steps=400)
    spec = resolve(Spec(problem=problem.name, generator=choice), problem)
    known = training(problem)
    made = fitted.fit(problem, known, spec.generator, watch=silent)
    nearby = problem.question().nearby
    return Prior.of(Generator(problem, made.family, spec, known), 2048, 0, nearby)


SLOW = ("guided", "nuts")  # to find it, as long as all others together


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] if n in SLOW else []) for n in METHODS]
)
def test_a_method_finds_the_exact_posterior(name: str) -> None:
    if name in ("nuts", "random_walk"):
        pytest.importorskip("pyro")
    own = prior(LEARNED.get(name, ""))
    problem, seen = opened(SEEN)
    question = problem.question()
    samples = 400 if name == "nuts" else 2000
    task = InferenceTask(own, question.likelihood, question.measure, samples, steps=300)
    rng = torch.Generator().manual_seed(3)
    found = METHODS[name].prepared(task, rng)(seen, rng)
    mean, cov = moments(found.arrays[0].numpy(), found.weight)
    true_mean, true_cov = (a.numpy() for a in exact(seen))
    spread = np.sqrt(np.diag(true_cov))
    off, wide = WITHIN[name]
    assert np.abs((mean - true_mean) / spread).max() < off
    assert np.abs(np.sqrt(np.diag(cov)) / spread - 1).max() < wide
    assert found.effective > 40
    assert not found.pareto_k > 0.7


def test_draws_of_a_prior_are_designs_that_can_be_and_as_often_as_before() -> None:
    """Half a normal distribution: its mean is the root of 2 over pi."""
    own = prior("")
    assert own.nearby is not None
    admits = lambda arrays: arrays[0][:, 0] > MEAN[0]  # noqa: E731
    half = replace(own, nearby=replace(own.nearby, admits=admits))
    drawn = half.designs(half.start(4000, torch.Generator().manual_seed(0)))[0]
    assert (drawn[:, 0] > MEAN[0]).all()
    assert float((drawn[:, 0] - MEAN[0]).mean()) == pytest.approx((2 / np.pi) ** 0.5, abs=0.04)
    never = replace(own, nearby=replace(own.nearby, admits=lambda arrays: arrays[0][:, 0] > 1e9))
    with pytest.raises(InputError, match="infeasible samples"):
        never.start(4, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("what", ["moved", "stuck", "stuck apart", "without an answer"])
def test_chains_that_stand_still_or_have_gaps_are_not_settled(what: str) -> None:
    pytest.importorskip("pyro")
    values = np.random.default_rng(0).normal(size=(400, 2))
    values[:, 1] = 3.0  # an uninformative quantity
    if what == "stuck":
        values[:, 0] = 1.0
    elif what == "stuck apart":
        values[:, 0] = np.repeat(values[:4, 0], 100)
    elif what == "without an answer":
        values[7, 0] = np.nan
    worth, distance = settled(values, 100)
    if what == "moved":
        assert worth > 250
        assert distance < 1.05
    else:
        assert worth < 5
        assert distance > 10
