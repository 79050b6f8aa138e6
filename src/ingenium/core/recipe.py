"""Cached results of expensive computations: training designs, tables, nets, ensembles.

Each piece is a file in the cache: a seal, then the arrays. The seal is a digest of the content, of
all that it depends on and of its place, and is checked at every reading; a piece that fails is set
aside and computed again. A seal shows damage and files that belong to something else; it is no
signature, so nothing that the machine would run is ever stored this way.
"""

import io
import logging
import sys
import time
import zipfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from ingenium import __version__
from ingenium.core.digest import content_digest, digest
from ingenium.core.errors import CorruptError, FolderInUseError, StorageError
from ingenium.core.folders import cache_folder, locked, replacing, write_atomic
from ingenium.core.provenance import source_digest
from ingenium.core.watching import Watch, silent

MADE_UNDER = "made_under"
POLL_S = 0.5  # between two looks whether another process is done
UNREADABLE = (OSError, ValueError, EOFError, LookupError, zipfile.BadZipFile)
Arrays = Mapping[str, np.ndarray]
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recipe:
    """Arrays by name that are computed piece by piece, each stored as soon as it is done.

    A stopped computation resumes. Processes that need the same pieces share the work, and wait for
    pieces that another is computing.

    Shapes: every array has one row a design or a thing; pieces are joined along it.
    """

    name: str  # such as `minimum_compliance`; names the folder and the progress
    under: object  # all that the content depends on besides the code of `make`, as plain data
    make: Callable[[int], Arrays]  # of a piece, by its number; returns the same arrays each time
    pieces: int = 1
    packaged: Path | None = None  # a file of the package with the whole, written by `ship`
    rows: int | None = None  # rows to use, where the packaged file may hold more

    @property
    def key(self) -> str:
        """Short digest of name and `under`; a packaged file must carry the same one."""
        return digest([self.name, self.under])[7:19]

    @cached_property
    def _sealed_under(self) -> str:
        """Digest of all dependencies: name, `under`, and the package with the code of `make`."""
        source = source_digest(self.make.__module__)
        return digest([self.name, self.under, __version__, source])

    @property
    def folder(self) -> Path:
        """Folder of the pieces."""
        return cache_folder() / "kept" / f"{self.name}-{self._sealed_under[7:19]}"

    def complete(self, watch: Watch = silent) -> dict[str, np.ndarray]:
        """Return the whole; compute missing or damaged pieces, or wait for a process that does.

        Raises:
            StorageError: if the cache cannot be written.
            CorruptError: if a packaged file is damaged.
        """
        ready = self._ready()
        if ready is not None:
            return ready
        found: dict[int, dict[str, np.ndarray]] = {}
        while len(found) < self.pieces:
            before = len(found)
            for number in [n for n in range(self.pieces) if n not in found]:
                arrays = self._load(number) or self._made(number, len(found), watch)
                if arrays is not None:
                    found[number] = arrays
            if len(found) == before:
                watch(f"wait for another process: {self.name}", before, self.pieces)
                time.sleep(POLL_S)
        return {k: _joined([found[i][k] for i in range(self.pieces)]) for k in found[0]}

    def complete_or_made(self) -> dict[str, np.ndarray]:
        """Return the whole, computed again where the cache cannot be written.

        For what is only stored to save a few seconds.
        """
        try:
            return self.complete()
        except StorageError:
            made = [self.make(number) for number in range(self.pieces)]
            return {k: _joined([np.asarray(piece[k]) for piece in made]) for k in made[0]}

    def ship(self, watch: Watch = silent) -> None:
        """Compute the whole and write it as the file that comes with the package."""
        if self.packaged is None:
            return
        whole = replace(self, packaged=None).complete(watch)
        with replacing(self.packaged) as staging, staging.open("wb") as file:
            under = {MADE_UNDER: np.array(self.key)}
            np.savez_compressed(file, allow_pickle=False, **under, **whole)

    def _ready(self) -> dict[str, np.ndarray] | None:
        """Return the packaged arrays, if they have the same settings and enough rows."""
        if self.packaged is None or not self.packaged.is_file():
            return None
        try:
            with np.load(self.packaged, allow_pickle=False) as stored:
                whole = dict(stored)
            same = str(whole.pop(MADE_UNDER)) == self.key
        except UNREADABLE as error:
            found = f"is not what came with the package ({error})"
            raise CorruptError(str(self.packaged), found, "Install the package again.") from error
        if not same or self.rows is None:
            return whole if same else None
        if min(len(array) for array in whole.values()) < self.rows:
            return None
        return {name: array[: self.rows] for name, array in whole.items()}

    def _made(self, number: int, done: int, watch: Watch) -> dict[str, np.ndarray] | None:
        """Compute and store a piece; None while another process computes it."""
        path = self._path(number)
        with ExitStack() as held:
            try:
                held.enter_context(locked(path))
            except FolderInUseError:
                return None
            ready = self._load(number)  # computed by another process between check and lock
            if ready is not None:
                return ready
            if path.exists():
                aside = path.with_name(f"{path.name}.spoiled")
                path.replace(aside)
                logger.warning("%s is not what was written: moved to %s", path, aside.name)
            watch(f"make {self.name}", done, self.pieces)
            arrays = self.put(number, self.make(number))
            watch(f"make {self.name}", done + 1, self.pieces)
        return arrays

    def missing(self) -> list[int]:
        """Return the numbers of the pieces that are not in the cache."""
        return [number for number in range(self.pieces) if self._load(number) is None]

    def put(self, number: int, made: Arrays) -> dict[str, np.ndarray]:
        """Store a piece that was made here or by a worker, and return its arrays."""
        arrays = {name: np.asarray(array) for name, array in made.items()}
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
        content = buffer.getvalue()
        write_atomic(self._path(number), self._seal(number, content) + content)
        return arrays

    def _load(self, number: int) -> dict[str, np.ndarray] | None:
        """Load a piece from the cache; None if its seal is wrong."""
        try:
            seal, _, content = self._path(number).read_bytes().partition(b"\n")
            if seal + b"\n" != self._seal(number, content):
                return None
            with np.load(io.BytesIO(content), allow_pickle=False) as stored:
                return dict(stored)
        except UNREADABLE:
            return None

    def _seal(self, number: int, content: bytes) -> bytes:
        return f"{digest([self._sealed_under, number, content_digest(content)])}\n".encode()

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:05d}.piece"


def _joined(arrays: list[np.ndarray]) -> np.ndarray:
    """Concatenate pieces; a single piece may have no rows."""
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def as_array(text: str | bytes) -> np.ndarray:
    """Return a text, or the content of a file, as an array that a recipe can store."""
    return np.frombuffer(text.encode() if isinstance(text, str) else text, np.uint8)


def printed(stage: str, done: int, total: int) -> None:
    """Print the progress of a recipe that is run manually."""
    print(f"\r{stage} {done}/{total}   ", end="", file=sys.stderr, flush=True)
