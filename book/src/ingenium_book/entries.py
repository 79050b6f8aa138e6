"""Rows of the book: the claim, and the outcomes of its study and its check."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingenium.core.errors import choose
from ingenium.evaluate.measured import Interval
from ingenium_book import check as checks
from ingenium_book.canaries import Canary, moved
from ingenium_book.canaries import read as read_canary
from ingenium_book.check import CheckOutcome
from ingenium_book.claims import Chapter, Claim, chapters
from ingenium_book.results import CANARIES, CHECKS, RESULTS, book_folder, read
from ingenium_book.study import Result
from ingenium_book.verdicts import NOT_TESTABLE, Built, Kind, RowVerdict

STATUSES = (*map(str, Built), *map(str, RowVerdict), NOT_TESTABLE)


@dataclass(frozen=True)
class RowEntry:
    """One row of the book."""

    claim: Claim
    chapter: Chapter
    result: Result | None
    outcome: CheckOutcome | None
    canary: Canary | None = None

    @property
    def built(self) -> Built:
        """Verdict on the system by its check; `NOT` without one."""
        return self.outcome.built if self.outcome else Built.NOT

    @property
    def verdict(self) -> RowVerdict:
        """Verdict on the number by its study; undecided without one."""
        return self.result.verdict if self.result else RowVerdict.NOT_DECIDED

    @property
    def status(self) -> str:
        """Answer to the claim of the row."""
        if self.claim.kind is Kind.NOTHING:
            return NOT_TESTABLE
        return str(self.built if self.claim.kind is Kind.SYSTEM else self.verdict)

    @property
    def answered(self) -> bool:
        """True if there is an outcome."""
        return self.result is not None or self.outcome is not None

    @property
    def requested(self) -> bool:
        """True if there is a study or a check, run or not."""
        return bool(self.claim.study or self.claim.check)

    @property
    def value(self) -> Interval | None:
        """Measured value of the main claim."""
        main = self.claim.main
        found = self.result.values.get(main.name) if self.result and main else None
        return found.interval if found else None

    @property
    def by_seed(self) -> str:
        """Values of the main claim by seed, in words."""
        main = self.claim.main
        found = self.result.values.get(main.name) if self.result and main else None
        if found is None:
            return ""
        if found.by_seed:
            return ", ".join(f"{x:.4g}" for x in found.by_seed)
        return "exact" if found.interval.exact else "values by seed not stored"

    @property
    def stale(self) -> bool:
        """True if a canary shows that the number would differ today."""
        return moved(self.claim, self.result, self.canary)

    @property
    def run(self) -> str:
        """Origin of its outcome: a check, a quick or a full run, or none."""
        if self.result:
            return "quick" if self.result.quick else "full"
        return "check" if self.outcome else ""


def entries(book: Iterable[Chapter], folder: Path | None = None) -> tuple[RowEntry, ...]:
    """Every row in order, with its stored outcomes in the book of its package or in a folder.

    Raises:
        CorruptError: if an outcome was changed after it was written.
    """
    return tuple(_entry(claim, chapter, folder) for chapter in book for claim in chapter.rows)


def find(row: str, folder: Path | None = None) -> RowEntry:
    """One row, with its stored outcomes in the book of its package or in another folder.

    Raises:
        InputError: if there is none, with the nearest rows.
        CorruptError: if an outcome was changed after it was written.
    """
    known = {claim.row: (claim, chapter) for chapter in chapters() for claim in chapter.rows}
    return _entry(*known[choose(row, known, "row of the evidence book")], folder)


def _entry(claim: Claim, chapter: Chapter, folder: Path | None = None) -> RowEntry:
    home = folder or book_folder(claim.package)
    result = read(claim.row, home / RESULTS) if claim.study else None
    return RowEntry(
        claim,
        chapter,
        result,
        checks.read(claim.row, home / CHECKS) if claim.check else None,
        read_canary(claim.row, home / CANARIES) if result else None,
    )


def chosen(
    book: Iterable[RowEntry],
    *,
    chapter: str | None = None,
    domain: str | None = None,
    status: str | None = None,
    stale: bool = False,
) -> tuple[RowEntry, ...]:
    """Select the rows that match all filters.

    Raises:
        InputError: for a domain, chapter or status that no row has.
    """
    book = tuple(book)
    if domain is not None:
        choose(domain, sorted({entry.claim.domain for entry in book}), "domain")
    if chapter is not None:
        choose(chapter, dict.fromkeys(str(e.chapter.chapter) for e in book), "chapter")
    if status is not None:
        choose(status, STATUSES, "status")
    return tuple(
        entry
        for entry in book
        if chapter in (None, str(entry.chapter.chapter))
        and domain in (None, entry.claim.domain)
        and status in (None, entry.status)
        and (entry.stale or not stale)
    )


def counts(book: Sequence[RowEntry]) -> dict[str, int]:
    """Count rows of each class, of each status, and stale ones."""
    found = Counter(entry.status for entry in book)
    kinds = Counter(entry.claim.kind for entry in book)
    return {
        "rows": len(book),
        "systems": kinds[Kind.SYSTEM],
        "numbers": kinds[Kind.NUMBER],
        "with a check": sum(bool(entry.claim.check) for entry in book),
        "with a study": sum(bool(entry.claim.study) for entry in book),
        **{status: found[status] for status in STATUSES},
        "stale": sum(entry.stale for entry in book),
    }
