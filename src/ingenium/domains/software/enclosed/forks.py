"""Runs work in a separate process with a limit on its CPU time."""

import io
import json
import os
import random
import resource
import select
import signal
import sys
import time
from collections.abc import Callable, Generator
from typing import Any

_REFUSED = (
    "os.fork",
    "os.forkpty",
    "os.exec",
    "os.posix_spawn",
    "os.system",
    "subprocess.Popen",
    "os.kill",
    "os.putenv",
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "shutil.rmtree",
    "socket.connect",
    "socket.bind",
    "ctypes.dlopen",
    "sys.addaudithook",
    "signal.pthread_kill",
)
_WALL = 8.0  # s of wall time for each second of CPU time, and at least
_PIECE, _HANDLES = 1 << 16, 1024


class RefusedError(PermissionError):
    """Refusal of an operation that tests may not do."""


class _NoInput(io.TextIOBase):
    """Standard input that refuses reads, as under pytest."""

    def read(self, size: int | None = -1, /) -> str:
        raise RefusedError("a test may not read what somebody types")

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]
        return self.read(size)

    def fileno(self) -> int:
        raise RefusedError("a test may not read what somebody types")


def forked(work: Callable[[], Any], cpu_s: float) -> tuple[str, Any]:
    """Run work in a fork; return `("done", value)`, or "time", "died" or "raised" with a value.

    Values of a generator are a list; if it did not end, the list has those before the end.

    The limit is on CPU time, so that results do not depend on the load of the machine; a process
    that sleeps is killed after a wall time.
    """
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        _work(work, cpu_s, write)
    os.close(write)
    said, in_time = _heard(read, time.monotonic() + _WALL * max(1.0, cpu_s))
    os.close(read)
    if not in_time:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    first, found = [], ("died", None)
    for line in said.splitlines():
        try:
            kind, value = json.loads(line)
        except (ValueError, TypeError):
            break
        if kind == "next":
            first.append(value)
        else:
            found = str(kind), value
    if not in_time or (
        os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGPROF, signal.SIGXCPU)
    ):
        return "time", first
    if found[0] == "done":
        return "done", found[1] if found[1] is not None else first
    return found[0], found[1] if found[0] == "raised" else first


def _heard(read: int, deadline: float) -> tuple[bytes, bool]:
    """Read the process's output until it closes its side; also return if that was in time."""
    said = bytearray()
    while True:
        ready, _, _ = select.select([read], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return bytes(said), False
        piece = os.read(read, _PIECE)
        if not piece:
            return bytes(said), True
        said += piece


def _work(work: Callable[[], Any], cpu_s: float, write: int) -> None:
    """Run work in the child, with a seed, a time limit and no writes to disk; send its value."""
    code = 1
    try:
        os.closerange(3, write)  # also the parent's own connections
        os.closerange(write + 1, _HANDLES)
        random.seed(0)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, cpu_s)
        try:
            value = work()
            if isinstance(value, Generator):
                for one in value:
                    _say(write, ["next", one])
                value = None
            answer = ["done", value]
        except BaseException as error:  # noqa: BLE001 - a module may raise anything
            answer = ["raised", f"{type(error).__name__}: {error}"[:500]]
        signal.setitimer(signal.ITIMER_PROF, 0)
        _say(write, answer)
        code = 0
    finally:
        os._exit(code)


def _say(write: int, what: list[Any]) -> None:
    line = json.dumps(what).encode() + b"\n"
    while line:
        line = line[os.write(write, line) :]


def guard() -> None:
    """Refuse, for the rest of this process, operations that tests may not do."""

    def hook(event: str, about: tuple[Any, ...]) -> None:
        if event in _REFUSED:
            raise RefusedError(f"a test may not call {event}")
        if event == "open" and len(about) > 2 and _writes(about[1], about[2]):
            raise RefusedError("a test may not write files")

    sys.addaudithook(hook)
    sys.stdin = _NoInput()


def _writes(mode: object, flags: object) -> bool:
    if isinstance(mode, str) and set(mode) & set("wax+"):
        return True
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
