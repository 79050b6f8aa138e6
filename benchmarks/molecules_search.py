"""Leads found with equal engine calls: searches that learn, generators, screening and chance.

Every search measures as many distinct molecules under the same limits, five times: hits are
those that hold all limits, and the least cost is how near the best one came (broken margins in
spreads of known molecules). The first spec is one that no training molecule looked at meets.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import numpy as np
import torch

from benchmarks.measuring import report, save, spread
from ingenium.core.digest import dataset_digest
from ingenium.core.problem import silent
from ingenium.core.spec import GeneratorChoice, Limit
from ingenium.domains.molecules.chemistry import rules
from ingenium.domains.molecules.chemistry.parsing import parsed
from ingenium.domains.molecules.data import moses
from ingenium.domains.molecules.lead import Lead, LeadSettings
from ingenium.domains.molecules.library import Library, LibrarySettings
from ingenium.domains.molecules.molecule_problem import scaled
from ingenium.domains.molecules.search import baselines
from ingenium.domains.molecules.search.genetic import Genetic
from ingenium.domains.molecules.search.judge import Found, Judge, generator_of, pursue
from ingenium.domains.molecules.search.latent import Latent, RegionSearch
from ingenium.domains.molecules.search.reinforced import Reinforced
from ingenium.domains.molecules.search.unlearned import Unlearned, between, none
from ingenium.domains.molecules.trained.model import NAME
from ingenium.domains.molecules.trained.told import Told, taught
from ingenium.evaluate.intervals import t_interval
from ingenium.generators import fitted
from ingenium.generators.model import Family
from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.generators.tokens.drawing import Drawing
from ingenium.generators.tokens.vae import TokenVAE
from ingenium.loop import training

CALLS, SEEDS, START, LOOKED_AT = 300, 5, 100, 100_000
RANGES = {"weight": (30.0, 700.0), "logp": (-8.0, 12.0), "tpsa": (0.0, 300.0)}
LATENT = LibrarySettings(known=40_000)  # what the autoencoder learns from
LATENT_STEPS, SHARPNESS = 2000, 0.3  # the temperature at which points are written


@dataclass(frozen=True)
class Asked:
    """Limits, and what a generator under conditions is told of them."""

    name: str
    limits: tuple[Limit, ...]
    told: Mapping[str, tuple[float, float]]


SPECS = (
    Asked(
        "polar and lipophilic",
        (
            Limit("in_training", at_most=0.0),
            Limit("weight", at_most=350.0),
            Limit("logp", at_least=3.3),
            Limit("tpsa", at_least=95.0),
            Limit("sp3", at_least=0.5),
            Limit("sa_score", at_most=3.0),
            Limit("qed", at_least=0.7),
        ),
        {"weight": (310.0, 350.0), "logp": (3.3, 3.9), "tpsa": (95.0, 110.0)},
    ),
    Asked(
        "benzamides",
        (
            Limit("groups_missing", at_most=0.0),
            Limit("groups_unwanted", at_most=0.0),
            Limit("in_training", at_most=0.0),
            Limit("qed", at_least=0.85),
            Limit("sa_score", at_most=2.2),
            Limit("logp", at_least=0.5, at_most=2.0),
            Limit("tpsa", at_least=50.0, at_most=80.0),
        ),
        {"weight": (260.0, 340.0), "logp": (0.8, 1.8), "tpsa": (52.0, 78.0)},
    ),
)
SETUP = LeadSettings(keep=("c1ccccc1", "C(=O)N"), avoid=("[OX2H]c",))
Search = Callable[[Judge, int], Found]
F = TypeVar("F", bound=Family)


def run() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    problem = Lead(SETUP)
    limits = {asked.name: [limit.label for limit in asked.limits] for asked in SPECS}
    about: dict[str, Any] = {"calls": CALLS, "seeds": SEEDS, "limits": limits}
    rows: list[dict[str, Any]] = []
    title = "Leads found with equal engine calls"
    for asked in SPECS:
        for name, search in searches(problem, asked).items():
            rows.append({"spec": asked.name, "search": name, **_row(problem, asked, search)})
            save("molecules_search", title, rows, about)  # so that a stopped run leaves its rows
    about["training molecules"] = {"looked at": LOOKED_AT, "meet the first spec": known_hits()}
    report("molecules_search", title, rows, about)


def searches(problem: Lead, asked: Asked) -> dict[str, Search]:
    """Each takes a judge and a seed, and spends all calls."""
    both = list(zip(asked.told.values(), problem.conditions, strict=True))
    low, high = (torch.tensor([scaled(ends[i], c) for ends, c in both]) for i in (0, 1))
    wanted = between(low, high)

    def evolved(judge: Judge, seed: int) -> Found:
        first, rng = baselines.screened(START, seed), np.random.default_rng(seed)
        return pursue(judge, Genetic(problem, judge.aim, first, rng))

    def reinforced(judge: Judge, seed: int) -> Found:
        return pursue(judge, Reinforced(problem, judge.aim, trained(), generator_of(seed)))

    def latent(judge: Judge, seed: int) -> Found:
        family, rng = autoencoder(), np.random.default_rng(seed)
        region = RegionSearch(judge.aim, family.settings.latent, rng)
        return pursue(judge, Latent(problem, family, region, generator_of(seed)))

    return {
        "random SELFIES": baselines.random_selfies,
        "screening of ZINC250k": baselines.screening,
        "trained generator": lambda judge, seed: pursue(
            judge, Unlearned(problem, trained(), none, generator_of(seed))
        ),
        "generator under conditions": lambda judge, seed: pursue(
            judge, Unlearned(problem, told(), wanted, generator_of(seed))
        ),
        "genetic search (mol_ga)": baselines.genetic,
        "genetic search (own)": evolved,
        "reinforcement": reinforced,
        "latent Bayesian optimisation": latent,
    }


def _row(problem: Lead, asked: Asked, search: Search) -> dict[str, Any]:
    """Five searches, summed up."""
    hits, half, best, cpu = [], [], [], []
    aim = Judge(problem, asked.limits, CALLS).aim
    for seed in range(SEEDS):
        judge = Judge(problem, asked.limits, CALLS, aim=aim)
        started = time.process_time()
        found = search(judge, seed)
        cpu.append(time.process_time() - started)
        hits.append(int(found.accepted.sum()))
        half.append(int(found.accepted[: CALLS // 2].sum()))
        best.append(float(found.cost.min()))
    return {
        "hits": spread(hits),
        "hits in the first half": spread(half),
        "mean hits, 95 %": _interval(hits),
        "least cost": spread(best),
        "cpu_s": spread(cpu),
    }


def _interval(hits: list[int]) -> str:
    found = t_interval(hits)
    return f"{found.value:.1f} ({max(found.low, 0.0):.1f} to {min(found.high, CALLS):.1f})"


@cache
def trained() -> TokenAutoregressive:
    """The generator that comes trained."""
    return _fitted(GeneratorChoice(family=NAME), TokenAutoregressive)


@cache
def told() -> TokenAutoregressive:
    """The same, taught to hear conditions: two minutes, once."""
    return taught(Told(RANGES))


@cache
def library() -> Library:
    """The problem on whose molecules generators learn."""
    return Library(LATENT)


@cache
def autoencoder() -> TokenVAE:
    """A variational autoencoder: four minutes, once."""
    family = _fitted(GeneratorChoice(family="vae", steps=LATENT_STEPS), TokenVAE)
    family.drawing = Drawing(temperature=SHARPNESS)
    return family


def _fitted(choice: GeneratorChoice, kind: type[F]) -> F:
    known = training(library())
    found = fitted.fit(library(), known, choice, data=dataset_digest(known), watch=silent)
    if not isinstance(found.family, kind):
        raise TypeError(f"expected {kind.__name__}; came {type(found.family).__name__}")
    return found.family


def known_hits() -> int:
    """How many of a share of the training molecules meet the first spec, but for being known."""
    whole = moses("train")
    drawn = np.random.default_rng(1).choice(len(whole), LOOKED_AT, replace=False)
    limits = [limit for limit in SPECS[0].limits if limit.quantity in rules.BY_NAME]
    return sum(all(_holds(limit, parsed(s)) for limit in limits) for s in whole[drawn])


def _holds(limit: Limit, mol: Any) -> bool:
    value = rules.BY_NAME[limit.quantity].of(mol)
    low = limit.at_least is None or value >= limit.at_least
    return low and (limit.at_most is None or value <= limit.at_most)
