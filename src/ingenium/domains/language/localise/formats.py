"""Catalogues as files: PO that is judged, and XLIFF for messages without plurals."""

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
from ingenium.domains.language.localise.catalogue import read_po, read_xliff, xliff

CATALOGUE = "catalogue"
MOST = 16 << 20  # bytes of a file


def catalogues(listed: list[str], index: list[int], longest: int) -> xr.Dataset:
    """Return designs from the texts of catalogues.

    Raises:
        InputError: for one that is too long.
    """
    codes(listed, longest, name=CATALOGUE)
    about = {"units": "1", "long_name": "catalogue of messages as PO"}
    return xr.Dataset(
        {CATALOGUE: (DESIGN, np.array(listed, dtype=object), about)},
        coords={DESIGN: np.array(index, dtype=np.int64)},
    )


@dataclass(frozen=True, eq=False)
class CatalogueFolders:
    """Format with a folder for each catalogue: PO, and the same messages as XLIFF."""

    language: str
    longest: int  # characters of a catalogue
    name: str = "po"
    endings: tuple[str, ...] = (".po", ".xlf")

    @property
    def separate(self) -> Literal[True]:
        return True

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write each catalogue; no XLIFF of a text that is no catalogue."""
        found = {}
        rows = zip(designs[DESIGN].to_numpy().tolist(), designs[CATALOGUE].values, strict=True)
        for i, text in rows:
            place = folder / f"catalogue_{i:05d}"
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{self.language}.po").write_text(str(text), encoding="utf-8")
            try:
                other = xliff(read_po(str(text)), self.language)
            except InputError:
                other = ""
            if other:
                (place / f"{self.language}.xlf").write_text(other, encoding="utf-8")
            found[i] = place
        return found

    def read(self, path: Path) -> xr.Dataset:
        """Read a catalogue from its folder or file, or all of a folder.

        Raises:
            InputError: for what is no catalogue, or an XLIFF file that says something else.
        """
        if path.is_file():
            return catalogues([self._file(path)], [_number(path.parent)], self.longest)
        po = f"{self.language}.po"
        folders = [path] if (path / po).exists() else sorted(path.glob("catalogue_*"))
        if not folders:
            raise InputError("catalogues in folders, catalogue_00000", f"none in {path}")
        read = [self._folder(place) for place in folders]
        numbers = [_number(place) for place in folders]
        whole = len(set(numbers)) == len(numbers)
        return catalogues(read, numbers if whole else list(range(len(numbers))), self.longest)

    def _file(self, file: Path) -> str:
        text = text_of(file, "a catalogue as text", most=MOST, prose=True)
        found = read_xliff(text) if file.suffix in (".xlf", ".xliff") else read_po(text)
        plain = found.po() if file.suffix in (".xlf", ".xliff") else text
        if len(plain) > self.longest:
            raise InputError(f"a catalogue of at most {self.longest} characters", f"{len(plain)}")
        return plain

    def _folder(self, place: Path) -> str:
        text = self._file(place / f"{self.language}.po")
        companion = place / f"{self.language}.xlf"
        names = {p.name for p in place.iterdir()}
        if not names <= {f"{self.language}.po", companion.name}:
            raise InputError(f"{self.language}.po and {companion.name}", ", ".join(sorted(names)))
        if not companion.exists():
            return text
        other = text_of(companion, "XLIFF of a catalogue", most=MOST, prose=True)
        if other != xliff(read_po(text), self.language):
            raise InputError("XLIFF that says what the PO says", f"{companion}", "Remove it.")
        return text


def _number(place: Path) -> int:
    match = re.fullmatch(r"catalogue_(\d{1,9})", place.name)
    return int(match[1]) if match else 0
