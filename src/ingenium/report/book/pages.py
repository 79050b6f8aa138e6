"""The evidence book as HTML: a page for each chapter and an index, each whole in one file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ingenium.report.book import forest, plane
from ingenium.report.book.telling import STYLES, Told, rule, tell
from ingenium.report.template import template
from ingenium.studies.book.claims import DOMAINS, Chapter
from ingenium.studies.book.entries import Entry, counts

Share = tuple[str, str, int]  # name of a status, its class in the page, how many


@dataclass(frozen=True)
class Pictures:
    """What is drawn of a row, if it has a result."""

    parts: Markup | None = None
    plane: Markup | None = None
    beside: Markup | None = None


def pages(book: Sequence[Entry]) -> dict[str, str]:
    """Text of every page by the name of its file, the index first."""
    named = by_chapter(book)
    made = {"index.html": index(book, tuple(named.values()))}
    return made | {f"{number}.html": chapter(rows) for number, rows in named.items()}


def by_chapter(book: Sequence[Entry]) -> dict[int, tuple[Entry, ...]]:
    """The rows of each chapter, in order."""
    numbers = dict.fromkeys(entry.chapter.chapter for entry in book)
    return {n: tuple(e for e in book if e.chapter.chapter == n) for n in numbers}


def index(book: Sequence[Entry], named: Sequence[Sequence[Entry]]) -> str:
    """The first page: counts, chapters, and every row with a filter, results first."""
    order = sorted(book, key=lambda e: (e.result is None, e.study is None))
    told = [tell(entry) for entry in order]
    used = {entry.claim.domain for entry in book}
    return template("book/index.html.jinja").render(
        told=told,
        studied=counts(book)["with a study"],
        stale=counts(book)["stale"],
        shares=shares(book),
        chapters=[_line(rows) for rows in named],
        domains=[name for name in DOMAINS if name in used],
        rule=rule(),
    )


def _line(rows: Sequence[Entry]) -> tuple[Chapter, tuple[Share, ...], int]:
    return rows[0].chapter, shares(rows), counts(rows)["with a study"]


def chapter(rows: Sequence[Entry]) -> str:
    """The page of one chapter: rows with a study in full, the others in a table."""
    told = [tell(entry) for entry in rows]
    return template("book/chapter.html.jinja").render(
        chapter=rows[0].chapter,
        studied=[one for one in told if one.entry.study],
        others=[one for one in told if not one.entry.study],
        pictures=drawn(told),
        stale=counts(rows)["stale"],
        shares=shares(rows),
        rule=rule(),
    )


def drawn(told: Sequence[Told]) -> Mapping[str, Pictures]:
    """Pictures of rows, by row; identifiers in them start with the row, so that pages may mix."""
    return {one.entry.claim.row: _drawn(one.entry) for one in told}


def _drawn(entry: Entry) -> Pictures:
    study, result = entry.study, entry.result
    if study is None or result is None:
        return Pictures()
    name = f"r{entry.claim.row.replace('.', '-')}"
    return Pictures(
        forest.parts(study, result, f"{name}p"),
        plane.plane(result.beside, f"{name}q"),
        forest.beside(study, result, f"{name}b"),
    )


def shares(rows: Sequence[Entry]) -> tuple[Share, ...]:
    """How many rows have each status, with the class that colours it."""
    found = counts(rows)
    return tuple((status.value, style, found[status.value]) for status, style in STYLES.items())
