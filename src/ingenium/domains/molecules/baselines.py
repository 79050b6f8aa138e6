"""What the field does today for a lead: screening a list, a genetic search, and chance.

Each takes the same number of engine calls: molecules that the verifier measures.

Source: Jensen, Chem. Sci. 10:3567, 2019, and Tripp and Hernández-Lobato, 2023, arXiv:2310.09267
    (graph genetic algorithm, package mol_ga); Krenn et al., Mach. Learn.: Sci. Technol. 1:045024,
    2020 (SELFIES, of which any string is a molecule).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from ingenium.core.spec import Limit
from ingenium.core.text import codes
from ingenium.core.verdict import judge, margins
from ingenium.domains.molecules.chemistry.parsing import canonical, parsed
from ingenium.domains.molecules.data import zinc250k
from ingenium.domains.molecules.molecule_problem import MoleculeProblem
from ingenium.domains.molecules.packages import package

START = 0.25  # share of the calls for the first population of the genetic search
POPULATION, OFFSPRING = 100, 50
LONGEST_SELFIES = 40  # symbols
SPREAD_OF = 100  # known molecules


@dataclass(frozen=True)
class Found:
    """Distinct molecules in the order in which they were measured.

    Shapes: n molecules.
    """

    smiles: tuple[str, ...]
    accepted: Bool[np.ndarray, " n"]
    shortfall: Float[np.ndarray, " n"]  # broken margins in spreads of known molecules, summed


class Judge:
    """Measures molecules, each once, until a number of calls is spent."""

    def __init__(self, problem: MoleculeProblem, limits: Sequence[Limit], calls: int) -> None:
        """Take the spreads of the limited quantities from known molecules."""
        self.problem, self.limits, self.calls = problem, limits, calls
        self.names = [q.name for q in problem.quantities]
        self.seen: dict[str, tuple[bool, float]] = {}
        known = margins(self._measure(problem.known.smiles[:SPREAD_OF]), self.names, limits)
        spread = np.nanstd(np.where(np.isfinite(known), known, np.nan), axis=0)
        self.spread = np.where(spread > 0, spread, 1.0)

    @property
    def left(self) -> int:
        """Calls that are not spent."""
        return self.calls - len(self.seen)

    def __call__(self, smiles: Sequence[str]) -> list[float]:
        """The shortfall of each molecule; infinite of what has no answer or no call left."""
        fresh = [s for s in dict.fromkeys(smiles) if s not in self.seen][: self.left]
        if fresh:
            measured = self._measure(fresh)
            margin = margins(measured, self.names, self.limits)
            short = (-margin / self.spread).clip(0).sum(1)
            failed = ~np.isfinite(measured).all(1)
            short[failed] = np.inf
            held = judge(measured, margin) == 0
            self.seen |= dict(
                zip(fresh, zip(held.tolist(), short.tolist(), strict=True), strict=True)
            )
        return [self.seen[s][1] if s in self.seen else np.inf for s in smiles]

    def found(self) -> Found:
        """All that was measured."""
        held, short = zip(*self.seen.values(), strict=True)
        return Found(tuple(self.seen), np.array(held, bool), np.array(short, np.float64))

    def _measure(self, smiles: Sequence[str]) -> Float[np.ndarray, "n k"]:
        """Quantities of each molecule; texts that are too long have none."""
        longest = self.problem.longest
        texts = [s if len(s) <= longest else "" for s in smiles]
        measured: np.ndarray = self.problem.verifier.measure(codes(texts, longest)).numpy()
        return measured


def screening(judge: Judge, seed: int) -> Found:
    """Virtual screening: molecules of ZINC250k in a random order."""
    judge(_zinc(judge.calls, seed))
    return judge.found()


def genetic(judge: Judge, seed: int) -> Found:
    """Crossing and mutating graphs, from molecules of ZINC250k."""
    rng, search = random.Random(seed), package("mol_ga")
    start = _zinc(max(int(START * judge.calls), POPULATION), seed)
    generations = max((judge.calls - len(start)) // OFFSPRING, 1)

    def worth(smiles: list[str]) -> list[float]:
        return [-value for value in judge([_constitution(s) for s in smiles])]

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
        best = sorted(judge.seen, key=lambda s: judge.seen[s][1])
        start = best[:POPULATION]
    return judge.found()


def random_selfies(judge: Judge, seed: int) -> Found:
    """Strings of random SELFIES symbols, each of which is a molecule."""
    selfies, rng = package("selfies"), np.random.default_rng(seed)
    symbols = sorted(selfies.get_semantic_robust_alphabet())
    while judge.left > 0:
        lengths = rng.integers(5, LONGEST_SELFIES, judge.left)
        drawn = ["".join(rng.choice(symbols, n)) for n in lengths]
        judge([_constitution(selfies.decoder(text)) for text in drawn])
    return judge.found()


def _zinc(count: int, seed: int) -> list[str]:
    """So many molecules of ZINC250k."""
    drawn = np.random.default_rng(seed).permutation(len(zinc250k()))[:count]
    return [_constitution(str(s)) for s in zinc250k()[drawn]]


def _constitution(smiles: str) -> str:
    """Canonical text of what is a molecule."""
    mol = parsed(smiles)
    return smiles if mol is None else canonical(mol)
