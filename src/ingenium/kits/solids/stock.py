"""Designs that an engine makes in pieces, kept in the cache, so that a stopped making goes on."""

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ingenium.core.digest import digest
from ingenium.core.folders import cache_folder, locked, replacing
from ingenium.core.problem import Watch, silent

KEY = "made_under"
Make = Callable[[int], Mapping[str, np.ndarray]]


@dataclass(frozen=True)
class Stock:
    """Arrays of known designs by name, made piece by piece.

    Shapes: every array has one row a design; pieces are joined along it.
    """

    name: str  # such as `minimum_compliance`; names the folder and the progress
    under: object  # all that the designs depend on, as plain data; another value, another stock
    pieces: int
    make: Make  # of a piece, by its number; must give the same arrays each time
    shipped: Path | None = None  # a file of the package with a whole stock, written by `ship`
    rows: int | None = None  # of these designs, where what is shipped may hold more

    @property
    def key(self) -> str:
        """Digest of what the designs depend on."""
        return digest([self.name, self.under])[7:19]

    @property
    def folder(self) -> Path:
        """Where the pieces lie."""
        return cache_folder() / "stock" / f"{self.name}-{self.key}"

    def ship(self, path: Path, watch: Watch = silent) -> None:
        """Make the whole stock and write it as the file that comes with the package."""
        whole = replace(self, shipped=None).complete(watch)
        with replacing(path) as staging, staging.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **{KEY: np.array(self.key)}, **whole)

    def complete(self, watch: Watch = silent) -> dict[str, np.ndarray]:
        """All arrays; pieces that are missing or damaged are made, each kept at once.

        Raises:
            StorageError: if the cache cannot be written, or another process makes the same stock.
        """
        ready = self._ready()
        if ready is not None:
            return ready
        with locked(self.folder):
            made = [self._piece(number, watch) for number in range(self.pieces)]
        return {name: np.concatenate([piece[name] for piece in made]) for name in made[0]}

    def _ready(self) -> dict[str, np.ndarray] | None:
        """What the package brings, if it was made under the same settings and is enough."""
        if self.shipped is None or not self.shipped.is_file():
            return None
        with np.load(self.shipped, allow_pickle=False) as stored:
            whole = dict(stored)
        same = str(whole.pop(KEY)) == self.key
        if same and min(len(array) for array in whole.values()) >= (self.rows or 0):
            return {name: array[: self.rows] for name, array in whole.items()}
        return None

    def _piece(self, number: int, watch: Watch) -> dict[str, np.ndarray]:
        path = self.folder / f"{number:05d}.npz"
        try:
            with np.load(path, allow_pickle=False) as stored:
                return dict(stored)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile):
            watch(f"make designs ({self.name})", number, self.pieces)
        arrays = dict(self.make(number))
        with replacing(path) as staging, staging.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
        watch(f"make designs ({self.name})", number + 1, self.pieces)
        return arrays
