"""A row of the evidence book in words, for pages of any kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from ingenium.evaluate.intervals import Interval
from ingenium.report import words
from ingenium.studies.book.claims import Stated
from ingenium.studies.book.entries import Entry
from ingenium.studies.results import moved
from ingenium.studies.rules import RULE, Part, Status
from ingenium.studies.study import Result, Study

STYLES: Mapping[Status, str] = {  # the class of a status in a page
    Status.REPRODUCED: "holds",
    Status.PARTLY: "partly",
    Status.REFUTED: "breaks",
    Status.NOT_TESTABLE: "closed",
    Status.NOT_YET: "silent",
}
LACKS = {
    "hardware": "hardware that is not here",
    "people": "people",
    "laboratory": "a laboratory",
    "data": "data that are not to be had here",
    "scale": "more than one machine can do",
}


@dataclass(frozen=True)
class Measured:
    """A part of the claim, or something beside it, with what was measured."""

    name: str
    bound: str
    value: str
    interval: str
    outcome: str
    main: bool = True


@dataclass(frozen=True)
class Told:
    """What a page says of a row; texts are empty where there is nothing to say."""

    entry: Entry
    claim: str
    claimed: str
    stated: str
    cautions: tuple[str, ...]
    beyond: str
    protocol: str
    parts: tuple[Measured, ...]
    beside: tuple[Measured, ...]
    facts: tuple[tuple[str, str], ...]
    command: str

    @property
    def headline(self) -> Measured:
        """What was measured of the part that stands for the whole."""
        part = self.entry.headline
        return _part(part, self.entry.result) if part else Measured("", "", "", "", "")

    @property
    def title(self) -> str:
        """That of its study, or of the row."""
        return self.entry.study.title if self.entry.study else self.entry.claim.title

    @property
    def style(self) -> str:
        """The class of its status."""
        return STYLES[self.entry.status]


def tell(entry: Entry) -> Told:
    """A row in words."""
    claim, study, result = entry.claim, entry.study, entry.result
    printed = claim.stated is Stated.CHAPTER
    lack = claim.beyond
    return Told(
        entry=entry,
        claim=study.claim if study else claim.claim,
        claimed=study.claimed if study else claim.claimed,
        stated="The chapter prints it." if printed else "A check set for the row.",
        cautions=tuple(text for text in (claim.caution, entry.chapter.caution) if text),
        beyond=f"It would need {LACKS[lack.kind]}. {lack.why}" if lack else "",
        protocol=study.protocol if study else "",
        parts=tuple(_part(part, result) for part in study.parts) if study else (),
        beside=_beside(result) if result else (),
        facts=_facts(study, result) if study and result else (),
        command=_command(study, result) if study else "",
    )


def _part(part: Part, result: Result | None) -> Measured:
    found = result.values.get(part.name) if result else None
    outcome = result.outcomes.get(part.name) if result else None
    value, ends = _numbers(found, part.unit)
    return Measured(part.text, part.bound, value, ends, str(outcome or ""), part.main)


def _beside(result: Result) -> tuple[Measured, ...]:
    return tuple(
        Measured(k.replace("_", " "), "", *_numbers(v), "") for k, v in result.beside.items()
    )


def _numbers(found: Interval | None, unit: str = "1") -> tuple[str, str]:
    """A value and its interval."""
    if found is None or not isfinite(found.value):
        return "", ""
    if not (isfinite(found.low) and isfinite(found.high)):
        return words.number(found.value, unit), "none"
    ends = f"{words.number(found.low)} to {words.number(found.high, unit)}"
    return words.number(found.value, unit), ends


def _command(study: Study, result: Result | None) -> str:
    return result.command if result else f"ingenium study run {study.row}"


def _facts(study: Study, result: Result) -> tuple[tuple[str, str], ...]:
    """How the result came about, as pairs of a name and a value."""
    kind = "quick look" if result.quick else "full run"
    others = moved(study, result).items()
    facts = [
        ("Run", f"{kind}, {_seeds(len(result.seeds))}, finished {result.time}"),
        ("Seconds", f"{result.seconds:.0f}"),
        ("Machine", ", ".join(f"{k} {v}" for k, v in result.machine.items())),
        ("Versions", ", ".join(f"{k} {v}" for k, v in result.versions.items())),
        ("Other versions now", ", ".join(f"{k} {now}" for k, (_, now) in others)),
        ("Energy", _energy(result.energy)),
        ("Budget", study.budget),
        ("Data", result.data),
        ("Code", result.code),
    ]
    return tuple((name, value) for name, value in facts if value)


def _seeds(count: int) -> str:
    return f"{count} seed" if count == 1 else f"{count} seeds"


def _energy(found: Mapping[str, Any] | None) -> str:
    return words.energy(found) if found else ""


def rule() -> str:
    """How outcomes and statuses follow from what was measured."""
    return (
        "A part holds if the whole 95 % interval lies on the claimed side of its bound, is "
        "contradicted if it lies on the other side, and is open otherwise. " + RULE
    )
