"""Periods of a table: cells that name one, and expressions in prose, as intervals of minutes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from ingenium.core.errors import InputError

Grain = Literal["year", "quarter", "month", "day", "hour"]
GRAINS: tuple[Grain, ...] = ("year", "quarter", "month", "day", "hour")
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
ORDINALS = ("first", "second", "third", "fourth")
MONTH = "|".join(MONTHS)
SHORT = "|".join(m[:3] for m in MONTHS)
DAY = rf"(?P<d>[0-3]?\d) (?P<m>{MONTH}) (?P<y>\d{{4}})"
Forms = tuple[tuple[Grain, re.Pattern[str]], ...]


def _compiled(*forms: tuple[Grain, str]) -> Forms:
    return tuple((grain, re.compile(form)) for grain, form in forms)


EXPRESSIONS: Forms = _compiled(
    ("hour", rf"{DAY}, (?P<t>[0-2]\d:[0-5]\d)"),
    ("hour", rf"(?P<t>[0-2]\d:[0-5]\d) on {DAY}"),
    ("hour", r"(?P<y>\d{4})-(?P<mm>\d\d)-(?P<d>\d\d)[ T](?P<t>[0-2]\d:[0-5]\d)"),
    ("day", DAY),
    ("day", rf"(?P<m>{MONTH}) (?P<d>[0-3]?\d), (?P<y>\d{{4}})"),
    ("day", r"(?P<y>\d{4})-(?P<mm>\d\d)-(?P<d>\d\d)"),
    ("quarter", rf"the (?P<o>{'|'.join(ORDINALS)}) quarter of (?P<y>\d{{4}})"),
    ("quarter", r"Q(?P<q>[1-4]) (?P<y>\d{4})"),
    ("quarter", r"(?P<y>\d{4})-Q(?P<q>[1-4])"),
    ("month", rf"(?P<m>{MONTH}) (?P<y>\d{{4}})"),
    ("month", r"(?P<y>\d{4})-(?P<mm>\d\d)"),
    ("year", r"(?P<y>\d{4})"),
)
ISO_DAY = r"(?P<y>\d{4})[-/](?P<mm>\d\d)[-/](?P<d>\d\d)"
CELLS: Forms = _compiled(
    ("hour", rf"{ISO_DAY}[ T](?P<t>[0-2]\d:[0-5]\d)(?::00)?(?:Z|\+00:00)?"),
    ("day", ISO_DAY),
    ("day", rf"(?P<s>{SHORT}) (?P<d>\d{{1,2}}) (?P<y>\d{{4}})"),
    ("quarter", r"(?P<y>\d{4})[- ]?Q(?P<q>[1-4])"),
    ("quarter", r"Q(?P<q>[1-4])[- ](?P<y>\d{4})"),
    ("month", r"(?P<y>\d{4})-(?P<mm>\d\d)"),
    ("month", rf"(?P<m>{MONTH}) (?P<y>\d{{4}})"),
    ("year", r"(?P<y>\d{4})(?:\.0)?"),
)
SLASHED = re.compile(r"(\d{1,2})([/.])(\d{1,2})\2(\d{4})")
AFTER_END = re.compile(r"(?![\w%€$])(?![.,:]\d)")


@dataclass(frozen=True, order=True)
class Period:
    """An interval from one minute to another, both since 1970, and the grain that it is named in.

    >>> str(Period.named("the first quarter of 2024")), Period.named("Q1 2024").iso
    ('the first quarter of 2024', '2024-Q1')
    """

    start: int
    end: int
    grain: Grain

    @classmethod
    def named(cls, text: str) -> "Period":
        """Return the period of an expression.

        Raises:
            InputError: for any other text.
        """
        found = expression(text, 0)
        if found is None or found[1] != len(text):
            raise InputError("a period such as Q1 2024 or 3 May 2024", f'"{text}"')
        return found[0]

    @property
    def _first(self) -> np.datetime64:
        return np.datetime64(self.start, "m")

    @property
    def iso(self) -> str:
        """Name of the period that is the same in every language."""
        text = str(self._first)
        if self.grain == "quarter":
            return f"{text[:4]}-Q{(int(text[5:7]) + 2) // 3}"
        if self.grain == "hour":
            return text.replace("T", " ")
        return text[: {"year": 4, "month": 7, "day": 10}[self.grain]]

    def __str__(self) -> str:
        """Return the period as English prose names it."""
        text = str(self._first)
        year, month, day = text[:4], int(text[5:7]), int(text[8:10])
        name = MONTHS[month - 1]
        return {
            "year": year,
            "quarter": f"the {ORDINALS[(month - 1) // 3]} quarter of {year}",
            "month": f"{name} {year}",
            "day": f"{day} {name} {year}",
            "hour": f"{day} {name} {year}, {text[11:16]}",
        }[self.grain]

    def count(self, grain: Grain) -> int:
        """Return how many periods of a grain it has."""
        if grain == "hour":
            return (self.end - self.start) // 60
        if grain == "day":
            return (self.end - self.start) // 1440
        months = np.datetime64(self.end, "m").astype("M8[M]") - self._first.astype("M8[M]")
        return int(months.astype(int)) // {"month": 1, "quarter": 3, "year": 12}[grain]


def expression(text: str, at: int) -> tuple[Period, int] | None:
    """Return the period that is named at a place of a text, and where its name ends."""
    for grain, form in EXPRESSIONS:
        match = form.match(text, at)
        if match and AFTER_END.match(text, match.end()):
            found = _period(grain, match)
            if found is not None:
                return found, match.end()
    return None


def read_periods(cells: Sequence[str], head: str) -> list[Period]:
    """Return the periods of a column.

    Raises:
        InputError: for a cell that names none, dates in two orders, or more than one grain.
    """
    slashed = [SLASHED.fullmatch(c) for c in cells]
    if cells and all(slashed):
        cells = _ordered([m for m in slashed if m], head)
    found = []
    for row, cell in enumerate(cells, 2):
        period = _cell(cell)
        if period is None:
            raise InputError(
                f"a period in each row of {head}, such as 2024, 2024-Q1, 2024-03 or 2024-03-31",
                f'"{cell[:40]}" in row {row}',
                "Write all of them in one way.",
            )
        found.append(period)
    grains = sorted({p.grain for p in found})
    if len(grains) > 1:
        raise InputError(f"periods of one length in {head}", " and ".join(grains))
    return found


def _ordered(dates: list[re.Match[str]], head: str) -> list[str]:
    """Return dates such as 31/12/2024 as 2024-12-31, if their order is certain."""
    first, second = (any(int(m[i]) > 12 for m in dates) for i in (1, 3))
    if first == second:
        got = "both orders" if first else "only dates that can be read in both orders"
        raise InputError(f"dates in one order in {head}", got, "Write them as 2024-12-31.")
    day, month = (1, 3) if first else (3, 1)
    return [f"{m[4]}-{int(m[month]):02d}-{int(m[day]):02d}" for m in dates]


@lru_cache(maxsize=1 << 16)
def _cell(cell: str) -> Period | None:
    for grain, form in CELLS:
        match = form.fullmatch(cell.strip())
        if match:
            return _period(grain, match)
    return None


def _period(grain: Grain, match: re.Match[str]) -> Period | None:
    """Return the period of a match; None for a day or a month that there is not."""
    part = match.groupdict()
    year, month = part["y"], 1
    if part.get("m"):
        month = MONTHS.index(part["m"]) + 1
    elif part.get("s"):
        month = SHORT.split("|").index(part["s"]) + 1
    elif part.get("mm"):
        month = int(part["mm"])
    elif part.get("q") or part.get("o"):
        number = int(part["q"]) if part.get("q") else ORDINALS.index(part["o"]) + 1
        month = 3 * number - 2
    time = part.get("t") or "00:00"
    try:
        start = np.datetime64(f"{year}-{month:02d}-{int(part.get('d') or 1):02d}T{time}", "m")
    except ValueError:
        return None
    if grain in ("hour", "day"):
        end = start + np.timedelta64(60 if grain == "hour" else 1440, "m")
    else:
        months = {"year": 12, "quarter": 3, "month": 1}[grain]
        end = (start.astype("M8[M]") + np.timedelta64(months, "M")).astype("M8[m]")
    return Period(int(start.astype(int)), int(end.astype(int)), grain)
