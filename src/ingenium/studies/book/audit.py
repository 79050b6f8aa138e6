"""What makes a result unfit for the book: a status stands only if its file holds up.

A result must belong to a row and to its study, carry the seal of its content, and its outcomes and
status must follow from its values by the rule. Nothing else can give a row a status.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from ingenium.core.digest import digest
from ingenium.core.errors import IngeniumError
from ingenium.studies.book.claims import Claim
from ingenium.studies.results import read
from ingenium.studies.rules import Status, decide, outcomes
from ingenium.studies.study import FEWEST, Result, Study


def faults(
    folder: Path, studies: Mapping[str, Study], claims: Mapping[str, Claim]
) -> tuple[str, ...]:
    """What is wrong with the results in a folder, as a sentence for each fault."""
    found = [
        f"{row}: its study stands for no row of the reference"
        for row in studies
        if row not in claims
    ]
    files = sorted(folder.glob("*.json")) if folder.is_dir() else []
    for path in files:
        if path.stem not in claims:
            found.append(f"{path.name}: no row of the reference has this number")
        elif path.stem not in studies:
            found.append(f"{path.name}: no study of this row could have written it")
        else:
            found += [f"{path.name}: {fault}" for fault in of_file(path, studies[path.stem])]
    return tuple(found)


def of_file(path: Path, study: Study) -> Iterator[str]:
    """What is wrong with the file of a result of a study."""
    row = path.stem
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        result = read(row, path.parent)
    except (ValueError, IngeniumError) as error:
        yield str(error)
        return
    if result is None:
        yield "it went away"
        return
    content = {k: v for k, v in table.items() if k != "seal"}
    if table.get("seal") != digest(content):
        yield "it has no seal: it was not written by a study, or before results were sealed"
    yield from _of_result(study, result)


def _of_result(study: Study, result: Result) -> Iterator[str]:
    if result.row != study.row:
        yield f"it is the result of row {result.row}"
    if not result.quick and len(set(result.seeds)) < FEWEST:
        yield f"a full result rests on at least {FEWEST} seeds, this one on {len(result.seeds)}"
    if result.command != study.command(len(result.seeds), quick=result.quick):
        yield f"its command does not repeat it: {result.command}"
    if study.measure is None:
        yield from _of_untestable(study, result)
        return
    try:
        follows, judged = decide(study.parts, result.values), outcomes(study.parts, result.values)
    except IngeniumError as error:
        yield f"{error} Run it again."
        return
    if set(result.values) != set(judged):
        unknown = ", ".join(sorted(set(result.values) - set(judged)))
        yield f"it has values that are no part of the claim: {unknown}"
    if dict(result.outcomes) != judged:
        wrong = [name for name in judged if result.outcomes.get(name) != judged[name]]
        yield f"these outcomes do not follow from the values: {', '.join(wrong) or 'one too many'}"
    if result.status is not follows:
        yield f"its status is {result.status}, but by the rule the values say {follows}"


def _of_untestable(study: Study, result: Result) -> Iterator[str]:
    if result.status is not Status.NOT_TESTABLE:
        yield f"its study measures nothing, so that it cannot be {result.status}"
    if result.values or result.outcomes:
        yield "it has values though its study measures nothing"
    if result.notes != (study.untestable,):
        yield f"it does not give the reason of its study: {study.untestable}"
