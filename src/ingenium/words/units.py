"""Units behind a number, in symbols or words: factors with prefixes, powers, `per` and `/`.

A unit is a product of factors, so that `kJ per kg`, `N/mm2` and `square angstrom` need no entry of
their own. What looks like a unit and is none of these is reported, and never passed over.
"""

import re
from dataclasses import dataclass

from ingenium.core.units import known

SYMBOLS = {  # symbol: prefixes that it takes
    "g": "k m u µ μ",
    "t": "",
    "lb": "",
    "lbs": "",
    "oz": "",
    "m": "k c m u µ μ n d",
    "in": "",
    "ft": "",
    "Pa": "k M G h",
    "bar": "m",
    "psi": "",
    "ksi": "",
    "N": "k M m",
    "J": "k M m G",
    "W": "k M m G",
    "Wh": "k M G",
    "V": "k m",
    "A": "m",
    "Hz": "k M G",
    "s": "m u µ μ n",
    "min": "",
    "h": "",
    "hr": "",
    "hrs": "",
    "d": "",
    "eV": "m k M G",
    "mol": "m k",
    "K": "",
    "l": "m",
    "L": "m",
    "rad": "m",
    "dB": "",
    "Da": "k",
    "kcal": "",
    "Å": "",
    "°": "",
    "°C": "",
    "degC": "",
    "deg": "",
    "degs": "",
    "%": "",
    "pct": "",
    "pu": "",
    "p.u.": "",
    "EUR": "",
    "€": "",
    "USD": "",
    "$": "",
    "VA": "k M",
    "F": "m u n p",
    "Ohm": "k M",
    "Ah": "m",
    "rpm": "",
}
WORDED = """
gram gramme; tonne ton; pound; ounce; metre meter; micron; inch inches; foot feet; mile; pascal;
newton; joule; watt; watt-hour watthour; volt; ampere amp; hertz; second sec; minute; hour; day;
week; month; year; electronvolt electron-volt; mole mol; kelvin; litre liter; radian; decibel;
dalton; angstrom; degree; celsius; percent per-cent; per-unit; euro; dollar; franc; calorie; debye;
hartree
"""
PREFIXES = {"kilo": "k", "milli": "m", "micro": "u", "nano": "n", "centi": "c", "mega": "M"}
PREFIXES |= {"giga": "G", "deci": "d", "hecto": "h", "pico": "p"}
PINT = {  # what pint calls it, where that is not the symbol or the word
    "tonne": "t",
    "ton": "t",
    "lbs": "lb",
    "gramme": "g",
    "gram": "g",
    "metre": "m",
    "meter": "m",
    "micron": "um",
    "inches": "inch",
    "feet": "ft",
    "foot": "ft",
    "in": "inch",
    "pascal": "Pa",
    "newton": "N",
    "joule": "J",
    "watt": "W",
    "watthour": "Wh",
    "watt-hour": "Wh",
    "volt": "V",
    "amp": "A",
    "ampere": "A",
    "hertz": "Hz",
    "second": "s",
    "sec": "s",
    "min": "minute",
    "hr": "h",
    "hrs": "h",
    "hour": "h",
    "day": "d",
    "electronvolt": "eV",
    "electron-volt": "eV",
    "mole": "mol",
    "kelvin": "K",
    "l": "litre",
    "L": "litre",
    "liter": "litre",
    "radian": "rad",
    "decibel": "dB",
    "Da": "g/mol",
    "dalton": "g/mol",
    "kcal": "kcal",
    "Å": "angstrom",
    "°": "degree",
    "deg": "degree",
    "degs": "degree",
    "°C": "degC",
    "celsius": "degC",
    "%": "percent",
    "pct": "percent",
    "per-cent": "percent",
    "p.u.": "pu",
    "per-unit": "pu",
    "€": "EUR",
    "euro": "EUR",
    "dollar": "USD",
    "$": "USD",
    "franc": "CHF",
    "calorie": "cal",
    "pound": "lb",
    "ounce": "oz",
    "Ohm": "ohm",
}
_SYMBOLS = {
    f"{p}{symbol}": f"{'u' if p in 'µμ' and p else p}{PINT.get(symbol, symbol)}"
    for symbol, prefixes in SYMBOLS.items()
    for p in ("", *prefixes.split())
}
_WORDS: dict[str, str] = {}
for _group in WORDED.replace("\n", " ").split(";"):
    for _word in _group.split():
        _base = PINT.get(_word, _word)
        for _ending in ("", "s"):
            _WORDS[f"{_word}{_ending}"] = _base
            for _long, _short in PREFIXES.items():
                if len(_base) <= 2:
                    _WORDS[f"{_long}{_word}{_ending}"] = f"{_short}{_base}"
