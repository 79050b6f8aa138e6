"""What the field does today for a lead: screening a list, a genetic search, and chance.

Each takes the same number of engine calls: molecules that the verifier measures.

Source: Jensen, Chem. Sci. 10:3567, 2019, and Tripp and Hernández-Lobato, 2023, arXiv:2310.09267
    (graph genetic algorithm, package mol_ga); Krenn et al., Mach. Learn.: Sci. Technol. 1:045024,
    2020 (SELFIES, of which any string is a molecule).
"""

import random
from contextlib import suppress

import numpy as np

from ingenium.domains.molecules.data import zinc250k
from ingenium.domains.molecules.search.judge import Found, Judge
from ingenium.kits.chemistry.packages import package
from ingenium.kits.chemistry.parsing import canonical, parsed

START, OFFSPRING = 100, 5  # molecules of ZINC250k that evolve; children of a generation
WORST = 1e3  # the cost of what has no answer: the package takes quantiles of finite numbers
LONGEST_SELFIES = 40  # symbols


def screening(judge: Judge, seed: int) -> Found:
    """Virtual screening: molecules of ZINC250k in a random order."""
    judge(screened(judge.calls, seed))
    return judge.found()


def genetic(judge: Judge, seed: int) -> Found:
    """Crossing and mutating graphs by mol_ga, with its own population, sampling and moves."""

    def worth(smiles: list[str]) -> list[float]:
        if judge.left == 0:
            raise _SpentError
        return [-min(cost, WORST) for cost in judge([constitution(s) for s in smiles])]

    with suppress(_SpentError):
        package("mol_ga").default_ga(
            starting_population_smiles=screened(min(START, judge.calls), seed),
            scoring_function=worth,
            max_generations=judge.calls,  # more than there can be, unless nothing new is made
            offspring_size=OFFSPRING,
            rng=random.Random(seed),
        )
    return judge.found()


class _SpentError(Exception):
    """No call is left, which the package knows no other way to hear."""


def random_selfies(judge: Judge, seed: int) -> Found:
    """Strings of random SELFIES symbols, each of which is a molecule."""
    rng = np.random.default_rng(seed)
    while judge.left > 0:
        judge([constitution(text) for text in written_at_random(judge.left, rng)])
    return judge.found()


def written_at_random(count: int, rng: np.random.Generator) -> list[str]:
    """So many molecules of random SELFIES symbols."""
    selfies = package("selfies")
    symbols = sorted(selfies.get_semantic_robust_alphabet())
    lengths = rng.integers(5, LONGEST_SELFIES, count)
    return [selfies.decoder("".join(rng.choice(symbols, n))) for n in lengths]


def screened(count: int, seed: int) -> list[str]:
    """So many molecules of ZINC250k."""
    drawn = np.random.default_rng(seed).permutation(len(zinc250k()))[:count]
    return [constitution(str(s)) for s in zinc250k()[drawn]]


def constitution(smiles: str) -> str:
    """Canonical text of what is a molecule."""
    mol = parsed(smiles)
    return smiles if mol is None else canonical(mol)
