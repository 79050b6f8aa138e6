"""Warm requests over HTTP against the same commands as new processes, in turn.

A server has two problems warm. Ten days are proposed and one molecule is verified, over HTTP and by
the command line; both write the same files. The ratio is that of the medians of wall time, so a
quiet machine is needed; the load average is reported with it.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.measuring import interleaved, save

NAME, TITLE = "serving", "Warm requests over HTTP against commands, wall time"
DAYS, MOLECULES = "grid.feeder_day", "molecules.library"
N, ROUNDS, READY_S = 10, 5, 300.0
AIM_S = {"propose 10 days": 0.5, "verify a molecule": 0.05}


def run() -> None:
    """Measure both in turn."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        words = ["serve", "--at", f"127.0.0.1:{port}", "--models", f"{DAYS},{MOLECULES}"]
        server = _started(folder, *words)
        try:
            _wait(port)
            rows = _measured(folder, port)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()
    save(NAME, TITLE, rows, {"rounds": ROUNDS, "load_average": os.getloadavg()[0]})


def _measured(folder: Path, port: int) -> list[dict[str, Any]]:
    _command(folder, "propose", MOLECULES, "-n", str(N), "--out", "out/molecules")
    first = (folder / "out/molecules/designs/molecules.smi").read_text().splitlines()[0]
    (folder / "out/one.smi").write_text(first + "\n")
    seeds = iter(range(1000))

    def warm_propose() -> None:
        seed = next(seeds)
        _call(port, "propose", problem=DAYS, number=N, seed=seed, out=f"w{seed}", wait_s=60)

    def cold_propose() -> None:
        seed = next(seeds)
        words = ("-n", str(N), "--seed", str(seed), "--out", f"out/c{seed}")
        _command(folder, "propose", DAYS, *words)

    works: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
        "propose 10 days": (warm_propose, cold_propose),
        "verify a molecule": (
            lambda: _call(port, "verify", problem=MOLECULES, files=["one.smi"]),
            lambda: _command(folder, "verify", MOLECULES, "out/one.smi"),
        ),
    }
    rows = []
    for title, (warm, cold) in works.items():
        times = interleaved({"warm": warm, "cold": cold}, ROUNDS)
        walls = {kind: one.spread()["wall_s"] for kind, one in times.items()}
        ratio = walls["cold"]["median"] / walls["warm"]["median"]
        met = walls["warm"]["median"] < AIM_S[title]
        rows.append({"request": title, **walls, "ratio": ratio, "aim_s": AIM_S[title], "met": met})
    return rows


def _started(folder: Path, *words: str) -> "subprocess.Popen[bytes]":
    silent = subprocess.DEVNULL
    command = [sys.executable, "-m", "ingenium", *words]
    return subprocess.Popen(command, cwd=folder, stdout=silent, stderr=silent)


def _command(folder: Path, *words: str) -> None:
    code = _started(folder, *words).wait()
    if code not in (0, 1):
        raise RuntimeError(f"{' '.join(words)} ended with {code}")


def _call(port: int, tool: str, **given: Any) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    kind = {"Content-Type": "application/json"}
    connection.request("POST", f"/tools/{tool}", json.dumps(given), kind)
    found = json.loads(connection.getresponse().read())
    connection.close()
    if found["process"] != "done":
        raise RuntimeError(f"{tool}: {found}")


def _wait(port: int) -> None:
    """Wait until both problems are warm."""
    until = time.monotonic() + READY_S
    while time.monotonic() < until:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health")
            models = json.loads(connection.getresponse().read())["models"]
            if set(models.values()) == {"warm"}:
                return
        except OSError:
            pass
        time.sleep(0.5)
    raise RuntimeError("the server has not become ready")
