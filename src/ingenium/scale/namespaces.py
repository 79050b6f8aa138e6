"""Workers in separate network namespaces, each of which can be disconnected from the others."""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from ingenium.core.errors import EngineError
from ingenium.scale.port import Answering, Make, MeetingStore, reserved_store
from ingenium.scale.processes import ProcessSite, ProcessWorker

CLONE_NEWNET = 0x40000000  # of linux/sched.h
NET, HUB, INSIDE = "10.77.0", 254, "eth0"
FOLDER = Path("/run/netns")
LIMIT_S = 20.0  # of a command


def lacking() -> str | None:
    """Return the reason why namespaces cannot be created here; None if they can."""
    if shutil.which("ip") is None:
        return "ip is not on the path; write: apt install iproute2"
    if os.geteuid() != 0:
        return "only root may make network namespaces"
    name = f"ingenium-{os.getpid()}-try"
    try:
        _ip("netns", "add", name)
        _ip("netns", "del", name)
    except EngineError as error:
        return str(error)
    return None


class NamespacedSite(ProcessSite):
    """Processes that only reach each other, and their store, over a bridge.

    Raises:
        EngineError: if the system refuses.
    """

    def __init__(self, count: int) -> None:
        super().__init__(count)
        os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # hosts have no names there
        self._hired = 0
        stem = f"ingenium-{os.getpid()}"
        self.hub, self.names = f"{stem}-hub", [f"{stem}-{i}" for i in range(count)]
        _ip("netns", "add", self.hub)
        _ip("-n", self.hub, "link", "add", "br0", "type", "bridge")
        _ip("-n", self.hub, "addr", "add", f"{NET}.{HUB}/24", "dev", "br0")
        for device in ("lo", "br0"):
            _ip("-n", self.hub, "link", "set", device, "up")
        for i, name in enumerate(self.names):
            _ip("netns", "add", name)
            peer = ("peer", "name", INSIDE, "netns", name)
            _ip("-n", self.hub, "link", "add", f"v{i}", "type", "veth", *peer)
            _ip("-n", self.hub, "link", "set", f"v{i}", "master", "br0", "up")
            _ip("-n", name, "addr", "add", f"{NET}.{i + 1}/24", "dev", INSIDE)
            for device in ("lo", INSIDE):
                _ip("-n", name, "link", "set", device, "up")

    def hire(self, make: Make) -> ProcessWorker:
        """Start a worker in the next namespace."""
        name = self.names[self._hired % self.count]
        self._hired += 1
        return ProcessWorker(partial(_inside, str(FOLDER / name), make))

    def cut(self, number: int) -> None:
        """Take the link of a worker down."""
        _ip("-n", self.hub, "link", "set", f"v{number}", "down")

    def repair(self) -> None:
        """Bring all links up again."""
        for i in range(self.count):
            _ip("-n", self.hub, "link", "set", f"v{i}", "up")

    def meet(self, wait_s: float) -> MeetingStore:
        """Open a store on the bridge."""
        with entered(str(FOLDER / self.hub)):
            return reserved_store(f"{NET}.{HUB}", wait_s)

    def close(self) -> None:
        """Remove the namespaces with their links."""
        for name in (*self.names, self.hub):
            _ip("netns", "del", name)


@contextmanager
def entered(namespace: str) -> Iterator[None]:
    """Run this thread in a network namespace inside the block."""
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _enter(namespace)
        yield
    finally:
        _setns(own)
        os.close(own)


def _inside(namespace: str, make: Make) -> Answering:
    """Enter the namespace of a worker and build its answering function."""
    _enter(namespace)
    os.environ["GLOO_SOCKET_IFNAME"] = INSIDE
    answer: Answering = make()
    return answer


def _enter(namespace: str) -> None:
    handle = os.open(namespace, os.O_RDONLY)
    try:
        _setns(handle)
    finally:
        os.close(handle)


def _setns(handle: int) -> None:
    libc: Any = ctypes.CDLL(None, use_errno=True)  # Python has it from 3.12 on
    if libc.setns(handle, CLONE_NEWNET) != 0:
        raise EngineError(
            f"the network namespace cannot be entered: {os.strerror(ctypes.get_errno())}"
        )


def _ip(*words: str) -> None:
    done = subprocess.run(
        ["ip", *words], capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    if done.returncode:
        raise EngineError(f"`ip {' '.join(words)}` failed: {done.stderr.strip()}")
