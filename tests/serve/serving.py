"""A server over HTTP within this process, whose jobs are faked."""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any

from starlette.testclient import TestClient

from ingenium.serve.access import Gate
from ingenium.serve.allowed import AllowedFolders
from ingenium.serve.http import Service, application
from ingenium.serve.jobs import Jobs
from ingenium.serve.processes import JobProcess
from ingenium.serve.tools import Tools

TOY = "structures.roof"
QUICK = ("list", "show", "docs", "examples", "ask", "verify", "replay")


@dataclass
class FakeProcess:
    """A process that ends when it is released, or by a signal."""

    code: int | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def wait(self, timeout: float | None = None) -> int:
        if not self.ended.wait(timeout):
            raise TimeoutExpired("fake", timeout or 0)
        assert self.code is not None
        return self.code

    def send_signal(self, sig: int) -> None:
        self.end(-sig)

    def end(self, code: int) -> None:
        if self.code is None:
            self.code = code
        self.ended.set()


@dataclass
class FakeStart:
    """Starts nothing: a question is answered with its words, a run waits to be released."""

    started: list[list[str]] = field(default_factory=list)
    processes: list[FakeProcess] = field(default_factory=list)

    def __call__(self, words: Sequence[str], out: Path, err: Path) -> JobProcess:
        self.started.append(list(words))
        out.write_text(json.dumps({"words": list(words)}))
        err.write_text("propose 1/8\n")
        process = FakeProcess()
        self.processes.append(process)
        if words[0] in QUICK:
            process.end(0)
        return process


def service(folder: Path, gate: Gate | None = None, **bounds: Any) -> tuple[Service, FakeStart]:
    fake = FakeStart()
    folders = AllowedFolders.of((folder,))
    tools = Tools(folders, Jobs(folders.roots[0] / "jobs", fake, **bounds))
    return Service(tools, gate=gate or Gate(), hosts=("testserver", "127.0.0.1")), fake


def client(served: Service) -> TestClient:
    return TestClient(application(served), raise_server_exceptions=False)
