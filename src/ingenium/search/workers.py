"""Where designs are measured: here one part after the other, or in other processes at once."""

import multiprocessing
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float

from ingenium.core.counts import check_count
from ingenium.core.errors import EngineError, IngeniumError, InputError
from ingenium.core.evidence import table
from ingenium.core.problem import Problem
from ingenium.core.spec import Limit
from ingenium.core.verify import verify
from ingenium.search.proposal import Proposal
from ingenium.search.store import FILE, Store

Ticket = tuple[int, int]  # a round, and which part of it
Opener = Callable[[], Problem]  # of a module, so that other processes can call it
MOST = 1024
ENDING_S = 0.5  # that a worker has to end by itself


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


class Here:
    """Measures in this process, in the order of asking."""

    def __init__(self, problem: Problem, limits: Sequence[Limit]) -> None:
        self.problem, self.limits = problem, tuple(limits)
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
        return ticket, measured(self.problem, self.limits, designs)

    def close(self) -> None:
        """Nothing is open."""


class InOrder(Here):
    """Measures here, in the order in which the parts of another search were measured."""

    def __init__(self, problem: Problem, limits: Sequence[Limit], other: Store) -> None:
        """Take the order from the store of a search of the same making."""
        super().__init__(problem, limits)
        self.order = other.parts()
        stored = {n: Proposal(n, other.proposed(n) or {}, problem.at_once) for n in other.begun()}
        self.size = {n: p.size for n, p in stored.items()}
        self.after = {n: p.after for n, p in stored.items()}
        self.given = 0

    def together(self, round: int, n: int) -> int:
        """As many as there."""
        return self.size.get(round, self.problem.at_once)

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


@dataclass(frozen=True)
class Hands:
    """Who measures: this process, others, or this one in the order of another search."""

    processes: int = 1
    opener: Opener | None = None  # of the problem, in other processes
    follow: Path | None = None  # folder of the other search

    @contextmanager
    def begun(self, problem: Problem, limits: Sequence[Limit]) -> Iterator[Workers]:
        """The workers, until the block is left.

        Raises:
            InputError: for a number of processes that makes no sense, or nothing to follow.
        """
        check_count(self.processes, 0)
        if self.follow is not None:
            path = self.follow / FILE
            if not path.is_file() or self.processes > 1:
                raise InputError(
                    "the folder of a search to follow, in one process",
                    f"{self.follow} and {self.processes} processes",
                    "Leave the processes out, and name the folder given to --out.",
                )
            with Store(path) as other:
                yield InOrder(problem, limits, other)
        elif self.processes == 1 or self.opener is None:
            yield Here(problem, limits)
        else:
            pool = Processes(self.opener, limits, self.processes, at_once=problem.at_once)
            try:
                yield pool
            finally:
                pool.close()


ALONE = Hands()


def measured(
    problem: Problem, limits: Sequence[Limit], designs: xr.Dataset
) -> Float[np.ndarray, "n k"]:
    """All quantities of some designs by the exact tier."""
    verdicts = verify(
        designs, problem.verifier, limits, variables=problem.variables, sizes=problem.sizes
    )
    return table(problem, verdicts)


class Processes:
    """Measures in processes of their own, each of which opens the problem.

    They are started anew rather than forked, so that they hold no lock and no file of this one,
    and they end by themselves once this process is gone, however it ended.
    """

    def __init__(
        self, opener: Opener, limits: Sequence[Limit], count: int, *, at_once: int
    ) -> None:
        """Start them.

        Raises:
            InputError: for a count below 1 or far beyond any machine.
        """
        check_count(count, 0)
        if count > MOST:
            raise InputError(f"at most {MOST} processes", count, "Write processes = 4, say.")
        self.at_once = at_once
        context = multiprocessing.get_context("spawn")
        self.queue: deque[tuple[Ticket, xr.Dataset]] = deque()
        self.busy: dict[int, Ticket] = {}  # by place of the worker
        self.lines: list[Connection] = []
        self.own: list[BaseProcess] = []
        for _ in range(count):
            ours, theirs = context.Pipe()
            worker = context.Process(target=_work, args=(theirs, opener, tuple(limits)))
            worker.start()
            theirs.close()  # so that its end is seen
            self.lines.append(ours)
            self.own.append(worker)

    def together(self, round: int, n: int) -> int:
        """So many that each worker has a part of a round."""
        return max(1, min(self.at_once, -(-n // len(self.own))))

    def ready(self, round: int, waiting: int, measured: int) -> bool:
        """While a worker would have nothing to do."""
        return waiting < len(self.own)

    def submit(self, ticket: Ticket, designs: xr.Dataset) -> None:
        """Give a part to a worker that is free, or keep it until one is."""
        self.queue.append((ticket, designs))
        self._hand_out()

    def done(self, patience_s: float) -> tuple[Ticket, Float[np.ndarray, "n k"]] | None:
        """The part that was measured first."""
        lines = [self.lines[place] for place in self.busy]
        for line in wait(lines, patience_s)[:1]:
            place = next(i for i, one in enumerate(self.lines) if one is line)
            found = self._heard(place)
            ticket = self.busy.pop(place)
            self._hand_out()
            return ticket, found
        return None

    def close(self) -> None:
        """Stop all of them: those that measure are not waited for."""
        for line in self.lines:
            line.close()
        for worker in self.own:
            worker.join(ENDING_S)
            worker.kill()
            worker.join()

    def _hand_out(self) -> None:
        for place in range(len(self.own)):
            if self.queue and place not in self.busy:
                ticket, designs = self.queue.popleft()
                self.busy[place] = ticket
                self.lines[place].send(designs)

    def _heard(self, place: int) -> Float[np.ndarray, "n k"]:
        """What a worker says: its numbers, or the error that it met."""
        try:
            found: Any = self.lines[place].recv()
        except (EOFError, OSError) as error:
            number, part = self.busy[place]
            self.own[place].join(ENDING_S)
            raise EngineError(
                f"a process that measured part {part} of round {number} ended by itself (code "
                f"{self.own[place].exitcode}); the engine may have broken down or had no memory"
            ) from error
        if isinstance(found, BaseException):
            raise found
        return np.asarray(found)


def _work(line: Connection, opener: Opener, limits: tuple[Limit, ...]) -> None:
    """Measure what comes until nobody is there any more."""
    torch.set_num_threads(1)  # the others have the other cores
    try:
        problem = opener()
        while True:
            line.send(measured(problem, limits, line.recv()))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        return
    except IngeniumError as error:
        line.send(error)
    except Exception:  # noqa: BLE001 - it becomes an error of the engine and keeps its text
        line.send(EngineError(traceback.format_exc()))
