"""Workers as jobs of Slurm, one job each, which connect back over the network once they run.

Slurm's own variables set time limit, partition and account (`SBATCH_TIMELIMIT`, `SBATCH_PARTITION`,
`SBATCH_ACCOUNT`). The cache must be on a disk that all nodes see: it holds a key that only the user
can read, and a worker has to prove that it knows it.
"""

import json
import os
import secrets
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener, wait
from pathlib import Path
from threading import Thread
from typing import Any

from ingenium.core.errors import EngineError, MissingProgram
from ingenium.core.folders import cache_folder
from ingenium.scale.port import Answer, Make, MeetingStore, SiteWorker, Task, reserved_store
from ingenium.scale.processes import work

ASK_S = 5.0  # between two questions to the queue
LOOK_S = 0.2
LIMIT_S = 60.0  # of a program of Slurm
ADDRESS = "address.json"


class QueueSite:
    """Backend of Slurm jobs, each with a core.

    Source: Yoo, Jette and Grondona, JSSPP 2003 (Slurm).
    """

    def __init__(self, count: int) -> None:
        """Listen for workers.

        Raises:
            MissingProgram: if Slurm's programs are not on the path.
        """
        if shutil.which("sbatch") is None:
            raise MissingProgram("sbatch", "it gives jobs to Slurm; --on slurm is for a login node")
        self.count, self.host = count, socket.gethostname()
        self.come: dict[int, Connection] = {}  # lines of workers that have called, by number
        self.folder = cache_folder() / "queue" / secrets.token_hex(8)
        self.folder.mkdir(parents=True, mode=0o700)
        key = secrets.token_bytes(32)
        self._listener = Listener(("", 0), authkey=key)
        self._port = int(self._listener.address[1])
        self._open, self._hired = True, 0
        self._requested, self._queued = 0.0, set[str]()
        with (self.folder / ADDRESS).open("x", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            json.dump({"host": self.host, "port": self._port, "key": key.hex()}, file)
        self._thread = Thread(target=self._hear, daemon=True)
        self._thread.start()

    def hire(self, make: Make) -> "QueuedWorker":
        """Submit a job."""
        self._hired += 1
        number = self._hired
        words = [sys.executable, "-m", "ingenium.scale.queue_site", str(self.folder), str(number)]
        job = slurm(
            "sbatch", "--parsable", "--job-name", "ingenium", "--ntasks", "1",
            "--cpus-per-task", "1", "--output", str(self.folder / f"{number}.log"),
            "--wrap", f"exec {shlex.join(words)}",
        )  # fmt: skip
        self._queued.add(job.split(";")[0])
        return QueuedWorker(self, number, job.split(";")[0], make)

    def first(self, busy: Sequence[SiteWorker], patience_s: float) -> SiteWorker | None:
        """Return the first worker with an answer, or whose job has ended."""
        until = time.monotonic() + patience_s
        while True:
            own = [worker for worker in busy if isinstance(worker, QueuedWorker)]
            lines = {line: worker for worker in own if (line := worker.met()) is not None}
            ready = wait(list(lines), LOOK_S)
            if ready:
                return lines[ready[0]]  # type: ignore[index]
            for worker in own:
                if worker.met() is None and self.ended(worker.job):
                    return worker
            if time.monotonic() > until:
                return None

    def ended(self, job: str) -> bool:
        """Return whether a job has left the queue, as of the last query."""
        if time.monotonic() - self._requested > ASK_S:
            self._requested = time.monotonic()
            with suppress(EngineError):  # a queue that does not answer has lost no job
                self._queued = set(slurm("squeue", "--me", "--noheader", "--format", "%i").split())
        return job not in self._queued

    def meet(self, wait_s: float) -> MeetingStore:
        """Open a store at the name of this host."""
        return reserved_store(self.host, wait_s)

    def close(self) -> None:
        """Stop listening."""
        self._open = False
        with suppress(OSError):  # so that the listener wakes up
            socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
        self._thread.join(LIMIT_S)
        self._listener.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _hear(self) -> None:
        """Accept connections of workers that know the key."""
        while self._open:
            try:
                line = self._listener.accept()
                self.come[int(line.recv())] = line
            except (AuthenticationError, OSError, EOFError):
                continue


class QueuedWorker:
    """A job, and the connection to it once it runs."""

    def __init__(self, site: QueueSite, number: int, job: str, make: Make) -> None:
        self.site, self.number, self.job, self._make = site, number, job, make
        self.line: Connection | None = None
        self._tasks: list[Task] = []  # submitted before the job began
        self._gone = False

    def met(self) -> Connection | None:
        """Return the connection, if the job has connected."""
        if self.line is None and self.number in self.site.come:
            self.line = self.site.come.pop(self.number)
            with suppress(BrokenPipeError):
                for thing in (self._make, *self._tasks):
                    self.line.send(thing)
        return self.line

    def send(self, task: Task) -> None:
        """Send a task, now or when the job has begun."""
        line = self.met()
        if line is None:
            self._tasks.append(task)
            return
        with suppress(BrokenPipeError, ConnectionResetError):  # reported by `heard`
            line.send(task)

    def heard(self) -> Answer | None:
        """Wait for its answer; None if its job has ended by itself.

        Raises:
            IngeniumError: an error of the worker.
        """
        while self.met() is None:
            if self.site.ended(self.job):
                self._gone = True
                return None
            time.sleep(LOOK_S)
        assert self.line is not None
        try:
            found: Any = self.line.recv()
        except (EOFError, OSError):
            self._gone = True
            return None
        if isinstance(found, BaseException):
            raise found
        return found

    def alive(self) -> bool:
        """Return whether it can take tasks."""
        line = self.met()
        return not self._gone and not (line is not None and line.poll())

    def leave(self) -> None:
        """Close the connection, after which it ends by itself."""
        if self.line is not None:
            self.line.close()

    def end(self) -> int | None:
        """Cancel its job; Slurm does not return the exit code."""
        self.leave()
        self._gone = True
        with suppress(EngineError):  # it has ended before
            slurm("scancel", self.job)
        return None


def slurm(*words: str) -> str:
    """Run a program of Slurm and return its output.

    Raises:
        EngineError: with the program's message, if it fails.
    """
    paths = os.pathsep.join(path for path in sys.path if path)  # the same import paths there
    try:
        done = subprocess.run(
            words, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True,
            timeout=LIMIT_S, check=True,
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise EngineError(f"{words[0]} failed: {error.stderr.strip()}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(f"{words[0]} gave no answer: {error}") from error
    return done.stdout.strip()


def call(folder: Path, number: int) -> None:
    """Connect a job to the process that queued it, and answer its tasks."""
    there = json.loads((folder / ADDRESS).read_text(encoding="utf-8"))
    line = Client((there["host"], there["port"]), authkey=bytes.fromhex(there["key"]))
    line.send(number)
    work(line, line.recv())


if __name__ == "__main__":
    call(Path(sys.argv[1]), int(sys.argv[2]))
