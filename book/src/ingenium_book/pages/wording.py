"""A row of the evidence book in words, for pages of any kind."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from ingenium.evaluate.measured import Interval, Value
from ingenium.report import words
from ingenium_book.claims import ValueSource
from ingenium_book.entries import RowEntry
from ingenium_book.results import CHECKS, book_folder
from ingenium_book.study import Result, Study
from ingenium_book.verdicts import (
    BUILT_RULE,
    NOT_TESTABLE,
    RULE,
    Built,
    ClaimPart,
    Kind,
    RowVerdict,
)

STYLES: Mapping[str, str] = {  # the class of a status in a page
    Built.WORKS: "holds",
    Built.GAPS: "partly",
    Built.NOT: "silent",
    RowVerdict.CONFIRMED: "holds",
    RowVerdict.CONSISTENT: "partly",
    RowVerdict.NOT_REACHED: "short",
    RowVerdict.REFUTED: "breaks",
    RowVerdict.NOT_DECIDED: "silent",
    NOT_TESTABLE: "closed",
}
LACKS = {
    "hardware": "hardware that is not here",
    "people": "people",
    "laboratory": "a laboratory",
    "data": "data that are not available here",
    "scale": "more than one machine can do",
}
RULES = f"{BUILT_RULE} A number is {RULE[0].lower()}{RULE[1:]}"


@dataclass(frozen=True)
class Line:
    """A part of the claim, or another quantity, with its measured value."""

    name: str
    bound: str
    value: str
    interval: str
    outcome: str
    main: bool = False


@dataclass(frozen=True)
class RowWords:
    """Texts of a row for a page; empty where there is nothing."""

    entry: RowEntry
    stated: str
    said: Mapping[str, str]  # texts by their headings
    parts: tuple[Line, ...]
    alongside: tuple[Line, ...]
    facts: tuple[tuple[str, str], ...]
    command: str  # command that shows the system, or repeats the number
    findings: tuple[tuple[str, str], ...]  # of the check: yes, no or gap, and a sentence
    picture: str  # as the address of an image, whole in itself
    caption: str

    @property
    def main(self) -> Line:
        """Measured value of the main claim."""
        return next((part for part in self.parts if part.main), Line("", "", "", "", ""))

    @property
    def style(self) -> str:
        """CSS class of its status."""
        return STYLES[self.entry.status]

    @property
    def is_system(self) -> bool:
        """True if it requires a system."""
        return self.entry.claim.kind is Kind.SYSTEM


def tell(entry: RowEntry) -> RowWords:
    """Describe a row in words."""
    claim, result, outcome = entry.claim, entry.result, entry.outcome
    printed = claim.stated is ValueSource.CHAPTER
    by = "the chapter prints it" if printed else "a check set for the row"
    lack = claim.beyond
    said = {
        "Claim": claim.claim,
        "Claimed": f"{claim.claimed} ({by})",
        "Acceptance": claim.acceptance,
        "Caution": claim.caution,
        "Note": claim.note,
        "Not here": f"It would need {LACKS[lack.kind]}. {lack.why}" if lack else "",
        "Not tested": "; ".join(claim.untested),
        "Measured on": f"{claim.measured_on} ({claim.scope})" if claim.study else "",
        "Protocol": Study(claim).protocol if claim.study else "",
    }
    return RowWords(
        entry=entry,
        stated=by,
        said={name: text for name, text in said.items() if text},
        parts=tuple(_part(part, result, main=part is claim.main) for part in claim.parts),
        alongside=_alongside(entry),
        facts=_facts(entry, result) if result else (),
        command=_command(entry),
        findings=_findings(entry),
        picture=_picture(entry),
        caption=outcome.caption if outcome else "",
    )


def _command(entry: RowEntry) -> str:
    """The command that shows it."""
    if entry.outcome:
        return "\n".join(entry.outcome.commands)
    if entry.claim.check:
        return f"ingenium study check {entry.claim.row}"
    if entry.result:
        return entry.result.command
    return f"ingenium study run {entry.claim.row}" if entry.claim.study else ""


def _findings(entry: RowEntry) -> tuple[tuple[str, str], ...]:
    found = entry.outcome.findings if entry.outcome else ()
    return tuple(("yes" if f.holds else "gap" if f.gap else "no", f.text) for f in found)


def _picture(entry: RowEntry) -> str:
    if not entry.outcome or not entry.outcome.picture:
        return ""
    path = book_folder(entry.claim.package) / CHECKS / f"{entry.claim.row}.png"
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"


def _part(part: ClaimPart, result: Result | None, *, main: bool) -> Line:
    found = result.values.get(part.name) if result else None
    outcome = str(part.judge(found.interval)) if found else ""
    value, ends = _numbers(found.interval if found else None, part.unit)
    return Line(part.text, part.bound, value, ends, outcome, main)


def _alongside(entry: RowEntry) -> tuple[Line, ...]:
    return tuple(
        Line(name.replace("_", " "), "", *_numbers(value.interval), "")
        for name, value in alongside(entry).items()
    )


def alongside(entry: RowEntry) -> dict[str, Value]:
    """Values measured in addition to the parts of the claim."""
    own = {part.name for part in entry.claim.parts}
    values = entry.result.values if entry.result else {}
    return {name: value for name, value in values.items() if name not in own}


def _numbers(found: Interval | None, unit: str = "1") -> tuple[str, str]:
    """Format a value and its interval; counts and single computations are called exact."""
    if found is None or not isfinite(found.value):
        return "", ""
    value = words.number(found.value, unit)
    if not found.known:
        return value, "none"
    if found.exact:
        return value, "exact"
    return value, f"{words.number(found.low)} to {words.number(found.high, unit)}"


def _canary(entry: RowEntry, result: Result) -> str:
    """Value of a quick look, or the reason for none."""
    if result.canary is None:
        return entry.claim.no_canary
    return f"{result.canary:.4g} by a quick run with one seed"


def _facts(entry: RowEntry, result: Result) -> tuple[tuple[str, str], ...]:
    """Origin of the result, as pairs of a name and a value."""
    kind = "quick run" if result.quick else "full run"
    seeds = f"{len(result.seeds)} seed{'s' if len(result.seeds) > 1 else ''}"
    cpu = "" if result.cpu_seconds is None else f"{result.cpu_seconds:.0f}"
    facts = [
        ("Run", f"{kind}, {seeds}, finished {result.time}"),
        ("Main claim by seed", entry.by_seed),
        ("Canary", _canary(entry, result)),
        ("Seconds", f"{result.seconds:.0f}"),
        ("CPU seconds", cpu),
        ("Machine", _list(result.machine)),
        ("Versions", _list(result.versions)),
        ("Energy", words.energy(result.energy) if result.energy else ""),
        ("Data", result.data),
        ("Code", result.code),
    ]
    return tuple((name, value) for name, value in facts if value)


def _list(table: Mapping[str, Any]) -> str:
    return ", ".join(f"{k} {v}" for k, v in table.items())
