"""Patches as unified diffs, which `patch` and `git apply` read."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.reading.files import text as text_of
from ingenium.core.text import codes
from ingenium.domains.software.patch.bug import Bug

PATCH, LONGEST, MOST = "patch", 8000, 1 << 16  # characters; bytes of a file


def patches(listed: list[str], index: list[int]) -> xr.Dataset:
    """Return designs from diffs.

    Raises:
        InputError: for one that is too long.
    """
    codes(listed, LONGEST, name=PATCH)
    about = {"units": "1", "long_name": "unified diff of the program"}
    return xr.Dataset(
        {PATCH: (DESIGN, np.array(listed, dtype=object), about)},
        coords={DESIGN: np.array(index, dtype=np.int64)},
    )


@dataclass(frozen=True, eq=False)
class DiffFiles:
    """Format with a diff for each design."""

    bug: Bug
    name: str = "diff"
    endings: tuple[str, ...] = (".diff",)

    @property
    def separate(self) -> Literal[True]:
        return True

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write a file for each diff."""
        folder.mkdir(parents=True, exist_ok=True)
        found = {}
        for i, diff in zip(designs[DESIGN].values.tolist(), designs[PATCH].values, strict=True):
            found[i] = folder / f"patch_{i:05d}.diff"
            found[i].write_text(str(diff), encoding="utf-8")
        return found

    def read(self, path: Path) -> xr.Dataset:
        """Read a diff, or all diffs of a folder.

        Raises:
            InputError: for a text that is no diff of the program, or does not fit it.
        """
        files = [path] if path.is_file() else sorted(path.glob("patch_*.diff"))
        if not files:
            raise InputError("diffs in files, patch_00000.diff", f"none in {path}")
        read = [self._diff(f) for f in files]
        numbers = [_number(f) for f in files]
        whole = len(set(numbers)) == len(numbers)
        return patches(read, numbers if whole else list(range(len(numbers))))

    def _diff(self, file: Path) -> str:
        """Read a diff in its normal form, from the program that it results in."""
        found = text_of(file, "a unified diff of the program", most=MOST, prose=True)
        made = self.bug.patched(found)
        if made == self.bug.source:
            raise InputError("a diff that changes something", f"nothing in {file}")
        return self.bug.diff(made)


def _number(file: Path) -> int:
    match = re.fullmatch(r"patch_(\d{1,9})", file.stem)
    return int(match[1]) if match else 0
