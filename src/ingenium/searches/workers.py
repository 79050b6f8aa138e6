"""Workers that measure designs: their interface, and this process, one part after the other."""

from collections import deque
from typing import Protocol, runtime_checkable

import numpy as np
import xarray as xr
from jaxtyping import Float

from ingenium.core.errors import InputError
from ingenium.core.problem import Problem
from ingenium.core.verify import measure
from ingenium.runs.store import Store
from ingenium.searches.proposal import Proposal

Ticket = tuple[int, int]  # a round, and which part of it


@runtime_checkable
class Workers(Protocol):
    """Interface of workers that measure parts of rounds by the exact tier, in order of completion.

    Another backend, such as a cluster, implements these five methods.
    """

    def together(self, round: int, n: int) -> int:
        """Return the number of designs that are measured together, of `n` in a round."""
        ...

    def ready(self, round: int, waiting: int, measured: int) -> bool:
        """Return whether to propose a round, by the parts in flight and those measured."""
        ...

    def submit(self, ticket: Ticket, designs: xr.Dataset) -> None:
        """Take a part; `done` returns its values."""
        ...

    def done(self, patience_s: float) -> tuple[Ticket, Float[np.ndarray, "n k"]] | None:
        """Return a measured part; None if there is none within `patience_s` seconds.

        Raises:
            EngineError: if the engine broke down as a whole.
        """
        ...

    def close(self) -> None:
        """Stop, whatever is being measured."""
        ...


@runtime_checkable
class PacedWorkers(Protocol):
    """Workers that limit the number of designs of a round."""

    def most(self, round: int) -> int | None:
        """Return the largest number of designs of a round; None without a limit."""
        ...


class Here:
    """Measurement in this process, in the order of submission."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.queue: deque[tuple[Ticket, xr.Dataset]] = deque()

    def together(self, round: int, n: int) -> int:
        """Return the batch size of the problem."""
        return self.problem.batch_size

    def ready(self, round: int, waiting: int, measured: int) -> bool:
        """Return whether everything is measured."""
        return waiting == 0

    def submit(self, ticket: Ticket, designs: xr.Dataset) -> None:
        """Append a part to the queue."""
        self.queue.append((ticket, designs))

    def done(self, patience_s: float) -> tuple[Ticket, Float[np.ndarray, "n k"]] | None:
        """Measure the first part."""
        if not self.queue:
            return None
        ticket, designs = self.queue.popleft()
        return ticket, measured(self.problem, designs)

    def close(self) -> None:
        """Do nothing."""


class InOrder(Here):
    """Measurement in this process, in the order of another search."""

    def __init__(self, problem: Problem, other: Store) -> None:
        """Read the order from the store of an equal search."""
        super().__init__(problem)
        self.order = other.parts()
        stored = {
            n: Proposal(n, other.proposed(n) or {}, problem.batch_size) for n in other.begun()
        }
        self.size = {n: p.size for n, p in stored.items()}
        self.after = {n: p.after for n, p in stored.items()}
        self.limits = {n: p.most for n, p in stored.items()}
        self.given = 0

    def together(self, round: int, n: int) -> int:
        """Return the size of parts in the other search."""
        return self.size.get(round, self.problem.batch_size)

    def most(self, round: int) -> int | None:
        """Return the limit of the round in the other search."""
        return self.limits.get(round)

    def ready(self, round: int, waiting: int, measured: int) -> bool:
        """Return whether as much is measured as in the other search at that time."""
        self.given = measured
        after = self.after.get(round)
        return waiting == 0 if after is None else measured >= after

    def done(self, patience_s: float) -> tuple[Ticket, Float[np.ndarray, "n k"]] | None:
        """Measure the part that was finished next in the other search."""
        if self.given < len(self.order):
            wanted = self.order[self.given]
            self.queue = deque(sorted(self.queue, key=lambda one: one[0] != wanted))
            if self.queue and self.queue[0][0] != wanted:
                raise InputError(
                    "a search that proposes what the followed one proposed",
                    f"no part {wanted[1]} of its round {wanted[0]}",
                    "Follow a search of the same spec, strategy, seed, screen and budgets.",
                )
        self.given += 1
        return super().done(patience_s)


def measured(problem: Problem, designs: xr.Dataset) -> Float[np.ndarray, "n k"]:
    """Measure all quantities of some designs by the exact tier."""
    return measure(designs, problem.verifier, variables=problem.variables, sizes=problem.sizes)
