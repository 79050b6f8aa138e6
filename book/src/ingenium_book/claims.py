"""Claims, row by row, as data: a file for each chapter in `rows`.

The files state each claim and the author of its value, errors of its citation or its number, the
study or check that answers it, the bound stated in advance, and untestable parts. They cannot state
its verdict: that comes from the outcome that a study or a check wrote, and an entry for it is
refused as unknown. What was agreed is a list of items, each with what answers it.

A third party's package has the same as `rows.toml` with the studies of its domain, with a word in
place of the number of the chapter.
"""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ingenium.core.errors import CorruptError, IngeniumError, InputError
from ingenium.core.spec import parse
from ingenium.domains import load, names, own
from ingenium_book.history import BOOK, root
from ingenium_book.plan import FUNCTION, CheckPlan
from ingenium_book.plan import read as read_plan
from ingenium_book.verdicts import AgreedItem, ClaimPart, Kind, Rival, Scope


class ValueSource(StrEnum):
    """Author of the value that a row is measured by."""

    CHAPTER = "chapter"  # it is printed there
    READER = "reader"  # the chapter prints none; it is a check proposed for the row


class Lack(StrEnum):
    """Missing requirement for a test of a claim as stated."""

    HARDWARE = "hardware"
    PEOPLE = "people"
    LABORATORY = "laboratory"
    DATA = "data"
    SCALE = "scale"


@dataclass(frozen=True)
class Beyond:
    """Part of a claim that cannot be tested here, and the reason."""

    kind: Lack
    why: str

    def __post_init__(self) -> None:
        if not self.why.strip():
            raise InputError("a reason why a claim cannot be tested here", "none")


@dataclass(frozen=True)
class Claim:
    """One row of the reference."""

    row: str  # such as "27.1"
    kind: Kind  # `class` in the file: C, N or T
    title: str
    domain: str
    claim: str
    claimed: str  # its value, or a substitute
    stated: ValueSource
    acceptance: tuple[AgreedItem, ...]  # what was agreed to answer it, item by item
    caution: str = ""  # error of the book's citation or number
    note: str = ""  # interpretation of the row
    beyond: Beyond | None = None
    check: CheckPlan | str = ""  # which shows the system; in code "package.module:function"
    study: str = ""  # module with `measure`, which measures the number
    found: str = ""  # what was found, in plain words, with values as {name|.2f} or {name|.2f~}
    simplest: str = ""  # the simplest rival and its value, in the same way
    main: ClaimPart | None = None  # the part that decides
    side: tuple[ClaimPart, ...] = ()  # parts that are reported with it
    measured_on: str = ""
    scope: Scope = Scope.SAME
    untested: tuple[str, ...] = ()  # parts of the claim that no study or check touches
    title_parts: tuple[AgreedItem, ...] = ()  # that the title names, if several
    rivals: tuple[Rival, ...] = ()  # that the method has to beat in the same file
    no_rival: str = ""  # why there is none to beat
    quality: tuple[str, ...] = ()  # side parts that are the method's own printed quality
    mutant: str = ""  # "answers", or a "package.module:function", under which the check fails
    changed: tuple[str, ...] = ()  # "changed because ..., after seeing ...", of its main claim
    package: str = BOOK  # that brings the row

    def __post_init__(self) -> None:
        for name in ("title", "domain", "claim", "claimed"):
            if not getattr(self, name).strip():
                raise InputError(f"a {name} for row {self.row}", "none")
        if not self.acceptance or not all(item.item.strip() for item in self.acceptance):
            raise InputError(f"an acceptance for row {self.row}", "none")
        if bool(self.study) != (self.main is not None) or bool(self.study) != bool(
            self.measured_on
        ):
            raise InputError(
                "study, main and measured_on together", f"row {self.row} with some of them"
            )
        if isinstance(self.check, str) and self.check and not re.fullmatch(FUNCTION, self.check):
            raise InputError("a check as package.module:function", f'"{self.check}"')
        if self.kind is Kind.NOTHING and (self.study or self.check or self.beyond is None):
            raise InputError("a reason in `beyond` and nothing that runs", f"row {self.row} of T")
        if self.study and bool(self.rivals) == bool(self.no_rival):
            raise InputError(f"rivals of row {self.row}, or why there are none", "both or neither")
        unknown = [name for name in self.quality if name not in {p.name for p in self.side}]
        if unknown:
            raise InputError(f"a side part as quality of row {self.row}", f'"{unknown[0]}"')
        wrong = [
            text for text in self.changed if not re.match(r"changed because .+, after see", text)
        ]
        if wrong:
            raise InputError('"changed because ..., after seeing ..."', f'"{wrong[0]}"')

    @property
    def place(self) -> tuple[int, str, int]:
        """Chapter and row, for the order of rows."""
        return place(self.row)

    @property
    def parts(self) -> tuple[ClaimPart, ...]:
        """The main claim and the side checks."""
        return ((self.main,) if self.main else ()) + self.side

    @property
    def not_tested(self) -> tuple[str, ...]:
        """Agreed or claimed items that nothing answers."""
        return (*(item.item for item in self.acceptance if item.untested), *self.untested)


