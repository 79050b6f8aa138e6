"""Conversion of a measure and its entry to limits, conditions, settings and fixed values."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ingenium.words.adjectives import ADJECTIVES, GOOD
from ingenium.words.contract import Contract, ContractEntry
from ingenium.words.lexicon import term, terms
from ingenium.words.lines import line_of
from ingenium.words.measures import Measure, Sense
from ingenium.words.reading import Choice, OpenQuestion, Part, ReadValue, Span
from ingenium.words.tokens import Request

NEAR = 0.05  # of a number that is about right
BAD = re.compile(r"\b(?:errors?|loss|losses|spread|deviation|faults?|stress|time)\b", re.I)
FIXED = re.compile(r"\b(?:fixed|fix|exact|exactly|precisely)\b", re.I)
STARTING = re.compile(r"\s*(?:from|starting|since|after|begin\w*)\b", re.IGNORECASE)
PAIR = ("min", "max")
PAIRS = (PAIR, ("lowest", "highest"), ("least", "most"), ("thinnest", "thickest"), ("begin", "end"))
ENDS = {"max": "most", "min": "least", "most": "most", "least": "least"}


@dataclass(frozen=True)
class Meaning:
    """A measure with its entry, and the words that name it."""

    measure: Measure
    entry: ContractEntry
    words: tuple[Span, ...]

    @property
    def spans(self) -> tuple[Span, ...]:
        """Spans of the words behind it, those of the value first."""
        cue = (self.measure.cue,) if self.measure.cue else ()
        return ((self.measure.start, self.measure.end), *cue, *self.words)


def twin(contract: Contract, entry: ContractEntry) -> ContractEntry | None:
    """The quantity that measures a condition, or the condition of a quantity."""
    if entry.kind == "condition" and entry.measured:
        return contract.by_name.get(("limit", entry.measured))
    if entry.kind == "limit":
        return next((e for e in contract.entries if e.measured == entry.name), None)
    return None


def paired(request: Request, contract: Contract, meaning: Meaning) -> list[Meaning]:
    """Choose between the lowest and the highest of one thing: a lower bound applies to the lowest.

    This applies where the words do not say which one is meant; a range applies to both.
    """
    entry, measure = meaning.entry, meaning.measure
    low, high = bounds_of(contract, entry)
    near = [w for w in meaning.words if not request.paused(*sorted((w[1], measure.start)))]
    said = {term(request.text[a:b]) for a, b in near} & set(PAIR)
    if low is None or high is None or low is high or said:
        return [meaning]
    if measure.high is not None:
        ends = (replace(measure, sense="least"), replace(measure, sense="most"))
        if entry.kind == "setup":
            bounds = (measure.low, measure.high)
            ends = tuple(replace(measure, low=n, high=None, cue=None) for n in bounds)  # type: ignore[assignment]
        return [
            replace(meaning, entry=e, measure=m) for e, m in zip((low, high), ends, strict=True)
        ]
    if measure.sense == "least":
        return [replace(meaning, entry=low)]
    return [replace(meaning, entry=high)] if measure.sense == "most" else [meaning]


def bounds_of(
    contract: Contract, entry: ContractEntry
) -> tuple[ContractEntry | None, ContractEntry | None]:
    """The lowest and the highest of one thing, by the names of an entry."""
    parts_ = entry.name.split("_")
    pair = next((p for p in PAIRS if set(p) & set(parts_)), PAIR)
    if entry.kind not in ("limit", "setup"):
        return None, None
    names = ("_".join(end if p in pair else p for p in parts_) for end in pair)
    low, high = (contract.by_name.get((entry.kind, name)) for name in names)
    return low, high


def sensed(request: Request, contract: Contract, meaning: Meaning) -> Meaning:
    """Add the side of a bound, from adjectives, names and the problem's own limits."""
    meaning = shared(meaning)
    measure, entry = meaning.measure, meaning.entry
    if (
        measure.cue
        and "onset" in terms(entry.name)
        and STARTING.match(request.text, measure.cue[0])
    ):
        return replace(meaning, measure=replace(measure, sense="value", strict=False))
    if measure.cue and measure.sense in ("least", "most"):
        said = request.text[slice(*measure.cue)].lower().split()
        if {"better", "worse"} & set(said):
            return replace(meaning, measure=replace(measure, sense=_good_side(contract, entry)))
        turned = any(w in ADJECTIVES and _turns(w, entry) for w in said)
        if turned:
            other: Sense = "most" if measure.sense == "least" else "least"
            return replace(meaning, measure=replace(measure, sense=other))
        return meaning
    if measure.sense != "value" or measure.high is not None:
        return meaning
    if _fixes(request, measure) and (entry.fixable or entry.kind == "limit"):
        return replace(meaning, measure=replace(measure, sense="exact"))
    if entry.kind != "limit":
        return meaning
    side = _side(request, contract, meaning)
    return replace(meaning, measure=replace(measure, sense=side)) if side else meaning


