"""Workers as spawned processes of this machine, connected by pipes."""

import multiprocessing
import traceback
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any

import torch

from ingenium.core.errors import EngineError, IngeniumError
from ingenium.scale.place import LOOPBACK
from ingenium.scale.port import Answer, Make, MeetingStore, SiteWorker, Task, reserved_store

ENDING_S = 0.5  # that a worker has to end by itself


class ProcessSite:
    """Backend of processes of this machine.

    They are spawned rather than forked, so that they hold no lock and no file of this process, and
    they end by themselves once it is gone, however it ended.
    """

    def __init__(self, count: int) -> None:
        self.count = count

    def hire(self, make: Make) -> "ProcessWorker":
        """Start a process."""
        return ProcessWorker(make)

    def first(self, busy: Sequence[SiteWorker], patience_s: float) -> SiteWorker | None:
        """Return the first worker whose pipe has an answer, or has ended."""
        lines = {worker.line: worker for worker in busy if isinstance(worker, ProcessWorker)}
        return next((lines[line] for line in wait(list(lines), patience_s)), None)  # type: ignore[index]

    def meet(self, wait_s: float) -> MeetingStore:
        """Open a store on this machine."""
        return reserved_store(LOOPBACK, wait_s)

    def close(self) -> None:
        """Close nothing: whoever hired the workers ends them."""


class ProcessWorker:
    """A process and the pipe to it."""

    def __init__(self, make: Make) -> None:
        context = multiprocessing.get_context("spawn")
        self.line, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs, make))
        self.process.start()
        theirs.close()  # so that its end is seen

    @property
    def pid(self) -> int:
        """Number of the process."""
        return int(self.process.pid or 0)

    def send(self, task: Task) -> None:
        """Send a task."""
        with suppress(BrokenPipeError):  # reported by `heard`
            self.line.send(task)

    def heard(self) -> Answer | None:
        """Wait for its answer; None if it has ended by itself.

        Raises:
            IngeniumError: an error of the worker.
        """
        try:
            found: Any = self.line.recv()
        except (EOFError, OSError):
            return None
        if isinstance(found, BaseException):
            raise found
        return found

    def alive(self) -> bool:
        """Return whether it can take tasks; a process that is ending gets a moment to end."""
        self.process.join(ENDING_S if self.line.poll() else 0)
        return self.process.is_alive()

    def leave(self) -> None:
        """Close the pipe, after which it ends by itself."""
        self.line.close()

    def end(self) -> int | None:
        """End it, by force if it has no time; return its exit code."""
        self.line.close()
        self.process.join(ENDING_S)
        self.process.kill()
        self.process.join()
        return self.process.exitcode


def work(line: Connection, make: Make) -> None:
    """Answer tasks until the other end is closed."""
    torch.set_num_threads(1)  # the others have the other cores
    try:
        answer = make()
        while True:
            line.send(answer(line.recv()))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        return
    except IngeniumError as error:
        _say(line, error)
    except Exception:  # noqa: BLE001 - it becomes an error of the engine with the same text
        _say(line, EngineError(traceback.format_exc()))


def _say(line: Connection, error: IngeniumError) -> None:
    with suppress(BrokenPipeError):  # the other end is closed
        line.send(error)
