"""Kernels that take long to compile: one process does it, and others load what it kept."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from ingenium.core.errors import FolderInUseError, StorageError
from ingenium.core.folders import cache_folder, locked

POLL_S = 0.2  # between two looks whether another process is done


@contextmanager
def compiled_once(kernel: Any) -> Iterator[None]:
    """For a call of a kernel, which may be its first, while no other process compiles it.

    Where the cache cannot be written, each process compiles its own.
    """
    with ExitStack() as held:
        while not kernel.signatures:
            try:
                held.enter_context(locked(cache_folder() / "kernels" / kernel.__name__))
                break
            except FolderInUseError:
                time.sleep(POLL_S)
            except StorageError:
                break
        yield
