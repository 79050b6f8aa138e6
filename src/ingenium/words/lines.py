"""Answers as lines of a spec: `mass <= 0.6 kg`, `season = winter`, `minimise cost`, `n = 100`.

A choice of a question is such a line, and a person can type one; it is read under the contract, and
takes the place of what the words said of the same name.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import isclose

from ingenium.core.units import convert
from ingenium.words.contract import Contract, ContractEntry, Kind
from ingenium.words.counts import COUNT
from ingenium.words.measures import Measure, Sense, measures
from ingenium.words.numbers import Number, numbers
from ingenium.words.pointing import fits
from ingenium.words.reading import OpenQuestion, Part, ReadValue, Span
from ingenium.words.units import unit_at

LINE = re.compile(
    r"\s*(?:(?P<kind>limit|condition|setup|given)s?[.\s])?(?P<name>[\w.]+)\s*"
    r"(?P<sign>>=|<=|=)\s*(?P<rest>.+?)\s*"
)
AIM = re.compile(r"\s*(?P<verb>minimi[sz]e|maximi[sz]e)\s+(?P<name>[\w.]+)\s*", re.IGNORECASE)
ORDER: dict[str, tuple[Kind, ...]] = {
    "=": ("condition", "setup", "given", "limit"),
    ">=": ("limit", "condition"),
    "<=": ("limit", "condition"),
}
SENSES: dict[str, Sense] = {">=": "least", "<=": "most", "=": "value"}


def line_of(entry: ContractEntry, measure: Measure, sense: Sense | None = None) -> str:
    """The line that gives an entry the number of a measure."""
    unit = measure.unit or ("" if entry.counts_in in ("1", "") else entry.readable)
    low, high = measure.ends
    head = f"{entry.kind}.{entry.name}" if entry.kind in ("setup", "given") else entry.name
    if measure.high is not None:
        return f"{head} = {low:.10g} .. {high:.10g} {unit}".rstrip()
    sense = sense or measure.sense
    sign = {"least": ">=", "most": "<="}.get(sense, "=")
    return f"{head} {sign} {low:.10g} {unit}".rstrip()


def named_line(entry: ContractEntry, name: str) -> str:
    """The line that gives an entry one of its choices."""
    return f"{entry.kind}.{entry.name} = {name}"


def read_lines(text: str, start: int, contract: Contract) -> tuple[list[ReadValue], list[Span]]:
    """Values of the lines of a text from a place on, and the places of those lines."""
    found: list[ReadValue] = []
    used: list[Span] = []
    for match in re.finditer(r"[^\n;]+", text[start:]):
        span = (start + match.start(), start + match.end())
        own = list(_read(text, span, contract))
        if own:
            found += own
            used.append(span)
    return found, used


def answered(question: OpenQuestion, lines: Iterable[ReadValue], text: str) -> bool:
    """True if a line gives the very number that a question is about, so that it is settled."""
    given = [m for v in lines for m in (v.low, v.high, v.exact) if m is not None]
    own = [m for a, b in question.words for m in measures(text[a:b])]
    return any(_equal(one, two) for one in own for two in given)


def taken_by(lines: Iterable[ReadValue], found: Iterable[ReadValue], text: str) -> list[ReadValue]:
    """Values of the words whose number a line gives to another entry: each number counts once.

    A number that the words have more often than the lines stays where it is.
    """
    given = list(lines)
    values = [v for v in found if v.part != "count" or not any(g.part == "count" for g in given)]
    said = {(m.start, m.end): m for m in measures(text)}
    for value in values:
        said |= {(m.start, m.end): m for m in _numbers(value)}
    taken = []
    for value in values:
        for one in _numbers(value):
            repeated = sum(_equal(one, other) for other in said.values())
            by = sum(any(_given(one, m, v) for m in _numbers(v)) for v in given)
            if by and by >= repeated and not any(v.key == value.key for v in given):
                taken.append(value)
                break
    return taken


def _numbers(value: ReadValue) -> list[Measure]:
    return [m for m in (value.low, value.high, value.exact) if m is not None]


def _given(one: Measure, line: Measure, value: ReadValue) -> bool:
    """True if a line says a number; without a unit, in that of its entry."""
    unit = line.unit or value.entry.unit
    same = one.unit is None or value.part == "count" or fits(one.unit, unit)
    bare = value.part == "count" and one.unit is not None
    return same and not bare and _equal(one, line)


def _equal(one: Measure, two: Measure) -> bool:
    value = one.low.value
    if one.unit and two.unit and one.unit != two.unit:
        if not fits(one.unit, two.unit):
            return False
        value = convert(value, one.unit, two.unit, of="a number")
    return isclose(value, two.low.value, rel_tol=1e-9)


def _read(text: str, span: Span, contract: Contract) -> Iterator[ReadValue]:
    said = text[slice(*span)]
    aim = AIM.fullmatch(said)
    if aim is not None:
        entry = contract.by_name.get(("limit", aim["name"]))
        if entry is not None:
            yield ReadValue("objective", entry, (span,), up=aim["verb"].lower().startswith("max"))
        return
    match = LINE.fullmatch(said)
    if match is None:
        return
    if match["name"] == "n" and match["sign"] == "=" and match["rest"].isdigit():
        measure = Measure(*span, Number(float(match["rest"]), *span))
        yield ReadValue("count", COUNT, (span,), exact=measure)
        return
    entry = _entry(match, contract)
    place = span[0] + match.start("rest")
    if entry is not None:
        yield from _value(text, (place, span[0] + match.end("rest")), entry, match["sign"], span)


def _entry(match: re.Match[str], contract: Contract) -> ContractEntry | None:
    kinds = (match["kind"],) if match["kind"] else ORDER[match["sign"]]
    found = (contract.by_name.get((kind, match["name"])) for kind in kinds)  # type: ignore[arg-type]
    return next((entry for entry in found if entry is not None), None)


def _value(
    text: str, rest: Span, entry: ContractEntry, sign: str, span: Span
) -> Iterator[ReadValue]:
    said = text[slice(*rest)]
    part: Part = entry.kind
    if entry.choices:
        names = tuple(n for n in re.split(r"\s*,\s*", said) if n in entry.choices)
        if names:
            yield ReadValue(part, entry, (span,), names=names)
        return
    if not entry.numeric:
        pieces = [
            (rest[0] + m.start(), rest[0] + m.end())
            for m in (re.finditer(r"[^,\s]+", said) if entry.several else [re.match(r".*", said)])
            if m
        ]
        yield ReadValue(part, entry, (span, *pieces), copied=tuple(pieces))
        return
    measure = _measure(text, rest, SENSES[sign])
    if measure is not None and measure.unit is None and entry.shown:
        measure = replace(measure, unit=entry.unit or "1")  # as a spec without a unit says it
    if measure is None or (measure.unit is not None and not fits(measure.unit, entry.counts_in)):
        return
    if measure.high is not None or (entry.kind == "limit" and sign == "="):
        yield ReadValue(part, entry, (span,), low=measure, high=measure)
    elif sign == "=":
        yield ReadValue(part, entry, (span,), exact=measure)
    else:
        low, high = (measure, None) if sign == ">=" else (None, measure)
        yield ReadValue(part, entry, (span,), low=low, high=high)


def _measure(text: str, rest: Span, sense: Sense) -> Measure | None:
    """The number of a line, or the range `a .. b`, with its unit."""
    own = [n for n in numbers(text[: rest[1]]) if n.start >= rest[0]]
    if not own or own[0].start != rest[0]:
        return None
    last = own[1] if len(own) > 1 and ".." in text[own[0].end : own[1].start] else own[0]
    unit = unit_at(text, last.end)
    end = unit.end if unit else last.end
    if (unit and unit.strange) or text[end : rest[1]].strip():
        return None
    high = last if last is not own[0] else None
    return Measure(*rest, own[0], high, unit.name if unit else None, sense)
