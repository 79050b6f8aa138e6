"""What an engine makes in pieces, kept in the cache, so that a stopped making goes on."""

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingenium.core.digest import digest
from ingenium.core.folders import cache_folder, replacing


@dataclass(frozen=True)
class Kept:
    """Arrays by name, piece by piece."""

    name: str
    under: object  # all that the pieces depend on, as plain data

    @property
    def folder(self) -> Path:
        """Where the pieces lie."""
        return cache_folder() / "stock" / f"{self.name}-{digest([self.name, self.under])[7:19]}"

    def piece(
        self, name: str, make: Callable[[], Mapping[str, np.ndarray]]
    ) -> dict[str, np.ndarray]:
        """Of the cache; made where it is missing or damaged."""
        path = self.folder / f"{name}.npz"
        try:
            with np.load(path, allow_pickle=False) as stored:
                return dict(stored)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile):
            arrays = dict(make())
        with replacing(path) as staging, staging.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
        return arrays
