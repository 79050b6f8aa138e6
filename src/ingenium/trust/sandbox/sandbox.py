"""Runs generated programs concurrently in isolation."""

import json
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any, Literal

from ingenium.core.errors import EngineError, InputError, MissingProgram
from ingenium.trust.environments.limits import Limits
from ingenium.trust.environments.worker import Worker, WorkerDied
from ingenium.trust.sandbox import inside
from ingenium.trust.sandbox.inside.program import FOLDER

Ended = Literal["returned", "exited", "crashed", "cpu_time", "wall_time", "output", "lost"]
_PYTHON = Path(sys.executable).resolve()
_START = "import sys; sys.path.insert(0, '/room'); from inside.zygote import main; main()"
_DEVICES = ("null", "zero", "urandom")
_RIGHTS = ("CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_KILL")  # given up before a program


@dataclass(frozen=True)
class GeneratedProgram:
    """Python source, and the function that returns the wanted value.

    A program can claim anything about itself: return a value and judge it outside the sandbox,
    instead of running tests in the same process.
    """

    source: str
    call: str | None = None  # None: the program only runs
    arguments: tuple[Any, ...] = ()  # of JSON's types


@dataclass(frozen=True)
class ProgramEnd:
    """Exit state of a program, and its output."""

    ended: Ended
    code: int  # of the exit; below zero the signal
    value: Any = None
    raised: str | None = None  # an uncaught exception
    stdout: str = ""
    stderr: str = ""
    cpu_s: float = 0.0
    wall_s: float = 0.0

    @property
    def returned(self) -> bool:
        """True if there is a value to judge."""
        return self.ended == "returned"


@dataclass(frozen=True)
class ControlProgram:
    """A program that must pass and one that must fail, run by every process of every run."""

    canonical: GeneratedProgram
    null: GeneratedProgram
    passes: Callable[[ProgramEnd], bool]


@dataclass(frozen=True)
class SandboxLimits:
    """Limits of each program."""

    cpu_s: int = 5
    wall_s: float = 10.0
    memory_mb: int = 512  # addresses of each process
    disk_mb: int = 16  # in memory; gone with the program
    files: int = 256
    output_kb: int = 64  # of each stream, and of the value
    processes: int = 1  # threads too

    def __post_init__(self) -> None:
        least = min(asdict(self).values())
        if least <= 0:
            raise InputError("limits of the sandbox above 0", least, "Leave out what may be usual.")


class Sandbox:
    """Interpreters under bubblewrap that fork for each program.

    A program sees Python, `/usr`, and a temporary folder of its own; no network, no other process,
    none of the host's homes and data. It has no rights and cannot gain any. It needs Linux 5.14 or
    newer, whose kernel counts processes by namespace.
    """

    def __init__(
        self,
        limits: SandboxLimits | None = None,
        *,
        imports: Sequence[str] = (),
        paths: Sequence[Path] = (),
        processes: int | None = None,
    ) -> None:
        """Set up the sandbox; processes start with the first run.

        Args:
            limits: of each program.
            imports: modules that are imported beforehand.
            paths: folders of packages that programs may import, shown to them read-only. If root
                runs the sandbox, they must be readable by anybody.
            processes: concurrent processes; by default one for each core.

        Raises:
            MissingProgram: if bubblewrap is not installed. There is no weaker sandbox.
        """
        bubblewrap = shutil.which("bwrap")
        if bubblewrap is None or sys.platform != "linux":
            raise MissingProgram("bwrap", "programs that were generated run only in its sandbox")
        self.limits = limits or SandboxLimits()
        count = processes or len(os.sched_getaffinity(0))
        self._workers = [
            Worker(
                "the sandbox",
                [bubblewrap, *_walls(paths), *self._zygote(imports, len(paths))],
                Limits(wall_s=self.limits.wall_s + 60),
                {},
            )
            for _ in range(count)
        ]

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.close()

    def run(
        self, programs: Iterable[GeneratedProgram], control: ControlProgram
    ) -> list[ProgramEnd]:
        """Run programs and return how each ended, in order.

        Raises:
            EngineError: if the canonical program does not pass or the null one does, in any process
                before or after its share: then no result counts.
        """
        tasks = list(programs)
        ends: list[ProgramEnd | None] = [None] * len(tasks)
        waiting: SimpleQueue[int] = SimpleQueue()
        for i in range(len(tasks)):
            waiting.put(i)
        stop = Event()

        def share(worker: Worker) -> None:
            try:
                _controlled(worker, control)
                for i in _taken(waiting, stop):
                    ends[i] = _ended(worker, tasks[i])
                _controlled(worker, control)
            except BaseException:
                stop.set()
                raise

        with ThreadPoolExecutor(len(self._workers)) as pool:
            try:
                list(pool.map(share, self._workers))
            finally:
                stop.set()  # if somebody interrupts it
        return [end for end in ends if end is not None]

    def _zygote(self, imports: Sequence[str], paths: int) -> list[str]:
        """Command of the process inside."""
        settings = {
            "limits": asdict(self.limits),
            "imports": list(imports),
            "paths": [f"/room/package_{i}" for i in range(paths)],
            "uid": _spare_uid() if os.geteuid() == 0 else None,
        }
        python = f"/room/python/bin/{_PYTHON.name}"
        return [python, "-P", "-s", "-S", "-B", "-c", _START, json.dumps(settings)]


