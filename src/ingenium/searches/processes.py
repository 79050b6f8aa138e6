"""Designs measured in processes of their own, which open the problem anew."""

import multiprocessing
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float

from ingenium.core.counts import check_least
from ingenium.core.designs import DESIGN
from ingenium.core.errors import EngineError, IngeniumError, InputError
from ingenium.core.problem import Problem
from ingenium.searches.workers import Ticket, measured

Opener = Callable[[], Problem]  # of a module, so that other processes can call it
MOST = 1024
ENDING_S = 0.5  # that a worker has to end by itself


class Processes:
    """Measures in processes of their own, each of which opens the problem.

    They are started anew rather than forked, so that they hold no lock and no file of this one,
    and they end by themselves once this process is gone, however it ended. Where the engine takes
    its process down, the designs of that part are measured again, each alone in a new one: those
    that do it again have no answer, and the others have theirs.
    """

    def __init__(self, opener: Opener, count: int, *, at_once: int) -> None:
        """Start them.

        Raises:
            InputError: for a count below 1 or far beyond any machine.
        """
        check_least(count, "--processes", "process", say=4)
        if count > MOST:
            raise InputError(f"at most {MOST} processes", count, "Write --processes 4, say.")
        self.opener, self.at_once = opener, at_once
        self.queue: deque[tuple[Ticket, xr.Dataset]] = deque()
        self.busy: dict[int, tuple[Ticket, xr.Dataset]] = {}  # by place of the worker
        self.width: int | None = None  # of an answer, once there was one
        self.own = [SearchWorker(opener) for _ in range(count)]

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
        lines = [self.own[place].line for place in self.busy]
        for line in wait(lines, patience_s)[:1]:
            place = next(i for i in self.busy if self.own[i].line is line)
            ticket, designs = self.busy[place]
            found = self.own[place].heard()
            found = self._alone(place, designs) if found is None else found
            self.width = found.shape[1]
            del self.busy[place]
            self._hand_out()
            return ticket, found
        return None

    def close(self) -> None:
        """Stop all of them: those that measure are not waited for."""
        for worker in self.own:
            worker.line.close()
        for worker in self.own:
            worker.end()

    def _hand_out(self) -> None:
        for place, worker in enumerate(self.own):
            if self.queue and place not in self.busy:
                ticket, designs = self.queue.popleft()
                self.busy[place] = ticket, designs
                worker.send(designs)

    def _alone(self, place: int, designs: xr.Dataset) -> Float[np.ndarray, "n k"]:
        """Designs that took their process down, one after the other, each time in a live one."""
        rows: list[Float[np.ndarray, " k"] | None] = []
        code: int | None = None
        for row in range(designs.sizes[DESIGN]):
            if not self.own[place].alive():
                code = self.own[place].end()
                self.own[place] = SearchWorker(self.opener)
            self.own[place].send(designs.isel({DESIGN: [row]}))
            found = self.own[place].heard()
            rows.append(None if found is None else found[0])
        width = next((len(row) for row in rows if row is not None), self.width)
        if width is None:
            raise EngineError(
                f"a process that measured ended by itself (code {code}), and so did each that "
                "measured one of its designs alone; the engine breaks down here, or has too "
                "little memory"
            )
        return np.stack([np.full(width, np.nan) if row is None else row for row in rows])


class SearchWorker:
    """One process that measures, and the line to it."""

    def __init__(self, opener: Opener) -> None:
        context = multiprocessing.get_context("spawn")
        self.line, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, opener))
        self.process.start()
        theirs.close()  # so that its end is seen

    def send(self, designs: xr.Dataset) -> None:
        """Have some designs measured."""
        with suppress(BrokenPipeError):  # which `heard` tells
            self.line.send(designs)

    def heard(self) -> Float[np.ndarray, "n k"] | None:
        """What it measured; none if it has ended by itself.

        Raises:
            IngeniumError: that it met.
        """
        try:
            found: Any = self.line.recv()
        except (EOFError, OSError):
            return None
        if isinstance(found, BaseException):
            raise found
        return np.asarray(found)

    def alive(self) -> bool:
        """Whether it can still be asked; it is given a moment to end."""
        self.process.join(ENDING_S if self.line.poll() else 0)
        return self.process.is_alive()

    def end(self) -> int | None:
        """End it, by force if it has no time; gives its code."""
        self.line.close()
        self.process.join(ENDING_S)
        self.process.kill()
        self.process.join()
        return self.process.exitcode


def _work(line: Connection, opener: Opener) -> None:
    """Measure what comes until nobody is there any more."""
    torch.set_num_threads(1)  # the others have the other cores
    try:
        problem = opener()
        while True:
            line.send(measured(problem, line.recv()))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        return
    except IngeniumError as error:
        line.send(error)
    except Exception:  # noqa: BLE001 - it becomes an error of the engine and keeps its text
        line.send(EngineError(traceback.format_exc()))
