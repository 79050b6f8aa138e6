"""Bounds on what a client may send: names of the host, size and time of a body, of headers.

Source: ASGI 3.0 for the messages; RFC 9110 for status codes.
"""

import asyncio
import json
import logging
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import h11
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from ingenium.serve.access import CALLER, DeniedError, Gate
from ingenium.serve.metrics import Metrics

MOST_BODY = 1 << 20  # bytes
BODY_S = 10.0
HEADERS_S = 10.0
OPEN = ("/health",)  # routes that need no key
log = logging.getLogger("ingenium.serve")


class BoundedProtocol(H11Protocol):
    """HTTP/1.1 whose connections close unless the headers of a request arrive in time."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the time of the first request."""
        super().connection_made(transport)
        self._time()

    def data_received(self, data: bytes) -> None:
        """Go on with a request; its time ends with its headers."""
        super().data_received(data)
        self._time()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the time."""
        super().connection_lost(exc)
        if self._deadline is not None:
            self._deadline.cancel()

    def _time(self) -> None:
        waits = self.conn.their_state is h11.IDLE
        if waits and self._deadline is None:
            self._deadline = self.loop.call_later(HEADERS_S, self.transport.close)
        elif not waits and self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


@dataclass(frozen=True)
class Guard:
    """Outermost layer of the application: admits a request, bounds it, counts and logs it."""

    app: ASGIApp
    hosts: Collection[str]  # names, without port
    gate: Gate
    metrics: Metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or refuse it before anything of the application sees it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        began, sent = time.perf_counter(), [0]

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent[0] = message["status"]
            await send(message)

        try:
            headers = _headers(scope)
            self._check_names(headers)
            if scope["path"] not in OPEN:
                CALLER.set(self.gate.admit(_key(headers)))
            body = await _body(headers, receive)
            await self.app(scope, _replayed(body, receive), noting)
        except DeniedError as error:
            sent[0] = error.status
            await _refuse(error, send)
        except Exception as error:
            sent[0] = 500
            log.error("%s: %s", type(error).__name__, error)
            raise
        finally:
            route = getattr(scope.get("route"), "path", None) or "other"
            seconds = time.perf_counter() - began
            self.metrics.note(route, sent[0], seconds)
            who = CALLER.get().name
            log.info("%s %s %d %.3f s %s", scope["method"][:8], route, sent[0], seconds, who)

    def _check_names(self, headers: Mapping[str, str]) -> None:
        """Refuse a page of another site, also under a name of its own that leads here.

        Raises:
            DeniedError: for another host or origin.
        """
        if _name(f"//{headers.get('host', '')}") not in self.hosts:
            raise DeniedError(421, f"expected the host {' or '.join(self.hosts)}, got another")
        origin = headers.get("origin")
        if origin is not None and _name(origin) not in self.hosts:
            raise DeniedError(403, "expected a request of this host, got one of another origin")


def _name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _headers(scope: Scope) -> dict[str, str]:
    pairs = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"]]
    names = [name for name, _ in pairs]
    if any(names.count(one) > 1 for one in ("host", "origin", "authorization", "x-api-key")):
        raise DeniedError(400, "expected one header of a name, got several")
    return dict(pairs)


def _key(headers: Mapping[str, str]) -> str:
    kind, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if kind.lower() == "bearer" else headers.get("x-api-key", "")


async def _body(headers: Mapping[str, str], receive: Receive) -> bytes:
    """Read a body, as far as its size and time allow.

    Raises:
        DeniedError: for one that is longer or slower.
    """
    large = DeniedError(413, f"expected a body of at most {MOST_BODY} bytes, got a longer one")
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit() or len(length) > 18 or int(length) > MOST_BODY:
        raise large
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_S):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    break
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > MOST_BODY:
                    raise large
                if not message.get("more_body"):
                    break
    except TimeoutError:
        raise DeniedError(408, f"expected a body within {BODY_S:g} s, got a slower one") from None
    return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def give() -> Message:
        return waiting.pop() if waiting else await receive()

    return give


async def _refuse(error: DeniedError, send: Send) -> None:
    content = json.dumps({"process": "refused", "error": {"message": str(error)}}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
        (b"connection", b"close"),
    ]
    headers += [(b"retry-after", str(error.retry_s).encode())] if error.retry_s else []
    headers += [(b"www-authenticate", b"Bearer")] if error.status == 401 else []
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
