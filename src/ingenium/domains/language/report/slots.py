"""Sentences as words and slots: columns, names, periods and amounts of a table, found in prose.

Everything in a sentence becomes one or the other, so that a reader can refuse what it did not
understand. Characters that look like others, and digits of other scripts, are refused here.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property

from ingenium.core.errors import InputError
from ingenium.core.units import alike, convert
from ingenium.domains.language.report.claims import Amount
from ingenium.domains.language.report.periods import Period, expression
from ingenium.domains.language.report.table import FactTable
from ingenium.words.numbers import Number, numbers
from ingenium.words.units import SPELLED

NUMBER = re.compile(
    r"(?P<sign>[-\u2212])?(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?P<part>\.\d+)?(?![\w.]*\d)"
)
SYMBOLS = {k: v for k, v in SPELLED.items() if v != "month"}  # months are counted, as rows
SCALE = re.compile(r" (thousand|million|billion)\b")
SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9}
WORD = re.compile(r"[A-Za-z]+(?:['\u2019-][A-Za-z]+)*")
MARKS = ",.;:()<|"
POINTS = "percentage points"
PROSE = frozenset(
    ("in", "a", "counts", "day", "days", "week", "weeks", "year", "years", "hour", "hours")
)


class UnreadError(Exception):
    """A sentence has something that the reader does not understand."""


@dataclass(frozen=True)
class StatedNumber:
    """A number of a sentence and its unit; None where it has none."""

    value: float
    half: float
    unit: str | None


@dataclass
class Slotted:
    """A sentence whose slots are numbered: `C0 in K0 rose by N0 from P0 to P1`."""

    shape: str = ""
    columns: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    periods: list[Period] = field(default_factory=list)
    amounts: list[StatedNumber] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class SlotScanner:
    """Scanner of prose about one table."""

    table: FactTable

    @cached_property
    def _names(self) -> re.Pattern[str]:
        """Pattern of all columns and names, longest first."""
        listed = [*self.table.columns, *self.table.keys]
        ordered = sorted({f for x in listed for f in (x, x[:1].upper() + x[1:])}, key=len)[::-1]
        return re.compile(f"(?:{'|'.join(map(re.escape, ordered))})(?![\\w])")

    @cached_property
    def _units(self) -> re.Pattern[str]:
        own = {c.unit for c in self.table.columns.values() if c.unit}
        listed = sorted({*own, *SYMBOLS, POINTS, "percent", "per cent"}, key=len)[::-1]
        form = "|".join(re.escape(x) for x in listed)
        return re.compile(rf"[ \u00a0\u202f]?(?P<unit>{form})(?![\w/%°²³^*])")

    def sentences(self, text: str) -> list[Slotted]:
        """Return the sentences of a text, which end with a stop.

        Raises:
            UnreadError: for a character or a word that is neither word nor slot.
        """
        odd = next((c for c in text if not _plain(c) and c not in self._letters), None)
        if odd is not None:
            raise UnreadError(f"the character U+{ord(odd):04X}")
        found, now, at = [], Slotted(), 0
        worded = {n.start: n for n in numbers(text) if n.worded and not 0 < n.value < 1}
        tokens: list[str] = []
        while at < len(text):
            if text[at] in " \u00a0":
                at += 1
                continue
            token, at = self._token(text, at, now, worded)
            if token == ".":
                now.shape, tokens = " ".join(tokens), []
                found.append(now)
                now = Slotted()
            else:
                tokens.append(token)
        if tokens:
            raise UnreadError("a sentence without its stop")
        return found

    @cached_property
    def _letters(self) -> frozenset[str]:
        """Characters of the names and units of the table."""
        units = [c.unit for c in self.table.columns.values()]
        return frozenset("".join([*self.table.columns, *self.table.keys, *units]))

    def _token(
        self, text: str, at: int, into: Slotted, worded: dict[int, Number]
    ) -> tuple[str, int]:
        starts = at == 0 or not text[at - 1].isalnum()
        amount = self._amount(text, at) if starts else None
        if amount and amount[0].unit is not None:
            return _add(into.amounts, amount[0], "N"), amount[1]
        period = expression(text, at) if starts else None
        if period:
            return _add(into.periods, period[0], "P"), period[1]
        name = self._names.match(text, at) if starts else None
        if name:
            return self._name(name[0], into), name.end()
        if amount:
            return _add(into.amounts, amount[0], "N"), amount[1]
        number = worded.get(at)
        if number is not None:
            return self._worded(text, number, into)
        word = WORD.match(text, at)
        if word and starts:
            return word[0].lower(), word.end()
        if text[at] in MARKS:
            return text[at], at + 1
        raise UnreadError(f'"{text[at : at + 12]}"')

    def _name(self, written: str, into: Slotted) -> str:
        lowered = written[:1].lower() + written[1:]
        for label in (written, lowered):
            if label in self.table.columns:
                return _add(into.columns, label, "C")
        for key in (written, lowered):
            if key in self.table.keys:
                return _add(into.keys, key, "K")
        raise UnreadError(f'the name "{written}"')

    def _amount(self, text: str, at: int) -> tuple[StatedNumber, int] | None:
        match = NUMBER.match(text, at)
        if match is None:
            return None
        value = float(match["whole"].replace(",", "") + (match["part"] or ""))
        half, end = 0.5 * 10.0 ** -(len(match["part"] or ".") - 1), match.end()
        if scale := SCALE.match(text, end):
            value, half, end = value * SCALES[scale[1]], half * SCALES[scale[1]], scale.end()
        value = -value if match["sign"] else value
        unit, end = self._unit(text, end)
        return StatedNumber(value, half, unit), end

    def _unit(self, text: str, end: int) -> tuple[str | None, int]:
        match = self._units.match(text, end)
        if match is None:
            return None, end
        own = match["unit"]
        if own in PROSE:
            return None, end
        return ("%" if own in ("percent", "per cent") else own), match.end()

    def _worded(self, text: str, number: Number, into: Slotted) -> tuple[str, int]:
        unit, after = self._unit(text, number.end)
        return _add(into.amounts, StatedNumber(number.value, 0.5, unit), "N"), after

    def amount(self, found: StatedNumber, column: str) -> Amount:
        """Return a stated number in the unit of a column.

        Raises:
            UnreadError: if it has no unit, or that of something else.
        """
        own = self.table.columns[column].unit
        given = found.unit
        if given == own or (given is None and not own):
            return Amount(found.value, found.half)
        if given is None or not own or "%" in (given, own) or given == POINTS:
            raise UnreadError(f"a number of {own or 'no unit'} in {given or 'no unit'}")
        name = SYMBOLS.get(given, given)
        try:
            if not alike(name, SYMBOLS.get(own, own)):
                raise UnreadError(f"a number of {own} in {given}")
            zero, factor = (convert(x, name, SYMBOLS.get(own, own), of=column) for x in (0.0, 1.0))
            if zero:
                raise UnreadError(f"a number of {own} in {given}, which begins elsewhere")
        except InputError:
            raise UnreadError(f"a number of {own} in {given}") from None
        return Amount(found.value * factor, found.half * factor)


def _add(into: list, found: object, letter: str) -> str:  # type: ignore[type-arg]
    into.append(found)
    return f"{letter}{len(into) - 1}"


def _plain(character: str) -> bool:
    return " " <= character <= "~" or character in "\u2212\u2019\u00a0\u202f"
