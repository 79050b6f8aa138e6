"""Reinforcement from verdicts: a trained generator is updated towards accepted designs.

Source: Olivecrona et al., J. Cheminform. 9:48, 2017; Blaschke et al., J. Cheminform. 12:68, 2020
    (memory of scaffolds, so that it does not write the same over and over); Guo and Schwaller,
    JACS Au 4:2160, 2024 (learning several times from the best so far).
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.seeds import one_thread
from ingenium.core.spec import GeneratorChoice
from ingenium.domains.molecules.language import SMILES
from ingenium.domains.molecules.strategies.round_memory import WRITTEN, RoundMemory
from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.generators.tokens.reinforcement import Reinforcement
from ingenium.kits.chemistry.likeness import scaffold
from ingenium.kits.chemistry.parsing import parsed
from ingenium.searches.strategies import StrategyStart, Task

PLAIN = ("moses_lstm_chosen", "moses_lstm")  # unconditional priors, where they are pretrained


@dataclass(frozen=True)
class ReinforcedSettings:
    """Settings of the memory, the updates, and the limit on each scaffold."""

    memory: int = 100  # of the best molecules so far
    replayed: int = 32  # of them, drawn for each step
    steps: int = 3  # on the memory, after each step on what was proposed
    each: int = 10  # accepted molecules with the same scaffold, before their reward falls to 0


class GeneratorReinforcement(RoundMemory):
    """A generator that is updated towards reward; its prior stays fixed.

    The reward of a molecule is 1 at the least possible cost, and decreases with it to 0: the
    product of how far each limit is satisfied, and objectives beyond (Blaschke et al., J. Chem.
    Inf. Model. 60:5918, 2020).
    """

    def __init__(
        self,
        task: Task,
        prior: TokenAutoregressive,
        settings: ReinforcedSettings = ReinforcedSettings(),
    ) -> None:
        self.prior, self.settings = prior, settings
        super().__init__(task)

    def begin(self) -> None:
        """Start with the agent equal to the prior."""
        self.pull = Reinforcement(self.prior)
        self.rng = torch.Generator().manual_seed(self.task.seed)
        self.memory: dict[str, float] = {}  # rewards of the best molecules
        self.rows: dict[str, torch.Tensor] = {}  # tokens that the agent sampled for them
        self.crowd: Counter[str] = Counter()  # accepted molecules of each scaffold

    def propose(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """Sample molecules from the agent, possibly with duplicates."""
        with one_thread():
            x = self.pull.agent.propose(torch.zeros(n, self.prior.c), rng)
        smiles = self.problem.codec.to_texts(x)
        retained = [i for i, text in enumerate(smiles) if len(text) <= self.problem.longest]
        designs = self.problem.designs_of(tuple(smiles[i] for i in retained))
        return designs.assign_coords({WRITTEN: ((DESIGN, "step"), x[retained].numpy())})

    def learn(self, reported: xr.Dataset) -> None:
        """Update on the agent's samples, then on the best so far."""
        smiles = [str(s) for s in reported[SMILES].to_numpy()]
        rewards = self._rewards(smiles, reported["cost"].to_numpy())
        self.rows |= dict(zip(smiles, torch.from_numpy(reported[WRITTEN].to_numpy()), strict=True))
        self._step(smiles, rewards)
        best = self.memory | dict(zip(smiles, rewards, strict=True))
        ranked = sorted(best.items(), key=lambda entry: -entry[1])[: self.settings.memory]
        self.memory = {s: r for s, r in ranked if r > 0}
        self.rows = {s: self.rows[s] for s in self.memory}
        for _ in range(self.settings.steps if self.memory else 0):
            self._replay()

    def _rewards(self, smiles: list[str], cost: Float[np.ndarray, " n"]) -> list[float]:
        """Reward for each cost; 0 for further molecules of an exhausted scaffold."""
        least = -1.0 if self.task.spec.objectives else 0.0
        rewards: list[float] = np.exp(least - cost).tolist()
        for i in np.flatnonzero(cost <= 0).tolist():
            own = scaffold(parsed(smiles[i]))
            self.crowd[own] += 1
            if self.crowd[own] > self.settings.each:
                rewards[i] = 0.0
                self._forget(own)
        return rewards

    def _forget(self, worn: str) -> None:
        """Remove the molecules of an exhausted scaffold from the memory."""
        self.memory = {s: r for s, r in self.memory.items() if scaffold(parsed(s)) != worn}

    def _replay(self) -> None:
        known = list(self.memory)
        order = torch.randperm(len(known), generator=self.rng)[: self.settings.replayed].tolist()
        self._step([known[i] for i in order], [self.memory[known[i]] for i in order])

    def _step(self, smiles: list[str], rewards: list[float]) -> None:
        x = torch.stack([self.rows[s] for s in smiles])
        with one_thread():
            self.pull.learn(x, torch.zeros(len(x), self.prior.c), torch.tensor(rewards))


def reinforced(task: Task) -> StrategyStart:
    """Create the strategy from a pretrained prior, or from the usual family.

    Raises:
        InputError: for a prior that is not autoregressive.
    """
    names = task.problem.pretrained()
    family = next((name for name in PLAIN if name in names), task.problem.default_family)
    model, generator = task.generator(GeneratorChoice(family=family))
    prior = getattr(generator.family, "inner", generator.family)  # of a wrapper that selects
    if not isinstance(prior, TokenAutoregressive):
        raise InputError("a generator that writes token after token", family, "Leave it out.")
    return StrategyStart(GeneratorReinforcement(task, prior), model.digest)
