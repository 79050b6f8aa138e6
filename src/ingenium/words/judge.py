"""The judge of a reading: plain rules, the same for every reader; a doubt becomes a question.

A value beyond what its quantity can have, limits that exclude each other, a bound on a target that
nothing measures, a material that the problem does not have, and words that nothing consumed.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ingenium.core.errors import InputError
from ingenium.core.units import convert
from ingenium.words import materials
from ingenium.words.accounting import left_over, negated
from ingenium.words.bounds import sides
from ingenium.words.context import in_context
from ingenium.words.contract import Contract, ContractEntry
from ingenium.words.lexicon import terms
from ingenium.words.lines import line_of
from ingenium.words.measures import Measure, Sense
from ingenium.words.numbers import Number
from ingenium.words.reading import Choice, OpenQuestion, ReadValue, RequestReading, Span

PAIRS = (("min_", "max_"), ("least_", "max_"))
SHOWN = 40  # letters of a phrase in a question
SIZE = re.compile(r"\b(?:larger|bigger|longer|smaller|shorter|wider|heavier)\b", re.IGNORECASE)
ROUNDING = 1e-9
COMPARATIVES = {
    "depth": r"\bdeeper\b|\bshallower\b",
    "time": r"\b(?:earlier|later|sooner|older|younger)\b",
    "heat": r"\b(?:hotter|warmer|cooler|colder)\b",
    "sound": r"\b(?:louder|quieter)\b",
    "mass": r"\b(?:heavier|lighter)\b",
    "money": r"\b(?:cheaper|dearer)\b",
}
ODD = re.compile(r"\b(?:no|not) (?:more|less) [a-z]+-(?:down|up|side)\b|\bnegative than\b", re.I)
DIMENSIONS = {
    "depth": r"^m\b|^mm\b|depth|deep",
    "time": r"^(?:s|h|minute|d)\b|hour|time|year|day|onset",
    "heat": r"^(?:degC|K)\b|temperature",
    "sound": r"^dB\b|loud|level|_db",
    "mass": r"^(?:k?g|t|g/mol)\b|mass|weight",
    "money": r"EUR|cost|price",
}
IN_WORDS = re.compile(r"\bin words\b")  # of an input that is the request itself


def judged(
    reading: RequestReading,
    contract: Contract,
    plain: str,
    used: Sequence[Span] = (),
    confirmed: Sequence[ReadValue] = (),
) -> RequestReading:
    """A reading with the questions of all rules.

    `plain` is its text without the lines of answers; `used` are places of a verb or a file, and
    `confirmed` the values of those lines.
    """
    found = list(reading.found)
    requested = list(reading.questions)
    more = [
        *_ranges(found, contract),
        *_unmeasured(found, contract),
        *_pairs(found),
        *materials.questions(plain, contract, found),
        *_sizes(found, contract, plain),
        *_shares(found),
        *_adjectives(found, plain),
        *_empty(found, requested, used),
    ]
    about = {q.about for q in requested if q.kind != "unread"}
    requested += [q for q in more if q.about not in about or q.kind == "unread"]
    doubtful = {(q.about, w) for q in more for w in q.words}
    retained = [v for v in found if not any((v.entry.name, w) in doubtful for w in v.words)]
    places = [s for q in requested for s in q.words]
    places += [s for v in found for s in v.words]
    places += [*used, *materials.spans(plain, contract)]
    reported = any(v.copied and IN_WORDS.search(v.entry.text) for v in found)
    unread = () if reported else tuple(left_over(plain, contract, found, places, confirmed))
    unread = tuple(negated(plain, span) for span in unread)
    context = tuple(s for s in unread if in_context(plain, s, contract, found))
    unread = tuple(s for s in unread if s not in context)
    retained = [v for v in retained if not v.words or not _inside(v.words[0], unread)]
    questions = (*requested, *([_unread(plain, unread)] if unread else []))
    return replace(
        reading, found=tuple(retained), questions=questions, unread=unread, context=context
    )


def _inside(word: Span, spans: Iterable[Span]) -> bool:
    """True if a value stands behind a negation that nothing understood."""
    return any(a < word[0] and word[1] <= b for a, b in spans)


def _unread(text: str, unread: Sequence[Span]) -> OpenQuestion:
    shown = ", ".join(f'"{text[a:b][:SHOWN]}"' for a, b in unread)
    return OpenQuestion(
        "words",
        "unread",
        f"Not understood: {shown}. What is meant by it?",
        tuple(unread),
        (Choice("nothing more: go on without these words"),),
    )


def number(measure: Measure, end: int, entry: ContractEntry) -> float:
    """One end of a measure in the unit of its entry; not a number where it has none."""
    value = measure.ends[end]
    unit = measure.unit or entry.readable
    if unit in ("1", "", entry.unit, entry.counts_in) or (measure.unit is None and not entry.shown):
        return value
    try:
        return convert(value, unit, entry.unit, of=entry.name)
    except InputError:
        return float("nan")


def _ranges(found: Iterable[ReadValue], contract: Contract) -> Iterator[OpenQuestion]:
    """Values beyond the ends of a quantity or a condition."""
    for value in found:
        entry = value.entry
        if value.part not in ("limit", "condition", "fixed"):
            continue
        low, high = entry.lower, entry.upper
        for measure, end in ((value.low, 0), (value.high, 1), (value.exact, 0)):
            if measure is None:
                continue
            came = number(measure, end, entry)
            under = low is not None and came < low - ROUNDING
            over = high is not None and came > high + ROUNDING
            if not under and not over:
                continue
            bound = low if under else high
            assert bound is not None
            yield _beyond(value, measure, bound)
            break


def _beyond(value: ReadValue, measure: Measure, bound: float) -> OpenQuestion:
    entry = value.entry
    unit = "" if entry.unit in ("1", "") else f" {entry.unit}"
    text = f"{entry.name} lies {_between(entry)}{unit}; which value is meant?"
    number_ = Number(bound, measure.start, measure.end)
    near = replace(measure, low=number_, high=None, unit=unit.strip() or None)
    sense: Sense = "least" if value.exact is None and value.high is None else "most"
    said = line_of(entry, near, "value" if value.exact or entry.kind == "condition" else sense)
    choice = Choice(f"the nearest: {said}", said)
    return OpenQuestion(entry.name, "range", text, value.words, (choice,))


def _between(entry: ContractEntry) -> str:
    if entry.lower is not None and entry.upper is not None:
        return f"between {entry.lower:g} and {entry.upper:g}"
    return f"above {entry.lower:g}" if entry.lower is not None else f"below {entry.upper:g}"


def _unmeasured(found: Sequence[ReadValue], contract: Contract) -> Iterator[OpenQuestion]:
    """Bounds on a target that no quantity measures, where a quantity has the same name."""
    for value in found:
        entry, bound = value.entry, value.low or value.high
        if value.part != "condition" or entry.measured or not bound or value.exact:
            continue
        if bound.sense not in ("least", "most"):
            continue
        own = {*terms(entry.name.replace("_", " ")), *terms(entry.text)}
        alike = [
            e
            for e in contract.entries
            if e.kind == "limit"
            and e.unit == entry.unit
            and own & {*terms(e.name.replace("_", " ")), *terms(e.text)}
        ]
        if not alike:
            continue
        limited = {x.quantity for x in contract.limits}
        alike.sort(key=lambda e: e.name not in limited)
        lines = [line_of(e, bound) for e in alike[:3]]
        text = f"{entry.name} is a target that nothing measures; which quantity is limited?"
        choices = tuple(Choice(line, line) for line in lines)
        yield OpenQuestion(entry.name, "open", text, value.words, choices)


def _empty(
    found: Sequence[ReadValue], requested: Sequence[OpenQuestion], used: Sequence[Span]
) -> Iterator[OpenQuestion]:
    """A request that sets nothing at all, unless another verb than `propose` needs no value."""
    if not used and not any(v.part != "count" for v in found) and not requested:
        text = "The words set no value of the problem; what should be limited?"
        go_on = Choice("nothing: go on with the problem's own limits")
        yield OpenQuestion("words", "missing", text, (), (go_on,))


def _sizes(found: Sequence[ReadValue], contract: Contract, text: str) -> Iterator[OpenQuestion]:
    """A comparison of size on a count: `no rings larger than 6` may mean their size."""
    for value in found:
        bound = value.low or value.high
        if value.part != "limit" or not value.entry.whole or bound is None or not bound.cue:
            continue
        if not SIZE.search(text[slice(*bound.cue)]):
            continue
        own = set(terms(value.entry.name.replace("_", " ")))
        alike = [
            e
            for e in contract.entries
            if e.kind == "limit" and own & set(terms(e.name.replace("_", " ")))
        ]
        if len(alike) > 1:
            alike.sort(key=lambda e: "largest" not in e.name)
            lines = [line_of(e, bound) for e in alike[:3]]
            reported = (
                f"{value.entry.name} is a count; is it the number or the size that is limited?"
            )
            choices = tuple(Choice(line, line) for line in lines)
            yield OpenQuestion(value.entry.name, "open", reported, value.words, choices)


def _shares(found: Sequence[ReadValue]) -> Iterator[OpenQuestion]:
    """A bare number of at most 1 for what is in percent."""
    for value in found:
        for measure in (value.low, value.high, value.exact):
            percent = value.entry.readable in ("percent", "%") and measure is not None
            if not percent or measure is None or measure.unit is not None:
                continue
            if 0 < measure.low.value <= 1:
                both = (measure.low.value, 100 * measure.low.value)
                lines = [
                    line_of(value.entry, replace(measure, low=replace(measure.low, value=v)))
                    for v in both
                ]
                reported = f"{value.entry.name} is in percent; how much is meant?"
                choices = tuple(Choice(line, line) for line in reversed(lines))
                yield OpenQuestion(value.entry.name, "unit", reported, value.words, choices)
                break


def _adjectives(found: Sequence[ReadValue], text: str) -> Iterator[OpenQuestion]:
    """A comparative of another dimension: an undervoltage that is no deeper than 0.93 pu."""
    for value in found:
        bound = value.low or value.high
        if value.part != "limit" or bound is None or not bound.cue or bound.high is not None:
            continue
        said = text[slice(*bound.cue)]
        kind = next((k for k, form in COMPARATIVES.items() if re.search(form, said, re.I)), "")
        own = f"{value.entry.name} {value.entry.text} {' '.join(value.entry.also)}"
        odd = ODD.search(said)
        if odd or (
            kind and not re.search(DIMENSIONS[kind], f"{value.entry.unit} {own}", re.IGNORECASE)
        ):
            reported = f'{value.entry.name}: does "{said.strip()}" mean at least or at most?'
            choices = sides(value.entry, bound)[:2]
            yield OpenQuestion(value.entry.name, "open", reported, value.words, choices)


def _pairs(found: Sequence[ReadValue]) -> Iterator[OpenQuestion]:
    """A lowest value that has to lie above the highest of the same thing."""
    limits = {v.entry.name: v for v in found if v.part == "limit"}
    for name, low in limits.items():
        for head, other in PAIRS:
            high = limits.get(name.replace(head, other, 1)) if name.startswith(head) else None
            if high is None or high is low or low.low is None or high.high is None:
                continue
            least, most = number(low.low, 0, low.entry), number(high.high, 1, high.entry)
            if least > most:
                text = f"{name} of at least {least:g} and {high.entry.name} of at most {most:g}:"
                lines = (line_of(low.entry, low.low), line_of(high.entry, high.high))
                choices = tuple(Choice(f"only {line}", line) for line in lines)
                spans = tuple(dict.fromkeys((*low.words, *high.words)))
                reported = f"{text} nothing is both; which one?"
                yield OpenQuestion(name, "contradiction", reported, spans, choices)
