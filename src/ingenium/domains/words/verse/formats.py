"""Poems as files: plain text, one a poem, and JSON lines."""

import json
import operator
import re
from pathlib import Path
from typing import Literal

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.reading.documents import json_text
from ingenium.core.reading.files import numbered
from ingenium.core.reading.files import text as text_of
from ingenium.core.text import codes
from ingenium.domains.words.verse.corpus import written
from ingenium.domains.words.verse.scansion import lines

POEM, LONGEST = "poem", 1200  # characters
HEAD = "Poem"  # with its number, the first line of a file of ours
MOST = 1 << 16  # bytes of a poem's file


def poems(listed: list[str], index: list[int]) -> xr.Dataset:
    """Designs from texts.

    Raises:
        InputError: for one that is too long.
    """
    codes(listed, LONGEST, name=POEM)
    text = (DESIGN, np.array(listed, dtype=object), {"units": "1", "long_name": "words and lines"})
    return xr.Dataset({POEM: text}, coords={DESIGN: np.array(index, dtype=np.int64)})


class PoemText:
    """A file of plain text for each poem, its lines with a capital at their head."""

    name = "txt"
    endings = (".txt",)

    @property
    def apart(self) -> Literal[True]:
        return True

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Each poem below `folder`."""
        found = {}
        for i, text in zip(designs[DESIGN].to_numpy().tolist(), designs[POEM].values, strict=True):
            path = folder / f"poem_{i:05d}.txt"
            path.write_text(f"{HEAD} {i}\n\n{shown(str(text))}\n", encoding="utf-8")
            found[i] = path
        return found

    def read(self, path: Path) -> xr.Dataset:
        """A poem, or all of a folder.

        Raises:
            InputError: if there is none, or one that is no text.
        """
        files, index = numbered(path, "poem_*.txt", "poems as text")
        return poems([_read(file) for file in files], index)


def _read(file: Path) -> str:
    """The text of a file; without the head that we write it is a poem if it has several lines."""
    found = text_of(file, "a poem as text", most=MOST)
    head, _, rest = found.partition("\n")
    if re.fullmatch(rf"{HEAD} \d+\s*", head):
        return written(lines(rest))
    words = lines(found)
    if len(words) < 2:
        raise InputError(f'a poem of several lines, or "{HEAD} 0" above it', f"{file}")
    return written(words)


class PoemLines:
    """All poems in one file of JSON, a line each."""

    name = "jsonl"
    endings = (".jsonl",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """All in `poems.jsonl`."""
        index = designs[DESIGN].to_numpy().tolist()
        both = zip(index, designs[POEM].values, strict=True)
        rows = [json.dumps({DESIGN: i, POEM: shown(str(text))}) for i, text in both]
        path = folder / "poems.jsonl"
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        return dict.fromkeys(index, path)

    def read(self, path: Path) -> xr.Dataset:
        """What `write` wrote.

        Raises:
            InputError: for anything else.
        """
        file = path / "poems.jsonl" if path.is_dir() else path
        what = "poems as JSON lines"
        found = text_of(file, what, most=1 << 28).splitlines()
        rows = [json_text(row, what, str(file)) for row in found]
        try:
            listed = [written(lines(row[POEM])) for row in rows]
            index = [int(np.int64(operator.index(row[DESIGN]))) for row in rows]
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise InputError(what, f"{file} ({error})", "Write what propose writes.") from None
        return poems(listed, index)


def shown(text: str) -> str:
    """A poem as people read it."""
    return "\n".join(_headed(line.strip()) for line in text.splitlines())


def _headed(line: str) -> str:
    said = " ".join("I" if w == "i" else w for w in line.split())
    return said[:1].upper() + said[1:]
