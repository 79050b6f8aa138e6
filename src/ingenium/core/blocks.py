"""Verified designs of an unfinished run, stored on disk so that a stopped run resumes."""

import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ingenium.core.folders import MARK, replacing, storing

PREFIX = "blocks-"
LARGE = 1 << 15  # bytes of one design's array from which all of them lie in a file


@dataclass(frozen=True)
class Blocks:
    """Arrays of each unit of designs by name, one file a unit; `name` identifies their origin."""

    part: Path  # the unfinished folder of the run
    name: str

    @property
    def folder(self) -> Path:
        """Folder of the files."""
        return self.part / f"{PREFIX}{self.name}"

    def sweep(self) -> None:
        """Remove everything from the unfinished folder except these blocks and the run's mark."""
        for path in self.part.iterdir():
            if path.is_dir() and path != self.folder:
                shutil.rmtree(path)
            elif not path.is_dir() and path.name != MARK:
                path.unlink()

    def store(self, unit: int, arrays: Mapping[str, np.ndarray]) -> None:
        """Write the arrays of a unit.

        Raises:
            StorageError: if they cannot be written; nothing is left behind.
        """
        with replacing(self._path(unit)) as staging, staging.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    def load(self, unit: int) -> dict[str, np.ndarray] | None:
        """Return the stored arrays of a unit; None if it must be computed (again)."""
        try:
            with np.load(self._path(unit), allow_pickle=False) as stored:
                return dict(stored)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile):
            return None

    def drop(self) -> None:
        """Remove the arrays of all units."""
        shutil.rmtree(self.folder)

    def _path(self, unit: int) -> Path:
        return self.folder / f"{unit:06d}.npz"


@dataclass
class ArrayFiles:
    """Arrays of all units joined in order; large ones lie in memory-mapped files.

    A run then holds one block of long series or fields in memory and not all of them. A mapped
    array stays readable when its file is removed.
    """

    folder: Path
    _small: dict[str, list[np.ndarray]] = field(default_factory=dict)
    _large: dict[str, tuple[np.dtype, tuple[int, ...]]] = field(default_factory=dict)

    def add(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Append the arrays of the next unit.

        Raises:
            StorageError: if they cannot be written.
        """
        for name, array in arrays.items():
            if array.dtype.kind not in "fiub" or array[:1].nbytes < LARGE:
                self._small.setdefault(name, []).append(array)
                continue
            path = self._path(name)
            began = name in self._large
            self._large[name] = (array.dtype, array.shape[1:])
            with storing(path, needed=array.nbytes), path.open("ab" if began else "wb") as file:
                file.write(np.ascontiguousarray(array).data)

    def whole(self) -> dict[str, np.ndarray]:
        """Return all joined arrays; writing into one changes no file."""
        found = {name: np.concatenate(parts) for name, parts in self._small.items()}
        for name, (kind, shape) in self._large.items():
            flat = np.memmap(self._path(name), dtype=kind, mode="c")
            found[name] = flat.reshape(-1, *shape)
        return found

    def _path(self, name: str) -> Path:
        return self.folder / f"{name.replace(':', '-')}.raw"
