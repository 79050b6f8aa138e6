"""Stories as folders: Markdown that is judged, the same as HTML, and the query of each sentence.

The companions are written from the Markdown, and refused on reading where they differ from it.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.reading.files import text as text_of
from ingenium.core.text import codes
from ingenium.domains.language.report.sql import SqlCheck
from ingenium.domains.language.report.story import LONGEST, StoryReader
from ingenium.words.paper import html, lines_of

STORY = "story"
MARKDOWN, HTML, QUERIES = "story.md", "story.html", "queries.json"
MOST = 1 << 18  # bytes of a file


def stories(listed: list[str], index: list[int]) -> xr.Dataset:
    """Return designs from the texts of stories.

    Raises:
        InputError: for one that is too long.
    """
    codes(listed, LONGEST, name=STORY)
    about = {"units": "1", "long_name": "Markdown of headline, sentences, facts and label"}
    return xr.Dataset(
        {STORY: (DESIGN, np.array(listed, dtype=object), about)},
        coords={DESIGN: np.array(index, dtype=np.int64)},
    )


@dataclass(frozen=True, eq=False)
class StoryFolders:
    """Format with a folder for each story."""

    reader: StoryReader
    check: SqlCheck
    name: str = "story"
    endings: tuple[str, ...] = (".md", ".html", ".json")

    @property
    def separate(self) -> Literal[True]:
        return True

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write each story, and its companions."""
        found = {}
        rows = zip(designs[DESIGN].to_numpy().tolist(), designs[STORY].values, strict=True)
        for i, story in rows:
            place = folder / f"story_{i:05d}"
            place.mkdir(parents=True, exist_ok=True)
            (place / MARKDOWN).write_text(str(story), encoding="utf-8")
            for name, make in self._companions.items():
                (place / name).write_text(make(str(story)), encoding="utf-8")
            found[i] = place
        return found

    @property
    def _companions(self) -> dict[str, Callable[[str], str]]:
        return {HTML: self.html, QUERIES: self.queries}

    def html(self, story: str) -> str:
        """Return a story as HTML."""
        return html(story.rstrip("\n").split("\n"), "en")

    def queries(self, story: str) -> str:
        """Return the query of each claim, in SQL over the rows of the table, as JSON."""
        found = self.reader.read(story)
        listed: list[dict[str, Any]] = []
        for line in found.lines if found else ():
            entry = {"sentence": line.text, "queries": [self.check.text(c) for c in line.claims]}
            listed.append(entry)
        columns = {f"c{i}": name for i, name in enumerate(self.reader.prose.table.columns)}
        return json.dumps({"columns": columns, "sentences": listed}, indent=1) + "\n"

    def read(self, path: Path) -> xr.Dataset:
        """Read a story from its folder, all of a folder, or one file as Markdown or HTML.

        Raises:
            InputError: for what is no such file, or companions that differ.
        """
        if path.is_file():
            return stories([_story(path)], [_number(path.parent)])
        folders = [path] if (path / MARKDOWN).exists() else sorted(path.glob("story_*"))
        if not folders:
            raise InputError("stories in folders, story_00000", f"none in {path}")
        read = [self._folder(place) for place in folders]
        numbers = [_number(place) for place in folders]
        whole = len(set(numbers)) == len(numbers)
        return stories(read, numbers if whole else list(range(len(numbers))))

    def _folder(self, place: Path) -> str:
        """Read the story of a folder, and check its companions."""
        story = _story(place / MARKDOWN)
        wanted = {MARKDOWN, *self._companions}
        if not {p.name for p in place.iterdir()} <= wanted:
            raise InputError(f"{', '.join(sorted(wanted))}, and nothing else", f"{place}")
        for name, make in self._companions.items():
            file = place / name
            if file.exists() and text_of(
                file, "a companion of a story", most=MOST, prose=True
            ) != make(story):
                raise InputError(f"{name} that says what {MARKDOWN} says", f"{file}", "Remove it.")
        return story


def _story(file: Path) -> str:
    """Read the text of a story from Markdown, or from HTML."""
    found = text_of(file, "a story as text", most=MOST, prose=True)
    if file.suffix == ".html":
        found = "\n".join(lines_of(found, "en")) + "\n"
    if not found.startswith("# "):
        raise InputError("a story that begins with its headline, # ...", f"none in {file}")
    if len(found) > LONGEST:
        raise InputError(f"a story of at most {LONGEST} characters", f"{len(found)} in {file}")
    return found


def _number(place: Path) -> int:
    match = re.fullmatch(r"story_(\d{1,9})", place.name)
    return int(match[1]) if match else 0
