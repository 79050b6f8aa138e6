"""Claims on a table: a small algebra of terms and comparisons, each recomputed from the rows.

A claim says nothing about how a sentence put it. `fault` compares what it states with the table.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64

from ingenium.domains.language.report.periods import Period
from ingenium.domains.language.report.table import FactTable, TableTerm

Sense = Literal[1, -1]
COARSE = 0.05  # largest error of a rounded number, relative
Z = {0.05: 1.959964, 0.01: 2.575829, 0.001: 3.290527}  # two-sided normal quantiles
MOST_TREND = 400  # periods, whose pairs are all compared
EXACT = 1e-9


@dataclass(frozen=True)
class Amount:
    """A number as it is stated: its value, and half of a unit in its last place."""

    value: float
    half: float

    def fits(self, x: float) -> bool:
        """True if a number rounds to the stated one, and loses little by it."""
        off = abs(x - self.value)
        return bool(off <= self.half * (1 + EXACT) + EXACT * abs(x) and off <= COARSE * abs(x))


@dataclass(frozen=True)
class Figure:
    """A term has a stated value."""

    term: TableTerm
    amount: Amount

    def fault(self, table: FactTable) -> str:
        """Return what is wrong; empty if nothing is."""
        found = table.value(self.term)
        if np.isnan(found):
            return "the table has no such number, or not all of it"
        return "" if self.amount.fits(found) else f"it is {found:.6g}"


@dataclass(frozen=True)
class TermComparison:
    """One term is above (1) or below (-1) another, perhaps by an amount, a share or a factor."""

    one: TableTerm
    other: TableTerm
    sense: Sense
    by: Amount | None = None
    relative: bool = False
    factor: tuple[float, float] | None = None  # least and most of one / other

    def fault(self, table: FactTable) -> str:
        """Return what is wrong; empty if nothing is."""
        one, other = table.value(self.one), table.value(self.other)
        if np.isnan(one) or np.isnan(other):
            return "the table has no such number, or not all of it"
        if self.sense * (one - other) <= 0:
            return f"it is {one:.6g} compared with {other:.6g}"
        if (self.relative or self.factor) and other <= 0:
            return "a ratio to what is not above 0"
        if self.by is not None:
            gap = abs(one - other) * (100 / other if self.relative else 1)
            if not self.by.fits(gap):
                return f"the difference is {gap:.6g}"
        if self.factor and not self.factor[0] <= one / other <= self.factor[1]:
            return f"the ratio is {one / other:.4g}"
        return ""


@dataclass(frozen=True)
class Extreme:
    """The largest (1) or smallest (-1) value of a scope is at a place; `rank` 2 is the next."""

    column: str
    sense: Sense
    scope: tuple[str | None, Period | None]
    place: tuple[str | None, Period | None]
    amount: Amount | None = None
    rank: int = 1

    def fault(self, table: FactTable) -> str:
        """Return what is wrong; empty if nothing is."""
        mask = table.rows(*self.scope)
        values = self.sense * table.columns[self.column].values[mask]
        known = np.flatnonzero(np.isfinite(values))
        short = len(known) < table.expected(*self.scope)
        if len(known) < 2 or short:
            return "the table has no such rows, or not all of them"
        ordered = known[np.argsort(-values[known], kind="stable")]
        best = values[ordered]
        if (best == best[self.rank - 1]).sum() > 1 or (self.rank > 1 and best[0] == best[1]):
            return "it is shared by several rows"
        row = np.flatnonzero(mask)[ordered[self.rank - 1]]
        if not table.rows(*self.place)[row]:
            return "another row has it"
        if (mask & table.rows(*self.place)).sum() != 1:
            return "several rows are at that place"
        if self.amount and not self.amount.fits(self.sense * best[self.rank - 1]):
            return f"it is {self.sense * best[self.rank - 1]:.6g}"
        return ""


@dataclass(frozen=True)
class Share:
    """One name has a share, in per cent, of the total of a column in a period."""

    column: str
    key: str
    period: Period | None
    percent: Amount

    def fault(self, table: FactTable) -> str:
        """Return what is wrong; empty if nothing is."""
        part = table.value(TableTerm(self.column, "total", self.key, self.period))
        whole = table.value(TableTerm(self.column, "total", None, self.period))
        values = table.columns[self.column].values[table.rows(None, self.period)]
        if np.isnan(part) or np.isnan(whole) or (values < 0).any() or whole <= 0:
            return "the table has no such total, or not all of it"
        share = 100 * part / whole
        return "" if self.percent.fits(share) else f"it is {share:.4g} %"


@dataclass(frozen=True)
class RowCount:
    """A number of the rows of a scope, or a share of them, is above or below a threshold."""

    column: str
    sense: Sense
    scope: tuple[str | None, Period | None]
    threshold: float
    count: float
    of: float  # rows of the scope
    share: bool = False  # count in `of`, as "three in four"

    def fault(self, table: FactTable) -> str:
        """Return what is wrong; empty if nothing is."""
        values = table.columns[self.column].values[table.rows(*self.scope)]
        known = values[np.isfinite(values)]
        if not len(known) or len(known) < table.expected(*self.scope):
            return "the table has no such rows, or not all of them"
        found = int((self.sense * (known - self.threshold) > 0).sum())
        if self.share:
            off = abs(found / len(known) - self.count / self.of)
            return "" if off <= 0.02 else f"it is {found} of {len(known)}"
        fits = found == self.count and len(known) == self.of
        return "" if fits else f"it is {found} of {len(known)}"


@dataclass(frozen=True)
class Trend:
    """A series has risen or fallen by a test, with the median slope of its pairs.

    Source: Mann, Econometrica 13, 1945; Sen, JASA 63, 1968.
    """

    column: str
    key: str | None
    sense: Sense
    first: Period
    last: Period
    below: float  # two-sided p of the test
    slope: Amount | None = None  # of a period to the next

    def fault(self, table: FactTable) -> str:
        """Return what is wrong; empty if nothing is."""
        found = table.series(self.column, self.key)
        if found is None:
            return "several rows have one period"
        periods, values = found
        inside = [self.first.start <= p.start and p.end <= self.last.end for p in periods]
        values = values[np.array(inside, dtype=bool)]
        ends = [p for p, own in zip(periods, inside, strict=True) if own]
        if len(values) < 4 or not np.isfinite(values).all() or len(values) > MOST_TREND:
            return f"a trend of {len(values)} values, or with gaps"
        if (ends[0], ends[-1]) != (self.first, self.last):
            return "the table does not reach that far"
        z, slope = trend(values)
        if z * self.sense <= Z[self.below]:
            return f"the test has z = {z:.2f}"
        if (self.slope and not self.slope.fits(abs(slope))) or slope * self.sense <= 0:
            return f"the slope is {slope:.4g}"
        return ""


@dataclass(frozen=True)
class Streak:
    """Each value of a series since a period is above (or below) the one before it."""

    column: str
    key: str | None
    sense: Sense
    since: Period

    def fault(self, table: FactTable) -> str:
        """Return what is wrong; empty if nothing is."""
        found = table.series(self.column, self.key)
        if found is None:
            return "several rows have one period"
        periods, values = found
        if self.since not in periods[:-1]:
            return "the table has no such period"
        whole = Period(self.since.start, periods[-1].end, self.since.grain)
        if whole.count(self.since.grain) != len(periods) - periods.index(self.since):
            return "periods are missing"
        steps = np.diff(values[periods.index(self.since) :])
        return "" if (self.sense * steps > 0).all() else "a step goes the other way"


@dataclass(frozen=True)
class Record:
    """The value at a period is the largest or smallest since an earlier period."""

    column: str
    key: str | None
    sense: Sense
    at: Period
    since: Period

    def fault(self, table: FactTable) -> str:
        """Return what is wrong; empty if nothing is."""
        found = table.series(self.column, self.key)
        if found is None:
            return "several rows have one period"
        periods, values = found
        if self.at not in periods or self.since not in periods or self.since >= self.at:
            return "the table has no such periods"
        first, last = periods.index(self.since), periods.index(self.at)
        between = self.sense * values[first + 1 : last]
        here, there = self.sense * values[last], self.sense * values[first]
        if not (between < here).all() or not np.isfinite(here):
            return "a later value is beyond it"
        return "" if there >= here else "it is so since an earlier period"


Claim = Figure | TermComparison | Extreme | Share | RowCount | Trend | Streak | Record


def trend(values: Float64[np.ndarray, " t"]) -> tuple[float, float]:
    """Return z of the Mann-Kendall test, with ties, and the median slope of all pairs."""
    n = len(values)
    i, j = np.triu_indices(n, 1)
    gaps = values[j] - values[i]
    s = float(np.sign(gaps).sum())
    _, ties = np.unique(values, return_counts=True)
    spread = n * (n - 1) * (2 * n + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())
    z = 0.0 if s == 0 or spread <= 0 else (s - np.sign(s)) / np.sqrt(spread / 18)
    return float(z), float(np.median(gaps / (j - i)))
