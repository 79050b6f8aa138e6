"""A process that is started once and answers one line of JSON with one line of JSON."""

import json
import os
import select
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

from ingenium.core.errors import EngineError
from ingenium.trust.environments.limits import Limits

_PIECE = 1 << 16  # bytes
_TAIL = 2000  # characters of its last output
_RETAINED = 1 << 20  # bytes of output that are stored


class WorkerDied(EngineError):  # noqa: N818 - reads as what it is
    """A question killed its process, or was not answered in time."""


class _EndedError(Exception):
    """The process is gone."""


class Worker:
    """A process for questions, started at the first one and again after it died.

    Several threads may call it; they wait for each other. A fork of this process starts its own.
    """

    _process: subprocess.Popen[bytes] | None = None
    _said: IO[bytes] | None = None
    _owner = 0  # the process of ours that started it

    def __init__(
        self, name: str, command: Sequence[str], limits: Limits, environment: Mapping[str, str]
    ) -> None:
        """Set up the worker; the process starts later.

        Args:
            name: for messages.
            command: what to start.
            limits: limits of the whole process; `wall_s` applies to each answer.
            environment: its variables.
        """
        self.name, self.limits = name, limits
        self.starts = 0
        self._command, self._environment = limits.around(command), dict(environment)
        self._turn = threading.Lock()

    def ask(self, question: object, *, wall_s: float | None = None) -> Any:
        """Return the answer; if the process dies over a question, it is repeated once.

        Raises:
            WorkerDied: if it died twice, or exceeded its time.
        """
        line = json.dumps(question).encode() + b"\n"
        patience_s = self.limits.wall_s if wall_s is None else wall_s
        with self._turn:
            try:
                return self._answer(line, patience_s)
            except _EndedError:
                self._end()
            try:
                return self._answer(line, patience_s)
            except _EndedError as ended:
                text = f"{self.name} died twice over one question ({ended}){self._tail()}"
                self._end()
                raise WorkerDied(text) from None

    def close(self) -> None:
        """End the process; the next question starts another one."""
        with self._turn:
            self._end()

    def _answer(self, line: bytes, patience_s: float) -> Any:
        process = self._process
        if process is None or self._owner != os.getpid():
            process = self._start()
        try:
            answer = json.loads(_exchange(process, line, time.monotonic() + patience_s))
            self._forget()
            return answer
        except TimeoutError:
            text = f"{self.name} did not answer within {patience_s:g} s{self._tail()}"
        except (OSError, _EndedError):
            raise _EndedError(_end_of(process)) from None
        except ValueError:
            text = f"{self.name} gave an answer that is not JSON{self._tail()}"
        self._end()
        raise WorkerDied(text)

    def _start(self) -> subprocess.Popen[bytes]:
        self._owner = os.getpid()
        self._said = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=self._environment,
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        os.set_blocking(self._process.stdin.fileno(), False)
        self.starts += 1
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # and what it started
        for stream in (process.stdin, process.stdout, self._said):
            if stream is not None:
                stream.close()
        process.wait()

    def _forget(self) -> None:
        """Discard its past output once it is long."""
        if self._said is not None and os.fstat(self._said.fileno()).st_size > _RETAINED:
            self._said.seek(0)
            self._said.truncate()

    def _tail(self) -> str:
        """Last lines of its error stream."""
        if self._said is None or self._said.closed:
            return ""
        size = self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, size - _TAIL))
        said = self._said.read().decode(errors="replace").strip()
        return f": {said}" if said else ""

    def __del__(self) -> None:
        self._end()


def _exchange(process: subprocess.Popen[bytes], line: bytes, deadline: float) -> bytes:
    """Write one line and read one.

    Raises:
        TimeoutError: if the deadline passes.
        _EndedError: if it closed its side.
    """
    assert process.stdin is not None
    assert process.stdout is not None
    into, out = process.stdin.fileno(), process.stdout.fileno()
    waiting = select.poll()
    waiting.register(out, select.POLLIN)
    waiting.register(into, select.POLLOUT)
    rest, answer = memoryview(line), bytearray()
    while not answer.endswith(b"\n"):
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        for handle, _ in waiting.poll(1000 * left_s):
            if handle == into:
                rest = rest[os.write(into, rest[:_PIECE]) :]
                if not rest:
                    waiting.unregister(into)
            else:
                piece = os.read(out, _PIECE)
                if not piece:
                    raise _EndedError
                answer += piece
    return bytes(answer)


def _end_of(process: subprocess.Popen[bytes]) -> str:
    """Describe how a process ended that closed its side."""
    try:
        code = process.wait(timeout=1.0)
    except subprocess.TimeoutExpired:
        return "it closed its pipe"
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