def shared(meaning: Meaning) -> Meaning:
    """Read a bare number of at most 1 as the share itself, where a share is shown in percent."""
    measure, entry = meaning.measure, meaning.entry
    share = entry.unit == "1" and entry.shown in ("%", "percent") and measure.unit is None
    if share and all(0 < end <= 1 for end in measure.ends):
        return replace(meaning, measure=replace(measure, unit="1"))
    return meaning


def _good_side(contract: Contract, entry: ContractEntry) -> Sense:
    """The side of what is better: that of the problem's own limit, else by what is measured."""
    own = [x for x in contract.limits if x.quantity in (entry.name, entry.measured)]
    if len(own) == 1 and (own[0].at_least is None) != (own[0].at_most is None):
        return "least" if own[0].at_least is not None else "most"
    words = {*terms(entry.name.replace("_", " ")), *terms(entry.text)}
    known = next((GOOD[t] for t in words if t in GOOD), None)
    if known is not None:
        return "least" if known else "most"
    return "most" if BAD.search(entry.text) else "least"


def _fixes(request: Request, measure: Measure) -> bool:
    """True if the clause before a number requests it exactly."""
    words = list(FIXED.finditer(request.text, 0, measure.start))
    return bool(words) and not (
        request.paused(words[-1].end(), measure.start)
        or request.stopped(words[-1].end(), measure.start)
        or any(words[-1].end() <= m.start < measure.start for m in request.measures)
    )


def _turns(word: str, entry: ContractEntry) -> bool:
    """True if a larger comparative means a smaller quantity: `stiffer than`, of a compliance.

    `than` was read by the adjective's own direction for those that rise.
    """
    adjective = ADJECTIVES[word]
    own = {*terms(entry.name), *terms(entry.text)}
    if own & set(adjective.against):
        return True
    grows = word in ("faster",)
    return grows and bool(own & set(adjective.of)) and not adjective.up


def _side(request: Request, contract: Contract, meaning: Meaning) -> Sense | None:
    """The side of a plain number on a quantity, by its name or the problem's own limit."""
    entry = meaning.entry
    own = {
        side
        for limit in contract.limits
        if limit.quantity == entry.name
        for side, bound in (("least", limit.at_least), ("most", limit.at_most))
        if bound is not None
    }
    start, end = request.clause(meaning.measure.start)
    near = [t for t in request.tokens if start <= t.start < end]
    place = meaning.measure.start
    before = [t for t in near if t.start < place and not request.paused(t.end, place)]
    said = [ENDS[t.term] for t in before if t.term in ENDS]
    own_words = [ENDS.get(term(request.text[a:b])) for a, b in meaning.words]
    said = said or [end for end in own_words if end]
    side = said[-1] if said else None
    if side and own and side not in own:
        return None
    chosen = side or (own.pop() if len(own) == 1 else None)
    return chosen  # type: ignore[return-value]


def parts(contract: Contract, meaning: Meaning) -> Iterator[ReadValue | OpenQuestion]:
    """Yield the values of a spec that a measure gives, or the questions it leaves open."""
    entry, measure = meaning.entry, meaning.measure
    spans = meaning.spans
    other = twin(contract, entry)
    ranged = measure.high is not None
    if ranged and measure.ends[0] > measure.ends[1]:
        text = f"{entry.name} between {measure.ends[0]:g} and {measure.ends[1]:g}: nothing is."
        turned = replace(measure, low=measure.high or measure.low, high=measure.low)
        yield OpenQuestion(entry.name, "contradiction", text, spans, _answers(entry, turned))
    elif entry.kind == "setup":
        yield from _setting(meaning)
    elif measure.nearly and entry.kind == "limit":
        text = f"{entry.name}: how near to it?"
        choices = tuple(reversed(sides(entry, measure)))
        yield OpenQuestion(entry.name, "open", text, spans, choices)
    elif measure.sense == "exact" and not ranged:
        yield from _exact(contract, meaning)
    elif entry.kind == "condition" and (ranged or measure.sense == "value"):
        low, high = (measure, measure) if ranged else (None, None)
        exact = None if ranged else measure
        yield ReadValue("condition", entry, spans, low=low, high=high, exact=exact)
        if ranged and other is not None:
            yield ReadValue("limit", other, spans, low=measure, high=measure)
        elif exact is not None and other is not None:
            yield from _own_side(contract, other, meaning)
    else:
        bound = other if entry.kind == "condition" and other is not None else entry
        yield from _bound(contract, replace(meaning, entry=bound))


