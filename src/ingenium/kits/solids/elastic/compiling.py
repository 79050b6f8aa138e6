"""Compilation of slow kernels: one process compiles, and the others load its cached result."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from ingenium.core.errors import FolderInUseError, StorageError
from ingenium.core.folders import cache_folder, locked

POLL_S = 0.2  # interval between checks whether another process is done


@contextmanager
def compiled_once(kernel: Any) -> Iterator[None]:
    """Hold a lock during a kernel's first call, so that only one process compiles it.

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