_WORDS |= {"kw": "kW", "kwh": "kWh", "mwh": "MWh", "hz": "Hz", "mpa": "MPa", "ev": "eV", "db": "dB"}
_WORDS |= {"kn": "kN", "eur": "EUR", "celcius": "degC", "khz": "kHz", "ghz": "GHz", "mev": "meV"}
SPELLED = {**_SYMBOLS, **_WORDS}  # a unit as pint reads it, by each spelling without factors
_NAMES = sorted((*_SYMBOLS, *_WORDS), key=len, reverse=True)
FACTOR = re.compile(
    r"(?P<power>(?:square|cubic|sq\.?|cu\.?)[\s-])?"
    r"(?P<name>" + "|".join(re.escape(n).replace(r"\-", r"[\s-]") for n in _NAMES) + r")"
    r"(?P<exponent>²|³|(?:\^|\*\*)?-?[23](?![\d.]))?(?![\w°])",
    re.IGNORECASE,
)
JOIN = re.compile(r"\s?(?P<sign>/|·|\*(?!\*)|\bper\b)\s?(?:an?\s|each\s)?", re.IGNORECASE)
GAP = re.compile(r"(?:\s|-(?=[a-zA-Z]))?(?:of\s(?:an?\s)?)?")
POWERS = {"²": 2, "2": 2, "³": 3, "3": 3}
LOOSE = ("in", "a", "A", "d", "h", "F")  # words and letters that are units only by themselves
STEPS = re.compile(r"[\s-]?(?:steps?|resolution|intervals?|averages?|values)\b|\Z", re.IGNORECASE)
ENDED = re.compile(r"\s*(?:$|[.,;:)!?]|and\b|or\b|at\b|under\b|per\b|/)")
STRANGE = re.compile(
    r"(?:\s?)(?P<unit>[A-Zµμ°%€$][A-Za-z]{0,3}(?:/\w+)?|[a-zµ]{1,2}[A-Z]\w?)(?!\w)"
)
GLUED = re.compile(r"(?P<unit>[A-Za-zµ°%]+)")


@dataclass(frozen=True)
class UnitSpan:
    """A unit as pint reads it, and where it ends; without a name it is one that nobody knows."""

    name: str
    start: int
    end: int

    @property
    def strange(self) -> bool:
        """True for what stands where a unit does and is none."""
        return not self.name


def unit_at(text: str, place: int) -> UnitSpan | None:
    """The unit behind a number that ends at a place."""
    gap = GAP.match(text, place)
    start = gap.end() if gap else place
    found = _factor(text, start) or (_factor(text, place) if start != place else None)
    if found is None:
        return _stranger(text, place)
    name, end = found
    parts = [name]
    while (join := JOIN.match(text, end)) and (more := _factor(text, join.end())):
        inner = more[0]
        parts.append(f"*{inner}" if join["sign"] in "·*" else f"/{inner}")
        end = more[1]
    unit = "".join(parts)
    unit = {"EUR/mol": "EUR", "kcal": "kcal/mol", "cal": "cal/mol"}.get(unit, unit)
    if not known(unit) and not unit.startswith(("EUR", "USD", "CHF")) and unit != "dB":
        return UnitSpan("", start, end)
    return UnitSpan(unit, start, end)


def _factor(text: str, place: int) -> tuple[str, int] | None:
    match = FACTOR.match(text, place)
    if match is None:
        return None
    written = re.sub(r"\s", "-", match["name"])
    base = _SYMBOLS.get(written) or _WORDS.get(written.lower())
    if base is None:
        return None
    if written in LOOSE and not ENDED.match(text, match.end()):
        return None
    if written == "min" and not STEPS.match(text, match.end()):
        return None  # `0.8 min` is a minimum
    power = POWERS.get((match["exponent"] or "").lstrip("^*-"), 1)
    power = power if not match["power"] else 3 if match["power"].lower().startswith("cu") else 2
    if power > 1 and base in ("h", "degree", "percent"):
        return None
    return (f"{base}**{power}" if power > 1 else base), match.end()


def _stranger(text: str, place: int) -> UnitSpan | None:
    """Find letters that look like a unit and are none: glued to digits, or short with a capital."""
    glued = GLUED.match(text, place)
    match = glued or STRANGE.match(text, place)
    if match is None or text[match.end() : match.end() + 1] in ("-", "_"):
        return None
    if match["unit"] in ("D", "x", "X", "st", "nd", "rd", "th", "I", "A"):
        return None
    return UnitSpan("", match.start("unit"), match.end())
