"""Evolution of graphs and a reinforced generator, as strategies of `ingenium search`.

What they know is what they were told. So their state is all rounds, and one that takes it over
learns from them again.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.seeds import block_rng, one_thread
from ingenium.core.spec import GeneratorChoice
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


DIMS = {"margin": "limit", WRITTEN: "step"}  # of what was told, beyond `design`


class Told(ABC):
    """All that was told, in rounds, from which a search learns once it knows its aim.

    Spreads of margins and objectives are those of the first round that was measured. What a screen
    kept from the engine was shown, but is no verdict, and nothing is learned from it.
    """

    def __init__(self, task: Task) -> None:
        if not isinstance(task.problem, MoleculeProblem):
            raise TypeError(f"expected a problem of molecules; came {task.problem.name}")
        self.problem, self.task = task.problem, task
        self.rounds: list[xr.Dataset] = []
        self.begin()

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """What the search proposes, with the conditions that each molecule has."""
        designs = self.propose(n, rng)
        smiles = tuple(map(str, designs[SMILES].to_numpy()))
        own = self.problem.conditions_of(smiles) if smiles else {}
        return designs.assign_coords({k: (DESIGN, v) for k, v in own.items()})

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Keep a round, and learn from it."""
        names = ["verdict", "margin", *(o.quantity for o in self.task.spec.objectives)]
        table = {SMILES: designs[SMILES].to_numpy().astype(np.str_)}
        table |= {WRITTEN: designs[WRITTEN].to_numpy()} if WRITTEN in designs.coords else {}
        self._take(table | {name: verdicts[name].to_numpy() for name in names})

    def state_dict(self) -> State:
        """Every round, one after the other."""
        count = np.array([part.sizes[DESIGN] for part in self.rounds], dtype=np.int64)
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
            self._take({k: v[start:end] for k, v in state.items() if k != "count"})

    def _take(self, table: Mapping[str, np.ndarray]) -> None:
        told = xr.Dataset(
            {k: ((DESIGN, DIMS[k]) if k in DIMS else DESIGN, v) for k, v in table.items()}
        )
        self.rounds.append(told)
        measured = np.flatnonzero(told["verdict"].to_numpy() != Verdict.SCREENED)
        if len(measured):
            self.learn(told.isel({DESIGN: measured}))

    def aim(self, told: xr.Dataset) -> Aim:
        """With spreads of what was measured first."""
        return Aim.of(self.task.spec.limits, self.task.spec.objectives, told)

    @abstractmethod
    def begin(self) -> None:
        """Forget all that was learned."""

    @abstractmethod
    def propose(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """At most so many molecules."""

    @abstractmethod
    def learn(self, told: xr.Dataset) -> None:
        """Learn from molecules that were measured."""


class Evolved(Told):
    """A population of molecular graphs, which begins with known molecules, each shown once."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        rng = block_rng(task.seed, 0, "genetic")
        rows = torch.randperm(task.known.sizes[DESIGN], generator=rng)[:FIRST].numpy()
        self.first = tuple(map(str, task.known[SMILES].to_numpy()[rows]))

    def begin(self) -> None:
        """An empty population."""
        self.inner: Genetic | None = None

    def propose(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """Those of the first population that were not shown yet, or children."""
        shown = {str(text) for part in self.rounds for text in part[SMILES].to_numpy()}
        waiting = [text for text in self.first if text not in shown]
        if self.inner is None:
            return self.problem.designs_of(tuple(waiting[:n]))
        self.inner.rng = np.random.default_rng(int(torch.randint(2**62, (), generator=rng)))
        self.inner.waiting = waiting
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

    def begin(self) -> None:
        """An agent that is the prior still."""
        self.inner: Reinforced | None = None

    def propose(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """What the agent writes."""
        agent = self.prior if self.inner is None else self.inner.pull.agent
        with one_thread():
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
