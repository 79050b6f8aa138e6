"""Searching under a budget of engine calls: who proposes, who measures, and what was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float

from ingenium.core.designs import DESIGN
from ingenium.core.spec import Limit, Objective
from ingenium.core.text import codes
from ingenium.core.verdict import Verdict
from ingenium.core.verify import verdicts as judged
from ingenium.domains.molecules.language import SMILES
from ingenium.domains.molecules.molecule_problem import MoleculeProblem
from ingenium.domains.molecules.search.aim import Aim

SPREAD_OF = 100  # known molecules, which are no part of the budget
AT_ONCE, STALLED = 50, 20  # proposals of a round; rounds in a row without a new molecule


@runtime_checkable
class Strategy(Protocol):
    """Proposes designs, and learns from what the engine said of them."""

    def propose(self, n: int) -> xr.Dataset:
        """At most so many designs; some may have been proposed before."""
        ...

    def learn(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Take in measured values, margins and verdicts of designs."""
        ...


@dataclass(frozen=True)
class Found:
    """Distinct molecules in the order in which they were measured.

    Shapes: n molecules.
    """

    smiles: tuple[str, ...]
    accepted: Bool[np.ndarray, " n"]
    cost: Float[np.ndarray, " n"]  # as `Aim` has it


class Judge:
    """Measures molecules, each once, until a number of calls is spent.

    It asks only those parts of the engine that limits and objectives name.
    """

    def __init__(
        self,
        problem: MoleculeProblem,
        limits: Sequence[Limit],
        calls: int,
        *,
        objectives: Sequence[Objective] = (),
        aim: Aim | None = None,
    ) -> None:
        """Take an aim of the same limits, or spreads of known molecules for one."""
        self.problem, self.limits, self.calls = problem, tuple(limits), calls
        names = {x.quantity for x in limits} | {x.quantity for x in objectives}
        self.verifier = problem.tiers[-1].only(names)
        self.seen: dict[str, Float[np.ndarray, " k"]] = {}  # what was measured of each text
        self.aim = aim or Aim.of(limits, objectives, self._known())

    @property
    def left(self) -> int:
        """Calls that are not spent."""
        return self.calls - len(self.seen)

    def __call__(self, smiles: Sequence[str]) -> list[float]:
        """The cost of each molecule; infinite of what has no answer or no call left."""
        self._see(smiles)
        answered = [s for s in smiles if s in self.seen]
        costs = dict(zip(answered, self.aim.costs(self._verdicts(answered)), strict=True))
        return [float(costs.get(s, np.inf)) for s in smiles]

    def verify(self, designs: xr.Dataset) -> tuple[xr.Dataset, xr.Dataset]:
        """The designs for which there was a call left, or an answer already, and their verdicts."""
        texts = [str(s) for s in designs[SMILES].to_numpy()]
        self._see(texts)
        rows = [i for i, s in enumerate(texts) if s in self.seen]
        return designs.isel({DESIGN: rows}), self._verdicts([texts[i] for i in rows])

    def found(self) -> Found:
        """All that was measured."""
        verdicts = self._verdicts(list(self.seen))
        accepted = verdicts["verdict"].to_numpy() == Verdict.ACCEPTED
        return Found(tuple(self.seen), accepted, self.aim.costs(verdicts))

    def _known(self) -> xr.Dataset:
        return self._judged(self._measure(self.problem.known.smiles[:SPREAD_OF]))

    def _see(self, smiles: Sequence[str]) -> None:
        """Measure those that are new, as far as calls are left."""
        fresh = [s for s in dict.fromkeys(smiles) if s not in self.seen][: self.left]
        if fresh:
            self.seen |= dict(zip(fresh, self._measure(fresh), strict=True))

    def _verdicts(self, smiles: Sequence[str]) -> xr.Dataset:
        width = len(self.verifier.quantities)
        return self._judged(np.array([self.seen[s] for s in smiles]).reshape(-1, width))

    def _judged(self, measured: Float[np.ndarray, "n k"]) -> xr.Dataset:
        return judged(measured, self.verifier, self.limits, index=np.arange(len(measured)))

    def _measure(self, smiles: Sequence[str]) -> Float[np.ndarray, "n k"]:
        """Quantities of each molecule; texts that are too long have none."""
        longest = self.problem.longest
        texts = [s if len(s) <= longest else "" for s in smiles]
        measured: np.ndarray = self.verifier.measure(codes(texts, longest)).numpy()
        return measured


def pursue(judge: Judge, strategy: Strategy, *, at_once: int = AT_ONCE) -> Found:
    """Propose, measure and learn until the calls are spent, or nothing new is proposed any more."""
    idle = 0
    while judge.left > 0 and idle < STALLED:
        before = judge.left
        designs = strategy.propose(min(at_once, judge.left))
        strategy.learn(*judge.verify(designs))
        idle = idle + 1 if judge.left == before else 0
    return judge.found()


def generator_of(seed: int) -> torch.Generator:
    """The randomness of one search."""
    return torch.Generator().manual_seed(seed)
