"""Audit of outcomes: a status is valid only if its file is.

An outcome must belong to a row and to its study or check, carry the seal of its content, and its
verdict must follow by the rule from measured values or findings. Nothing else can give a row a
status.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from ingenium.core.errors import IngeniumError
from ingenium_book import check
from ingenium_book.claims import Claim
from ingenium_book.results import CHECKS, RESULTS, read
from ingenium_book.study import FEWEST, Result, Study
from ingenium_book.verdicts import Built, RowVerdict


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
    if result.row != study.claim.row:
        yield f"it is the result of row {result.row}"
    if not result.quick and len(set(result.seeds)) < FEWEST:
        yield f"a full result rests on at least {FEWEST} seeds, this one on {len(result.seeds)}"
    if result.command != study.command(len(result.seeds), quick=result.quick):
        yield f"its command does not repeat it: {result.command}"
    if not result.quick and result.canary is None and not study.claim.no_canary:
        yield f"no canary, and its row says not why: ingenium study canary {result.row}"
    wrong = [k for k, v in result.values.items() if len(v.by_seed) not in (0, len(result.seeds))]
    if wrong:
        yield f"these values are not by its seeds: {', '.join(wrong)}"
    try:
        follows = study.verdict(result.values, result.control)
    except IngeniumError as error:
        yield f"{error} Run it again."
        return
    if result.verdict is not follows:
        yield f"its verdict is {result.verdict}, but by the rule the values say {follows}"


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
        yield from check.faults(claim, outcome)


def row_state(row: str, root: Path) -> tuple[bool, str]:
    """Return whether a row is answered by a full and fresh outcome in a checkout, and how.

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
    time = (entry.outcome or entry.result).time[:10]  # type: ignore[union-attr]
    said = f"{entry.status}, {entry.run}, {time}{', stale' if entry.stale else ''}"
    good = entry.status in (RowVerdict.CONFIRMED, RowVerdict.CONSISTENT, Built.WORKS, Built.GAPS)
    return good and not entry.stale and entry.run != "quick", said
