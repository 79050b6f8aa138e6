"""Rows of the book: the claim, and the outcomes of its study and its check."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ingenium.core.errors import choose
from ingenium.evaluate.measured import Interval
from ingenium_book import check as checks
from ingenium_book.check import CheckOutcome
from ingenium_book.claims import Chapter, Claim, chapters
from ingenium_book.history import last_run
from ingenium_book.results import CHECKS, RESULTS, book_folder, read
from ingenium_book.study import Result, Study
from ingenium_book.verdicts import NOT_TESTABLE, BookVerdict, Built, ClaimPart, Kind, RowVerdict

STATUSES = (*map(str, Built), *map(str, RowVerdict), NOT_TESTABLE)


@dataclass(frozen=True)
class RowEntry:
    """One row of the book."""

    claim: Claim
    chapter: Chapter
    result: Result | None
    outcome: CheckOutcome | None

    @cached_property
    def built(self) -> BookVerdict:
        """Verdict on the system by its check."""
        if self.outcome is None:
            return BookVerdict(Built.NO_CHECK, str(Built.NO_CHECK))
        return checks.verdict(self.claim, self.outcome)

    @cached_property
    def verdict(self) -> BookVerdict:
        """Verdict on the number by its study."""
        if self.result is None:
            return BookVerdict(RowVerdict.NO_STUDY, str(RowVerdict.NO_STUDY))
        return Study(self.claim).verdict(self.result)

    @property
    def decided(self) -> BookVerdict:
        """Answer to the claim of the row."""
        if self.claim.kind is Kind.NOTHING:
            return BookVerdict(RowVerdict.NO_STUDY, NOT_TESTABLE)
        return self.built if self.claim.kind is Kind.SYSTEM else self.verdict

    @property
    def status(self) -> str:
        """Status of the row, without names of rivals or numbers of parts."""
        return NOT_TESTABLE if self.claim.kind is Kind.NOTHING else str(self.decided.status)

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
        """Measured value of the main claim, with the interval by which it is judged."""
        return self.interval(self.claim.main) if self.claim.main else None

    def interval(self, part: ClaimPart) -> Interval | None:
        """Measured value of a part, with the interval by which it is judged."""
        result = self.result
        if result is None or part.name not in result.values:
            return None
        found = result.values[part.name]
        return part.interval(found, len(result.seeds), sequential=result.sequential)

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
    def last_run(self) -> str:
        """Commits since its outcome was run, or the date."""
        found = self.result or self.outcome
        return last_run(self.claim.package, found.commit, found.time) if found else ""

    @property
    def run(self) -> str:
        """Origin of its outcome: a check, a quick or a full run, or none."""
        if self.result:
            return "quick" if self.result.quick else "full"
        return "check" if self.outcome else ""


def entries(book: Iterable[Chapter], folder: Path | None = None) -> tuple[RowEntry, ...]:
    """Every row in order, with its stored outcomes in the book of its package or in a folder.

    Raises:
        CorruptError: if a file is no outcome.
    """
    return tuple(_entry(claim, chapter, folder) for chapter in book for claim in chapter.rows)


def find(row: str, folder: Path | None = None) -> RowEntry:
    """One row, with its stored outcomes in the book of its package or in another folder.

    Raises:
        InputError: if there is none, with the nearest rows.
        CorruptError: if a file is no outcome.
    """
    known = {claim.row: (claim, chapter) for chapter in chapters() for claim in chapter.rows}
    return _entry(*known[choose(row, known, "row of the evidence book")], folder)


def _entry(claim: Claim, chapter: Chapter, folder: Path | None = None) -> RowEntry:
    home = folder or book_folder(claim.package)
    return RowEntry(
        claim,
        chapter,
        read(claim.row, home / RESULTS) if claim.study else None,
        checks.read(claim.row, home / CHECKS) if claim.check else None,
    )


def chosen(
    book: Iterable[RowEntry],
    *,
    chapter: str | None = None,
    domain: str | None = None,
    status: str | None = None,
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
    )


def counts(book: Sequence[RowEntry]) -> dict[str, int]:
    """Count rows of each class and of each status, and checks that name a mutant."""
    found = Counter(entry.status for entry in book)
    kinds = Counter(entry.claim.kind for entry in book)
    return {
        "rows": len(book),
        "systems": kinds[Kind.SYSTEM],
        "numbers": kinds[Kind.NUMBER],
        "with a check": sum(bool(entry.claim.check) for entry in book),
        "with a study": sum(bool(entry.claim.study) for entry in book),
        **{status: found[status] for status in STATUSES},
        "with a mutant": sum(bool(entry.claim.mutant) for entry in book),
    }
