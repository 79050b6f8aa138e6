"""Fits and prepared data are shared between runs of the tests, in `.cache` of the checkout.

Its keys are digests of data, settings and source, so that an entry equals a new computation; all
else of a cache is new in each run, and tests of the cache itself use folders of their own. The
least recently used entries are removed beyond its size. Compiled kernels are next to their source,
as numba stores them.
"""

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ingenium.core.recipe import Recipe

CACHED = Path(__file__).resolve().parents[1] / ".cache" / "tests"
MOST_BYTES = 2 * 1024**3


@dataclass
class Once:
    """CPU seconds of this process for results that the next run finds in the cache."""

    spent_s: float = 0.0
    depth: int = 0
    listens: bool = False

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count the seconds of the block, once if blocks are nested."""
        began = time.process_time()
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1
            if not self.depth:
                self.spent_s += time.process_time() - began


ONCE = Once()


def install() -> None:
    """Count what recipes make in this process."""
    make = Recipe._made

    def counted(recipe: Recipe, *args: Any) -> Any:
        with ONCE.counted():
            return make(recipe, *args)

    Recipe._made = counted


def listen() -> None:
    """Count what numba compiles from here on, once it is imported."""
    if ONCE.listens or "numba.core.event" not in sys.modules:
        return
    from numba.core import event

    class Compiling(event.Listener):
        """Enters and leaves the counter."""

        def __init__(self) -> None:
            self.open: list[Any] = []

        def on_start(self, _: Any) -> None:
            self.open.append(ONCE.counted())
            self.open[-1].__enter__()

        def on_end(self, _: Any) -> None:
            self.open.pop().__exit__(None, None, None)

    event.register("numba:compile", Compiling())
    ONCE.listens = True


def link(cache: Path) -> None:
    """Link a new cache to the shared entries."""
    CACHED.mkdir(parents=True, exist_ok=True)
    cache.mkdir(exist_ok=True)
    if not (cache / "kept").exists():
        try:
            (cache / "kept").symlink_to(CACHED)
        except FileExistsError:  # another worker was first
            return


def pytest_sessionstart(session: pytest.Session) -> None:
    """Free space in the main process, before any worker starts."""
    if not hasattr(session.config, "workerinput"):
        make_room(CACHED, MOST_BYTES)


def make_room(retained: Path, most: int) -> None:
    """Remove the least recently used entries until the rest fits into `most` bytes."""
    entries = (
        [(*_use_and_size(path), path) for path in retained.iterdir()] if retained.is_dir() else []
    )
    total = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if total <= most:
            return
        total -= size
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _use_and_size(path: Path) -> tuple[float, int]:
    """Time of last access, and bytes, of an entry."""
    files = [p.stat() for p in (path, *path.rglob("*")) if p.is_file()]
    used = max((max(f.st_atime, f.st_mtime) for f in files), default=0.0)
    return used, sum(f.st_size for f in files)
