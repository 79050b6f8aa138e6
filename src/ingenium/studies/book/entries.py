"""Rows of the book: the claim, the study that tests it if there is one, and its result."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingenium.core.errors import choose
from ingenium.evaluate.intervals import Interval
from ingenium.studies.book.claims import DOMAINS, Chapter, Claim
from ingenium.studies.results import read, stale
from ingenium.studies.rules import Outcome, Part, Status
from ingenium.studies.study import Result, Study


@dataclass(frozen=True)
class Entry:
    """One row of the book."""

    claim: Claim
    chapter: Chapter
    study: Study | None
    result: Result | None
    stale: bool

    @property
    def status(self) -> Status:
        """What a result says; without one nothing is decided."""
        return self.result.status if self.result else Status.NOT_YET

    @property
    def headline(self) -> Part | None:
        """The part that stands for the whole."""
        parts = self.study.parts if self.study else ()
        return next((p for p in parts if self.study and p.name == self.study.headline), None)

    @property
    def value(self) -> Interval | None:
        """What was measured of the headline."""
        part = self.headline
        return self.result.values.get(part.name) if self.result and part else None

    @property
    def main(self) -> str:
        """What became of the main parts, such as `1 of 3 holds, 2 contradicted`."""
        if not self.study or not self.result or not self.result.outcomes:
            return ""
        found = Counter(self.result.outcomes.get(p.name) for p in self.study.parts if p.main)
        held, against = found[Outcome.HOLDS], found[Outcome.CONTRADICTED]
        said = f"{held} of {found.total()} {'holds' if held == 1 else 'hold'}"
        return f"{said}, {against} contradicted" if against else said

    @property
    def run(self) -> str:
        """How its result came about: quick, full, or not at all."""
        return ("quick" if self.result.quick else "full") if self.result else ""


def entries(
    folder: Path, studies: Iterable[Study], chapters: Iterable[Chapter]
) -> tuple[Entry, ...]:
    """Every row in order, with the results in a folder.

    Raises:
        CorruptError: if a result was changed after it was written.
    """
    known = {study.row: study for study in studies}
    return tuple(
        _entry(claim, chapter, known.get(claim.row), folder)
        for chapter in chapters
        for claim in chapter.rows
    )


def _entry(claim: Claim, chapter: Chapter, study: Study | None, folder: Path) -> Entry:
    result = read(claim.row, folder) if study else None
    old = study is not None and result is not None and stale(study, result)
    return Entry(claim, chapter, study, result, old)


def chosen(
    book: Iterable[Entry],
    *,
    chapter: int | None = None,
    domain: str | None = None,
    status: Status | None = None,
    stale: bool = False,
) -> tuple[Entry, ...]:
    """The rows that meet all that is asked.

    Raises:
        InputError: for a domain or chapter that no row has.
    """
    book = tuple(book)
    if domain is not None:
        choose(domain, DOMAINS, "domain")
    if chapter is not None:
        known = dict.fromkeys(str(entry.chapter.chapter) for entry in book)
        choose(str(chapter), known, "chapter")
    return tuple(
        entry
        for entry in book
        if chapter in (None, entry.chapter.chapter)
        and domain in (None, entry.claim.domain)
        and status in (None, entry.status)
        and (entry.stale or not stale)
    )


def counts(book: Sequence[Entry]) -> dict[str, int]:
    """How many rows have each status, how many a study, and how many a stale result."""
    found = Counter(entry.status for entry in book)
    return {
        "rows": len(book),
        "with a study": sum(entry.study is not None for entry in book),
        **{status.value: found[status] for status in Status},
        "stale": sum(entry.stale for entry in book),
    }
