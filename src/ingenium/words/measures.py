"""Numbers with their units and comparisons: a bound, a range, a value, a multiple of another.

One grammar reads all of it. Each measure says which characters it used (`spans`); what it could not
use, such as a unit that nobody knows, is part of it as a fault, and becomes a question.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import isfinite
from typing import Literal

from ingenium.words.numbers import Number, numbers
from ingenium.words.units import unit_at

Sense = Literal["least", "most", "value", "exact"]
Span = tuple[int, int]
NO_NOUNS: frozenset[str] = frozenset()

UP = (
    "more|greater|larger|higher|bigger|longer|heavier|stiffer|thicker|better|wider|deeper|faster"
    "|taller|stronger|louder|later|above|over|beyond|further|farther|older|hotter|warmer"
)
DOWN = (
    "less|fewer|lower|smaller|shorter|lighter|thinner|cheaper|slower|worse|weaker|quieter|earlier"
    "|narrower|nearer|closer|cooler|colder|under|below|beneath"
)
NOT = (  # `no` and `none` apply beyond their noun: `no line or cable is loaded above`
    r"(?:(?:not|never|nor|n't|nothing|cannot|without)\s(?:\w+\s){0,3}?"
    r"|(?:no|none)\s(?:(?!(?:and|but|with|while|whose|which|that|if|when)\b)[\w-]+\s){0,9}?)"
)
THAN = r"(?:\s(?:[a-z-]+\s)?(?:than|as)|)"
MOST = r"(?:max|maximum|maximal(?:ly)?|most|largest|highest|biggest|top)"
LEAST = r"(?:min|minimum|minimal(?:ly)?|least|smallest|lowest)"
BEFORE: tuple[tuple[Sense, bool, str], ...] = (  # sense, strict, pattern before a number
    ("most", False, rf"{NOT}(?:{UP})(?:\sback)?{THAN}"),
    ("least", False, rf"{NOT}(?:{DOWN}){THAN}"),
    ("most", False, rf"{NOT}(?:exceed\w*|past|surpass\w*)"),
    ("most", False, rf"up to|at (?:the )?(?:very )?most|{MOST}[.:]?(?:\sof)?|no more"),
    ("least", False, rf"at (?:the )?(?:very )?least|{LEAST}[.:]?(?:\sof)?|no less"),
    ("least", False, r"at or above|or above|>=|=>|≥|from|starting (?:from|at)|since"),
    ("most", False, r"at or below|or below|<=|=<|≤|within|until|till|limited to|limit (?:of|is)"),
    ("most", False, r"(?:capped|restricted) (?:at|to)|(?:cap|ceiling|maximum) of|no higher"),
    ("least", False, r"floor of|no lower|upwards of"),
    ("least", True, rf"(?:{UP}){THAN}|after|exceed\w*|past|surpass\w*|>"),
    ("most", True, rf"(?:{DOWN}){THAN}|before|<"),
    ("exact", False, r"exactly|fixed (?:at|to)|fixed|equal to|precisely"),
    ("value", False, r"==|=|of|is|are|:|at|to"),
)
_FILL = r"(?:by\s|a\s|an\s|the\s|to\s)?"
_BEFORE = tuple(
    (
        sense,
        strict,
        re.compile(rf"(?:^|(?<=[\s\w(,]))(?<![\w-])(?:{form})\s*{_FILL}$", re.IGNORECASE),
    )
    for sense, strict, form in BEFORE
)
_SIGNED = re.compile(r"(?P<sign>>=|=>|≥|<=|=<|≤|>|<|==|=)\s*$")
SIGNS: dict[str, tuple[Sense, bool]] = {
    **dict.fromkeys((">=", "=>", "≥"), ("least", False)),
    **dict.fromkeys(("<=", "=<", "≤"), ("most", False)),
    ">": ("least", True),
    "<": ("most", True),
    "=": ("value", False),
    "==": ("value", False),
}
AFTER: tuple[tuple[Sense, str], ...] = (
    (
        "least",
        r"(?:(?!and\b|with\b)[a-z-]+\s){0,4}or (?:more|above|better|higher|larger|over|longer|up"
        r"|thicker|heavier|faster|quicker)",
    ),
    (
        "most",
        r"(?:(?!and\b|with\b)[a-z-]+\s){0,4}or (?:less|fewer|below|lower|under|smaller|shorter"
        r"|lighter|cheaper|thinner)",
    ),
    ("least", r"and (?:more|above|up|upwards)|upwards"),
    ("most", r"and (?:less|below|no more)"),
    ("most", r"(?:(?!and\b|or\b|with\b)[a-z]+\s){0,3}at (?:the )?(?:very )?most"),
    ("least", r"(?:(?!and\b|or\b|with\b)[a-z]+\s){0,3}at (?:the )?(?:very )?least"),
    ("most", r"(?:(?:at|as) (?:an?\s|the\s)?)?(?:max\b|maximum|maximal)|tops|limit"),
    ("least", r"(?:(?:at|as) (?:an?\s|the\s)?)?(?:min\b|minimum|minimal)"),
)
_NEXT = r"(?!\s*[-+.]?\d|\s+(?:a|an|one|two|three|four|five|half)\b)"  # a number that it applies to
_AFTER = tuple(
    (sense, re.compile(rf"\s*(?:{form})\b{_NEXT}", re.IGNORECASE)) for sense, form in AFTER
)
BETWEEN = re.compile(
    r"\s*(?:to|and|or|up to|until|till|through|-|\u2013|\u2014|\.\.\.?|…)\s*", re.IGNORECASE
)
SIGN = re.compile(r"\b(?:never|not|non-?) ?negative\b", re.IGNORECASE)
OPENS = re.compile(
    r"\b(?:between|from|within|range|band)\s*(?:of\s|from\s|the\s|hours?\s|[a-z]+\s)?$",
    re.IGNORECASE,
)
ABOUT = re.compile(r"\s*(?:±|\+/-|\+-|plus or minus|plus minus)\s*", re.IGNORECASE)
NEARLY = re.compile(
    r"\b(?:about|around|approximately|approx\.?|roughly|circa|ca\.?|nearly|almost|some)\s$|~\s?$",
    re.IGNORECASE,
)
_REFERENCE = r"(?!\s*(?:or\b|than\s+\d))"
RELATIVE = re.compile(  # behind a percentage: `20 % above usual`
    rf"\s*(?:(?P<up>{UP}|greater|growth)|(?P<down>{DOWN}))\b{_REFERENCE}"
    r"(?:\s(?:the\s)?(?:usual|normal|today|now|average))?",
    re.IGNORECASE,
)
CHANGED = re.compile(  # before a percentage: `grows by`
    r"\b(?:(?P<up>grow\w*|ris(?:e|es|en|ing)|increas\w+|up|more|rais\w+)|(?P<down>fall\w*|drop\w*|decreas\w+"
    r"|reduc\w+|shrink\w*|down|cut|less))(?:\s(?:load|demand|consumption))?\s(?:by|of)\s"
    r"(?:a factor of\s)?$",
    re.IGNORECASE,
)
CLOCK = re.compile(
    r"(?P<h>[01]?\d|2[0-4])(?:(?::(?P<m>[0-5]\d))(?:\s?(?P<half>[ap]\.?m\b\.?))?(?!\w)"
    r"|\s?(?P<only>[ap]m\b|o'clock\b))",
    re.IGNORECASE,
)
MULTIPLE = re.compile(r"\s?(?:times|x|fold|-fold)\b(?!\s?\d)", re.IGNORECASE)
FACTORS = {
    "twice": 2.0,
    "double": 2.0,
    "doubles": 2.0,
    "doubled": 2.0,
    "doubling": 2.0,
    "triple": 3.0,
    "triples": 3.0,
    "tripled": 3.0,
    "halved": 0.5,
    "halves": 0.5,
    "thrice": 3.0,
}
FACTOR_WORD = re.compile(r"\b(?:" + "|".join(FACTORS) + r")\b(?: the)?", re.IGNORECASE)


@dataclass(frozen=True)
class Measure:
    """A number or a range of a text with its unit and its sense."""

    start: int
    end: int
    low: Number
    high: Number | None = None  # upper end of a range
    unit: str | None = None  # as pint reads it; None where the text has none
    sense: Sense = "value"
    cue: Span | None = None  # the words of the sense
    around: bool = False  # `high` is the tolerance to both sides
    strict: bool = False  # the bound itself is excluded
    nearly: bool = False  # `about`
    multiple: bool = False  # of a value that the text does not state
    fault: str = ""  # what is wrong with it, in words

    @property
    def ends(self) -> tuple[float, float]:
        """Lowest and highest of a range; both the same for a single number."""
        if self.high is None:
            return self.low.value, self.low.value
        if self.around:
            return self.low.value - self.high.value, self.low.value + self.high.value
        return self.low.value, self.high.value

    @property
    def spans(self) -> tuple[Span, ...]:
        """All characters that it used."""
        return ((self.start, self.end), *((self.cue,) if self.cue else ()))


def measures(
    text: str, distance: Iterable[Span] = (), nouns: frozenset[str] = NO_NOUNS
) -> list[Measure]:
    """All measures of a text, without numbers in the places `distance`, such as a formula.

    `nouns` look like units and are names: the HBD of `2 HBD`.
    """
    away = list(distance)
    found = [n for n in numbers(text) if not any(a <= n.start < b for a, b in away)]
    made: list[Measure] = []
    for one in _separate(_single(text, n, nouns) for n in found if not _named(text, n)):
        both = _range(text, made[-1], one) if made else None
        if both is None:
            made.append(one)
        else:
            made[-1] = both
    said = [_sensed(text, one, made[i - 1].end if i else 0) for i, one in enumerate(made)]
    words = [
        m for m in _factors(text) if not any(s.start < m.end and m.start < s.end for s in said)
    ]
    return sorted((*said, *words, *_signs(text)), key=lambda m: m.start)


def _signs(text: str) -> Iterator[Measure]:
    """Read `never negative` as at least zero."""
    for match in SIGN.finditer(text):
        zero = Number(0.0, *match.span(), worded=True)
        yield Measure(*match.span(), zero, sense="least", cue=match.span())


def _factors(text: str) -> Iterator[Measure]:
    """Read `twice the load` and `doubled` as multiples."""
    for match in FACTOR_WORD.finditer(text):
        value = FACTORS[match[0].lower().removesuffix(" the")]
        one = Measure(*match.span(), Number(value, *match.span(), worded=True), multiple=True)
        yield _sensed(text, one, 0)


def _separate(found: Iterable[Measure]) -> Iterator[Measure]:
    """Skip numbers that belong to the unit before them, as the 2 of `angstrom**2`."""
    end = 0
    for one in found:
        if one.start >= end:
            yield one
            end = one.end


def _single(text: str, number: Number, nouns: frozenset[str]) -> Measure:
    one = Measure(number.start, number.end, number)
    clock = CLOCK.match(text, number.start) if not number.worded else None
    if clock:
        noon = 12.0 * (
            (clock["half"] or clock["only"] or "").lower().startswith("p") and int(clock["h"]) < 12
        )
        hours = replace(number, value=int(clock["h"]) + int(clock["m"] or 0) / 60.0 + noon)
        return replace(one, low=hours, end=clock.end(), unit="h")
    if not isfinite(number.value):
        return replace(one, fault="is too large for a number")
    unit = unit_at(text, number.end)
    if unit is None:
        if number.worded and not number.value.is_integer() and abs(number.value) < 1:
            return replace(one, unit="1")  # `three quarters`, of anything that is a share
        times = MULTIPLE.match(text, number.end)
        return replace(one, end=times.end(), multiple=True) if times else one
    if unit.strange and text[unit.start : unit.end].removesuffix("s") in nouns:
        return one
    if unit.strange:
        known = f'has a unit that is not known: "{text[unit.start : unit.end]}"'
        return replace(one, end=unit.end, fault=known)
    return replace(one, end=unit.end, unit=unit.name)


def _named(text: str, number: Number) -> bool:
    """True if a number of digits is glued to letters that are no unit, as in `3D` or `16x16`."""
    if number.worded or not text[number.end : number.end + 1].isalpha():
        return False
    unit = unit_at(text, number.end)
    return unit is None or unit.strange


def _range(text: str, one: Measure, two: Measure) -> Measure | None:
    """The range between two numbers, if they form one."""
    if one.high is not None or one.fault or two.fault or one.multiple or two.multiple:
        return None
    between = text[one.end : two.start]
    opened = OPENS.search(text, 0, one.start)
    about = ABOUT.fullmatch(between)
    joined = BETWEEN.fullmatch(between)
    if not about and not joined:
        return None
    word = between.strip().lower()
    if joined and word == "or" and two.low.value != one.low.value + 1:
        return None
    if joined and word == "and" and not (opened and not opened[0].lower().startswith("from")):
        return None
    both = replace(one, end=two.end, high=two.low, unit=two.unit or one.unit, around=bool(about))
    if one.unit and two.unit and one.unit != two.unit:
        return None
    return replace(both, start=one.start, cue=opened.span() if opened else None)


def _sensed(text: str, one: Measure, floor: int) -> Measure:
    """Add the sense from the words next to a measure."""
    if one.high is not None or one.fault:
        return one
    related = _related(text, one, floor)
    if related is not None:
        one = related
    sign = _SIGNED.search(text, floor, one.start)
    if sign:
        sense, strict = SIGNS[sign["sign"]]
        return replace(one, sense=sense, strict=strict, cue=sign.span())
    near = NEARLY.search(text, floor, one.start)
    start = near.start() if near else one.start
    one = replace(one, nearly=bool(near), start=start)
    after = next((m for m in ((s, f.match(text, one.end)) for s, f in _AFTER) if m[1]), None)
    if after is not None and after[1] is not None:
        return replace(one, sense=after[0], cue=after[1].span(), nearly=False)
    before = text[floor : one.start]
    for sense, strict, form in _BEFORE:
        match = form.search(before)
        if match:
            cue = (floor + match.start(), floor + match.end())
            return replace(one, sense=sense, strict=strict, cue=cue)
    return one


def _related(text: str, one: Measure, floor: int) -> Measure | None:
    """Read a percentage of change as a factor: `20 % above usual` is 1.2 times the usual."""
    before = CHANGED.search(text, floor, one.start)
    if one.multiple or (before and one.unit is None and "factor" in before[0]):
        start = before.start() if before else one.start
        return replace(one, start=start, multiple=True)
    if one.unit != "percent":
        return None
    behind = RELATIVE.match(text, one.end)
    if behind is None and before is None:
        return None
    down = bool(behind["down"]) if behind else bool(before and before["down"])
    share = one.low.value / 100.0
    value = 1.0 - share if down else 1.0 + share
    number = replace(one.low, value=float(f"{value:.12g}"))
    start = before.start() if before else one.start
    end = behind.end() if behind else one.end
    return replace(one, start=start, end=end, low=number, unit=None, multiple=True)
