"""Messages as folders: Markdown that is judged, and the same as HTML."""

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
from ingenium.words.paper import html, lines_of

MESSAGE, LONGEST, MOST = "message", 8000, 1 << 17  # characters; bytes of a file
MARKDOWN, HTML = "message.md", "message.html"


def drafts(listed: list[str], index: list[int]) -> xr.Dataset:
    """Return designs from the texts of messages.

    Raises:
        InputError: for one that is too long.
    """
    codes(listed, LONGEST, name=MESSAGE)
    about = {"units": "1", "long_name": "Markdown of subject, text and label"}
    return xr.Dataset(
        {MESSAGE: (DESIGN, np.array(listed, dtype=object), about)},
        coords={DESIGN: np.array(index, dtype=np.int64)},
    )


@dataclass(frozen=True, eq=False)
class MessageFolders:
    """Format with a folder for each message."""

    name: str = "message"
    endings: tuple[str, ...] = (".md", ".html")

    @property
    def separate(self) -> Literal[True]:
        return True

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write each message, as Markdown and as HTML."""
        found = {}
        rows = zip(designs[DESIGN].to_numpy().tolist(), designs[MESSAGE].values, strict=True)
        for i, text in rows:
            place = folder / f"message_{i:05d}"
            place.mkdir(parents=True, exist_ok=True)
            (place / MARKDOWN).write_text(str(text), encoding="utf-8")
            (place / HTML).write_text(_html(str(text)), encoding="utf-8")
            found[i] = place
        return found

    def read(self, path: Path) -> xr.Dataset:
        """Read a message from its folder or file, or all of a folder.

        Raises:
            InputError: for what is no message, or HTML that says something else.
        """
        if path.is_file():
            return drafts([_text(path)], [_number(path.parent)])
        folders = [path] if (path / MARKDOWN).exists() else sorted(path.glob("message_*"))
        if not folders:
            raise InputError("messages in folders, message_00000", f"none in {path}")
        read = [_folder(place) for place in folders]
        numbers = [_number(place) for place in folders]
        whole = len(set(numbers)) == len(numbers)
        return drafts(read, numbers if whole else list(range(len(numbers))))


def _folder(place: Path) -> str:
    text = _text(place / MARKDOWN)
    if not {p.name for p in place.iterdir()} <= {MARKDOWN, HTML}:
        raise InputError(f"{MARKDOWN} and {HTML}, and nothing else", f"{place}")
    other = place / HTML
    if other.exists() and text_of(other, "a message as HTML", most=MOST, prose=True) != _html(text):
        raise InputError(f"{HTML} that says what {MARKDOWN} says", f"{place}", "Remove it.")
    return text


def _html(text: str) -> str:
    return html(text.rstrip("\n").split("\n"), "en")


def _text(file: Path) -> str:
    found = text_of(file, "a message as text", most=MOST, prose=True)
    if file.suffix == ".html":
        found = "\n".join(lines_of(found, "en")) + "\n"
    if not found.startswith("# ") or len(found) > LONGEST:
        raise InputError(
            f"a message of at most {LONGEST} characters that begins with # and its subject",
            f"{file}",
        )
    return found


def _number(place: Path) -> int:
    match = re.fullmatch(r"message_(\d{1,9})", place.name)
    return int(match[1]) if match else 0
