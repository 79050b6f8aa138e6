"""Keys, roles and quotas of callers.

A keys file has digests alone; a key is shown once, when it is made.
"""

import secrets
import threading
import time
import tomllib
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

import tomli_w
from pydantic import Field

from ingenium.core.errors import IngeniumError, InputError
from ingenium.core.folders import write_atomic
from ingenium.core.reading.files import text
from ingenium.core.spec import parse

KEY_BYTES = 32
MOST_BYTES = 16 << 20  # of a keys file


@dataclass(frozen=True)
class ApiCaller:
    """A key's owner: name, role and quotas."""

    name: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w.@-]+$")]
    role: Literal["viewer", "engineer"] = "engineer"
    sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    requests_a_minute: Annotated[int, Field(ge=1)] = 600
    jobs: Annotated[int, Field(ge=1)] = 4  # that run or wait


@dataclass(frozen=True)
class KeysFile:
    """Content of a keys file."""

    keys: tuple[ApiCaller, ...]


LOCAL = ApiCaller("local", requests_a_minute=100_000, jobs=1_000)  # where no keys are needed
CALLER: ContextVar[ApiCaller] = ContextVar("caller", default=LOCAL)


class DeniedError(IngeniumError):
    """A request that its caller may not make, or not now; `status` is that of HTTP."""

    def __init__(self, status: int, message: str, retry_s: int = 0) -> None:
        super().__init__(status, message, retry_s)
        self.status, self.message, self.retry_s = status, message, retry_s

    def __str__(self) -> str:
        return self.message


def read_keys(path: Path) -> Mapping[str, ApiCaller]:
    """Read a keys file; callers by the digests of their keys.

    Raises:
        InputError: if it is none, or names a key twice.
    """
    what = "a keys file in TOML; `ingenium new-key NAME --keys FILE` writes one"
    try:
        table = tomllib.loads(text(path, what, most=MOST_BYTES))
    except tomllib.TOMLDecodeError as error:
        raise InputError(what, f"{path} ({error})") from None
    found = parse(table, KeysFile, str(path)).keys
    by_digest = {one.sha256: one for one in found}
    if not found or "" in by_digest or len({one.name for one in found}) < len(found):
        raise InputError(f"{what}, with a name of its own and a digest for each key", str(path))
    if len(by_digest) < len(found):
        raise InputError("each key once", f"the digest of a key twice in {path}")
    return by_digest


def new_key(path: Path, caller: ApiCaller) -> str:
    """Make a key, and add its digest to a keys file.

    Raises:
        InputError: if the name is taken.
    """
    present = tuple(read_keys(path).values()) if path.exists() else ()
    if caller.name in {one.name for one in present}:
        raise InputError("a new name", f"{caller.name}, which has a key in {path}")
    key = secrets.token_urlsafe(KEY_BYTES)
    made = ApiCaller(**(asdict(caller) | {"sha256": sha256(key.encode()).hexdigest()}))
    parse({"keys": [asdict(made)]}, KeysFile, "the key")
    write_atomic(path, tomli_w.dumps({"keys": [asdict(one) for one in (*present, made)]}))
    path.chmod(0o600)
    return key


class Gate:
    """Decides which caller a request has, and whether it is within its rate.

    Without keys every request is that of the local caller.
    """

    def __init__(self, keys: Mapping[str, ApiCaller] | None = None) -> None:
        self.keys = keys
        self._left: dict[str, tuple[float, float]] = {}  # requests left and when, by caller
        self._lock = threading.Lock()

    def admit(self, key: str) -> ApiCaller:
        """Return the caller of a key, and count the request.

        Raises:
            DeniedError: for an unknown key, or more requests than the caller may send.
        """
        caller = LOCAL
        if self.keys is not None:
            known = self.keys.get(sha256(key.encode()).hexdigest())
            if known is None:
                raise DeniedError(401, "expected a key in the header Authorization: Bearer KEY")
            caller = known
        rate, now = caller.requests_a_minute / 60, time.monotonic()
        with self._lock:
            left, last = self._left.get(caller.name, (float(caller.requests_a_minute), now))
            left = min(caller.requests_a_minute, left + (now - last) * rate)
            if left < 1:
                wait = 1 + int((1 - left) / rate)
                most = f"{caller.requests_a_minute} requests a minute"
                raise DeniedError(429, f"expected at most {most}, got more", wait)
            self._left[caller.name] = (left - 1, now)
        return caller
