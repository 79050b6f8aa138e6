"""Families of plans: commitments that are sampled hour by hour, and the field's own rules."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingenium.domains.grid.dispatch.switching import UnitAutomaton
from ingenium.domains.grid.dispatch.system import UnitFleet
from ingenium.generators.rows import check_cond, check_rows, check_steer
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

OWN, NOVEL = 0.85, 0.01  # weight of the plan that a sample follows, and of no plan at all
WIDTH = 0.5  # of the kernel over conditions


@dataclass
class CommitmentChain:
    """Autoregressive commitments: each hour of a unit by its hour before, and the hours of plans.

    A sample follows one known plan, chosen by its conditions, and mixes in the transitions of the
    others; the automaton of the unit excludes what its least times forbid. With `mix` 0 a sample
    is a known plan; with 1 the units are independent of each other.

    Shapes: n designs, k known plans, u units, t hours.
    """

    units: UnitFleet
    hours: int
    shape: tuple[int, ...]
    c: int
    mix: float = 1.0 - OWN
    novel: float = NOVEL
    known: Float[Tensor, "k *shape"] = field(init=False)
    reported: Float[Tensor, "k c"] = field(init=False)

    def __post_init__(self) -> None:
        self.known = torch.zeros(0, *self.shape)
        self.reported = torch.zeros(0, self.c)

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"], plan: Plan
    ) -> dict[str, list[float]]:
        """Store the known plans; no weights are trained."""
        check_rows(x, cond, self.shape, self.c)
        self.known, self.reported = x.clone(), cond.clone()
        return {}

    def propose(
        self, cond: Float[Tensor, "n c"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """Sample a commitment for each row of conditions; set-points are those that it follows."""
        check_cond(cond, self.c)
        check_steer(steer, "commitment")
        near = (-torch.cdist(cond.double(), self.reported.double()).square() / (2 * WIDTH**2)).exp()
        first = torch.multinomial(near + 1e-6, 1, generator=rng)[:, 0]
        count = len(self.units.names)
        numbers = torch.rand(len(cond), count, self.hours, generator=rng).numpy()
        x = self.known[first].clone()
        runs = self.known[:, :count].numpy() > 0
        for i, k in enumerate(first.tolist()):
            x[i, :count] = torch.as_tensor(self._walks(runs, k, numbers[i]) * 2.0 - 1.0).to(x.dtype)
        return x

    def _walks(
        self, runs: Bool[np.ndarray, "k u t"], own: int, numbers: Float[np.ndarray, "u t"]
    ) -> Bool[np.ndarray, "u t"]:
        weight = np.full(len(runs), self.mix / len(runs))
        weight[own] += 1.0 - self.mix
        before = self.units.on_before[None, :, None].repeat(len(runs), 0)
        before = np.concatenate([before, runs[:, :, :-1]], 2)
        found = np.zeros(runs.shape[1:], dtype=bool)
        for u in range(runs.shape[1]):  # units have automata of their own
            chance = []
            for state in (False, True):
                same = weight[:, None] * (before[:, u] == state)
                total = same.sum(0)
                share = np.divide((same * runs[:, u]).sum(0), total, out=np.full(self.hours, 0.5),
                                  where=total > 0)  # fmt: skip
                chance.append((1.0 - self.novel) * share + self.novel * 0.5)
            machine = UnitAutomaton.of(self.units, u, self.hours)
            found[u] = machine.walk(np.array(chance), numbers[u])
        return found

    def state_dict(self) -> dict[str, Tensor]:
        """Return the known plans and their conditions."""
        return {"known": self.known, "told": self.reported}

    def load_state_dict(self, state_dict: dict[str, Tensor]) -> object:
        """Take the known plans and their conditions."""
        self.known, self.reported = state_dict["known"], state_dict["told"]
        return self


Families = dict[str, Callable[[], CommitmentChain]]


def families(units: UnitFleet, hours: int, shape: tuple[int, ...], c: int) -> Families:
    """Return the families of a system by name: the chain, plans of HiGHS alone, and random ones."""
    return {
        "commitment": lambda: CommitmentChain(units, hours, shape, c),
        "known_plan": lambda: CommitmentChain(units, hours, shape, c, mix=0.0, novel=0.0),
        "independent_units": lambda: CommitmentChain(units, hours, shape, c, mix=1.0),
        "random_commitment": lambda: CommitmentChain(units, hours, shape, c, mix=1.0, novel=0.6),
    }
