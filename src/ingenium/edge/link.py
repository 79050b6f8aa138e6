"""Offloading over a network: another machine runs the same graphs; the device also works alone.

The server runs the device's own files, whose digest each request names, so that the result is
the same on both; a server with other files answers nothing. A request and its answer are tensors
in the format of safetensors after their length in four bytes; no received code is run.
Neither is signed or encrypted: use it inside a network of your own.
"""

import socket
import socketserver
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.edge.parts import Runner, Signals
from ingenium.sampling.steer import FREE, Steer

MOST = 64 * 2**20  # bytes of a message
AT_ONCE = 4096  # designs of a request: others wait until it is answered
STEP_S, DESIGNS_S = 1.0, 10.0  # that an answer is waited for
REST_S = 5.0  # pause after a failure
DESIGNS, STATE = "designs", "state"  # a call for whole ones, and of the random numbers behind them
Service = Callable[[Signals], Mapping[str, Tensor]]


def place(address: str) -> tuple[str, int]:
    """Parse a host and port.

    Raises:
        InputError: if it is no such address.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise InputError("a host and a port", repr(address), "Write 192.168.1.20:7711.")
    return host, int(port)


@dataclass
class HelpLink:
    """A connection to a server; after a failure it pauses for a while."""

    address: str
    files: str  # digest of the device's files
    patience_s: float = STEP_S
    answered: int = 0
    silent_until: float = 0.0

    def ask(
        self, name: str, given: Mapping[str, Tensor], like: Mapping[str, Tensor]
    ) -> Signals | None:
        """Request signals with names, kinds and shapes as in `like`, all finite.

        Return None if the server is late, has other files, or answers something else.
        """
        if time.monotonic() < self.silent_until:
            return None
        named = {f"{self.files}/{name}/{k}": v for k, v in given.items()}
        found: Signals = {}
        until = time.monotonic() + self.patience_s
        try:
            with socket.create_connection(place(self.address), self.patience_s) as line:
                _send(line, _packed(named), until)
                found = load(_received(line, until))
        except (OSError, SafetensorError):
            pass
        if not _alike(found, like):
            self.silent_until = time.monotonic() + REST_S
            return None
        self.answered += 1
        return found


@dataclass
class HelpedRunner:
    """A graph that a server runs if it answers, and the device otherwise."""

    own: Runner
    name: str
    link: HelpLink
    row: Signals = field(default_factory=dict)  # of the device's own answer

    def __call__(self, given: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        if not self.row:
            self.row = dict(self.own({k: v[:1] for k, v in given.items()}))
        count = len(next(iter(given.values())))
        found = self.link.ask(self.name, given, _rows(self.row, count))
        return self.own(given) if found is None else found


@dataclass
class HelpedProposals:
    """Whole designs from a server if it answers, and from the device otherwise."""

    own: Callable[..., Tensor]
    link: HelpLink
    row: Signals = field(default_factory=dict)  # a design of the device itself

    def __call__(self, cond: Tensor, rng: torch.Generator, steer: Steer = FREE) -> Tensor:
        if steer != FREE:  # which is not sent
            return self.own(cond, rng, steer)
        state = rng.get_state()
        if not self.row:
            self.row = {DESIGNS: self.own(cond[:1], torch.Generator())}
        like = {**_rows(self.row, len(cond)), STATE: state}
        found = self.link.ask(DESIGNS, {"cond": cond, STATE: state}, like)
        if found is not None:
            try:
                rng.set_state(found[STATE])  # as if they had been sampled here
            except RuntimeError:  # bytes that are no state
                rng.set_state(state)
            else:
                return found[DESIGNS]
        return self.own(cond, rng)


@dataclass
class Lender:
    """Graphs and proposals of a server, and the number of its requests."""

    files: str  # digest of its own
    services: dict[str, Service]
    requested: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls, files: str, runners: Mapping[str, Runner], propose: Callable[..., Tensor]
    ) -> "Lender":
        """Serve the graphs of a small generator, and its whole designs."""

        def designs(given: Signals) -> Mapping[str, Tensor]:
            if len(given["cond"]) > AT_ONCE:
                raise ValueError(f"{len(given['cond'])} designs at once")
            rng = torch.Generator()
            rng.set_state(given[STATE])
            return {DESIGNS: propose(given["cond"], rng), STATE: rng.get_state()}

        return cls(files, {**runners, DESIGNS: designs})

    def answer(self, request: bytes) -> bytes:
        """Answer one request; return nothing for one that cannot be run, or names other files."""
        try:
            found = {tuple(k.split("/")): v for k, v in load(request).items()}
            ((files, name),) = {k[:2] for k in found}
            if files != self.files:
                return save({})
            reported = self.services[name]({k[2]: v for k, v in found.items()})
        except (SafetensorError, LookupError, RuntimeError, TypeError, ValueError):
            return save({})
        self.requested[name] = self.requested.get(name, 0) + 1
        return _packed(reported)

    def server(self, host: str, port: int) -> socketserver.TCPServer:
        """Open a server that answers one request after the other; port 0 takes a free one.

        Raises:
            InputError: where it cannot listen.
        """
        lender = self

        class _Call(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                try:
                    requested = _received(self.request, time.monotonic() + DESIGNS_S)
                    _send(self.request, lender.answer(requested), time.monotonic() + DESIGNS_S)
                except OSError:
                    return  # the client is gone, and continues by itself

        class _Server(socketserver.TCPServer):
            allow_reuse_address = True

        try:
            return _Server((host, port), _Call)
        except OSError as error:
            got = f"{host}:{port} ({error.strerror})"
            raise InputError("an address of this machine that is free", got) from error


def _packed(tensors: Mapping[str, Tensor]) -> bytes:
    """Tensors each in memory of its own, as the format requires."""
    return save({k: v.detach().contiguous().clone() for k, v in tensors.items()})


def _rows(row: Mapping[str, Tensor], count: int) -> Signals:
    """Repeat a row `count` times."""
    return {k: v.expand(count, *v.shape[1:]) for k, v in row.items()}


def _alike(found: Mapping[str, Tensor], like: Mapping[str, Tensor]) -> bool:
    """True if names, kinds and shapes are the same, and all numbers finite."""
    return found.keys() == like.keys() and all(
        v.dtype == like[k].dtype and v.shape == like[k].shape and bool(v.isfinite().all())
        for k, v in found.items()
    )


def _send(line: socket.socket, data: bytes, until: float) -> None:
    line.settimeout(_left(until))  # for all of it
    line.sendall(len(data).to_bytes(4, "big") + data)


def _received(line: socket.socket, until: float) -> bytes:
    size = int.from_bytes(_exactly(line, 4, until), "big")
    if size > MOST:
        raise OSError(f"a message of {size} bytes")
    return _exactly(line, size, until)


def _exactly(line: socket.socket, count: int, until: float) -> bytes:
    data = bytearray()
    while len(data) < count:
        line.settimeout(_left(until))  # of this piece alone: pieces may come one by one
        more = line.recv(count - len(data))
        if not more:
            raise OSError("the line ended")
        data += more
    return bytes(data)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
