"""Reinforcement from verdicts: a trained generator is pulled towards what the engine accepted.

Source: Olivecrona et al., J. Cheminform. 9:48, 2017; Blaschke et al., J. Cheminform. 12:68, 2020
    (memory of scaffolds, so that it does not write the same over and over); Guo and Schwaller,
    JACS Au 4:2160, 2024 (learning several times from the best so far).
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.seeds import one_thread
from ingenium.domains.molecules.language import SMILES
from ingenium.domains.molecules.molecule_problem import MoleculeProblem
from ingenium.domains.molecules.search.aim import Aim
from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.generators.tokens.reinforcement import Reinforcement, ReinforcementSettings
from ingenium.kits.chemistry.likeness import scaffold
from ingenium.kits.chemistry.parsing import parsed


@dataclass(frozen=True)
class ReinforcedSettings:
    """What is learned from, how often, and when a scaffold is worn out."""

    pull: ReinforcementSettings = field(default_factory=ReinforcementSettings)
    memory: int = 100  # of the best molecules so far
    replayed: int = 32  # of them, drawn for each step
    steps: int = 3  # on the memory, after each step on what was proposed
    each: int = 10  # accepted molecules with the same scaffold, before their reward falls to 0


@dataclass
class Reinforced:
    """A generator that proposes and is reinforced; the prior stays as it was."""

    problem: MoleculeProblem
    aim: Aim
    prior: TokenAutoregressive
    rng: torch.Generator
    settings: ReinforcedSettings = ReinforcedSettings()
    memory: dict[str, float] = field(default_factory=dict)  # rewards of the best molecules
    crowd: Counter[str] = field(default_factory=Counter)  # accepted molecules of each scaffold

    def __post_init__(self) -> None:
        self.pull = Reinforcement(self.prior, self.settings.pull)
        self.rows: dict[str, Tensor] = {}  # what the agent wrote for a molecule

    def propose(self, n: int) -> xr.Dataset:
        """What the agent writes, some of it twice."""
        with one_thread():
            x = self.pull.agent.propose(torch.zeros(n, self.prior.c), self.rng)
        smiles = self.problem.codec.to_texts(x)
        kept = [i for i, s in enumerate(smiles) if len(s) <= self.problem.longest]
        self.rows |= {smiles[i]: x[i] for i in kept}
        return self.problem.designs_of(tuple(smiles[i] for i in kept))

    def learn(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """A step on the designs that the agent wrote, then some on the best so far."""
        smiles = [str(s) for s in designs[SMILES].to_numpy()]
        rewards = self._rewards(smiles, verdicts)
        own = [i for i, s in enumerate(smiles) if s in self.rows]
        if own:
            self._step([smiles[i] for i in own], [rewards[i] for i in own])
        best = self.memory | {smiles[i]: rewards[i] for i in own}
        ranked = sorted(best.items(), key=lambda entry: -entry[1])[: self.settings.memory]
        self.memory = {s: r for s, r in ranked if r > 0}
        self.rows = {s: self.rows[s] for s in self.memory}
        for _ in range(self.settings.steps if self.memory else 0):
            self._replay()

    def _rewards(self, smiles: list[str], verdicts: xr.Dataset) -> list[float]:
        """Of each verdict; nothing for a further molecule of a scaffold that is worn out."""
        rewards = self.aim.rewards(verdicts).tolist()
        accepted = self.aim.costs(verdicts) <= 0
        for i in np.flatnonzero(accepted).tolist():
            own = scaffold(parsed(smiles[i]))
            self.crowd[own] += 1
            if self.crowd[own] > self.settings.each:
                rewards[i] = 0.0
                self._forget(own)
        return [float(r) for r in rewards]

    def _forget(self, worn: str) -> None:
        """No molecule of a scaffold that is worn out is replayed."""
        self.memory = {s: r for s, r in self.memory.items() if scaffold(parsed(s)) != worn}

    def _replay(self) -> None:
        known = list(self.memory)
        wanted = min(self.settings.replayed, len(known))
        order = torch.randperm(len(known), generator=self.rng)[:wanted].tolist()
        self._step([known[i] for i in order], [self.memory[known[i]] for i in order])

    def _step(self, smiles: list[str], rewards: list[float]) -> None:
        x = torch.stack([self.rows[s] for s in smiles])
        with one_thread():
            self.pull.learn(x, torch.zeros(len(x), self.prior.c), torch.tensor(rewards))
