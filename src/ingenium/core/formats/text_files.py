"""Format of designs that are texts: a plain file for each, with what the field makes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable
from ingenium.core.reading.files import numbered
from ingenium.core.reading.files import text as text_of
from ingenium.core.text import codes


def text_designs(variable: Variable, listed: list[str], index: list[int]) -> xr.Dataset:
    """Build designs from texts.

    Raises:
        InputError: for one that is longer than the variable allows.
    """
    codes(listed, variable.longest or 0, name=variable.name)
    about = {"units": variable.unit, "long_name": variable.long_name}
    return xr.Dataset(
        {variable.name: (DESIGN, np.array(listed, dtype=object), about)},
        coords={DESIGN: np.array(index, dtype=np.int64)},
    )


def _as_it_is(text: str, path: Path) -> str:
    return text


@dataclass(frozen=True, eq=False)
class TextFiles:
    """Format with a text file for each design, such as `patch_00000.diff`.

    `taken` maps the content of a file to the text of the design, in its normal form, and refuses
    what is none; `shown` maps a text to the content. `readers` read files of further endings.
    """

    variable: Variable
    name: str  # of the format
    stem: str  # of the names of files
    what: str  # a file contains, as it reads after "expected"
    endings: tuple[str, ...]  # the first is written
    most: int  # bytes of a file
    taken: Callable[[str, Path], str] = _as_it_is
    shown: Callable[[str], str] = str
    readers: tuple[tuple[str, Callable[[Path], str]], ...] = ()  # ending, and its reader

    @property
    def separate(self) -> Literal[True]:
        return True

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write a file for each design."""
        folder.mkdir(parents=True, exist_ok=True)
        found = {}
        rows = zip(
            designs[DESIGN].to_numpy().tolist(), designs[self.variable.name].values, strict=True
        )
        for i, text in rows:
            found[i] = folder / f"{self.stem}_{i:05d}{self.endings[0]}"
            found[i].write_text(self.shown(str(text)), encoding="utf-8")
        return found

    def read(self, path: Path) -> xr.Dataset:
        """Read a file, or all files of a folder.

        Raises:
            InputError: for a folder without any, or a file that `taken` refuses.
        """
        files, index = numbered(path, f"{self.stem}_*{self.endings[0]}", self.what)
        return text_designs(self.variable, [self._text(file) for file in files], index)

    def _text(self, file: Path) -> str:
        reader = dict(self.readers).get(file.suffix.lower())
        found = (
            text_of(file, self.what, most=self.most, prose=True) if reader is None else reader(file)
        )
        made = self.taken(found, file)
        longest = self.variable.longest or 0
        if len(made) > longest:
            raise InputError(
                f"{self.what}, of at most {longest} characters", f"{len(made)} in {file}"
            )
        return made
