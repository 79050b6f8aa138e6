"""Findings of a table: claims that are true, with the words and numbers that state them.

Numbers of a finding are copied into its sentence as whole spans; nothing else writes a number.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ingenium.domains.language.report.claims import MOST_TREND, Z, trend
from ingenium.domains.language.report.periods import Period
from ingenium.domains.language.report.table import Aggregate, FactColumn, FactTable, TableTerm

MOST_COLUMNS, MOST_KEYS, MOST_SERIES = 6, 12, 4096
LOOK_BACK = 12  # periods, for one without gaps
WORDS: dict[Aggregate, str] = {"value": "", "total": "total ", "mean": "average "}
FACTORS = {"doubled": 2.0, "tripled": 3.0, "quadrupled": 4.0, "halved": 0.5}


@dataclass(frozen=True)
class StoryFinding:
    """One thing to say: its kind, its words and numbers by slot, and how much it matters."""

    kind: str
    slots: dict[str, str]
    weight: float
    figure: tuple[str, float, str] | None = None  # term in words, value, unit: for fact lines


def shown(value: float, unit: str, decimals: int | None = None) -> str:
    """Return a number and its unit as prose writes them; three or four digits by default."""
    if decimals is None:
        size = math.floor(math.log10(abs(value))) if value else 0
        decimals = min(max(2 - size, 0), 9)
    return f"{value:,.{decimals}f}{f' {unit}' if unit else ''}"


def in_period(period: Period) -> str:
    """Return a period with its preposition."""
    return f"{'on' if period.grain in ('day', 'hour') else 'in'} {period}"


@dataclass(frozen=True, eq=False)
class FindingSource:
    """Findings of a table, in an order that does not depend on chance."""

    table: FactTable

    @cached_property
    def all(self) -> tuple[StoryFinding, ...]:
        """All findings, of at most so many columns and names."""
        found: list[StoryFinding] = []
        for label in list(self.table.columns)[:MOST_COLUMNS]:
            found += [f for f in self._of(label) if f is not None]
        return tuple(found)

    def _of(self, label: str) -> Iterator[StoryFinding | None]:
        column = self.table.columns[label]
        yield from self._extremes(column)
        yield from self._levels(column)
        if self.table.keys:
            yield from self._between_names(column)
        if self.table.grain:
            yield from self._over_time(column, None)
            for key in self._keys:
                yield from self._over_time(column, key)

    @property
    def _keys(self) -> tuple[str, ...]:
        return self.table.keys[:MOST_KEYS]

    @property
    def _last(self) -> Period | None:
        return self.table.periods[-1] if self.table.periods else None

    def _place(self, row: int, scope_key: str | None, scope: Period | None) -> str:
        parts = []
        if self.table.keys and scope_key is None:
            parts.append(f"in {self.table.keys[self.table.key[row]]}")
        if self.table.grain and (scope is None or scope.grain != self.table.grain):
            start, end = int(self.table.starts[row]), int(self.table.ends[row])
            parts.append(in_period(Period(start, end, self.table.grain)))
        return " ".join(parts)

    def _extremes(self, column: FactColumn) -> Iterator[StoryFinding | None]:
        scopes: list[tuple[str | None, Period | None]] = [(None, None)]
        if self.table.keys and self.table.grain:
            scopes += [(key, None) for key in self._keys]
        for key, period in scopes:
            mask = np.flatnonzero(self.table.rows(key, period) & np.isfinite(column.values))
            if len(mask) < 3:
                continue
            for sense, word in ((1, "highest"), (-1, "lowest")):
                values = column.values[mask]
                best = values.max() if sense > 0 else values.min()
                if (values == best).sum() > 1:
                    continue
                row = int(mask[int(np.argmax(sense * values))])
                slots = {
                    "c": column.label,
                    "scope": f" in {key}" if key else "",
                    "best": word,
                    "n": shown(best, column.unit, column.decimals),
                    "place": self._place(row, key, period),
                }
                yield StoryFinding(f"extreme {word}", slots, 3.0 if key is None else 1.5)

    def _levels(self, column: FactColumn) -> Iterator[StoryFinding | None]:
        """Figures of the last period or of all rows, and counts above a threshold."""
        kinds: tuple[Aggregate, ...] = ("total", "mean") if self.table.keys else ("value",)
        for kind in kinds:
            yield self._latest(TableTerm(column.label, kind), 1.5)
        for key in self._keys if self.table.grain else ():
            yield self._latest(TableTerm(column.label, "value", key), 1.0)
        known = column.values[np.isfinite(column.values)]
        if len(known) >= 4:
            limit = float(f"{np.quantile(known, 0.75):.2g}")
            count = int((known > limit).sum())
            one_series = self.table.grain and not self.table.keys
            noun = f"{self.table.grain}s" if one_series else "rows"
            text = shown(limit, column.unit, max(0, column.decimals))
            if count and float(text.split(" ")[0].replace(",", "")) == limit:
                slots = {"c": column.label, "n": text, "n1": f"{count:,}", "n2": f"{len(known):,}",
                         "noun": noun}  # fmt: skip
                yield StoryFinding("count", slots, 1.0)

    def _latest(self, term: TableTerm, weight: float) -> StoryFinding | None:
        """Return the figure of the last period that has one."""
        for period in self.table.periods[: -LOOK_BACK - 1 : -1] or (None,):
            found = self._figure(replace(term, period=period), weight)
            if found is not None:
                return found
        return None

    def _figure(self, term: TableTerm, weight: float) -> StoryFinding | None:
        value = self.table.value(term)
        column = self.table.columns[term.column]
        if np.isnan(value) or value == 0:
            return None
        exact = term.aggregate != "mean"
        text = shown(value, column.unit, column.decimals if exact else None)
        slots = {"s": self._subject(term), "n": text}
        slots["when"] = f" {in_period(term.period)}" if term.period else ""
        iso = f", {term.period.iso}" if term.period else ""
        named = f"{term.key or ''}{iso}".strip(", ")
        figure = (f"{term.aggregate}|{term.column}|{named}", value, column.unit)
        return StoryFinding("figure", slots, weight, figure)

    def _subject(self, term: TableTerm) -> str:
        return f"{WORDS[term.aggregate]}{term.column}" + (f" in {term.key}" if term.key else "")

    def _between_names(self, column: FactColumn) -> Iterator[StoryFinding | None]:
        last = self._last
        rows = np.flatnonzero(self.table.rows(None, last) & np.isfinite(column.values))
        order = rows[np.argsort(-column.values[rows], kind="stable")]
        values = column.values[order]
        if len(order) < 3:
            return
        names = [self.table.keys[self.table.key[i]] for i in order]
        when = in_period(last) if last else ""
        exact = [shown(v, column.unit, column.decimals) for v in values]
        for word, a, b, c in (("highest", 0, 1, 2), ("lowest", -1, -2, -3)):
            if values[a] != values[b] != values[c]:
                slots = {"c": column.label, "best": word, "when": when, "k": names[a],
                         "k2": names[b], "n": exact[a], "n2": exact[b]}  # fmt: skip
                yield StoryFinding(f"lead {word}", slots, 3.0)
        for i, j in ((0, 1), (0, -1), (1, -1), (len(order) // 2, -1), (0, len(order) // 2)):
            yield self._compared(column, when, (names[i], names[j]), (values[i], values[j]))
        total = self.table.value(TableTerm(column.label, "total", None, last))
        if total > 0 and (values >= 0).all():
            for name, value in list(zip(names, values, strict=True))[:4]:
                if value > 0:
                    slots = {"c": column.label, "k": name, "when": when,
                             "n": shown(100 * value / total, "%")}  # fmt: skip
                    yield StoryFinding("share", slots, 1.5)

    def _compared(
        self, column: FactColumn, when: str, names: tuple[str, str], pair: tuple[float, float]
    ) -> StoryFinding | None:
        high, low = pair
        if names[0] == names[1] or high == low:
            return None
        if column.unit == "%":
            gap = shown(high - low, "percentage points")
        elif low > 0:
            gap = shown(100 * (high - low) / low, "%")
        else:
            gap = shown(high - low, column.unit)
        slots = {"c": column.label, "k": names[0], "k2": names[1], "n": gap, "when": when}
        return StoryFinding("compared", slots, 1.5)

    def _over_time(self, column: FactColumn, key: str | None) -> Iterator[StoryFinding | None]:
        """Changes, factors, trends, streaks and records of one series."""
        several = bool(self.table.keys) and key is None
        aggregate: Aggregate = ("total" if column.additive else "mean") if several else "value"
        periods = self.table.periods
        if len(periods) < 3:
            return
        main = 2.0 if key is None else 1.2
        for first, last in ((0, -1), (-2, -1)):
            pair = (periods[first], periods[last])
            yield from self._changed(column, (key, aggregate), pair, main)
        found = None if several else self.table.series(column.label, key)
        if found is None or len(found[1]) > MOST_SERIES:
            return
        yield from self._shaped(column, key, *found)

    def _changed(
        self,
        column: FactColumn,
        of: tuple[str | None, Aggregate],
        pair: tuple[Period, Period],
        weight: float,
    ) -> Iterator[StoryFinding | None]:
        key, aggregate = of
        terms = [TableTerm(column.label, aggregate, key, p) for p in pair]
        before, after = (self.table.value(t) for t in terms)
        if not np.isfinite([before, after]).all() or before == after:
            return
        gap = abs(after - before)
        unit = "percentage points" if column.unit == "%" else column.unit
        exact = None if aggregate == "mean" else column.decimals
        plain = shown(gap, unit, exact)
        slots = {"s": self._subject(terms[0]), "p0": str(pair[0]), "p1": str(pair[1])}
        slots |= {"n": plain, "also": "", "to": shown(after, column.unit, exact)}
        slots |= {"start": shown(before, column.unit, exact), "i0": in_period(pair[0])}
        slots |= {"i1": in_period(pair[1])}
        if column.unit != "%" and before > 0:
            slots |= {"n": shown(100 * gap / before, "%"), "also": plain if column.unit else ""}
            for word, factor in FACTORS.items():
                if 0.98 * factor <= after / before <= 1.02 * factor:
                    yield StoryFinding("multiple", slots | {"times": word}, 2.5)
        kind = "rise" if after > before else "fall"
        if before and after:
            yield StoryFinding(kind, slots, weight)

    def _shaped(
        self, column: FactColumn, key: str | None, periods: list[Period], values: np.ndarray
    ) -> Iterator[StoryFinding | None]:
        slots = {"c": column.label, "scope": f" in {key}" if key else ""}
        if not np.isfinite(values).all() or len(values) < 4:
            return
        if len(values) <= MOST_TREND:
            z, slope = trend(values)
            below = [p for p, limit in sorted(Z.items()) if abs(z) > limit * (1 + 1e-6)]
            if below and slope * z > 0:
                more = {"p0": str(periods[0]), "p1": str(periods[-1]), "alpha": f"{below[0]:g}",
                        "noun": str(self.table.grain)}  # fmt: skip
                unit = "percentage points" if column.unit == "%" else column.unit
                more["n"] = "" if column.unit == "%" else shown(abs(slope), unit)
                yield StoryFinding("trend up" if z > 0 else "trend down", slots | more, 2.0)
        steps = np.diff(values)
        for sense, word in ((1, "risen"), (-1, "fallen")):
            run = int(np.argmin((sense * steps > 0)[::-1])) if not (sense * steps > 0).all() else -1
            first = 0 if run < 0 else len(values) - 1 - run
            whole = Period(periods[first].start, periods[-1].end, periods[0].grain)
            if len(values) - first == whole.count(whole.grain) > 3:
                more = {"moved": word, "noun": str(self.table.grain), "since": str(periods[first])}
                yield StoryFinding("streak", slots | more, 2.0)
            earlier = np.flatnonzero(sense * values[:-1] >= sense * values[-1])
            if len(earlier) and len(values) - 1 - earlier[-1] >= 3:
                more = {"best": "highest" if sense > 0 else "lowest",
                        "since": str(periods[int(earlier[-1])]), "when": in_period(periods[-1]),
                        "n": shown(values[-1], column.unit, column.decimals)}  # fmt: skip
                yield StoryFinding("record", slots | more, 2.0)
