"""Leads found with equal engine calls: screening, a genetic search, chance, and generators.

Every search measures 600 distinct molecules under the same limits, five times. Families propose
once, under the conditions of the spec, and learn nothing from verdicts.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from benchmarks.measuring import report, spread
from ingenium.core.asking import resolve
from ingenium.core.digest import dataset_digest
from ingenium.core.problem import silent
from ingenium.core.spec import Between, GeneratorChoice, Limit, Spec
from ingenium.domains.molecules.baselines import Found, Judge, genetic, random_selfies, screening
from ingenium.domains.molecules.language import SMILES
from ingenium.domains.molecules.lead import Lead, LeadSettings
from ingenium.generators import fitted
from ingenium.generators.generator import Generator
from ingenium.loop import training

CALLS, SEEDS, MOST_BLOCKS = 600, 5, 40
SETUP = LeadSettings(keep=("c1ccccc1", "C(=O)N"), avoid=("[OX2H]c",), solubility=True)
SPEC = Spec(
    problem="molecules.lead",
    conditions={"wanted_weight": Between(260.0, 340.0), "wanted_logp": Between(1.0, 2.5)},
    limits=(
        Limit("groups_missing", at_most=0.0),
        Limit("groups_unwanted", at_most=0.0),
        Limit("in_training", at_most=0.0),
        Limit("alerts", at_most=0.0),
        Limit("qed", at_least=0.8),
        Limit("sa_score", at_most=2.5),
        Limit("logp", at_least=0.5, at_most=2.5),
        Limit("solubility_low", at_least=-3.5),
    ),
)


def run() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    problem = Lead(SETUP)
    limits = resolve(SPEC, problem).limits
    families = ("nearest_neighbours", *problem.shipped())
    searches: dict[str, Callable[[Judge, int], Found]] = {
        "screening of ZINC250k": screening,
        "genetic search (mol_ga)": genetic,
        "random SELFIES": random_selfies,
    } | {name: _family(problem, name) for name in families}
    rows: list[dict[str, Any]] = []
    for name, search in searches.items():
        hits, best, cpu = [], [], []
        for seed in range(SEEDS):
            started = time.process_time()
            found = search(Judge(problem, limits, CALLS), seed)
            cpu.append(time.process_time() - started)
            hits.append(int(found.accepted.sum()))
            best.append(float(found.shortfall.min()))
        rows.append(
            {
                "search": name,
                "calls": CALLS,
                "hits": spread(hits),
                "share": float(np.mean(hits)) / CALLS,
                "least shortfall": spread(best),
                "cpu_s": spread(cpu),
            }
        )
    about = {"limits": [limit.label for limit in limits], "seeds": SEEDS}
    report("molecules_search", "Leads found with equal engine calls", rows, about)


def _family(problem: Lead, name: str) -> Callable[[Judge, int], Found]:
    """Proposals of a family, block by block, until the calls are spent."""
    known, spec = training(problem), resolve(SPEC, problem)
    choice = GeneratorChoice(family=name)
    own = fitted.fit(problem, known, choice, data=dataset_digest(known), watch=silent)
    generator = Generator(problem, own.family, spec, known)

    def search(judge: Judge, seed: int) -> Found:
        for block in range(MOST_BLOCKS):
            judge([str(s) for s in generator.propose_block(seed, block)[SMILES].to_numpy()])
            if not judge.left:
                break
        return judge.found()

    return search
