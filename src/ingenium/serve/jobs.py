"""Commands that run as processes of their own, one for each distinct request."""

import json
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition, Thread
from typing import Any

from ingenium import __version__
from ingenium.core.digest import digest
from ingenium.core.errors import IngeniumError, InputError
from ingenium.core.folders import write_atomic
from ingenium.serve.access import CALLER, DeniedError
from ingenium.serve.allowed import PREVIEW, preview
from ingenium.serve.processes import JobProcess, Start, cold, ended

ANSWER, MESSAGES, ENDED, REQUEST = "answer.json", "messages.txt", "ended.json", "request.json"
PROCESS = {
    0: "done",
    1: "done",
    2: "refused",
    3: "failed",
    130: "stopped",
    -signal.SIGINT: "stopped",
}
MET = {0: True, 1: False}  # meaning of the exit code of a command that judges
JUDGES = ("propose", "search", "verify")  # commands that judge designs under limits
FINAL = (0, 1, 2)  # codes after which the same request would give the same
GRACE_S = 5.0
LONGEST_S = 3600.0 * 24


@dataclass(frozen=True)
class JobRequest:
    """A command to run: words, spec, the folder that it makes, and who sent it."""

    words: tuple[str, ...]
    spec: str | None = None
    made: Path | None = None
    caller: str = "local"

    @property
    def name(self) -> str:
        """Name of the job: a digest of what the command depends on."""
        body = {"words": list(self.words), "spec": self.spec, "version": __version__}
        return digest(body).removeprefix("sha256:")[:16]

    def table(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        made = None if self.made is None else str(self.made)
        return {"words": self.words, "spec": self.spec, "made": made, "caller": self.caller}


@dataclass
class Jobs:
    """Requests to the command line and their results, stored in a folder.

    A request is identified by its words and by the content of its spec: the same request is the
    same job, also after a restart of the server.
    """

    folder: Path
    start: Start = cold
    most_running: int = 64
    most_queued: int = 1024
    longest_s: float = LONGEST_S
    shed: int = 0  # requests refused since the queue was full
    _queued: dict[str, JobRequest] = field(default_factory=dict)
    _running: dict[str, JobRequest] = field(default_factory=dict)
    _processes: dict[str, JobProcess] = field(default_factory=dict)
    _change: Condition = field(default_factory=Condition)  # requests come from several threads
    _stopped: set[str] = field(default_factory=set)  # before their process was there
    _closed: bool = False

    def submit(
        self, words: Sequence[str], *, spec: str | None = None, made: Path | None = None
    ) -> str:
        """Start or queue a command, or find the job of the same request.

        A stopped or killed job continues: the commands themselves resume.

        Args:
            words: words of the command line, without `--json`.
            spec: TOML, which is passed as `--spec`.
            made: its output folder, which must still exist; a command without one is a question,
                whose answer may change, and runs again.

        Raises:
            DeniedError: if the queue is full, or the caller has as many jobs as it may.
        """
        request = JobRequest(tuple(words), spec, made, CALLER.get().name)
        name = request.name
        with self._change:
            ended = self._ended(self.folder / name).get("code")
            retained = ended in FINAL and made is not None and made.is_dir()
            if self._active(name) or retained:
                return name
            self._admit()
            self._enqueue(name, request)
        return name

    def recover(self) -> list[str]:
        """Queue the runs that the end of an earlier server interrupted; return their names."""
        found = []
        for path in sorted(self.folder.glob(f"*/{REQUEST}")):
            if (path.parent / ENDED).is_file():
                continue
            table = json.loads(path.read_text())
            if table["made"] is None:  # a question, whose sender is gone
                continue
            request = JobRequest(
                tuple(table["words"]), table["spec"], Path(table["made"]), table["caller"]
            )
            with self._change:
                self._enqueue(path.parent.name, request)
            found.append(path.parent.name)
        return found

    def count(self) -> tuple[int, int]:
        """Return the numbers of jobs that run and that wait."""
        return len(self._running), len(self._queued)

    def names(self) -> list[str]:
        """Return the names of all jobs, the newest first."""
        places = [p.parent for p in self.folder.glob(f"*/{REQUEST}")]
        return [p.name for p in sorted(places, key=lambda p: -p.stat().st_mtime)]

    def _admit(self) -> None:
        """Refuse a job beyond the bounds.

        Raises:
            DeniedError: with the seconds after which to try again.
        """
        caller = CALLER.get()
        own = [*self._queued.values(), *self._running.values()]
        if sum(one.caller == caller.name for one in own) >= caller.jobs:
            raise DeniedError(429, f"expected at most {caller.jobs} jobs at a time, got more", 5)
        if len(self._running) >= self.most_running and len(self._queued) >= self.most_queued:
            self.shed += 1
            raise DeniedError(429, "expected room in the queue of jobs, got a full one", 10)

    def _enqueue(self, name: str, request: JobRequest) -> None:
        place = self.folder / name
        place.mkdir(parents=True, exist_ok=True)
        (place / ENDED).unlink(missing_ok=True)
        (place / MESSAGES).unlink(missing_ok=True)
        (place / ANSWER).unlink(missing_ok=True)
        write_atomic(place / REQUEST, json.dumps(request.table()))
        self._queued[name] = request
        self._next()

    def _next(self) -> None:
        """Start queued jobs as far as they may run."""
        while self._queued and len(self._running) < self.most_running and not self._closed:
            name = next(iter(self._queued))
            request = self._running[name] = self._queued.pop(name)
            Thread(target=self._run, args=(name, request), daemon=True).start()

    def _run(self, name: str, request: JobRequest) -> None:
        """Run a job to its end, and record it."""
        place, code = self.folder / name, 3
        words = list(request.words)
        end = words.index("--") if "--" in words else len(words)  # of its options
        options = ["--json"]
        try:
            if request.spec is not None:
                (place / "spec.toml").write_text(request.spec)
                options += ["--spec", str(place / "spec.toml")]
            command = [*words[:end], *options, *words[end:]]
            process = self.start(command, place / ANSWER, place / MESSAGES)
            with self._change:
                self._processes[name] = process
                if self._closed or name in self._stopped:
                    process.send_signal(signal.SIGINT)
            code = ended(process, self.longest_s, GRACE_S)
        except OSError as error:
            (place / MESSAGES).write_text(f"the command cannot start: {error.strerror}")
        finally:
            with self._change:
                if not self._closed or code in FINAL:  # else the next server resumes it
                    with suppress(IngeniumError, OSError):  # of a full disk: the job is lost
                        write_atomic(place / ENDED, json.dumps({"code": code}))
                self._stopped.discard(name)
                self._running.pop(name, None)
                self._processes.pop(name, None)
                self._next()
                self._change.notify_all()

    def _active(self, job: str) -> bool:
        return job in self._running or job in self._queued

    def state(self, job: str, *, wait_s: float = 0.0) -> dict[str, Any]:
        """Return how a job stands: its process, whether limits were met, and its answer.

        `limits_met` is null for a command that judges no design, and where the process gave no
        answer; `replay` says in `evidence_reproduced` whether a design was reproduced.

        Raises:
            InputError: if no job has this name.
        """
        place = self._place(job)
        with self._change:
            self._change.wait_for(lambda: not self._active(job), wait_s)
            if job in self._queued:
                return {"job": job, "process": "queued", "progress": ""}
            if job in self._running:
                return {"job": job, "process": "running", "progress": _last_line(place)}
        code = self._ended(place).get("code")
        process = "lost" if code is None else PROCESS.get(code, "killed")
        path = place / REQUEST
        command = json.loads(path.read_text())["words"][0] if path.is_file() else ""
        met = MET.get(code) if code is not None else None
        reported = {
            "job": job,
            "process": process,
            "limits_met": met if command in JUDGES else None,
            **({"evidence_reproduced": met} if command == "replay" else {}),
        }
        return reported | _answer(place, process)

    def stop(self, job: str) -> dict[str, Any]:
        """Interrupt a job where nothing is half done; the same request resumes from there."""
        place = self._place(job)
        with self._change:
            if self._queued.pop(job, None) is not None:
                write_atomic(place / ENDED, json.dumps({"code": 130}))
            if job in self._running:
                self._stopped.add(job)
            running = self._processes.get(job)
        if running is not None:
            running.send_signal(signal.SIGINT)
        return self.state(job, wait_s=GRACE_S)

    def end(self) -> None:
        """Stop running jobs at the end of the server; the next one resumes them."""
        with self._change:
            self._closed = True
            self._queued.clear()
        for sig in (signal.SIGINT, signal.SIGKILL):
            with self._change:
                for running in self._processes.values():
                    running.send_signal(sig)
                self._change.wait_for(lambda: not self._running, GRACE_S)

    def _place(self, job: str) -> Path:
        place = self.folder / job
        if not (job.isascii() and job.isalnum()) or not place.is_dir():
            raise InputError("a job that was submitted here", job[:200], "Submit it first.")
        return place

    @staticmethod
    def _ended(place: Path) -> Mapping[str, Any]:
        path = place / ENDED
        found: Mapping[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
        return found


def _answer(place: Path, process: str) -> dict[str, Any]:
    """Output of a command: whole if it is short, else its path and its beginning."""
    path = place / ANSWER
    text = path.read_text() if path.is_file() else ""
    if len(text) > PREVIEW:
        return {"answer_path": str(path)} | preview(text, path.stat().st_size)
    try:
        return {"answer": json.loads(text)}
    except json.JSONDecodeError:
        return {"answer": None, "messages": _last_line(place) if process != "done" else ""}


def _last_line(place: Path) -> str:
    """Last line of its messages, which are progress while it runs."""
    path = place / MESSAGES
    lines = path.read_text(errors="replace").split("\n") if path.is_file() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "")[:500]
