"""Names of files and folders in a request."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

ENDINGS = (
    "csv tsv txt xlsx parquet json jsonl h5 hdf5 nc npz py toml inp cif sdf smi xyz dxf stl zip"
    " ifc epw geojson 3mf obj step md docx odt po xliff xlf m dat log yaml yml pdf mm eml mbox"
)
FILE = re.compile(
    r"(?<![\w/])(?:[\w~.-]*/)*[\w-]+\.(?:" + "|".join(ENDINGS.split()) + r")(?![\w/])"
    r"|(?<![\w/])(?:out|data|\.{1,2}|~)/[\w./-]+\w"
    r"|(?<![\w/])[A-Za-z][\w-]{2,}/(?=[\s,;.]|$)",
    re.IGNORECASE,
)
TABLES = (".csv", ".tsv", ".xlsx", ".parquet")


@dataclass(frozen=True)
class NamedFile:
    """A file that a request names."""

    name: str
    start: int
    end: int

    @cached_property
    def ending(self) -> str:
        """Its ending in small letters; empty for a folder."""
        return PurePosixPath(self.name).suffix.lower()

    @property
    def table(self) -> bool:
        """True for a table of readings."""
        return self.ending in TABLES


def named_files(text: str) -> tuple[NamedFile, ...]:
    """All files and folders of a text, in order."""
    return tuple(NamedFile(m[0], *m.span()) for m in FILE.finditer(text))