@dataclass(frozen=True)
class Chapter:
    """A chapter of the reference, or a third party's claims under one word, with ordered rows."""

    chapter: int | str
    title: str
    rows: tuple[Claim, ...]
    caution: str = ""

    def __post_init__(self) -> None:
        wanted = [f"{self.chapter}.{i + 1}" for i in range(len(self.rows))]
        got = [claim.row for claim in self.rows]
        if got != wanted:
            wrong = next((c for c, w in zip(got, wanted, strict=True) if c != w), "no row")
            raise InputError(f"rows {self.chapter}.1 to {wanted[-1:]} in order", wrong)


def place(row: str) -> tuple[int, str, int]:
    """Parse a row as its chapter (0 and a word for a third party's) and its number.

    Raises:
        InputError: if it is not a number or a word, a point and a number.
    """
    if not re.fullmatch(r"(\d+|[a-z]\w*)\.\d+", row):
        raise InputError("a row such as 27.1", f'"{row}"')
    chapter, _, number = row.partition(".")
    if chapter.isdigit():
        return (int(chapter), "", int(number))
    return (sys.maxsize, chapter, int(number))


@cache
def chapters() -> tuple[Chapter, ...]:
    """All chapters of the reference in order, then those of other packages.

    Raises:
        CorruptError: if a file is invalid.
    """
    files = sorted((root(BOOK) / "rows").glob("*.toml"))
    ours = [read(file.read_text(encoding="utf-8"), file.name) for file in files]
    return (*ours, *_of_strangers())


def _of_strangers() -> tuple[Chapter, ...]:
    """Chapters of packages that bring a domain with `studies/rows.toml`."""
    found = {}
    for package, file in strangers():
        made = read(file.read_text(encoding="utf-8"), str(file), package)
        found[str(made.chapter)] = made
    return tuple(found[name] for name in sorted(found))


def strangers() -> Iterator[tuple[str, Path]]:
    """Third-party packages that bring a domain, and the files of their rows.

    A domain that does not load brings none; `ingenium list` shows its error.
    """
    for name in names():
        if name in own():
            continue
        with suppress(IngeniumError):
            top, *rest = load(name).studies.split(".")
            file = root(top).joinpath(*rest, "rows.toml")
            if file.is_file():
                yield top, file


def read(text: str, name: str, package: str = BOOK) -> Chapter:
    """A chapter from the text of its file.

    Raises:
        CorruptError: naming the entry that is unknown, absent or wrong; a verdict is unknown.
    """
    try:
        table = tomllib.loads(text)
        rows = [_claim(row, name, package) for row in table.get("rows", ())]
        return parse(table | {"rows": rows}, Chapter, name)
    except (tomllib.TOMLDecodeError, InputError, TypeError, AttributeError) as error:
        raise CorruptError(name, f"is not a chapter of claims ({error})") from error


def _claim(table: Mapping[str, Any], name: str, package: str) -> Claim:
    """Parse a claim; each table is read by itself, so that no unknown entry passes."""
    if not isinstance(table, Mapping):
        raise InputError(f"a list of tables as rows of {name}", repr(table))
    where = f"row {table.get('row', 'without a number')} of {name}"
    inside = dict(table)
    if "kind" in inside or "package" in inside:
        raise InputError(f"only known entries in {where}", "kind or package", "Write class.")
    inside["kind"] = inside.pop("class", None)
    if "beyond" in inside:
        inside["beyond"] = parse(inside["beyond"], Beyond, f"beyond in {where}")
    if isinstance(inside.get("check"), Mapping):
        inside["check"] = read_plan(inside["check"], f"the check in {where}")
    if "main" in inside:
        inside["main"] = parse(inside["main"], ClaimPart, f"main in {where}")
    inside["side"] = [parse(part, ClaimPart, f"side in {where}") for part in inside.get("side", ())]
    for name in ("acceptance", "title_parts"):
        inside[name] = [_item(one, f"{name} in {where}") for one in inside.get(name, ())]
    inside["rivals"] = [parse(one, Rival, f"rivals in {where}") for one in inside.get("rivals", ())]
    return parse(inside | {"package": package}, Claim, where)


def _item(given: object, where: str) -> AgreedItem:
    """Parse an item: a sentence that nothing answers yet, or a table with what does."""
    if isinstance(given, str):
        return AgreedItem(given)
    if not isinstance(given, Mapping):
        raise InputError(f"a sentence or a table in {where}", repr(given))
    by = given.get("by", [])
    return parse({**given, "by": [by] if isinstance(by, str) else by}, AgreedItem, where)


def claims() -> Mapping[str, Claim]:
    """Every claim by its row, in order."""
    return MappingProxyType({c.row: c for chapter in chapters() for c in chapter.rows})
