"""The evidence book as HTML: a page for each chapter and an index, each whole in one file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ingenium.report.template import template
from ingenium_book.claims import Chapter
from ingenium_book.entries import RowEntry, counts
from ingenium_book.pages import forest, plane
from ingenium_book.pages.wording import RULES, STYLES, RowWords, alongside, tell

Share = tuple[str, str, int]  # name of a status, its class in the page, how many


@dataclass(frozen=True)
class Pictures:
    """Pictures of a row, if it has a result."""

    parts: Markup | None = None
    plane: Markup | None = None
    alongside: Markup | None = None


@dataclass(frozen=True)
class Rooms:
    """The rows of a chapter by class: systems first, then numbers, then the rest."""

    systems: tuple[RowWords, ...]
    measured: tuple[RowWords, ...]  # with a study, whatever the class of the row
    numbers: tuple[RowWords, ...]
    closed: tuple[RowWords, ...]  # not testable here


def pages(book: Sequence[RowEntry]) -> dict[str, str]:
    """Text of every page by the name of its file, the index first."""
    named = by_chapter(book)
    made = {"index.html": index(book, tuple(named.values()))}
    return made | {f"{number}.html": chapter(rows) for number, rows in named.items()}


def by_chapter(book: Sequence[RowEntry]) -> dict[int | str, tuple[RowEntry, ...]]:
    """The rows of each chapter, in order."""
    numbers = dict.fromkeys(entry.chapter.chapter for entry in book)
    return {n: tuple(e for e in book if e.chapter.chapter == n) for n in numbers}


def rooms(rows: Sequence[RowEntry]) -> Rooms:
    """The rows of a chapter in words."""
    reported = tuple(tell(entry) for entry in rows)
    return Rooms(
        tuple(one for one in reported if one.is_system),
        tuple(one for one in reported if one.entry.claim.study),
        tuple(one for one in reported if one.entry.claim.kind == "N"),
        tuple(one for one in reported if one.entry.claim.kind == "T"),
    )


def index(book: Sequence[RowEntry], named: Sequence[Sequence[RowEntry]]) -> str:
    """Write the index: counts, chapters, and every row with a filter, those with outcomes first."""
    order = sorted(book, key=lambda e: (not e.answered, not e.requested))
    return template("index.html.jinja", __package__).render(
        reported=[tell(entry) for entry in order],
        counts=counts(book),
        shares=shares(book),
        chapters=[_line(rows) for rows in named],
        domains=sorted({entry.claim.domain for entry in book}),
        rule=RULES,
    )


def _line(rows: Sequence[RowEntry]) -> tuple[Chapter, tuple[Share, ...], dict[str, int]]:
    return rows[0].chapter, shares(rows), counts(rows)


def chapter(rows: Sequence[RowEntry]) -> str:
    """Write the page of one chapter: its systems, then its numbers, then their evidence."""
    of = rooms(rows)
    return template("chapter.html.jinja", __package__).render(
        chapter=rows[0].chapter,
        rooms=of,
        pictures=drawn(of.measured),
        counts=counts(rows),
        shares=shares(rows),
        rule=RULES,
    )


def drawn(reported: Sequence[RowWords]) -> Mapping[str, Pictures]:
    """Draw pictures of rows, by row; identifiers in them start with the row and are unique."""
    return {one.entry.claim.row: _drawn(one.entry) for one in reported}


def _drawn(entry: RowEntry) -> Pictures:
    if entry.result is None:
        return Pictures()
    name = f"r{entry.claim.row.replace('.', '-')}"
    others = {key: value.interval for key, value in alongside(entry).items()}
    return Pictures(
        forest.parts(entry.claim, entry.result, others, f"{name}p"),
        plane.plane(others, f"{name}q"),
        forest.alongside(entry.claim, others, f"{name}b"),
    )


def shares(rows: Sequence[RowEntry]) -> tuple[Share, ...]:
    """Number of rows of each status, with its CSS class."""
    found = counts(rows)
    return tuple((str(status), style, found[str(status)]) for status, style in STYLES.items())
