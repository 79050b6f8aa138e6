"""Evolution of graphs and a reinforced generator, as strategies of `ingenium search`.

What they know is what they were told. So their state is all rounds, and one that takes it over
learns from them again.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.seeds import block_rng
from ingenium.core.spec import GeneratorChoice, Objective
from ingenium.core.verdict import Verdict
from ingenium.domains.molecules.chosen import Chosen
from ingenium.domains.molecules.language import SMILES
from ingenium.domains.molecules.molecule_problem import MoleculeProblem
from ingenium.domains.molecules.search.aim import Aim
from ingenium.domains.molecules.search.genetic import Genetic
from ingenium.domains.molecules.search.reinforced import Reinforced
from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.search.strategies import Made, Task
from ingenium.search.strategy import State

FIRST = 100  # known molecules that evolve
WRITTEN = "written"  # what the agent wrote: numbers of each molecule's tokens
PLAIN = ("moses_lstm_chosen", "moses_lstm")  # priors that hear nothing, where they come trained


class Told:
    """All that was told, in rounds, from which a search learns once it knows its aim.

    Spreads of margins and objectives are those of the first round. What a screen kept from the
    engine is no verdict, and is left out.
    """

    def __init__(self, task: Task) -> None:
        if not isinstance(task.problem, MoleculeProblem):
            raise TypeError(f"expected a problem of molecules; came {task.problem.name}")
        self.problem, self.task = task.problem, task
        self.rounds: list[xr.Dataset] = []

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """What the search proposes, with the conditions that each molecule has."""
        designs = self.propose(n, rng)
        smiles = tuple(map(str, designs[SMILES].to_numpy()))
        own = self.problem.conditions_of(smiles)
        return designs.assign_coords({k: (DESIGN, v) for k, v in own.items()})

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Keep a round, and learn from it."""
        seen = np.flatnonzero(verdicts["verdict"].to_numpy() != Verdict.SCREENED)
        spec, about = self.task.spec, designs.isel({DESIGN: seen})
        table: dict[str, Any] = {SMILES: (DESIGN, about[SMILES].to_numpy().astype(np.str_))}
        if WRITTEN in about.coords:
            table[WRITTEN] = ((DESIGN, "step"), about[WRITTEN].to_numpy())
        told = verdicts.isel({DESIGN: seen})
        table["margin"] = ((DESIGN, "limit"), told["margin"].to_numpy())
        for objective in spec.objectives:
            table[objective.quantity] = (DESIGN, told[objective.quantity].to_numpy())
        table["verdict"] = (DESIGN, told["verdict"].to_numpy())
        self._take(xr.Dataset(table))

    def state_dict(self) -> State:
        """Every round, one after the other."""
        count = np.array([part.sizes[DESIGN] for part in self.rounds])
        if not self.rounds:
            return {"count": count}
        whole = xr.concat(self.rounds, DESIGN)
        return {"count": count, **{str(k): v.to_numpy() for k, v in whole.data_vars.items()}}

    def load_state_dict(self, state: State) -> None:
        """Learn from the rounds of another one, from the beginning."""
        self.rounds = []
        self.begin()
        ends = np.cumsum(state["count"])
        for start, end in zip([0, *ends[:-1]], ends, strict=True):
            rows = {k: v[start:end] for k, v in state.items() if k != "count"}
            dims = {"margin": "limit", WRITTEN: "step"}
            self._take(
                xr.Dataset(
                    {k: ((DESIGN, dims[k]) if k in dims else DESIGN, v) for k, v in rows.items()}
                )
            )

    def _take(self, told: xr.Dataset) -> None:
        self.rounds.append(told)
        if told.sizes[DESIGN]:
            self.learn(told)

    def aim(self, told: xr.Dataset) -> Aim:
        """With spreads of what was told first."""
        objectives: tuple[Objective, ...] = self.task.spec.objectives
        return Aim.of(self.task.spec.limits, objectives, told)

    def begin(self) -> None:
        """Forget all that was learned."""
        raise NotImplementedError

    def propose(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """At most so many molecules."""
        raise NotImplementedError

    def learn(self, told: xr.Dataset) -> None:
        """Learn from a round."""
        raise NotImplementedError


class Evolved(Told):
    """A population of molecular graphs, which begins with known molecules."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        order = torch.randperm(
            task.known.sizes[DESIGN], generator=block_rng(task.seed, 0, "genetic")
        )
        texts = task.known[SMILES].to_numpy()[order[:FIRST].numpy()]
        self.first = tuple(map(str, texts))
        self.begin()

    def begin(self) -> None:
        """An empty population."""
        self.inner: Genetic | None = None

    def propose(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """Those of the first population that were not told of yet, or children."""
        if self.inner is None:
            return self.problem.designs_of(self.first[:n])
        self.inner.rng = np.random.default_rng(int(torch.randint(2**62, (), generator=rng)))
        self.inner.waiting = [s for s in self.first if s not in self.inner.cost]
        return self.inner.propose(n)

    def learn(self, told: xr.Dataset) -> None:
        """The best live on."""
        if self.inner is None:
            rng = np.random.default_rng(self.task.seed)
            self.inner = Genetic(self.problem, self.aim(told), self.first, rng)
        self.inner.learn(told, told)


class Pulled(Told):
    """A generator that is pulled towards rewarded molecules and anchored to its prior."""

    def __init__(self, task: Task, prior: TokenAutoregressive) -> None:
        super().__init__(task)
        self.prior = prior
        self.begin()

    def begin(self) -> None:
        """An agent that is the prior still."""
        self.inner: Reinforced | None = None

    def propose(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """What the agent writes."""
        agent = self.prior if self.inner is None else self.inner.pull.agent
        x = agent.propose(torch.zeros(n, self.prior.c), rng)
        smiles = self.problem.codec.to_texts(x)
        kept = [i for i, text in enumerate(smiles) if len(text) <= self.problem.longest]
        designs = self.problem.designs_of(tuple(smiles[i] for i in kept))
        return designs.assign_coords({WRITTEN: ((DESIGN, "step"), x[kept].numpy())})

    def learn(self, told: xr.Dataset) -> None:
        """Steps on the round and on the best so far."""
        if self.inner is None:
            own = torch.Generator().manual_seed(self.task.seed)
            self.inner = Reinforced(self.problem, self.aim(told), self.prior, own)
        texts = map(str, told[SMILES].to_numpy())
        self.inner.rows |= dict(zip(texts, torch.from_numpy(told[WRITTEN].to_numpy()), strict=True))
        self.inner.learn(told, told)


def _evolved(task: Task) -> Made:
    return Made(Evolved(task))


def _pulled(task: Task) -> Made:
    names = task.problem.shipped()
    family = next((name for name in PLAIN if name in names), task.problem.default_family)
    model, generator = task.generator(GeneratorChoice(family=family))
    prior = generator.family.inner if isinstance(generator.family, Chosen) else generator.family
    if not isinstance(prior, TokenAutoregressive):
        raise InputError("a generator that writes token after token", family, "Leave it out.")
    return Made(Pulled(task, prior), model.digest)


MAKERS: Mapping[str, Callable[[Task], Made]] = MappingProxyType(
    {"genetic": _evolved, "reinforced": _pulled}
)
