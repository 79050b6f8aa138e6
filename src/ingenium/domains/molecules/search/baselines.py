"""What the field does today for a lead: screening a list, a genetic search, and chance.

Each takes the same number of engine calls: molecules that the verifier measures.

Source: Jensen, Chem. Sci. 10:3567, 2019, and Tripp and Hernández-Lobato, 2023, arXiv:2310.09267
    (graph genetic algorithm, package mol_ga); Krenn et al., Mach. Learn.: Sci. Technol. 1:045024,
    2020 (SELFIES, of which any string is a molecule).
"""

import random

import numpy as np

from ingenium.domains.molecules.chemistry.parsing import canonical, parsed
from ingenium.domains.molecules.data import zinc250k
from ingenium.domains.molecules.packages import package
from ingenium.domains.molecules.search.judge import Found, Judge

START = 0.25  # share of the calls for the first population of the genetic search
POPULATION, OFFSPRING = 100, 50
LONGEST_SELFIES = 40  # symbols


def screening(judge: Judge, seed: int) -> Found:
    """Virtual screening: molecules of ZINC250k in a random order."""
    judge(screened(judge.calls, seed))
    return judge.found()


def genetic(judge: Judge, seed: int) -> Found:
    """Crossing and mutating graphs, from molecules of ZINC250k."""
    rng, search = random.Random(seed), package("mol_ga")
    start = screened(max(int(START * judge.calls), POPULATION), seed)
    generations = max((judge.calls - len(start)) // OFFSPRING, 1)

    def worth(smiles: list[str]) -> list[float]:
        return [-value for value in judge([constitution(s) for s in smiles])]

    while judge.left > 0:  # offspring that are known already cost nothing
        before = judge.left
        search.default_ga(
            starting_population_smiles=start,
            scoring_function=worth,
            max_generations=generations,
            offspring_size=OFFSPRING,
            population_size=POPULATION,
            rng=rng,
        )
        if judge.left == before:
            break
        known = list(judge.seen)
        cost = judge(known)
        start = [known[i] for i in np.argsort(cost, kind="stable")[:POPULATION]]
    return judge.found()


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
