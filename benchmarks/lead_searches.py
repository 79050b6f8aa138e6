"""Searches of leads that are compared: each takes a judge and a seed, and spends all calls."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import TypeVar

import numpy as np
import torch

from benchmarks.lead_specs import SETUP, Asked
from ingenium.core.problem import silent
from ingenium.core.spec import GeneratorChoice
from ingenium.domains.molecules.chosen import Chosen
from ingenium.domains.molecules.language import SMILES
from ingenium.domains.molecules.lead import HEARING, Lead
from ingenium.domains.molecules.library import Library, LibrarySettings
from ingenium.domains.molecules.molecule_problem import scaled
from ingenium.domains.molecules.search import baselines
from ingenium.domains.molecules.search.genetic import Genetic
from ingenium.domains.molecules.search.judge import Found, Judge, generator_of, pursue
from ingenium.domains.molecules.search.latent import Latent, RegionSearch
from ingenium.domains.molecules.search.reinforced import Reinforced
from ingenium.domains.molecules.search.unlearned import Conditions, Unlearned, between, none
from ingenium.domains.molecules.trained.model import NAME
from ingenium.domains.molecules.trained.told import HEARD, Told, comes, hears, taught
from ingenium.domains.molecules.wish import Heard
from ingenium.generators import fitted
from ingenium.generators.model import Family
from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.generators.tokens.drawing import Drawing
from ingenium.generators.tokens.vae import TokenVAE
from ingenium.loop import training

START = 100  # first molecules of our genetic search
AT_ONCE = 250  # proposals of a round where nothing is learned from it
LATENT = LibrarySettings(known=40_000)  # what the autoencoder learns from
LATENT_STEPS, SHARPNESS = 2000, 0.3  # the temperature at which points are written
Search = Callable[[Judge, int], Found]
F = TypeVar("F", bound=Family)


def searches(problem: Lead, asked: Asked) -> dict[str, Search]:
    """Chance and lists, generators that learn nothing from verdicts, and searches that do."""
    wanted = conditions(problem, asked, hears() if comes() else HEARD)

    def unlearned(family: Callable[[], Family], drawn: Conditions) -> Search:
        return lambda judge, seed: pursue(
            judge, Unlearned(problem, family(), drawn, generator_of(seed)), at_once=AT_ONCE
        )

    def evolved(first: Callable[[int], Sequence[str]]) -> Search:
        return lambda judge, seed: pursue(
            judge, Genetic(problem, judge.aim, first(seed), np.random.default_rng(seed))
        )

    def proposed(seed: int) -> Sequence[str]:
        own = Unlearned(problem, told(), wanted, generator_of(seed))
        return [str(s) for s in own.propose(START)[SMILES].to_numpy()]

    def reinforced(judge: Judge, seed: int) -> Found:
        return pursue(judge, Reinforced(problem, judge.aim, trained(), generator_of(seed)))

    def latent(judge: Judge, seed: int) -> Found:
        family, rng = autoencoder(), np.random.default_rng(seed)
        region = RegionSearch(judge.aim, family.settings.latent, rng)
        return pursue(judge, Latent(problem, family, region, generator_of(seed)))

    return {
        "random SELFIES": baselines.random_selfies,
        "screening of ZINC250k": baselines.screening,
        "trained generator": unlearned(trained, none),
        "autoencoder, its prior": unlearned(autoencoder, none),
        "generator under conditions": unlearned(told, wanted),
        "genetic search (mol_ga)": baselines.genetic,
        "genetic search (own)": evolved(lambda seed: baselines.screened(START, seed)),
        "genetic search (own), from proposals under conditions": evolved(proposed),
        "reinforcement": reinforced,
        "latent Bayesian optimisation": latent,
    }


def conditions(problem: Lead, asked: Asked, heard: Heard) -> Conditions:
    """What is told: conditions evenly over their ranges, limits, and what goes with both."""
    both = list(zip(asked.told.values(), problem.conditions, strict=True))
    low, high = (torch.tensor([scaled(ends[i], c) for ends, c in both]) for i in (0, 1))
    drawn, wish = between(low, high), replace(problem.wish, limits=asked.limits)
    return lambda n, rng: wish.told(drawn(n, rng), heard, rng)


@cache
def trained() -> TokenAutoregressive:
    """The generator that comes trained."""
    return _fitted(GeneratorChoice(family=NAME), TokenAutoregressive)


@cache
def told() -> TokenAutoregressive:
    """The generator that hears conditions: the one that comes, or one taught here, in minutes."""
    if not comes():
        return taught(Told(HEARD))
    lead = Lead(SETUP)
    known = training(lead)
    choice = GeneratorChoice(family=HEARING)
    chosen = fitted.fit(lead, known, choice, watch=silent).family
    if not isinstance(chosen, Chosen):
        raise TypeError(f"expected proposals that are chosen; came {type(chosen).__name__}")
    return chosen.inner  # its proposals as they come: choosing among them would be engine calls


@cache
def autoencoder() -> TokenVAE:
    """A variational autoencoder: some minutes, once."""
    family = _fitted(GeneratorChoice(family="vae", steps=LATENT_STEPS), TokenVAE)
    family.drawing = Drawing(temperature=SHARPNESS)
    return family


MODELS = {"generator": trained, "under conditions": told, "autoencoder": autoencoder}


def _fitted(choice: GeneratorChoice, kind: type[F]) -> F:
    library = Library(LATENT)
    known = training(library)
    found = fitted.fit(library, known, choice, watch=silent)
    if not isinstance(found.family, kind):
        raise TypeError(f"expected {kind.__name__}; came {type(found.family).__name__}")
    return found.family
