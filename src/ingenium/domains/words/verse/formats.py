"""Files of poems: plain text, one poem each, and JSON lines."""

import re
from pathlib import Path
from typing import Literal

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.formats.records import Records
from ingenium.core.quantity import Variable
from ingenium.core.reading.files import numbered
from ingenium.core.reading.files import text as text_of
from ingenium.core.text import codes
from ingenium.domains.words.verse.corpus import written
from ingenium.domains.words.verse.scansion import lines

POEM, LONGEST = "poem", 1200  # characters
VARIABLE = Variable(POEM, (), "1", "words and lines", longest=LONGEST)
HEAD = "Poem"  # with its number, the first line of a file of ours
MOST = 1 << 16  # bytes of a poem's file


def poems(listed: list[str], index: list[int]) -> xr.Dataset:
    """Build designs from texts.

    Raises:
        InputError: for one that is too long.
    """
    codes(listed, LONGEST, name=POEM)
    text = (DESIGN, np.array(listed, dtype=object), {"units": "1", "long_name": "words and lines"})
    return xr.Dataset({POEM: text}, coords={DESIGN: np.array(index, dtype=np.int64)})


class PoemText:
    """Plain text format, one file for each poem, with capitals at the head of lines."""

    name = "txt"
    endings = (".txt",)

    @property
    def separate(self) -> Literal[True]:
        return True

    def shown(self, text: str) -> str:
        """Return a poem as readers see it."""
        return shown(text)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write each poem below `folder`."""
        found = {}
        for i, text in zip(designs[DESIGN].to_numpy().tolist(), designs[POEM].values, strict=True):
            path = folder / f"poem_{i:05d}.txt"
            path.write_text(f"{HEAD} {i}\n\n{shown(str(text))}\n", encoding="utf-8")
            found[i] = path
        return found

    def read(self, path: Path) -> xr.Dataset:
        """Read a poem, or all poems of a folder.

        Raises:
            InputError: if there is none, or a file that is no text.
        """
        files, index = numbered(path, "poem_*.txt", "poems as text")
        return poems([_read(file) for file in files], index)


def _read(file: Path) -> str:
    """Read the text of a file; without our head it is a poem if it has several lines."""
    found = text_of(file, "a poem as text", most=MOST, prose=True)
    head, _, rest = found.partition("\n")
    if re.fullmatch(rf"{HEAD} \d+\s*", head):
        return _taken(rest)
    words = lines(found)
    if len(words) < 2:
        raise InputError(f'a poem of several lines, or "{HEAD} 0" above it', f"{file}")
    return written(words)


def poem_lines() -> Records:
    """Return the format of all poems in one file of JSON, a line each."""
    return Records((VARIABLE,), file="poems.jsonl", shown=shown, taken=_taken)


def _taken(found: str) -> str:
    return written(lines(found))


def shown(text: str) -> str:
    """Format a poem for readers."""
    return "\n".join(_headed(line.strip()) for line in text.splitlines())


def _headed(line: str) -> str:
    said = " ".join("I" if w == "i" else w for w in line.split())
    return said[:1].upper() + said[1:]
