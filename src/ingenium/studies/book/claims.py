"""What is claimed, row by row, as data: a file for each chapter in `rows`.

The files say what is claimed and by whom its value was set, what is wrong with its citation or
its number, and what of it cannot be tested here. They cannot say what became of it: that comes
from the result that a study wrote, and an entry for it is refused as unknown.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from ingenium.core.errors import CorruptError, InputError, choose
from ingenium.core.spec import parse

DOMAINS = (
    "airfoils",
    "cities",
    "computing",
    "data",
    "edge",
    "electronics",
    "grid",
    "industry",
    "language",
    "manufacturing",
    "materials",
    "mathematics",
    "molecules",
    "neuromorphic",
    "physics",
    "quantum",
    "radio",
    "robotics",
    "software",
    "structures",
    "trust",
)


class Stated(StrEnum):
    """Who set the value that a row is measured by."""

    CHAPTER = "chapter"  # it is printed there
    READER = "reader"  # the chapter prints none; it is a check proposed for the row


class Lack(StrEnum):
    """What would be needed to test a claim as it was made, and is not here."""

    HARDWARE = "hardware"
    PEOPLE = "people"
    LABORATORY = "laboratory"
    DATA = "data"
    SCALE = "scale"


@dataclass(frozen=True)
class Beyond:
    """What of a claim cannot be tested here, and why; `whole` if nothing of it can be."""

    kind: Lack
    why: str
    whole: bool = False

    def __post_init__(self) -> None:
        if not self.why.strip():
            raise InputError("a reason why a claim cannot be tested here", "none")


@dataclass(frozen=True)
class Claim:
    """One row of the reference."""

    row: str  # such as "27.1"
    title: str
    domain: str
    claim: str
    claimed: str  # its value, or what stands in for one
    stated: Stated
    caution: str = ""  # what is wrong with the book's citation or number
    note: str = ""  # what the row is taken to mean here
    beyond: Beyond | None = None

    def __post_init__(self) -> None:
        choose(self.domain, DOMAINS, "domain of a claim")
        for name in ("title", "claim", "claimed"):
            if not getattr(self, name).strip():
                raise InputError(f"a {name} for row {self.row}", "none")

    @property
    def place(self) -> tuple[int, ...]:
        """Chapter and row as numbers, in which order rows stand."""
        return place(self.row)


@dataclass(frozen=True)
class Chapter:
    """A chapter of the reference with its rows in order."""

    chapter: int
    title: str
    rows: tuple[Claim, ...]
    caution: str = ""

    def __post_init__(self) -> None:
        wanted = [f"{self.chapter}.{i + 1}" for i in range(len(self.rows))]
        came = [claim.row for claim in self.rows]
        if came != wanted:
            wrong = next((c for c, w in zip(came, wanted, strict=True) if c != w), "no row")
            raise InputError(f"rows {self.chapter}.1 to {wanted[-1:]} in order", wrong)


def place(row: str) -> tuple[int, ...]:
    """A row as numbers.

    Raises:
        InputError: if it is not two numbers with a point between.
    """
    if not re.fullmatch(r"\d+\.\d+", row):
        raise InputError("a row such as 27.1", f'"{row}"')
    return tuple(int(part) for part in row.split("."))


@cache
def chapters() -> tuple[Chapter, ...]:
    """All chapters in order.

    Raises:
        CorruptError: if a file is not what it should be.
    """
    folder = files("ingenium.studies.book") / "rows"
    texts = {f.name: f.read_text(encoding="utf-8") for f in folder.iterdir() if f.is_file()}
    found = [read(text, name) for name, text in texts.items() if name.endswith(".toml")]
    return tuple(sorted(found, key=lambda chapter: chapter.chapter))


def read(text: str, name: str) -> Chapter:
    """A chapter from the text of its file.

    Raises:
        CorruptError: naming the entry that is unknown, absent or wrong; a status is unknown.
    """
    try:
        table = tomllib.loads(text)
        rows = table.get("rows", ())
        return parse(table | {"rows": [_claim(row, name) for row in rows]}, Chapter, name)
    except (tomllib.TOMLDecodeError, InputError, TypeError) as error:
        raise CorruptError(name, f"is not a chapter of claims ({error})") from error


def _claim(table: Mapping[str, Any], name: str) -> Claim:
    """A claim from its table; each table is read by itself, so that no unknown entry passes."""
    where = f"row {table.get('row', 'without a number')} of {name}"
    inside = table.get("beyond")
    beyond = {} if inside is None else {"beyond": parse(inside, Beyond, f"beyond in {where}")}
    return parse({**table, **beyond}, Claim, where)


def claims() -> Mapping[str, Claim]:
    """Every claim by its row, in order."""
    return MappingProxyType({c.row: c for chapter in chapters() for c in chapter.rows})


def find(row: str) -> Claim:
    """The claim of a row.

    Raises:
        InputError: if there is none, with the nearest rows.
    """
    known = claims()
    return known[choose(row, known, "row of the evidence book")]
