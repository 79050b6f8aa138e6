"""Evolution of molecular graphs: crossover, mutation, and selection of the best of each scaffold.

Source: Jensen, Chem. Sci. 10:3567, 2019; Tripp et al., 2021, arXiv:2106.09398 (a Gaussian process
    on fingerprints that chooses among offspring).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator

from ingenium.core.seeds import block_rng
from ingenium.core.verdict import Verdict
from ingenium.domains.molecules.language import SMILES
from ingenium.domains.molecules.strategies.moves import crossed, mutated
from ingenium.domains.molecules.strategies.round_memory import RoundMemory
from ingenium.evaluate.gaussian_process import GaussianRegression
from ingenium.kits.chemistry.likeness import scaffold
from ingenium.kits.chemistry.parsing import canonical, parsed
from ingenium.runs.aim import Aim
from ingenium.searches.strategies import Task

FIRST = 100  # known molecules that evolve
TRIES = 8  # crossovers for each requested child
TUNED_ON = 200  # measured molecules on which the noise is tuned
NOISE, NOISES = 0.03, (1e-3, 0.3)  # of the variance: first, and at least and most
REMEMBERED = 4096  # parsed molecules in the cache


@dataclass(frozen=True)
class GeneticSettings:
    """Settings of offspring and survival."""

    population: int = 100
    each: int = 4  # survivors with the same scaffold
    crossing: float = 0.6  # share of children of two parents; the others are mutated
    mutation: float = 0.3  # share of the children of two parents that are mutated as well
    fresh: float = 0.15  # share of the second parents that are known molecules
    ahead: int = 6  # children for each that is measured, among which a model chooses; 1 for none
    learned: int = 800  # measured molecules that the model learns from: the best, and the last


class Genetic(RoundMemory):
    """A population of measured molecules and their offspring.

    It begins with known molecules, each proposed once before there is any offspring.

    Shapes: n molecules, k outcomes, which are margins and losses.
    """

    def __init__(self, task: Task, settings: GeneticSettings = GeneticSettings()) -> None:
        super().__init__(task)
        self.settings = settings
        rng = block_rng(task.seed, 0, "genetic")
        self.known = tuple(map(str, task.known[SMILES].to_numpy()))
        rows = torch.randperm(len(self.known), generator=rng)[:FIRST].tolist()
        self.first = tuple(dict.fromkeys(self.known[i] for i in rows))

    def begin(self) -> None:
        """Start with an empty population."""
        self.aim: Aim | None = None
        self.cost: dict[str, float] = {}  # of all measured molecules
        self.outcomes: dict[str, Float[np.ndarray, " k"]] = {}
        self.living: list[str] = []  # best first

    def propose(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """Propose molecules of the first population that were not proposed yet, or children."""
        shown = {str(text) for part in self.rounds for text in part[SMILES].to_numpy()}
        waiting = [text for text in self.first if text not in shown]
        draw = np.random.default_rng(int(torch.randint(2**62, (), generator=rng)))
        if waiting or self.aim is None:
            return self.problem.designs_of(tuple(waiting[:n]))
        children = self._children(n * self.settings.ahead, draw)
        if self.settings.ahead > 1 and len(children) > n:
            children = self._promising(children, n, self.aim, draw)
        return self.problem.designs_of(tuple(children[:n]))

    def learn(self, reported: xr.Dataset) -> None:
        """Retain the best molecules, a limited number of each scaffold."""
        if self.aim is None:
            self.aim = Aim.of(self.task.spec.limits, self.task.spec.objectives, reported)
        smiles = [str(s) for s in reported[SMILES].to_numpy()]
        self.cost |= dict(zip(smiles, reported["cost"].to_numpy().tolist(), strict=True))
        outcomes = np.concatenate([reported["margin"].to_numpy(), self.aim.losses(reported)], 1)
        self.outcomes |= dict(zip(smiles, outcomes, strict=True))
        self.living = self._survivors(dict.fromkeys([*self.living, *smiles]))

    def _survivors(self, smiles: Iterable[str]) -> list[str]:
        living: list[str] = []
        crowd: dict[str, int] = {}
        for text in sorted(smiles, key=self.cost.__getitem__):
            own = _scaffold(text) if np.isfinite(self.cost[text]) else None
            if own is None:
                continue
            crowd[own] = crowd.get(own, 0) + 1
            if crowd[own] <= self.settings.each:
                living.append(text)
            if len(living) == self.settings.population:
                break
        return living

    def _children(self, n: int, rng: np.random.Generator) -> list[str]:
        """New molecules, at most n; fewer where crossover finds nothing new."""
        children: dict[str, None] = {}
        for _ in range(TRIES * n if self.living else 0):
            if len(children) == n:
                break
            made = self._child(rng)
            text = "" if made is None else canonical(made)
            if 0 < len(text) <= self.problem.longest and text not in self.cost:
                children[text] = None
        return list(children)

    def _child(self, rng: np.random.Generator) -> Chem.Mol | None:
        how = self.settings
        first = _read(self._parent(rng))
        if rng.random() >= how.crossing:
            return mutated(first, rng)
        fresh = rng.random() < how.fresh
        other = self.known[rng.integers(len(self.known))] if fresh else self._parent(rng)
        child = crossed(first, _read(other), rng)
        return mutated(child, rng) if child is not None and rng.random() < how.mutation else child

    def _parent(self, rng: np.random.Generator) -> str:
        """One of the best molecules; the rank is uniform on a logarithmic scale."""
        best = len(self.living) ** rng.random()
        return self.living[int(rng.integers(max(int(best), 1)))]

    def _promising(
        self, children: list[str], n: int, aim: Aim, rng: np.random.Generator
    ) -> list[str]:
        """Molecules to measure: each the best child under one sample of the outcomes.

        Source: Thompson, Biometrika 25:285, 1933; Eriksson et al., NeurIPS 2019, arXiv:1910.01739
            (batches by as many samples).
        """
        from ingenium.evaluate.kernels import of_bits

        finite = [s for s, y in self.outcomes.items() if np.isfinite(y).all()]
        half = self.settings.learned // 2
        best = sorted(finite, key=self.cost.__getitem__)[:half]
        used = list(dict.fromkeys([*best, *finite[-half:]]))
        process = GaussianRegression.of(
            _prints(used),
            np.stack([self.outcomes[s] for s in used]),
            of_bits(NOISE, NOISES),
            tuned=TUNED_ON,
        )
        outcomes = process.samples(_prints(children), n, rng)
        margin, loss = np.split(outcomes.reshape(-1, outcomes.shape[2]), [len(aim.limits)], 1)
        code = np.full(len(margin), Verdict.ACCEPTED)
        cost = aim.weights(margin, code, loss)["cost"][1].reshape(outcomes.shape[:2])
        chosen: list[int] = []
        for row in cost:  # a child taken by one sample is not available to the next
            row[chosen] = np.inf
            chosen.append(int(row.argmin()))
        return [children[i] for i in chosen]


def _prints(smiles: list[str]) -> Float[np.ndarray, "n d"]:
    return np.stack([_counts(text) for text in smiles])


@lru_cache(maxsize=REMEMBERED)
def _counts(smiles: str) -> Float[np.ndarray, " d"]:
    """Fingerprint whose bits also count occurrences."""
    bits: np.ndarray = _COUNTED.GetFingerprintAsNumPy(parsed(smiles))
    return bits.astype(np.float32)


@lru_cache(maxsize=REMEMBERED)
def _read(smiles: str) -> Chem.Mol | None:
    """Parsed molecule, cached, as it may have many children; never modified."""
    return parsed(smiles)


@lru_cache(maxsize=REMEMBERED)
def _scaffold(smiles: str) -> str | None:
    mol = _read(smiles)
    return None if mol is None else scaffold(mol)


_COUNTED = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048, countSimulation=True)
