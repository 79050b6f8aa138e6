"""Address and start of a server: every fault of the arguments is found before any work."""

import ipaddress
import logging
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingenium.core.errors import InputError
from ingenium.core.packages import Extra
from ingenium.serve.access import Gate, read_keys
from ingenium.serve.allowed import AllowedFolders
from ingenium.serve.checking import check_problem
from ingenium.serve.http import Service, application
from ingenium.serve.jobs import Jobs
from ingenium.serve.processes import MEMORY_GB, ForkServer, Starts
from ingenium.serve.tools import Tools

package = Extra("serve").package
LOOPBACK = ("127.0.0.1", "localhost", "::1")
CONNECTIONS = 256


@dataclass(frozen=True)
class Address:
    """A host and a port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read HOST:PORT; an IPv6 address is in brackets.

        Raises:
            InputError: for anything else.
        """
        host, _, port = text.rpartition(":")
        host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        good = port.isascii() and port.isdigit() and 0 < int(port) < 65536
        try:
            host = str(ipaddress.ip_address("127.0.0.1" if host == "localhost" else host))
        except ValueError:
            good = False
        if not good:
            raise InputError("an address as HOST:PORT", text[:200], "Write 127.0.0.1:8080.")
        return cls(host, int(port))

    @property
    def loopback(self) -> bool:
        """Tell if only programs of this machine reach it."""
        return ipaddress.ip_address(self.host).is_loopback

    def bind(self) -> socket.socket:
        """Take the port.

        Raises:
            InputError: if it is in use, or the address is not of this machine.
        """
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        taken = socket.socket(family)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind((self.host, self.port))
            taken.listen(128)
        except OSError as error:
            taken.close()
            got = f"{self.host}:{self.port} ({error.strerror})"
            raise InputError("an address that is free", got, "Name another port.") from None
        return taken


@dataclass(frozen=True)
class Serving:
    """Options of a server over HTTP."""

    at: Address
    folders: tuple[Path, ...]
    models: tuple[str, ...] = ()
    keys: Path | None = None
    certificate: Path | None = None
    private_key: Path | None = None
    names: tuple[str, ...] = ()  # of the host, in addition to its address
    running: int = 2
    queued: int = 64
    longest_s: float = 3600.0
    memory_gb: float = MEMORY_GB

    def check(self) -> None:
        """Refuse what cannot be served.

        Raises:
            InputError: for an unknown problem, or an open address without keys and encryption.
            MissingExtra: if the packages of a problem are not installed.
        """
        package("fastapi")
        for name in self.models:
            check_problem(name)
        if len(set(self.models)) < len(self.models):
            raise InputError("each problem once in --models", ",".join(self.models))
        if (self.certificate is None) != (self.private_key is None):
            raise InputError("--tls-cert and --tls-key", "one of them")
        if self.certificate is not None:
            try:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(self.certificate, self.private_key, password="")
            except OSError as error:
                got = f"{self.certificate} and {self.private_key} ({error.strerror or error})"
                raise InputError("a certificate and its private key as PEM", got) from None
        if not self.at.loopback and (self.keys is None or self.certificate is None):
            raise InputError(
                "--keys, --tls-cert and --tls-key for an address that others reach",
                f"{self.at.host} without",
                "Serve at 127.0.0.1, or make keys with `ingenium new-key NAME --keys FILE`.",
            )


def serve(options: Serving) -> None:
    """Serve until the process is stopped.

    Raises:
        InputError: as `Serving.check`, for a port in use, and a keys file that is none.
    """
    options.check()
    gate = Gate(None if options.keys is None else read_keys(options.keys))
    uvicorn = package("uvicorn")
    from ingenium.serve.guarding import BoundedProtocol

    taken = options.at.bind()
    folders = AllowedFolders.of(options.folders)
    for secret in (options.keys, options.private_key):
        if secret and any(secret.resolve().is_relative_to(root) for root in folders.roots):
            got = f"{secret}, which tools could read"
            raise InputError("keys outside of the folders of tools", got, "Move the file.")
    service = _service(options, folders, gate)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("ingenium.serve").setLevel(logging.INFO)
    service.jobs.recover()
    config = uvicorn.Config(
        application(service),
        http=BoundedProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=5,
        ssl_certfile=options.certificate,
        ssl_keyfile=options.private_key,
    )
    uvicorn.Server(config).run(sockets=[taken])


def _service(options: Serving, folders: AllowedFolders, gate: Gate) -> Service:
    """Start the fork servers, and build what is served."""
    starts = Starts(
        {name: ForkServer(name, options.memory_gb) for name in options.models}, options.memory_gb
    )
    jobs = Jobs(
        folders.roots[0] / "jobs",
        starts,
        most_running=options.running,
        most_queued=options.queued,
        longest_s=options.longest_s,
    )
    hosts: Sequence[str] = (options.at.host, *(LOOPBACK if options.at.loopback else ()))
    return Service(
        Tools(folders, jobs),
        starts,
        gate,
        (*dict.fromkeys((*hosts, *map(str.lower, options.names))),),
    )
