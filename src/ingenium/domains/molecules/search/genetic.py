"""Evolution of molecular graphs: crossing, mutating, keeping the best of each scaffold.

Source: Jensen, Chem. Sci. 10:3567, 2019; Tripp et al., 2021, arXiv:2106.09398 (a Gaussian process
    on fingerprints that chooses among offspring).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import xarray as xr
from jaxtyping import Float
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator

from ingenium.domains.molecules.language import SMILES
from ingenium.domains.molecules.molecule_problem import MoleculeProblem
from ingenium.domains.molecules.search.aim import Aim
from ingenium.domains.molecules.search.graphs import crossed, mutated
from ingenium.domains.molecules.search.surrogate import Process, promising, tanimoto
from ingenium.kits.chemistry.likeness import scaffold
from ingenium.kits.chemistry.parsing import canonical, parsed

TRIES = 8  # matings for each child that is wanted
BITS = 2048
REMEMBERED = 4096  # molecules that are not read again


@dataclass(frozen=True)
class GeneticSettings:
    """How offspring is made and who survives."""

    population: int = 100
    each: int = 4  # survivors with the same scaffold
    crossing: float = 0.6  # share of children of two parents; the others are mutated
    mutated: float = 0.3  # share of the children of two parents that are mutated as well
    fresh: float = 0.15  # share of the second parents that are known molecules
    ahead: int = 6  # children for each that is measured, among which a model chooses; 1 for none
    learned: int = 800  # measured molecules that the model learns from: the best, and the last


@dataclass
class Genetic:
    """A population of measured molecules and their offspring.

    The first population is given; it is proposed before any offspring.
    """

    problem: MoleculeProblem
    aim: Aim
    first: Sequence[str]
    rng: np.random.Generator
    settings: GeneticSettings = GeneticSettings()

    def __post_init__(self) -> None:
        longest = self.problem.longest  # a list may hold texts that no design has room for
        self.waiting = [s for s in dict.fromkeys(self.first) if len(s) <= longest]
        self.cost: dict[str, float] = {}  # of all measured molecules
        self.outcomes: dict[str, Float[np.ndarray, " k"]] = {}
        self.living: list[str] = []  # best first
        self.prints: dict[str, Float[np.ndarray, " d"]] = {}

    def propose(self, n: int) -> xr.Dataset:
        """The next of the first population, or children."""
        if self.waiting:
            now, self.waiting = self.waiting[:n], self.waiting[n:]
            return self.problem.designs_of(tuple(now))
        children = self._children(n * self.settings.ahead)
        if self.settings.ahead > 1 and len(children) > n:
            children = self._chosen(children, n)
        return self.problem.designs_of(tuple(children[:n]))

    def learn(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """The best live on, so many of each scaffold."""
        smiles = [str(s) for s in designs[SMILES].to_numpy()]
        self.cost |= dict(zip(smiles, self.aim.costs(verdicts).tolist(), strict=True))
        self.outcomes |= dict(zip(smiles, self.aim.outcomes(verdicts), strict=True))
        self.living = self._survivors(dict.fromkeys([*self.living, *smiles]))

    def _survivors(self, smiles: Sequence[str] | dict[str, None]) -> list[str]:
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

    def _children(self, n: int) -> list[str]:
        """At most so many new molecules; fewer where matings give nothing new."""
        children: dict[str, None] = {}
        for _ in range(TRIES * n if self.living else 0):
            if len(children) == n:
                break
            made = self._child()
            text = "" if made is None else canonical(made)
            if 0 < len(text) <= self.problem.longest and text not in self.cost:
                children[text] = None
        return list(children)

    def _child(self) -> Chem.Mol | None:
        how, rng = self.settings, self.rng
        first = _read(self._parent())
        if rng.random() >= how.crossing:
            return mutated(first, rng)
        known = self.problem.known.smiles
        fresh = rng.random() < how.fresh
        other = known[rng.integers(len(known))] if fresh else self._parent()
        child = crossed(first, _read(other), rng)
        return mutated(child, rng) if child is not None and rng.random() < how.mutated else child

    def _parent(self) -> str:
        """One of the best so many, where so many is even on a scale of logarithms."""
        best = len(self.living) ** self.rng.random()
        return self.living[int(self.rng.integers(max(int(best), 1)))]

    def _chosen(self, children: list[str], n: int) -> list[str]:
        """Those that a model of what was measured expects most of."""
        finite = [s for s, y in self.outcomes.items() if np.isfinite(y).all()]
        half = self.settings.learned // 2
        best = sorted(finite, key=self.cost.__getitem__)[:half]
        used = list(dict.fromkeys([*best, *finite[-half:]]))
        y = np.stack([self.outcomes[s] for s in used])
        process = Process.of(tanimoto, self._prints(used), y)
        return [
            children[i] for i in promising(process, self._prints(children), n, self.aim, self.rng)
        ]

    def _prints(self, smiles: list[str]) -> Float[np.ndarray, "n d"]:
        for text in smiles:
            if text not in self.prints:
                self.prints[text] = _counts(parsed(text))
        return np.stack([self.prints[s] for s in smiles])


@lru_cache(maxsize=REMEMBERED)
def _read(smiles: str) -> Chem.Mol | None:
    """A molecule that has many children, or lives long; nothing changes it."""
    return parsed(smiles)


@lru_cache(maxsize=REMEMBERED)
def _scaffold(smiles: str) -> str | None:
    mol = _read(smiles)
    return None if mol is None else scaffold(mol)


def _counts(mol: Chem.Mol) -> Float[np.ndarray, " d"]:
    """A fingerprint whose bits also say how often a group is there."""
    bits: np.ndarray = _COUNTED.GetFingerprintAsNumPy(mol)
    return bits.astype(np.float32)


_COUNTED = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=BITS, countSimulation=True)
