"""Numbers with their units, and the kind of each: a bound, a range, a value."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from ingenium.words.numbers import Number, numbers

SPELLINGS = """
percent: % percent per-cent pct
pu: pu p.u. per-unit
degree: ° deg degs degree degrees
kg: kg kgs kilogram kilograms kilogramme kilogrammes
g: g gram grams gramme grammes
t: t ton tons tonne tonnes
lb: lb lbs pound pounds
mm: mm millimetre millimetres millimeter millimeters
um: µm μm um micrometre micrometres micron microns
cm: cm centimetre centimetres centimeter centimeters
m: m metre metres meter meters
km: km kilometre kilometres kilometer kilometers
inch: in inch inches
ft: ft foot feet
nm: nm nanometre nanometres
angstrom: Å angstrom angstroms Angstrom
angstrom**2: Å2 Å² Å^2 angstrom**2 angstrom2 A2
cm**2: cm² cm2 cm^2 cm**2
cm**3: cm³ cm3 cm^3 cm**3 ccm
mm**2: mm² mm2 mm^2 mm**2
mm**3: mm³ mm3 mm^3 mm**3
m**2: m² m2 m^2 m**2
m**3: m³ m3 m^3 m**3 cubic-metres cubic-meters
litre: l litre litres liter liters
Pa: Pa pascal pascals
kPa: kPa
MPa: MPa megapascal megapascals N/mm² N/mm2
GPa: GPa gigapascal gigapascals
bar: bar bars
psi: psi
ksi: ksi
N: N newton newtons
kN: kN kilonewton kilonewtons
MN: MN
N/m: N/m
kN/m: kN/m
kN/m**2: kN/m² kN/m2
J: J joule joules
kJ: kJ
MJ: MJ
mJ: mJ
J/kg: J/kg joules-per-kilogram joule-per-kilogram
kJ/kg: kJ/kg kJ-per-kg kilojoules-per-kilogram
MJ/kg: MJ/kg
Hz: Hz hertz
kHz: kHz kilohertz
MHz: MHz megahertz
GHz: GHz gigahertz
mW: mW milliwatt milliwatts
W: W watt watts
kW: kW kilowatt kilowatts KW
MW: megawatt megawatts
kWh: kWh KWh kilowatt-hours kilowatt-hour
MWh: MWh megawatt-hours megawatt-hour
Wh: Wh
mV: mV millivolt millivolts
V: V volt volts
kV: kV
A: ampere amperes amps
h: h hr hrs hour hours
minute: mins minute minutes
s: s sec secs second seconds
ms: ms msec millisecond milliseconds
us: µs μs microsecond microseconds
ns: ns nanosecond nanoseconds
d: d day days
week: week weeks
year: year years
eV: eV
kJ/mol: kJ/mol
kcal/mol: kcal/mol kcal
g/mol: g/mol Da Dalton dalton Daltons g-per-mol grams-per-mole gram-per-mole
degC: °C celsius
K: K kelvin
EUR: EUR € euro euros EUR/mol EUR-per-mol
m/s: m/s
mm/s: mm/s
kg/m**3: kg/m³ kg/m3
count: counts
"""
SYMBOLS = {
    spelling.replace("-", " ") if "**" not in spelling else spelling: unit
    for unit, _, listed in (line.partition(": ") for line in SPELLINGS.strip().splitlines())
    for spelling in listed.split()
}
_UNIT = re.compile(
    r"[\s-]?(?:of\s(?:an?\s)?)?("
    + "|".join(re.escape(x).replace(r"\ ", r"[\s-]") for x in sorted(SYMBOLS, key=len)[::-1])
    + r")(?![\w²³^*]|/\w)"
)
LOOSE = {"in", "a", "d", "s", "t", "h", "m", "g", "l"}  # spellings that are words or letters too
INCH = re.compile(r"\s*(?:$|[.,;:)!?]|and\b|or\b|at\b|under\b)")

Sense = Literal["least", "most", "value", "exact"]

_UP = "more|greater|larger|higher|bigger|longer|heavier|stiffer|thicker|better|wider|deeper|faster"
_DOWN = "less|fewer|lower|smaller|shorter|lighter|thinner|cheaper|slower|below|worse|stronger"
_NOT = (  # `no` and `none` apply beyond their noun: `no line or cable is loaded above`
    r"(?:(?:not|never|nor|n't|nothing|cannot)\s(?:\w+\s){0,3}?"
    r"|(?:no|none)\s(?:(?!(?:and|but|with|while|whose|which|that|if|when)\b)[\w-]+\s){0,9}?)"
)
BEFORE = (  # patterns before a number; the first match counts
    ("most", rf"{_NOT}(?:{_UP}|further(?: back)?)\sthan"),
    ("least", rf"{_NOT}(?:{_DOWN})\sthan"),
    ("most", rf"{_NOT}(?:above|over|exceed\w*|beyond|past)"),
    ("least", rf"{_NOT}(?:below|under|beneath)"),
    ("most", r"up to|at (?:the )?(?:very )?most|(?:max|maximum|maximal|most)[.:]?(?:\sof)?"),
    ("least", r"at (?:the )?(?:very )?least|(?:min|minimum|minimal|least)[.:]?(?:\sof)?"),
    ("least", rf"(?:{_UP})\sthan|above|over|exceed\w*|beyond|after|from|starting (?:from|at)"),
    ("most", rf"(?:{_DOWN})\sthan|under|beneath|within|until|before|limited to"),
    ("least", r">=|=>|≥|>"),
    ("most", r"<=|=<|≤|<|below|limit (?:of|is)"),
    ("least", r"at or above|or above"),
    ("exact", r"exactly|fixed (?:at|to)|fixed|equal to|precisely"),
    ("value", r"==|=|of|is|are|:"),
)
_BEFORE = tuple(
    (sense, re.compile(rf"(?:^|(?<=[\s\w(]))(?:{form})\s*(?:by\s|a\s|an\s|about\s)?$", re.I))
    for sense, form in BEFORE
)
AFTER = (
    ("least", r"(?:[a-z-]+\s){1,4}or more"),
    ("most", r"(?:[a-z-]+\s){1,4}or (?:less|fewer)"),
    ("least", r"or (?:more|above|better|higher|larger|over|longer)|and (?:more|above|up)"),
    ("most", r"or (?:less|fewer|below|lower|under|smaller)|and (?:less|below)|and no more"),
    ("most", r"(?:(?!and|or|with)[a-z]+\s){1,3}at (?:the )?most"),
    ("least", r"(?:(?!and|or|with)[a-z]+\s){1,3}at (?:the )?least"),
    ("most", r"at (?:the )?(?:very )?most|max\b|maximum|tops|or under|limit"),
    ("least", r"at (?:the )?(?:very )?least|min\b|minimum"),
)
_NEXT = r"(?!\s*[-+.]?\d|\s+(?:a|an|one|two|three|four|five|half)\b)"  # a number that it applies to
_AFTER = tuple((sense, re.compile(rf"\s*(?:{form})\b{_NEXT}", re.I)) for sense, form in AFTER)
BETWEEN = re.compile(r"\s*(?:to|and|or|up to|through|-|\u2013|\u2014|\.\.\.?|…)\s*", re.I)
SIGN = re.compile(r"\b(?:never|not|non-?) ?negative\b", re.I)
OPENS = re.compile(
    r"\b(?:between|from|within|range|band)\s*(?:of\s|from\s|the\s|hours?\s|[a-z]+\s)?$", re.I
)
ABOUT = re.compile(r"\s*(?:±|\+/-|\+-|plus or minus|plus minus)\s*", re.I)


@dataclass(frozen=True)
class Measure:
    """A number or a range of a text with its unit and its sense."""

    start: int
    end: int
    low: Number
    high: Number | None = None  # upper end of a range
    unit: str | None = None  # as pint reads it; None where the text has none
    sense: Sense = "value"
    cue: tuple[int, int] | None = None  # the words of the sense
    around: bool = False  # `high` is the tolerance to both sides

    @property
    def ends(self) -> tuple[float, float]:
        """Lowest and highest of a range; both the same for a single number."""
        if self.high is None:
            return self.low.value, self.low.value
        if self.around:
            return self.low.value - self.high.value, self.low.value + self.high.value
        return self.low.value, self.high.value


def measures(text: str, apart: Iterable[tuple[int, int]] = ()) -> list[Measure]:
    """All measures of a text, without numbers in the places `apart`, such as a formula."""
    away = list(apart)
    found = [n for n in numbers(text) if not any(a <= n.start < b for a, b in away)]
    made: list[Measure] = []
    for one in _apart(_single(text, n) for n in found if not _named(text, n)):
        both = _range(text, made[-1], one) if made else None
        if both is None:
            made.append(one)
        else:
            made[-1] = both
    said = [_said(text, one, made[i - 1].end if i else 0) for i, one in enumerate(made)]
    return sorted((*said, *_signs(text)), key=lambda m: m.start)


def _signs(text: str) -> Iterator[Measure]:
    """Read `never negative` as at least zero."""
    for match in SIGN.finditer(text):
        zero = Number(0.0, *match.span(), worded=True)
        yield Measure(*match.span(), zero, sense="least", cue=match.span())


def _apart(found: Iterable[Measure]) -> Iterator[Measure]:
    """Skip numbers that belong to the unit before them, as the 2 of `angstrom**2`."""
    end = 0
    for one in found:
        if one.start >= end:
            yield one
            end = one.end


def _single(text: str, number: Number) -> Measure:
    match = _UNIT.match(text, number.end)
    if match is None or not _is_unit(text, match):
        return Measure(number.start, number.end, number)
    return Measure(number.start, match.end(), number, unit=SYMBOLS[_spelling(match[1])])


def _spelling(found: str) -> str:
    return found if "**" in found or found in SYMBOLS else re.sub(r"[\s-]", " ", found)


def _is_unit(text: str, match: re.Match[str]) -> bool:
    """True if a match is a unit: `0.02 in` and not `0.5 in winter`."""
    return match[1] != "in" or INCH.match(text, match.end()) is not None


def _named(text: str, number: Number) -> bool:
    """True if a number of digits is glued to letters that are no unit, as in `3D`."""
    if number.worded or not text[number.end : number.end + 1].isalpha():
        return False
    match = _UNIT.match(text, number.end)
    return match is None or match.start(1) != number.end


def _range(text: str, one: Measure, two: Measure) -> Measure | None:
    """The range between two numbers, if they form one."""
    if one.high is not None:
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


def _said(text: str, one: Measure, floor: int) -> Measure:
    """Add the sense from the words next to a measure."""
    if one.high is not None:
        return one
    before = text[floor : one.start]
    after = next((m for m in ((s, f.match(text, one.end)) for s, f in _AFTER) if m[1]), None)
    if after is not None and after[1] is not None:
        return replace(one, sense=after[0], cue=after[1].span())  # type: ignore[arg-type]
    for sense, form in _BEFORE:
        match = form.search(before)
        if match:
            cue = (floor + match.start(), floor + match.end())
            return replace(one, sense=sense, cue=cue)  # type: ignore[arg-type]
    return one
