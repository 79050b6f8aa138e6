"""Commands that run as processes of their own, one for each distinct request."""

import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, Popen, TimeoutExpired
from threading import Lock
from typing import Any

from ingenium import __version__
from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.serve.allowed import PREVIEW, preview

ANSWER, MESSAGES, ENDED, COMMAND = "answer.json", "messages.txt", "ended.json", "command.txt"
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


@dataclass
class Jobs:
    """Requests to the command line and their results, stored in a folder.

    A request is identified by its words and by the content of its spec: the same request is the
    same job, also after a restart of the server.
    """

    folder: Path
    _running: dict[str, "Popen[bytes]"] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)  # requests come from several threads

    def submit(
        self, words: Sequence[str], *, spec: str | None = None, made: Path | None = None
    ) -> str:
        """Start a command, or find the job of the same request.

        A stopped or killed job continues: the commands themselves resume.

        Args:
            words: words of the command line, without `--json`.
            spec: TOML, which is passed as `--spec`.
            made: its output folder, which must still exist; a command without one is a question,
                whose answer may change, and runs again.
        """
        requested = digest({"words": list(words), "spec": spec, "version": __version__})
        name = requested.removeprefix("sha256:")[:16]
        with self._lock:
            self._start(name, words, spec, made)
        return name

    def _start(self, name: str, words: Sequence[str], spec: str | None, made: Path | None) -> None:
        place = self.folder / name
        retained = self._ended(place).get("code") in FINAL and made is not None and made.is_dir()
        if self._runs(name) or retained:
            return
        place.mkdir(parents=True, exist_ok=True)
        (place / COMMAND).write_text(words[0])
        command = [*words, "--json"]
        if spec is not None:
            (place / "spec.toml").write_text(spec)
            command += ["--spec", str(place / "spec.toml")]
        (place / ENDED).unlink(missing_ok=True)
        with (place / ANSWER).open("wb") as out, (place / MESSAGES).open("wb") as err:
            self._running[name] = Popen(
                [sys.executable, "-m", "ingenium", *command],
                stdin=DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )

    def state(self, job: str, *, wait_s: float = 0.0) -> dict[str, Any]:
        """Return how a job stands: its process, whether limits were met, and its answer.

        `limits_met` is null for a command that judges no design, and where the process gave no
        answer; `replay` says in `evidence_reproduced` whether a design was reproduced.

        Raises:
            InputError: if no job has this name.
        """
        place = self._place(job)
        if self._runs(job, wait_s):
            return {"job": job, "process": "running", "progress": _last_line(place)}
        code = self._ended(place).get("code")
        process = "lost" if code is None else PROCESS.get(code, "killed")
        command = (place / COMMAND).read_text() if (place / COMMAND).is_file() else ""
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
        self._place(job)
        if self._runs(job):
            self._running[job].send_signal(signal.SIGINT)
        return self.state(job, wait_s=GRACE_S)

    def end(self) -> None:
        """Stop running jobs at the end of the server."""
        for running in list(self._running.values()):
            running.send_signal(signal.SIGINT)
        for running in list(self._running.values()):
            try:
                running.wait(GRACE_S)
            except TimeoutExpired:
                running.kill()
                running.wait()

    def _runs(self, job: str, wait_s: float = 0.0) -> bool:
        """True if it still runs after `wait_s`; its end is recorded once."""
        running = self._running.get(job)
        if running is None:
            return False
        try:
            running.wait(wait_s)
        except TimeoutExpired:
            return True
        (self.folder / job / ENDED).write_text(json.dumps({"code": running.returncode}))
        self._running.pop(job, None)  # another request may have seen its end too
        return False

    def _place(self, job: str) -> Path:
        place = self.folder / job
        if not job.isalnum() or not place.is_dir():
            raise InputError("a job that was submitted here", job, "Submit it first.")
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