def _spare_uid() -> int:
    """An unused user number, for root's programs: the kernel counts processes by user."""
    users = int(Path("/proc/self/uid_map").read_text().split()[2])
    first, many = (1 << 30, 1 << 29) if users > 1 << 31 else (20_000, 40_000)
    return first + secrets.randbelow(many)


def _walls(paths: Sequence[Path]) -> list[str]:
    """Arguments of bubblewrap: namespaces, rights of the zygote, and all that is visible.

    It is not set to die with its parent, since the kernel means the thread that started it. It
    ends when its pipe closes.
    """
    said = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    said += ["--unshare-cgroup-try", "--as-pid-1", "--clearenv"]
    if os.geteuid() != 0:
        said.append("--unshare-user")
    for right in _RIGHTS if os.geteuid() == 0 else _RIGHTS[:1]:
        said += ["--cap-add", right]
    own = {"HOME": FOLDER, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "PATH": "/usr/bin:/bin"}
    for name, value in (own | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}).items():
        said += ["--setenv", name, value]
    said += ["--ro-bind", "/usr", "/usr"]
    for path in (Path("/bin"), Path("/sbin"), Path("/lib"), Path("/lib64")):
        if path.is_symlink():
            said += ["--symlink", str(path.readlink()), str(path)]
        else:
            said += ["--ro-bind-try", str(path), str(path)]
    said += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    said += ["--dir", "/room", "--ro-bind", str(_PYTHON.parents[1]), "/room/python"]
    for i, path in enumerate(paths):  # below a folder of ours: those of the host may be closed
        said += ["--ro-bind", str(path.resolve()), f"/room/package_{i}"]
    for name in _DEVICES:
        said += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    said += ["--ro-bind", str(Path(inside.__file__).parent), "/room/inside", "--dir", FOLDER]
    return [*said, "--remount-ro", "/", "--chdir", FOLDER, "--"]


def _taken(waiting: "SimpleQueue[int]", stop: Event) -> Iterator[int]:
    """Take remaining work, until none is left or another process gave up."""
    while not stop.is_set():
        try:
            yield waiting.get_nowait()
        except Empty:
            return


def _controlled(worker: Worker, control: ControlProgram) -> None:
    good, bad = _ended(worker, control.canonical), _ended(worker, control.null)
    if not control.passes(good):
        raise EngineError(f"the canonical program does not pass, so no program counts: {good}")
    if control.passes(bad):
        raise EngineError(f"the null program passes, so no program counts: {bad}")


def _ended(worker: Worker, program: GeneratedProgram) -> ProgramEnd:
    """Run one program.

    Raises:
        EngineError: if the sandbox itself does not work here.
    """
    try:
        found = worker.ask(asdict(program))
    except WorkerDied as died:
        return ProgramEnd("lost", 0, stderr=str(died))
    said: str = found.pop("value")
    stopped: Ended | None = found.pop("stopped")
    if stopped is None and not said:
        raise EngineError(f"the sandbox cannot be set up here: {found['stderr'].strip()}")
    answer = _answer(said)
    if stopped is None and answer is not None and "value" in answer and found["code"] == 0:
        return ProgramEnd("returned", value=answer["value"], **found)
    raised = str(answer["raised"]) if answer and "raised" in answer else None
    ended: Ended = stopped or ("crashed" if raised or found["code"] < 0 else "exited")
    return ProgramEnd(ended, raised=raised, **found)


def _answer(said: str) -> dict[str, Any] | None:
    """Parse the output of the value's pipe, into which a program may write anything."""
    try:
        answer = json.loads(said)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None
