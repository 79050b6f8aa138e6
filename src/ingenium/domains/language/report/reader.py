"""Reader of prose: sentences to claims on a table, without knowing which query gave them.

Each form below is a pattern over the whole sentence; what fits none is unread. A sentence that
leaves a word over says something that was not recomputed.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from ingenium.domains.language.report.claims import (
    Amount,
    Claim,
    Extreme,
    Figure,
    Record,
    RowCount,
    Sense,
    Share,
    Streak,
    TermComparison,
    Trend,
    Z,
)
from ingenium.domains.language.report.periods import Period
from ingenium.domains.language.report.slots import (
    POINTS,
    SlotScanner,
    Slotted,
    StatedNumber,
    UnreadError,
)
from ingenium.domains.language.report.table import Aggregate, FactTable, TableTerm

AGGREGATES: dict[str, Aggregate] = {
    "total": "total", "combined": "total", "average": "mean", "mean": "mean", "median": "median"
}  # fmt: skip
UP = r"rose|increased|grew|climbed|went up|gained"
DOWN = r"fell|declined|decreased|dropped|went down|lost"
HIGH = r"highest|largest|greatest|biggest"
LOW = r"lowest|smallest"
MORE = r"higher|more|larger|greater|above"
LESS = r"lower|less|smaller|below"
WAS = r"(?:was|were|stood at|came to|reached|amounted to|totalled)"
FACTORS = {
    "doubled": 2.0, "tripled": 3.0, "quadrupled": 4.0, "halved": 0.5, "twice": 2.0, "half": 0.5
}  # fmt: skip
NOUNS = {"years": "year", "quarters": "quarter", "months": "month", "days": "day", "hours": "hour"}
ROW_NOUN = "|".join((*NOUNS, "rows", "cases"))
HEDGES = {"more than": 1, "over": 1, "nearly": -1, "almost": -1}
_AGG = r"(?:the )?(?:(?P<agg>total|combined|average|mean|median) )?"
SUBJECT = rf"{_AGG}(?P<c>C\d+)(?: (?:in|of|for|at) (?P<k>K\d+))?"
WHEN = r"(?:in|on|at|during|for) (?P<p>P\d+)"
SPAN = r"(?:from|between) (?P<p0>P\d+) (?:to|and) (?P<p1>P\d+)"
SCOPE = r"(?: (?:in|of|for|at) (?P<k>K\d+))?"
_SEEN = r" ?,? ?(?:recorded |reached |seen )?"
PLACE = rf"(?:{_SEEN}(?:in|at|for|by) (?P<pk>K\d+))?(?:{_SEEN}(?:in|on|at) (?P<pp>P\d+))?"
FACTOR = r"(?:(?P<hedge>more than|over|nearly|almost) )?"


@dataclass(frozen=True, eq=False)
class ProseReader:
    """Reader of sentences on one table."""

    table: FactTable

    @cached_property
    def scanner(self) -> SlotScanner:
        """Scanner of slots."""
        return SlotScanner(self.table)

    def claims(self, text: str) -> list[Claim]:
        """Return what a line of prose claims.

        Raises:
            UnreadError: for a sentence that is not understood as a whole.
        """
        sentences = self.scanner.sentences(text)
        if not sentences:
            raise UnreadError("nothing")
        return [claim for one in sentences for claim in self._sentence(one)]

    def _sentence(self, one: Slotted) -> list[Claim]:
        for form, build in FORMS:
            match = form.fullmatch(one.shape)
            if match:
                return build(SentenceParts(self, one, match.groupdict()))
        raise UnreadError(f'a sentence of the shape "{one.shape}"')


@dataclass(frozen=True, eq=False)
class SentenceParts:
    """The named parts of a sentence that fits a form."""

    reader: ProseReader
    slots: Slotted
    found: dict[str, str | None]

    def has(self, name: str) -> bool:
        """True if a part is there."""
        return self.found.get(name) is not None

    def text(self, name: str) -> str:
        """Return a part."""
        return self.found.get(name) or ""

    def _index(self, name: str) -> int:
        return int(self.text(name)[1:])

    @property
    def column(self) -> str:
        """The column."""
        return self.slots.columns[self._index("c")]

    def key(self, name: str = "k") -> str | None:
        """Return a name of rows; None if there is none."""
        return self.slots.keys[self._index(name)] if self.has(name) else None

    def period(self, name: str = "p") -> Period | None:
        """Return a period; None if there is none."""
        return self.slots.periods[self._index(name)] if self.has(name) else None

    def quantity(self, name: str) -> StatedNumber:
        """Return a number as it is written."""
        return self.slots.amounts[self._index(name)]

    def amount(self, name: str) -> Amount | None:
        """Return a number in the unit of the column; None if there is none."""
        if not self.has(name):
            return None
        return self.reader.scanner.amount(self.quantity(name), self.column)

    def due(self, name: str) -> Amount:
        """Return a number in the unit of the column.

        Raises:
            UnreadError: if there is none.
        """
        found = self.amount(name)
        if found is None:
            raise UnreadError("no number")
        return found

    def gap(self, name: str = "n") -> tuple[Amount | None, bool]:
        """Return a difference, and whether it is relative."""
        if not self.has(name):
            return None, False
        found = self.quantity(name)
        own = self.reader.table.columns[self.column].unit
        if own == "%":
            if found.unit != POINTS:
                raise UnreadError("a difference of percentages that is not in percentage points")
            return Amount(found.value, found.half), False
        if found.unit == "%":
            return Amount(found.value, found.half), True
        return self.due(name), False

    def term(self, key: str | None, period: Period | None) -> TableTerm:
        """Return the term of the subject for a name and a period."""
        return TableTerm(self.column, AGGREGATES.get(self.text("agg"), "value"), key, period)

    def sense(self) -> Sense:
        """Direction of the verb or the adjective."""
        return 1 if self.has("up") else -1

    def factor(self) -> tuple[float, float]:
        """Bounds of a factor, such as "more than doubled"."""
        middle = FACTORS[self.text("times")]
        away = HEDGES.get(self.text("hedge"), 0)
        if not away:
            return middle * 0.975, middle * 1.025
        further = (away > 0) == (middle > 1)  # more than halved is less than a half
        past = 1.001 * middle, 1.25 * middle  # what is exactly twice is not nearly twice
        return past if further else (0.9 * middle, 0.999 * middle)


def _figure(p: SentenceParts) -> list[Claim]:
    return [Figure(p.term(p.key(), p.period()), p.due("n"))]


def _change(p: SentenceParts) -> list[Claim]:
    first, last = p.term(p.key(), p.period("p0")), p.term(p.key(), p.period("p1"))
    if first.period is None or last.period is None or first.period >= last.period:
        raise UnreadError("a change between periods that are not in order")
    by, relative = p.gap()
    found: list[Claim] = [TermComparison(last, first, p.sense(), by, relative)]
    if p.has("also"):
        found.append(TermComparison(last, first, p.sense(), *p.gap("also")))
    for name, term in (("start", first), ("to", last)):
        if amount := p.amount(name):
            found.append(Figure(term, amount))
    return found


def _multiple(p: SentenceParts) -> list[Claim]:
    first, last = p.term(p.key(), p.period("p0")), p.term(p.key(), p.period("p1"))
    sense: Sense = 1 if FACTORS[p.text("times")] > 1 else -1
    return [TermComparison(last, first, sense, factor=p.factor())]


def _compared(p: SentenceParts) -> list[Claim]:
    if p.key("k") == p.key("k2"):
        raise UnreadError("a comparison of a name with itself")
    one, other = p.term(p.key("k"), p.period()), p.term(p.key("k2"), p.period())
    return [TermComparison(one, other, p.sense(), *p.gap())]


def _times(p: SentenceParts) -> list[Claim]:
    one, other = p.term(p.key("k"), p.period()), p.term(p.key("k2"), p.period())
    sense: Sense = 1 if FACTORS[p.text("times")] > 1 else -1
    return [TermComparison(one, other, sense, factor=p.factor())]


def _extreme(p: SentenceParts) -> list[Claim]:
    scope = (p.key("k"), p.period("p"))
    place = (p.key("pk"), p.period("pp"))
    if place == (None, None):
        aggregate: Aggregate = "max" if p.has("up") else "min"
        return [Figure(TableTerm(p.column, aggregate, *scope), p.due("n"))]
    if (scope[0] and place[0]) or (scope[1] and place[1]):
        raise UnreadError("a scope and a place of one kind")
    return [Extreme(p.column, p.sense(), scope, place, p.amount("n"))]


def _lead(p: SentenceParts) -> list[Claim]:
    scope = (None, p.period("p"))
    grain = p.reader.table.grain
    if grain and (scope[1] is None or scope[1].grain != grain):
        raise UnreadError("who has the highest of what, a row or a sum")
    found: list[Claim] = [Extreme(p.column, p.sense(), scope, (p.key("k"), None), p.amount("n"))]
    if p.has("k2"):
        found.append(
            Extreme(p.column, p.sense(), scope, (p.key("k2"), None), p.amount("n2"), rank=2)
        )
    return found


def _share(p: SentenceParts) -> list[Claim]:
    key, found = p.key("k"), p.quantity("n")
    if found.unit != "%" or key is None:
        raise UnreadError("a share without its per cent")
    return [Share(p.column, key, p.period(), Amount(found.value, found.half))]


def _count(p: SentenceParts) -> list[Claim]:
    noun, grain = p.text("noun"), p.reader.table.grain
    if noun in NOUNS and (NOUNS[noun] != grain or (p.reader.table.keys and not p.has("k"))):
        raise UnreadError(f"rows that are no {noun}")
    counts = [p.quantity(n) for n in ("n1", "n2")]
    if any(c.unit is not None or c.value != round(c.value) or c.value < 0 for c in counts):
        raise UnreadError("a count with a unit")
    one, whole = counts
    limit = p.due("n")
    shared = p.text("way") == "in"
    if shared and not 0 < one.value < whole.value <= 20:
        raise UnreadError("a share that is no small ratio")
    scope = (p.key(), p.period("p"))
    return [RowCount(p.column, p.sense(), scope, limit.value, one.value, whole.value, shared)]


def _trend(p: SentenceParts) -> list[Claim]:
    first, last = p.period("p0"), p.period("p1")
    alpha = p.quantity("alpha")
    below = alpha.value
    if first is None or last is None or below not in Z or alpha.unit is not None:
        raise UnreadError("a trend without its test")
    if p.has("noun") and p.text("noun") != p.reader.table.grain:
        raise UnreadError("a slope over another period")
    return [Trend(p.column, p.key(), p.sense(), first, last, below, p.amount("n"))]


def _streak(p: SentenceParts) -> list[Claim]:
    since = p.period()
    if since is None or p.text("noun") != p.reader.table.grain:
        raise UnreadError("steps of another period")
    return [Streak(p.column, p.key(), p.sense(), since)]


def _record(p: SentenceParts) -> list[Claim]:
    at, since = p.period(), p.period("p0")
    if at is None or since is None:
        raise UnreadError("a record without its periods")
    found: list[Claim] = [Record(p.column, p.key(), p.sense(), at, since)]
    if amount := p.amount("n"):
        found.append(Figure(TableTerm(p.column, "value", p.key(), at), amount))
    return found


_MOVED = rf"(?:(?P<up>{UP})|(?P<down>{DOWN}))"
_BY = r"(?: by (?P<n>N\d+)(?: \( (?P<also>N\d+) \))?)?(?: to (?P<to>N\d+))?"
_TIMES = rf"{FACTOR}(?P<times>doubled|tripled|quadrupled|halved)"
_BEST = rf"(?:(?P<up>{HIGH})|(?P<down>{LOW}))"
_MORE = rf"(?:(?P<up>{MORE})|(?P<down>{LESS}))"
_SIDE = r"(?:(?P<up>above|over|higher than)|(?P<down>below|under|lower than))"
_WAY = r"(?:(?P<up>upwards)|(?P<down>downwards))"
_GONE = r"(?:(?P<up>risen|increased|grown)|(?P<down>fallen|declined|decreased))"
_ALPHA = r"\( mann-kendall(?: test)? , p < (?P<alpha>N\d+) \)"
_SLOPE = (
    r"(?: , by (?P<n>N\d+) (?:a|per) (?P<noun>year|quarter|month|day|hour)(?: in the median)?)?"
)
_COUNTED = rf"(?P<n1>N\d+) (?P<way>of|in)(?: the)? (?P<n2>N\d+) (?P<noun>{ROW_NOUN})"
SHAPES: tuple[tuple[str, Callable[[SentenceParts], list[Claim]]], ...] = (
    (rf"{SUBJECT} {WAS} (?P<n>N\d+)(?: {WHEN})?", _figure),
    (rf"{SUBJECT} {WHEN} {WAS} (?P<n>N\d+)", _figure),
    (rf"{WHEN} , {SUBJECT} {WAS} (?P<n>N\d+)", _figure),
    (rf"{SUBJECT}(?: {WHEN})? : (?P<n>N\d+)", _figure),
    (rf"{SUBJECT} {_MOVED}{_BY} {SPAN}", _change),
    (rf"{SPAN} , {SUBJECT} {_MOVED}{_BY}", _change),
    (
        rf"{SUBJECT} {_MOVED} from (?P<start>N\d+) (?:in|on|at) (?P<p0>P\d+)"
        r" to (?P<to>N\d+) (?:in|on|at) (?P<p1>P\d+)",
        _change,
    ),
    (rf"{SUBJECT} {_TIMES} {SPAN}", _multiple),
    (rf"{SPAN} , {SUBJECT} {_TIMES}", _multiple),
    (
        rf"{WHEN} , {_AGG}(?P<c>C\d+) (?:was|were) (?:(?P<n>N\d+) )?{_MORE}"
        r" in (?P<k>K\d+) than in (?P<k2>K\d+)",
        _compared,
    ),
    (
        rf"{_AGG}(?P<c>C\d+) in (?P<k>K\d+) (?:was|were) (?:(?P<n>N\d+) )?{_MORE}"
        rf" (?:than (?:that )?(?:in|of)|than|that (?:in|of)) (?P<k2>K\d+)(?: {WHEN})?",
        _compared,
    ),
    (
        rf"{WHEN} , {_AGG}(?P<c>C\d+) in (?P<k>K\d+) (?:was|were) (?:(?P<n>N\d+) )?{_MORE}"
        r" (?:than (?:that )?(?:in|of)|than|that (?:in|of)) (?P<k2>K\d+)",
        _compared,
    ),
    (
        rf"(?:{WHEN} , )?{_AGG}(?P<c>C\d+) in (?P<k>K\d+) (?:was|were) {FACTOR}"
        r"(?P<times>twice|half) that (?:in|of) (?P<k2>K\d+)",
        _times,
    ),
    (rf"(?:{WHEN} , )?the {_BEST} (?P<c>C\d+){SCOPE} (?:was|were) (?P<n>N\d+){PLACE}", _extreme),
    (rf"(?P<c>C\d+){SCOPE} (?:was|were) {_BEST}{PLACE}(?: ?, at (?P<n>N\d+))?", _extreme),
    (rf"(?P<up>)(?P<c>C\d+){SCOPE} peaked at (?P<n>N\d+){PLACE}", _extreme),
    (
        rf"(?:{WHEN} , )?(?P<k>K\d+) had the {_BEST} (?P<c>C\d+)(?: , at (?P<n>N\d+))?"
        r"(?: ,)?(?: (?:ahead of|followed by|before) (?P<k2>K\d+)(?: at (?P<n2>N\d+))?)?",
        _lead,
    ),
    (
        rf"(?:{WHEN} , )?(?P<k>K\d+) (?:accounted for|made up|had) (?P<n>N\d+)"
        r" of(?: the)?(?: total)? (?P<c>C\d+)",
        _share,
    ),
    (rf"(?P<c>C\d+){SCOPE} (?:was|were) {_SIDE} (?P<n>N\d+) in {_COUNTED}(?: {WHEN})?", _count),
    (rf"(?:{WHEN} , )?(?P<c>C\d+){SCOPE} (?:was|were) {_SIDE} (?P<n>N\d+) in {_COUNTED}", _count),
    (rf"(?P<c>C\d+){SCOPE} trended {_WAY} {SPAN}{_SLOPE} {_ALPHA}", _trend),
    (
        rf"(?P<c>C\d+){SCOPE} (?:has|have) {_GONE}"
        r" in every (?P<noun>year|quarter|month|day|hour) since (?P<p>P\d+)",
        _streak,
    ),
    (
        rf"{WHEN} , (?P<c>C\d+){SCOPE} (?:was|were)(?: at)? (?:its |their |the )?{_BEST}"
        r"(?: level)? since (?P<p0>P\d+)(?: , at (?P<n>N\d+))?",
        _record,
    ),
)  # fmt: skip
FORMS = tuple((re.compile(shape), build) for shape, build in SHAPES)
