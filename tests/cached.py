"""The cache of the tests, in the checkout: one run finds what another fitted and prepared.

Its keys are digests of data, settings and source, so that what is found is what would be made.
Tests of the cache itself take a new folder. What was not used for longest goes where it grows
beyond its size.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

CACHE = Path(__file__).resolve().parents[1] / ".cache" / "tests"
MOST_BYTES = 4 * 1024**3


def pytest_sessionstart(session: pytest.Session) -> None:
    """The main process makes room, before any worker begins."""
    if not hasattr(session.config, "workerinput"):
        make_room(CACHE, MOST_BYTES)


def make_room(cache: Path, most: int) -> None:
    """Remove the entries that were not used for longest until the rest fits into `most` bytes."""
    entries = sorted(((*_size_and_use(path), path) for path in _entries(cache)), key=lambda e: e[1])
    total = sum(size for size, _, _ in entries)
    for size, _, path in entries:
        if total <= most:
            return
        total -= size
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _entries(cache: Path) -> Iterator[Path]:
    for kind in cache.iterdir() if cache.is_dir() else ():
        yield from kind.iterdir() if kind.is_dir() else (kind,)


def _size_and_use(path: Path) -> tuple[int, float]:
    """Bytes of an entry, and when it was last read or written."""
    files = [p.stat() for p in (path, *path.rglob("*")) if p.is_file()]
    return sum(f.st_size for f in files), max(
        (max(f.st_atime, f.st_mtime) for f in files), default=0.0
    )
