"""Audit of outcomes: each belongs to a row, and answers all that was agreed for it.

An outcome holds no verdict, so that none can be typed in. A value that a bound or a rival needs
must be there, a full result rests on five seeds and is of the present main claim (or the row says
why that changed), and each item that was agreed has its answer.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ingenium.core.errors import IngeniumError
from ingenium_book import check
from ingenium_book.check import CheckOutcome
from ingenium_book.claims import Claim
from ingenium_book.results import CHECKS, RESULTS, read
from ingenium_book.study import FEWEST, Result, Study
from ingenium_book.verdicts import Built, Kind, RowVerdict


def faults(folder: Path, claims: Mapping[str, Claim]) -> tuple[str, ...]:
    """Faults of the results and checks below a folder, a sentence for each."""
    found: list[str] = []
    for path in stored(folder):
        of_file = of_result if path.parent.name == RESULTS else of_check
        found += [f"{path.parent.name}/{path.name}: {fault}" for fault in of_file(path, claims)]
    return tuple(found)


def stored(folder: Path) -> tuple[Path, ...]:
    """All files of results and checks in the folder of a book."""
    return tuple(
        path for name in (RESULTS, CHECKS) for path in sorted(folder.glob(f"{name}/*.json"))
    )


def of_result(path: Path, claims: Mapping[str, Claim]) -> Iterator[str]:
    """Faults of the file of a result."""
    claim = claims.get(path.stem)
    if claim is None:
        yield "no row of the reference has this number"
        return
    if not claim.study:
        yield "no study of this row could have written it"
        return
    try:
        result = read(claim.row, path.parent)
    except IngeniumError as error:
        yield str(error)
        return
    if result is not None:
        yield from _of_values(Study(claim), result)


def _of_values(study: Study, result: Result) -> Iterator[str]:
    claim = study.claim
    if result.row != claim.row:
        yield f"it is the result of row {result.row}"
    if not result.quick and len(set(result.seeds)) < FEWEST:
        yield f"a full result rests on at least {FEWEST} seeds, this one on {len(result.seeds)}"
    if result.command != study.command(len(result.seeds), quick=result.quick):
        yield f"its command does not repeat it: {result.command}"
    if result.main != study.main and not claim.changed:
        yield f'its main claim was "{result.main}", and the row does not say why it changed'
    wrong = [k for k, v in result.values.items() if len(v.by_seed) not in (0, len(result.seeds))]
    if wrong:
        yield f"these values are not by its seeds: {', '.join(wrong)}"
    names = {part.name for part in claim.parts}
    if claim.kind is Kind.NUMBER:
        yield from _unanswered(claim, lambda words: words in names or words in result.values)
    try:
        study.verdict(result)
    except IngeniumError as error:
        yield f"{error} Run it again."


def of_check(path: Path, claims: Mapping[str, Claim]) -> Iterator[str]:
    """Faults of the file of a check's outcome."""
    claim = claims.get(path.stem)
    if claim is None:
        yield "no row of the reference has this number"
        return
    try:
        outcome = check.read(claim.row, path.parent)
    except IngeniumError as error:
        yield str(error)
        return
    if outcome is not None:
        yield from _of_findings(claim, outcome)


def _of_findings(claim: Claim, outcome: CheckOutcome) -> Iterator[str]:
    if outcome.row != claim.row:
        yield f"it is the outcome of row {outcome.row}"
    if not claim.check:
        yield "the row has no check"
    texts = [f.text for f in outcome.findings]
    if claim.kind is Kind.SYSTEM:
        yield from _unanswered(claim, lambda words: any(words in text for text in texts))


def _unanswered(claim: Claim, answered: Callable[[str], bool]) -> Iterator[str]:
    """Items that nothing answers, or whose answer is not in the outcome."""
    for item in (*claim.acceptance, *claim.title_parts):
        if not item.by:
            yield f'"{item.item}" was agreed, and nothing answers it; write by = "untested"'
        for words in () if item.untested else item.by:
            if not answered(words):
                yield f'"{item.item}" is said to be answered by "{words}", which is not there'


def row_state(row: str, root: Path) -> tuple[bool, str]:
    """Return whether a row is answered by a full outcome in a checkout, and how.

    Args:
        row: such as "33.16".
        root: the repository.
    """
    from ingenium_book.claims import claims
    from ingenium_book.entries import find

    known, folder = claims(), root / "book" / "outcomes"
    if row not in known:
        return False, "no such row"
    entry = find(row, folder)
    if not entry.answered:
        return False, "no result"
    faults = (*of_result(folder / RESULTS / f"{row}.json", known),) if entry.result else ()
    if entry.outcome:
        faults += (*of_check(folder / CHECKS / f"{row}.json", known),)
    if faults:
        return False, faults[0]
    good = (RowVerdict.CONFIRMED, RowVerdict.CONSISTENT, Built.WORKS, Built.GAPS)
    said = f"{entry.decided}, {entry.run}, {(entry.outcome or entry.result).time[:10]}"  # type: ignore[union-attr]
    return entry.decided.status in good and entry.run != "quick", said
