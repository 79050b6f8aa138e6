"""Processes of jobs: started anew, or forked from one in which their problem is warm."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
from typing import Protocol, runtime_checkable

MEMORY_GB = 8.0
log = logging.getLogger("ingenium.serve")
CHILD = "from ingenium.serve.child import enter; enter(); from ingenium.cli import main; main()"
FORKING = (
    "from ingenium.cli import main as command; from ingenium.cli.app import app; "
    "from ingenium.serve.forking import main; main(app, command)"
)


@runtime_checkable
class JobProcess(Protocol):
    """A process that was started."""

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code, negative for a signal.

        Raises:
            TimeoutExpired: if it still runs.
        """
        ...

    def send_signal(self, sig: int) -> None:
        """Send a signal, unless it has ended."""
        ...


Start = Callable[[Sequence[str], Path, Path], JobProcess]  # words, stdout and stderr


def cold(words: Sequence[str], out: Path, err: Path, memory_gb: float = MEMORY_GB) -> JobProcess:
    """Start a command in a process of its own, which ends with this one."""
    with out.open("wb") as stdout, err.open("wb") as stderr:
        return Popen(
            [sys.executable, "-c", CHILD, str(memory_gb), *words],
            stdin=DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )


@dataclass
class Forked:
    """A process that a fork server started, and reports the end of."""

    server: "ForkServer"
    pid: int | None = None
    code: int | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code.

        Raises:
            TimeoutExpired: if it still runs.
        """
        if not self.ended.wait(timeout):
            raise TimeoutExpired("ingenium", timeout or 0.0)
        assert self.code is not None
        return self.code

    def send_signal(self, sig: int) -> None:
        """Send a signal by the fork server, which knows whether the number is still its child."""
        self.server.signal(self, sig)


class ForkServer:
    """A process without threads that has a problem warm, and forks a child for each command.

    Its children end with it, and it ends with this process. Where it ended, its commands count as
    killed, and the next one starts it again.
    """

    def __init__(self, problem: str, memory_gb: float = MEMORY_GB) -> None:
        self.problem, self.memory_gb, self.state = problem, memory_gb, "cold"
        self.why = ""
        self._running: dict[int, Forked] = {}
        self._number, self._lock = 0, threading.Lock()
        self._process: Popen[str] | None = None
        self._closed = False
        self.start()

    def start(self) -> None:
        """Start it, unless it runs or was refused for a cause that stays."""
        with self._lock:
            if self._closed or self.why or self._process is not None:
                return
            self.state = "warming"
            self._process = Popen(
                [sys.executable, "-c", FORKING, self.problem, str(self.memory_gb)],
                stdin=PIPE, stdout=PIPE, text=True, start_new_session=True,
                stderr=DEVNULL, env=os.environ | ONE_THREAD,
            )  # fmt: skip
            threading.Thread(target=self._hear, args=(self._process,), daemon=True).start()

    def fork(self, words: Sequence[str], out: Path, err: Path) -> Forked | None:
        """Start a command in a child; None while it isn't warm."""
        self.start()
        with self._lock:
            if self.state != "warm":
                return None
            self._number += 1
            child = self._running[self._number] = Forked(self)
            request = {"id": self._number, "words": list(words), "out": str(out), "err": str(err)}
            return child if self._say(request) else None

    def signal(self, child: Forked, number: int) -> None:
        """Send a signal to a child that runs."""
        with self._lock:
            named = next((k for k, one in self._running.items() if one is child), None)
            if named is not None:
                self._say({"id": named, "signal": number})

    def close(self) -> None:
        """End it, and its children."""
        with self._lock:
            self._closed, process = True, self._process
        if process is not None:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(5.0)
            except TimeoutExpired:
                process.kill()
                process.wait()

    def _say(self, message: Mapping[str, object]) -> bool:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
        except (OSError, ValueError):  # it has ended, which `_hear` notes
            return False
        return True

    def _hear(self, process: "Popen[str]") -> None:
        """Note what it reports, until it ends; then all its commands count as killed."""
        assert process.stdout is not None
        for line in process.stdout:
            report = json.loads(line)
            with self._lock:
                self.state = report.get("state", self.state)
                if "why" in report:
                    self.why = report["why"]
                    log.warning("%s stays cold: %s", self.problem, self.why)
                child = self._running.get(report.get("id", 0))
                if child is not None and "code" in report:
                    child.code = report["code"]
                    del self._running[report["id"]]
                    child.ended.set()
        process.wait()
        with self._lock:
            self.state, self._process = "cold", None
            for child in self._running.values():
                child.code = -signal.SIGKILL
                child.ended.set()
            self._running.clear()


ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "PYTHONUNBUFFERED": "1",
}


@dataclass(frozen=True)
class Starts:
    """Starts commands: forked where their problem is warm, else as new processes."""

    warm: Mapping[str, ForkServer] = field(default_factory=dict)
    memory_gb: float = MEMORY_GB

    def __call__(self, words: Sequence[str], out: Path, err: Path) -> JobProcess:
        """Start a command."""
        server = self.warm.get(words[1]) if len(words) > 1 else None
        child = None if server is None else server.fork(words, out, err)
        return child or cold(words, out, err, self.memory_gb)

    def close(self) -> None:
        """End the fork servers."""
        for server in self.warm.values():
            server.close()


def ended(process: JobProcess, limit_s: float, grace_s: float) -> int:
    """Wait for the end of a process; one beyond its limit is interrupted, then killed."""
    for wait_s, sig in ((limit_s, signal.SIGINT), (grace_s, signal.SIGKILL)):
        try:
            return process.wait(wait_s)
        except subprocess.TimeoutExpired:
            process.send_signal(sig)
    return process.wait(grace_s)
