"""A row of the evidence book in plain words: what was found, the simplest rival, its answers."""

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from ingenium.core.errors import InputError
from ingenium.evaluate.measured import Interval, Value
from ingenium.report import words
from ingenium_book.entries import RowEntry
from ingenium_book.study import Result, Study
from ingenium_book.verdicts import ClaimPart, Kind

VALUE = re.compile(r"\{([^{}|]+)\|([^{}~]*)(~?)\}")  # {name|format}, with ~ and its interval
IDLE = re.compile(r"(the )?(command|search)s? ends? well|(is|are) (made|proposed|fitted)\b")


def found(entry: RowEntry) -> str:
    """Say what was found, in a sentence; empty without an outcome."""
    if entry.result is not None and entry.claim.found:
        return filled(entry.claim.found, entry)
    if entry.outcome is None:
        return ""
    shown = entry.outcome.findings
    first = [f for f in shown if not f.gap and not f.holds] or [f for f in shown if not f.gap]
    agreed = (f for item in entry.claim.acceptance for f in item.findings(first))
    main = next(agreed, None) or next((f for f in first if not IDLE.search(f.text)), first[0])
    count = f"{sum(f.holds for f in shown)} of {len(shown)} findings hold"
    return f"{_begun(main.text) if main.holds else f'Not so: {main.text}'}. {count}."


def _begun(text: str) -> str:
    """Begin a sentence; the name of a problem stays as it is."""
    return text if "." in text.split()[0] else text[0].upper() + text[1:]


def simplest(entry: RowEntry) -> str:
    """The simplest rival with its value; empty if the row names none."""
    return filled(entry.claim.simplest, entry) if entry.result else ""


def filled(text: str, entry: RowEntry) -> str:
    """Fill a sentence with the values of its row.

    Raises:
        InputError: naming a value that was not measured.
    """
    values = entry.result.values if entry.result else {}
    judged = {part.name: entry.interval(part) for part in entry.claim.parts}

    def one(match: re.Match[str]) -> str:
        name, form, ends = match[1], match[2], match[3]
        if name not in values:
            raise InputError(f"a value of row {entry.claim.row} in its sentence", f'"{name}"')
        own = judged.get(name) or values[name].interval
        if not isfinite(own.value):
            return "no number"
        told = format(own.value, form)
        if ends and own.known and not own.exact:
            told += f" ({format(own.low, form)} to {format(own.high, form)})"
        return told

    return VALUE.sub(one, text)


def parts(entry: RowEntry) -> list[tuple[str, ...]]:
    """The main claim and its side checks: text, bound, value, interval, outcome."""
    rows: list[tuple[str, ...]] = []
    for part in entry.claim.parts:
        own = entry.interval(part)
        name = f"**{part.text}**" if part is entry.claim.main else part.text
        outcome = str(part.judge(own)) if own else ""
        rows.append((name, part.bound, *numbers(own, part.unit), outcome))
    return rows


def alongside(entry: RowEntry) -> Mapping[str, Value]:
    """Values measured in addition to the parts of the claim."""
    own = {part.name for part in entry.claim.parts}
    values = entry.result.values if entry.result else {}
    return {name: value for name, value in values.items() if name not in own}


def answers(entry: RowEntry) -> list[tuple[str, str]]:
    """Agreed items, each with the part or finding that answers it."""
    rows = []
    for item in entry.claim.acceptance:
        if item.untested:
            rows.append((item.item, "untested"))
        elif entry.claim.kind is Kind.SYSTEM and entry.outcome:
            holds = item.works(entry.outcome.findings)
            rows.append((item.item, "yes" if holds else "no"))
        else:
            texts = {part.name: part for part in entry.claim.parts}
            rows.append((item.item, ", ".join(_judged(entry, texts, name) for name in item.by)))
    return rows


def _judged(entry: RowEntry, parts: Mapping[str, ClaimPart], name: str) -> str:
    own = entry.interval(parts[name]) if name in parts else None
    return f"{name}: {parts[name].judge(own)}" if own else f"{name}: shown"


def numbers(own: Interval | None, unit: str = "1") -> tuple[str, str]:
    """Format a value and its interval; counts and single computations are called exact."""
    if own is None or not isfinite(own.value):
        return "", ""
    value = words.number(own.value, unit)
    if not own.known:
        return value, "none"
    if own.exact:
        return value, "exact"
    return value, f"{words.number(own.low)} to {words.number(own.high, unit)}"


def facts(entry: RowEntry, result: Result) -> list[tuple[str, str]]:
    """Origin of a result, as pairs of a name and a value."""
    kind = "quick run" if result.quick else "full run"
    seeds = f"{len(result.seeds)} seed{'s' if len(result.seeds) > 1 else ''}"
    cpu = "" if result.cpu_seconds is None else f"{result.cpu_seconds:.0f}"
    told = [
        ("Protocol", Study(entry.claim).protocol),
        ("Run", f"{kind}, {seeds}, finished {result.time}, {entry.last_run}"),
        ("Main claim by seed", entry.by_seed),
        ("Seconds", f"{result.seconds:.0f}"),
        ("CPU seconds", cpu),
        ("Machine", _list(result.machine)),
        ("Versions", _list(result.versions)),
        ("Energy", words.energy(result.energy) if result.energy else ""),
        ("Data", result.data),
    ]
    return [(name, value) for name, value in told if value]


def _list(table: Mapping[str, Any]) -> str:
    return ", ".join(f"{k} {v}" for k, v in table.items())
