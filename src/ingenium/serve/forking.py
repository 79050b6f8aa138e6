"""The process from which warm commands are forked.

It reads requests as lines of JSON and reports the numbers and ends of its children. It has no
threads: a child of a process with some inherits locks that nobody releases.
"""

import atexit
import json
import os
import select
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Any

from ingenium.serve.child import bound

FORK_SAFE = ("jemalloc_bg_thd",)  # of pyarrow; it stops and starts its thread around a fork
Commands = Callable[[list[str]], object]
WARMING = 2  # designs of the run that makes a problem warm


def main(app: Commands, command: Callable[[], None]) -> None:
    """Make the problem of the first argument warm, then fork a child for each request.

    Args:
        app: runs a command of the command line in this process, given its words.
        command: runs that of `sys.argv`, as a process of its own does.
    """
    problem, memory_gb = sys.argv[1], float(sys.argv[2])
    answers = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    why = _warm(problem, app)
    others = _threads()
    if others:
        why = f"threads of {', '.join(others)} run after {problem} is open"
    _say(answers, {"state": "cold", "why": why} if why else {"state": "warm"})
    if not why:
        _serve(answers, memory_gb, command)


def _warm(problem: str, app: Commands) -> str:
    """Run the commands once, as a request will; return why the problem cannot be warm."""
    import torch

    from ingenium.core.errors import IngeniumError
    from ingenium.core.spec import Spec
    from ingenium.domains import open_ahead

    torch.set_num_threads(1)
    ledger = os.environ.get("INGENIUM_LEDGER")
    with tempfile.TemporaryDirectory() as name, Path(os.devnull).open("w") as nowhere:
        os.environ["INGENIUM_LEDGER"] = str(Path(name) / "ledger.db")
        run = Path(name) / "run"
        with redirect_stdout(nowhere):
            _command(app, "propose", problem, "-n", str(WARMING), "--out", str(run), "--json")
            designs = run / "designs"
            files = sorted(map(str, designs.iterdir())) if designs.is_dir() else []
            if files:
                _command(app, "verify", problem, files[0], "--json")
    os.environ.pop("INGENIUM_LEDGER")
    if ledger is not None:
        os.environ["INGENIUM_LEDGER"] = ledger
    try:
        open_ahead(Spec(problem))
    except IngeniumError as error:
        return str(error)
    return ""


def _command(app: Commands, *words: str) -> None:
    """Run a command here; how it ends doesn't matter, since each request ends for itself."""
    with suppress(SystemExit):
        app(list(words))


def _threads() -> list[str]:
    """Names of the threads next to this one that may hold a lock at a fork."""
    tasks = Path("/proc/self/task")
    names = (
        [(one / "comm").read_text().strip() for one in tasks.iterdir()] if tasks.is_dir() else []
    )
    return sorted(n for n in names if n not in FORK_SAFE)[1:]


def _serve(answers: int, memory_gb: float, command: Callable[[], None]) -> None:
    """Fork a child for each request, until the server closes its end."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # so that the wake-up is written
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    running: dict[int, int] = {}  # number of the request, by process
    rest = b""
    while True:
        ready, _, _ = select.select([0, read], [], [])
        if read in ready:
            os.read(read, 4096)
            _report_ends(answers, running)
        if 0 in ready:
            piece = os.read(0, 1 << 16)
            if not piece:
                return _end(running)
            *lines, rest = (rest + piece).split(b"\n")
            for request in map(json.loads, lines):
                if "signal" in request:
                    _signal(request, running)
                    continue
                request["parent"] = os.getpid()
                if not (pid := os.fork()):
                    _child(request, (answers, read, write), memory_gb, command)
                else:
                    running[pid] = request["id"]


def _signal(request: dict[str, Any], running: dict[int, int]) -> None:
    for pid in (p for p, number in running.items() if number == request["id"]):
        os.kill(pid, request["signal"])


def _child(
    request: dict[str, Any], inner: tuple[int, ...], memory_gb: float, command: Callable[[], None]
) -> None:
    """Become a command: its own session, streams and bounds; it never returns."""
    code = 3
    try:
        signal.set_wakeup_fd(-1)
        for sig in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
            signal.signal(sig, signal.SIG_DFL)
        for inherited in inner:
            os.close(inherited)
        os.setsid()
        streams = (os.devnull, request["out"], request["err"])
        for number, path in enumerate(streams):
            kind = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            os.dup2(os.open(path, kind, 0o666), number)
        bound(memory_gb, request["parent"])
        sys.argv = ["ingenium", *request["words"]]
        command()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        with suppress(Exception):
            atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


def _report_ends(answers: int, running: dict[int, int]) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        if pid in running:
            _say(answers, {"id": running.pop(pid), "code": os.waitstatus_to_exitcode(status)})


def _end(running: dict[int, int]) -> None:
    for pid in running:
        os.kill(pid, signal.SIGKILL)


def _say(answers: int, message: dict[str, Any]) -> None:
    os.write(answers, (json.dumps(message) + "\n").encode())