def _own_side(contract: Contract, entry: ContractEntry, meaning: Meaning) -> Iterator[ReadValue]:
    """The limit that a target replaces: a core that bears 1.2 MPa has to, where 1 MPa was."""
    own = [x for x in contract.limits if x.quantity == entry.name]
    if len(own) == 1 and (own[0].at_least is None) != (own[0].at_most is None):
        measure = meaning.measure
        low, high = (measure, None) if own[0].at_least is not None else (None, measure)
        yield ReadValue("limit", entry, meaning.spans, low=low, high=high)


def _setting(meaning: Meaning) -> Iterator[ReadValue | OpenQuestion]:
    entry, measure = meaning.entry, meaning.measure
    named = {ENDS.get(t) for t in terms(entry.name.replace("_", " "))}
    bound = measure.sense in ("least", "most") and measure.cue is not None
    plain = not measure.strict and _whole_name(meaning)
    loose = measure.sense in named or _loose(meaning) or plain
    if measure.high is not None or (bound and not loose):
        text = f"{entry.name} is one number, set before designs are made; which one?"
        ends_ = dict.fromkeys(measure.ends)
        lines = [f"setup.{entry.name} = {v:.10g} {measure.unit or ''}".rstrip() for v in ends_]
        choices = tuple(Choice(line, line) for line in lines)
        yield OpenQuestion(entry.name, "open", text, meaning.spans, choices)
    else:
        yield ReadValue("setup", entry, meaning.spans, exact=measure)


def _whole_name(meaning: Meaning) -> bool:
    """True if the words behind a setting are its whole name: `a risk of at most 2 %`."""
    last = terms(meaning.entry.name.rpartition(".")[2].replace("_", " "))
    return len(last) == 1 and bool(meaning.words)


def _loose(meaning: Meaning) -> bool:
    """True for `under 1000 kN` and `over 18 metres`, which are loads and spans, not bounds."""
    return meaning.entry.unit not in ("1", "")


def _exact(contract: Contract, meaning: Meaning) -> Iterator[ReadValue | OpenQuestion]:
    entry, measure = meaning.entry, meaning.measure
    for one in (entry, twin(contract, entry)):
        if one is not None and one.fixable:
            yield ReadValue("fixed", one, meaning.spans, exact=measure)
            return
    if entry.kind == "condition":
        yield ReadValue("condition", entry, meaning.spans, exact=measure)
        return
    text = f"{entry.name} cannot be fixed; at least, at most, or how near to it?"
    yield OpenQuestion(entry.name, "open", text, meaning.spans, sides(entry, measure))


def _bound(contract: Contract, meaning: Meaning) -> Iterator[ReadValue | OpenQuestion]:
    """Yield a limit or, for a condition that nothing measures, a range to one of its ends."""
    entry, measure = meaning.entry, meaning.measure
    part: Part = "condition" if entry.kind == "condition" else "limit"
    if measure.high is not None and measure.sense == "value":
        yield ReadValue(part, entry, meaning.spans, low=measure, high=measure)
        other = twin(contract, entry)
        if other is not None and other.kind == "condition":
            yield ReadValue("condition", other, meaning.spans, low=measure, high=measure)
    elif measure.sense == "least":
        yield ReadValue(part, entry, meaning.spans, low=measure)
    elif measure.sense == "most":
        yield ReadValue(part, entry, meaning.spans, high=measure)
    else:
        other = twin(contract, entry)
        if other is not None:
            yield ReadValue("condition", other, meaning.spans, exact=measure)
        elif measure.low.value == 0:
            yield ReadValue(part, entry, meaning.spans, low=measure, high=measure)
        else:
            text = f"{entry.name}: at least or at most?"
            yield OpenQuestion(entry.name, "open", text, meaning.spans, sides(entry, measure))


def _answers(entry: ContractEntry, *measures: Measure) -> tuple[Choice, ...]:
    lines = [line_of(entry, m) for m in measures]
    return tuple(Choice(line, line) for line in lines)


def sides(entry: ContractEntry, measure: Measure) -> tuple[Choice, ...]:
    """Answers to a number without a side: at least, at most, or within 5 %."""
    lines = [line_of(entry, measure, side) for side in ("least", "most")]
    spread = abs(measure.low.value) * NEAR
    low, high = (replace(measure.low, value=measure.low.value + s) for s in (-spread, spread))
    lines.append(line_of(entry, replace(measure, low=low, high=high)))
    lines.append(line_of(entry, replace(measure, high=measure.low)))
    return tuple(Choice(line, line) for line in lines)


def counted(meaning: Meaning) -> Meaning:
    """Read `fewer than 5` of what is counted as at most 4."""
    measure = meaning.measure
    step = {"most": -1.0, "least": 1.0}.get(measure.sense)
    limited = meaning.entry.whole and meaning.entry.kind != "setup"
    if not (measure.strict and limited) or step is None:
        return meaning
    number = replace(measure.low, value=measure.low.value + step)
    return replace(meaning, measure=replace(measure, low=number, strict=False))
