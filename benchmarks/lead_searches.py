"""Searches of leads that are compared: strategies by name, and the field's own."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from benchmarks import strategies_rivals as rivals
from benchmarks.lead_specs import SETUP, OptimisationTask
from benchmarks.strategies_found import Found, searched
from ingenium.core.problem import silent
from ingenium.core.resolving import resolve
from ingenium.core.spec import Between, GeneratorChoice, Spec
from ingenium.domains.molecules.lead import CHOSEN, HEARING, Lead
from ingenium.domains.molecules.molecule_target import CONDITIONS
from ingenium.runs.loop import training
from ingenium.searches.strategies import Task, make

BATCH = 50  # the most designs of a round
LATENT_KNOWN, LATENT_STEPS = 40_000, 2000  # training designs of the autoencoder, and its steps
Search = Callable[[int], Found]  # with a seed


PLAIN = GeneratorChoice(family=CHOSEN)
LATENT = GeneratorChoice(family="vae", steps=LATENT_STEPS)


@dataclass(frozen=True)
class Named:
    """A strategy by its name, and its family."""

    strategy: str
    family: GeneratorChoice = PLAIN
    reported: bool = False  # conditions of the spec
    known: int = SETUP.known


NAMED = {
    "trained generator": Named("generator"),
    "autoencoder, its prior": Named("generator", LATENT, known=LATENT_KNOWN),
    "generator under conditions": Named(
        "generator", GeneratorChoice(family=HEARING), reported=True
    ),
    "genetic": Named("genetic"),
    "reinforced": Named("reinforced"),
    "bayesian:latent": Named("bayesian:latent", LATENT, known=LATENT_KNOWN),
}
RIVALS = {
    "random SELFIES": rivals.random_selfies,
    "screening of ZINC250k": rivals.screening,
    "genetic search (mol_ga)": rivals.mol_ga,
}


def judging(requested: OptimisationTask, known: int = SETUP.known) -> Lead:
    """Open a problem that measures what the limits need, and accepts proposals unchanged."""
    names = {limit.quantity for limit in requested.limits}
    groups = SETUP if "groups_missing" in names else replace(SETUP, keep=(), avoid=())
    problem = Lead(replace(groups, tries=1, known=known))
    problem.tiers = (problem.tiers[-1].only(names),)
    return problem


def spec_of(requested: OptimisationTask, named: Named | None = None) -> Spec:
    """The limits and, for a conditional generator, the conditions."""
    spec = Spec(problem=Lead.name, limits=requested.limits)
    if named is None:
        return spec
    hears = {k: Between(*requested.reported[name]) for k, name in CONDITIONS.items()}
    return replace(spec, generator=named.family, conditions=hears if named.reported else {})


def searches(requested: OptimisationTask, calls: int) -> dict[str, Search]:
    """Random samples and lists, generators without learning from verdicts, and searches with it."""
    problem = judging(requested)
    bare = resolve(spec_of(requested), problem)
    found: dict[str, Search] = {k: partial(r, problem, bare, calls) for k, r in RIVALS.items()}
    for name, named in NAMED.items():
        own = problem if named.known == SETUP.known else judging(requested, named.known)
        found[name] = partial(_searched, own, resolve(spec_of(requested, named), own), named, calls)
    return found


def _searched(problem: Lead, spec: Spec, named: Named, calls: int, seed: int) -> Found:
    made = make(named.strategy, Task(problem, spec, training(problem), seed, silent))
    return searched(problem, spec, made.strategy, calls, seed=seed, batch=BATCH)
