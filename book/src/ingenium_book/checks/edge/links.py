"""Sketches by the device alone, helped over a network, and with the link cut during a sketch."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ingenium.core.errors import EngineError
from ingenium.domains.edge.doodle import trained
from ingenium.domains.edge.doodle.formats import SketchSvg
from ingenium.scale.namespaces import FOLDER, NET, NamespacedSite, entered, lacking
from ingenium_book.findings import Commands, Finding

PORT, COUNT = 7711, 32
READY_S = 240.0  # limit of a server's start on a busy machine
SPEC = """
problem = "edge.doodle"
[setup]
edge = "{edge}"
cloud = "{cloud}"
[select]
export = "verified"
"""


def linked(commands: Commands) -> Iterator[Finding]:
    """Check that sketches are the same whatever runs the pen, and complete if the link is cut."""
    why = lacking()
    if why is not None:
        raise EngineError(f"a run with the link cut cannot be tried here: {why}")
    site = NamespacedSite(2)
    try:
        with entered(str(FOLDER / site.hub)), _helpers(site) as (edge, cloud):
            alone = _drawn(commands, "alone")
            whole, helped = _passed(site), _drawn(commands, "edge", edge=edge)
            whole = _passed(site) - whole
            far = _drawn(commands, "cloud", cloud=cloud)
            before, cutting = _passed(site), threading.Thread(target=_cut, args=(site, whole // 4))
            cutting.start()
            cut = _drawn(commands, "cut", edge=edge)
            cutting.join()
            part = _passed(site) - before
            site.repair()
    finally:
        site.close()
    yield Finding(
        f"edge-assisted and cloud-assisted draw the {len(alone)} sketches of the device alone, "
        f"stroke by stroke; the edge was sent {whole / 1e3:.0f} kB",
        len(alone) > 0 and alone == helped == far and whole > 0,
    )
    yield Finding(
        f"with the link cut after {part / 1e3:.0f} kB the device goes on by itself and "
        f"{len(cut)} of {len(alone)} sketches come, all the same",
        cut == alone and 0 < part < whole,
    )


@contextmanager
def _helpers(site: NamespacedSite) -> Iterator[list[str]]:
    """Start two servers of the pen, each behind its own link; yield their addresses."""
    addresses = [f"{NET}.{i + 1}:{PORT}" for i in range(2)]
    lend = [sys.executable, "-m", "ingenium", "edge", "lend", str(trained.place("subjects"))]
    running = [
        subprocess.Popen(
            ["ip", "netns", "exec", name, *lend, "--at", address],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for name, address in zip(site.names, addresses, strict=True)
    ]
    try:
        for address, process in zip(addresses, running, strict=True):
            _listening(address, process)
        yield addresses
    finally:
        for process in running:
            process.terminate()  # which a shell in the background does not ignore
            process.wait(READY_S)


def _listening(address: str, helper: "subprocess.Popen[bytes]") -> None:
    """Wait until the server listens.

    Raises:
        EngineError: if it ends, or exceeds its time.
    """
    host, _, port = address.partition(":")
    ends = time.monotonic() + READY_S
    while True:
        try:
            socket.create_connection((host, int(port)), 1.0).close()
        except OSError as error:
            if helper.poll() is not None or time.monotonic() > ends:
                raise EngineError(f"`edge lend` does not listen on {address}") from error
            time.sleep(0.2)
        else:
            return


def _drawn(commands: Commands, name: str, *, edge: str = "", cloud: str = "") -> list[str]:
    """The sketches of a run."""
    (commands.folder / f"{name}.toml").write_text(SPEC.format(edge=edge, cloud=cloud))
    requested = ("--spec", f"{name}.toml", "-n", COUNT, "--seed", 3, "--out", f"run_{name}")
    commands("propose", "edge.doodle", *requested)
    found = SketchSvg().read(commands.folder / f"run_{name}" / "designs")
    return [str(text) for text in found["sketch"].to_numpy()]


def _passed(site: NamespacedSite) -> int:
    """Bytes sent to the first server."""
    reported = subprocess.run(
        ["ip", "-n", site.hub, "-j", "-s", "link", "show", "v0"],
        capture_output=True,
        check=True,
        timeout=20,
    )
    return int(json.loads(reported.stdout)[0]["stats64"]["tx"]["bytes"])


def _cut(site: NamespacedSite, count: int) -> None:
    """Cut the link of the first server after `count` bytes."""
    ends, begun = time.monotonic() + READY_S, _passed(site)
    while _passed(site) < begun + count and time.monotonic() < ends:
        time.sleep(0.01)
    site.cut(0)
