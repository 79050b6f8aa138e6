"""Where designs are measured: the port, and this process, one part after the other."""

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
    """Measure parts of rounds by the exact tier; whoever is done first comes first.

    Another machinery, such as a cluster, takes the place of processes by these five methods.
    """

    def together(self, round: int, n: int) -> int:
        """Of so many designs of a round, how many are measured together."""
        ...

    def ready(self, round: int, waiting: int, measured: int) -> bool:
        """Whether a round is to be proposed, with so many parts unmeasured and measured."""
        ...

    def submit(self, ticket: Ticket, designs: xr.Dataset) -> None:
        """Take a part; it is given back by `done`."""
        ...

    def done(self, patience_s: float) -> tuple[Ticket, Float[np.ndarray, "n k"]] | None:
        """A part that was measured; none if there was none in so many seconds.

        Raises:
            EngineError: if the engine broke down as a whole.
        """
        ...

    def close(self) -> None:
        """Stop, whatever is being measured."""
        ...


@runtime_checkable
class PacedWorkers(Protocol):
    """Workers that say how many designs a round has at most."""

    def most(self, round: int) -> int | None:
        """Designs of a round; none where it does not matter."""
        ...


class Here:
    """Measures in this process, in the order of asking."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.queue: deque[tuple[Ticket, xr.Dataset]] = deque()

    def together(self, round: int, n: int) -> int:
        """As many as the problem takes at once."""
        return self.problem.at_once

    def ready(self, round: int, waiting: int, measured: int) -> bool:
        """Only once all is measured."""
        return waiting == 0

    def submit(self, ticket: Ticket, designs: xr.Dataset) -> None:
        """Put a part at the end."""
        self.queue.append((ticket, designs))

    def done(self, patience_s: float) -> tuple[Ticket, Float[np.ndarray, "n k"]] | None:
        """Measure the first part."""
        if not self.queue:
            return None
        ticket, designs = self.queue.popleft()
        return ticket, measured(self.problem, designs)

    def close(self) -> None:
        """Nothing is open."""


class InOrder(Here):
    """Measures here, in the order in which the parts of another search were measured."""

    def __init__(self, problem: Problem, other: Store) -> None:
        """Take the order from the store of a search of the same making."""
        super().__init__(problem)
        self.order = other.parts()
        stored = {n: Proposal(n, other.proposed(n) or {}, problem.at_once) for n in other.begun()}
        self.size = {n: p.size for n, p in stored.items()}
        self.after = {n: p.after for n, p in stored.items()}
        self.limits = {n: p.most for n, p in stored.items()}
        self.given = 0

    def together(self, round: int, n: int) -> int:
        """As many as there."""
        return self.size.get(round, self.problem.at_once)

    def most(self, round: int) -> int | None:
        """As many as time allowed there."""
        return self.limits.get(round)

    def ready(self, round: int, waiting: int, measured: int) -> bool:
        """Once as much is measured as was there."""
        self.given = measured
        after = self.after.get(round)
        return waiting == 0 if after is None else measured >= after

    def done(self, patience_s: float) -> tuple[Ticket, Float[np.ndarray, "n k"]] | None:
        """Measure the part that was measured next there."""
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
    """All quantities of some designs by the exact tier."""
    return measure(designs, problem.verifier, variables=problem.variables, sizes=problem.sizes)
