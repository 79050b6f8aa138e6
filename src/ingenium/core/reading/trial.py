"""A first reading of a file in a copy of this process, which a damaged file may end or hold up.

Libraries in C crash, or never return, on some damaged files: no handler of errors sees that. Bytes
that were read so once in this process, or that it has written itself, are not tried again.
"""

import faulthandler
import hashlib
import os
import resource
import signal
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ingenium.core.errors import InputError

SECONDS = 10  # of the processor
WALL_S = 60  # for a machine that does other things

_sound: set[tuple[str, bytes]] = set()  # who read it, "" for anybody, and the digest of bytes


def sound(data: bytes, by: str = "") -> bytes:
    """Note bytes that need no trial, as this process has just written them; return them."""
    _sound.add((by, _digest(data)))
    return data


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def try_reading(read: Callable[[], object], data: bytes, what: str, path: Path, *, by: str) -> None:
    """Read a file once in a copy of this process, and drop what was read.

    Errors of Python are left to the reading that follows. Where a process cannot be copied safely
    (outside of Linux), nothing is tried.

    Args:
        read: what is to be tried; its imports should be done, so that they are not done twice.
        data: all that it reads.
        what: the file should be, as it reads after "expected".
        path: of the file.
        by: name of the reader; what one has read is not tried again with the same bytes.

    Raises:
        InputError: if the copy crashed, or did not end within `SECONDS`.
    """
    if sys.platform != "linux" or _sound & {("", _digest(data)), (by, _digest(data))}:
        return
    with warnings.catch_warnings():  # of threads, none of which the copy has or needs
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _read_and_end(read)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        signalled = os.WTERMSIG(status)
        end = (
            f"took more than {SECONDS} s"
            if signalled in (signal.SIGALRM, signal.SIGXCPU, signal.SIGKILL)
            else f"ended its reader by {signal.Signals(signalled).name}"
        )
        raise InputError(what, f"{path}, which {end}", "It is damaged: write it again.")
    sound(data, by)


def _read_and_end(read: Callable[[], object]) -> None:
    try:
        for by in (signal.SIGALRM, signal.SIGXCPU, signal.SIGINT, signal.SIGTERM):
            signal.signal(by, signal.SIG_DFL)
        faulthandler.disable()
        signal.alarm(WALL_S)
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        with suppress(BaseException):
            read()
    finally:
        os._exit(0)
