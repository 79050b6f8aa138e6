"""Verified designs of a run, kept on disk until all are there, so that a stopped run goes on."""

import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingenium.core.folders import MARK, replacing

PREFIX = "blocks-"


@dataclass(frozen=True)
class Blocks:
    """Arrays of each unit of designs by name, a file each; `name` is what they were made under."""

    part: Path  # the unfinished folder of the run
    name: str

    @property
    def folder(self) -> Path:
        """Where they lie."""
        return self.part / f"{PREFIX}{self.name}"

    def sweep(self) -> None:
        """Remove what earlier attempts left in the unfinished folder, except these."""
        for path in self.part.iterdir():
            if path.is_dir() and path != self.folder:
                shutil.rmtree(path)
            elif not path.is_dir() and path.name != MARK:
                path.unlink()

    def keep(self, unit: int, arrays: Mapping[str, np.ndarray]) -> None:
        """Write the arrays of a unit.

        Raises:
            StorageError: if they cannot be written; nothing is left behind.
        """
        with replacing(self._path(unit)) as staging, staging.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    def load(self, unit: int) -> dict[str, np.ndarray] | None:
        """The arrays of a unit, as they were kept; none if it must be made (again)."""
        try:
            with np.load(self._path(unit), allow_pickle=False) as stored:
                return dict(stored)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile):
            return None

    def drop(self) -> None:
        """Remove all of them."""
        shutil.rmtree(self.folder)

    def _path(self, unit: int) -> Path:
        return self.folder / f"{unit:06d}.npz"
