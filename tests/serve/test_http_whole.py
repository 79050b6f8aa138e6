"""A server as a process: warm designs equal cold ones, and it ends and is killed cleanly."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plugged import outside

pytestmark = pytest.mark.slow

COATING = "thin_films.coating"
NORMAL = "[[limits]]\nquantity = 'mean_reflectance'\nat_most = 0.3\n"
READY_S, END_S = 120.0, 30.0


class Server:
    """A server of a folder; it can be killed and started again."""

    def __init__(self, place: Path, environment: dict[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.place, self.environment = place, environment
        self.start()

    def start(self) -> None:
        words = ["serve", "--at", f"127.0.0.1:{self.port}", "--models", COATING]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ingenium", *words, "--folder", "out"],
            cwd=self.place, env=self.environment, stderr=(self.place / "log").open("ab"),
        )  # fmt: skip
        until = time.monotonic() + READY_S
        while time.monotonic() < until:
            try:
                if self.get("/health")["models"][COATING] == "warm":
                    return
            except OSError:
                pass
            time.sleep(0.2)
        raise AssertionError((self.place / "log").read_text())

    def get(self, path: str) -> dict[str, Any]:
        return self._sent("GET", path, None)

    def call(self, tool: str, **given: Any) -> dict[str, Any]:
        return self._sent("POST", f"/tools/{tool}", json.dumps(given))

    def _sent(self, kind: str, path: str, body: str | None) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        connection.request(kind, path, body, {"Content-Type": "application/json"})
        found: dict[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return found

    def ended(self, job: str) -> dict[str, Any]:
        found = self.call("poll", job=job, wait_s=60)
        assert found["process"] not in ("running", "queued"), found
        return found

    def children(self) -> list[int]:
        listed = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True).stdout
        pairs = [tuple(map(int, line.split())) for line in listed.splitlines()[1:]]
        return [pid for pid, parent in pairs if parent == self.process.pid]

    def close(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(END_S)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    site = outside(tmp_path / "site")
    path = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])
    ledger = str(tmp_path / "ledger.db")
    made = Server(tmp_path, os.environ | {"PYTHONPATH": path, "INGENIUM_LEDGER": ledger})
    try:
        yield made
    finally:
        made.close()


def digests(run: Path) -> dict[str, Any]:
    lines = map(json.loads, (run / "evidence.jsonl").read_text().splitlines())
    files = {p.name: p.read_bytes() for p in sorted((run / "designs").rglob("*")) if p.is_file()}
    return {"designs": [(d["design"], d["measured"]) for d in lines if "design" in d], **files}


def test_a_server_from_its_start_to_its_end(server: Server, tmp_path: Path) -> None:
    done = server.call(
        "propose", problem=COATING, out="warm", spec=NORMAL, number=8, seed=3, wait_s=60
    )
    assert (done["process"], done["limits_met"]) == ("done", True)
    (tmp_path / "spec.toml").write_text(f'problem = "{COATING}"\n{NORMAL}')
    words = ["propose", "spec.toml", "-n", "8", "--seed", "3", "--out", "cold"]
    subprocess.run(
        [sys.executable, "-m", "ingenium", *words],
        cwd=tmp_path, env=server.environment, check=True, capture_output=True,
    )  # fmt: skip
    assert digests(tmp_path / "out/warm") == digests(tmp_path / "cold")

    slow = server.call("search", problem=COATING, out="long", budget=1_000_000)
    time.sleep(2.0)
    (forking,) = server.children()
    os.kill(forking, signal.SIGKILL)  # its children end with it
    assert server.ended(slow["job"])["process"] == "killed"
    again = server.call("propose", problem=COATING, out="more", spec=NORMAL, number=4, wait_s=60)
    assert again["process"] == "done"  # cold, while the fork server starts again

    job = server.call("search", problem=COATING, out="long", budget=1_000_000)["job"]
    time.sleep(2.0)
    server.process.kill()
    server.process.wait()
    server.start()
    assert server.get(f"/jobs/{job}")["process"] in ("running", "queued")  # resumed
    assert server.call("stop", job=job)["process"] in ("running", "stopped")
    assert server.ended(job)["process"] == "stopped"
    slow_headers(server.port)


def slow_headers(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as slow:
        slow.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        began = time.monotonic()
        assert slow.recv(100) == b""  # closed by the server
        assert time.monotonic() - began < 20


def test_a_client_that_closes_leaves_no_traceback(tmp_path: Path) -> None:
    first = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"}}}  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "ingenium", "mcp", "--folder", str(tmp_path / "out")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=(tmp_path / "err").open("wb"),
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(first).encode() + b"\n")
    process.stdin.flush()
    assert b"ingenium" in process.stdout.readline()
    process.stdout.close()  # the client is gone, with requests on their way
    for number in range(2, 6):
        process.stdin.write(json.dumps(first | {"id": number, "method": "ping"}).encode() + b"\n")
    process.stdin.close()
    process.wait(END_S)
    assert "Traceback" not in (tmp_path / "err").read_text()
    assert "ExceptionGroup" not in (tmp_path / "err").read_text()
