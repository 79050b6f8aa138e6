"""Claims as SQL: the query of each sentence, and an independent check by DuckDB."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ingenium.core.packages import Extra
from ingenium.domains.language.report.claims import (
    COARSE,
    EXACT,
    Amount,
    Claim,
    Extreme,
    Figure,
    Record,
    RowCount,
    Share,
    Streak,
    TermComparison,
    Trend,
    Z,
)
from ingenium.domains.language.report.periods import Period
from ingenium.domains.language.report.table import FactTable, TableTerm

SUMS = {"total": "sum", "mean": "avg", "median": "median", "max": "max", "min": "min"}


@dataclass(frozen=True, eq=False)
class SqlCheck:
    """Claims as SQL over a table `facts`, with the columns name, start, stop and c0, c1, ...

    `start` and `stop` are minutes since 1970; a missing number is NULL.
    """

    table: FactTable

    @cached_property
    def connection(self) -> Any:
        """Connection to DuckDB in memory, with the rows and without files or extensions."""
        duckdb = Extra("reports").package("duckdb")
        opened = duckdb.connect(":memory:", config={"threads": 1})
        names = [self.table.keys[k] for k in self.table.key] if self.table.keys else None
        rows = {"name": names, "start": self.table.starts, "stop": self.table.ends}
        for i, column in enumerate(self.table.columns.values()):
            rows[f"c{i}"] = column.values
        frame = pd.DataFrame(rows, index=range(len(self.table.key)))
        opened.register("frame", frame)
        listed = ", ".join(
            f"CASE WHEN isnan(c{i}) THEN NULL ELSE c{i} END AS c{i}"
            for i in range(len(self.table.columns))
        )
        opened.execute(f"CREATE TABLE facts AS SELECT name, start, stop, {listed} FROM frame")
        opened.unregister("frame")
        opened.execute("SET enable_external_access = false")
        return opened

    def true(self, claim: Claim) -> bool:
        """Return whether DuckDB finds a claim true."""
        return self.connection.execute(f"SELECT {self.text(claim)}").fetchone()[0] is True

    def text(self, claim: Claim) -> str:
        """Return the claim as an expression."""
        found: str = _WAYS[type(claim)](self, claim)
        return found

    def column(self, label: str) -> str:
        """Name of a column."""
        return f"c{list(self.table.columns).index(label)}"

    def where(self, key: str | None, period: Period | None) -> str:
        """Condition for the rows of a name and a period."""
        parts = []
        if key is not None:
            parts.append("name = '" + key.replace("'", "''") + "'")
        if period is not None:
            parts.append(f"start >= {period.start} AND stop <= {period.end}")
        return " AND ".join(parts) or "true"

    def term(self, term: TableTerm) -> str:
        """Return a term as a scalar query, NULL where there is no such number."""
        c, where = self.column(term.column), self.where(term.key, term.period)
        if term.aggregate == "value":
            return f"(SELECT CASE WHEN count(*) = 1 THEN max({c}) END FROM facts WHERE {where})"
        test = f"count({c}) >= {self._least(term.key, term.period)}"
        if term.aggregate == "total":
            test += f" AND count({c}) = count(*) AND {self.table.columns[term.column].additive}"
        value = f"{SUMS[term.aggregate]}({c})"
        return f"(SELECT CASE WHEN {test} THEN {value} END FROM facts WHERE {where})"

    def _least(self, key: str | None, period: Period | None) -> str:
        least = self.table.expected(key, period)
        return "9e9" if np.isinf(least) else f"{least:.15g}"

    def series(self, key: str | None) -> str:
        """Return the series of a name as a subquery, with one row a period."""
        return f"(SELECT * FROM facts WHERE {self.where(key, None)})"

    def single(self, key: str | None) -> str:
        """Condition for a series without two rows of one period."""
        return f"(SELECT count(*) = count(DISTINCT start) FROM {self.series(key)})"


def _near(x: str, amount: Amount) -> str:
    off = f"abs({x} - ({amount.value!r}))"
    half = amount.half * (1 + EXACT)
    return f"({off} <= {half!r} + {EXACT} * abs({x}) AND {off} <= {COARSE} * abs({x}))"


def _figure(q: SqlCheck, claim: Figure) -> str:
    return _near(q.term(claim.term), claim.amount)


def _comparison(q: SqlCheck, claim: TermComparison) -> str:
    one, other = q.term(claim.one), q.term(claim.other)
    parts = [f"{claim.sense} * ({one} - {other}) > 0"]
    if claim.relative or claim.factor:
        parts.append(f"{other} > 0")
    if claim.by is not None:
        gap = f"abs({one} - {other})" + (f" * 100 / {other}" if claim.relative else "")
        parts.append(_near(f"({gap})", claim.by))
    if claim.factor:
        parts.append(f"{one} / {other} BETWEEN {claim.factor[0]!r} AND {claim.factor[1]!r}")
    return " AND ".join(parts)


def _extreme(q: SqlCheck, claim: Extreme) -> str:
    c, scope = q.column(claim.column), q.where(*claim.scope)
    way = "DESC" if claim.sense > 0 else "ASC"
    ranked = (
        f"(SELECT name, start, stop, {c} AS v, rank() OVER (ORDER BY {c} {way}) AS r, "
        f"row_number() OVER (ORDER BY {c} {way}) AS i FROM facts WHERE {scope} AND {c} IS NOT NULL)"
    )
    place = q.where(*claim.place)
    test = f"count(*) = 1 AND bool_and({place})"
    if claim.amount:
        test += f" AND bool_and({_near('v', claim.amount)})"
    parts = [
        f"(SELECT count({c}) >= {q._least(*claim.scope)} AND count({c}) > 1 "
        f"FROM facts WHERE {scope})",
        f"(SELECT count(*) = 1 FROM facts WHERE {scope} AND {place})",
        f"(SELECT {test} FROM {ranked} WHERE r = {claim.rank})",
    ]
    if claim.rank > 1:
        parts.append(f"(SELECT count(*) = 1 FROM {ranked} WHERE r = 1)")
    return " AND ".join(parts)


def _share(q: SqlCheck, claim: Share) -> str:
    part = q.term(TableTerm(claim.column, "total", claim.key, claim.period))
    whole = q.term(TableTerm(claim.column, "total", None, claim.period))
    c, where = q.column(claim.column), q.where(None, claim.period)
    sign = f"(SELECT coalesce(min({c}), -1) >= 0 FROM facts WHERE {where})"
    return f"{sign} AND {whole} > 0 AND {_near(f'(100 * {part} / {whole})', claim.percent)}"


def _count(q: SqlCheck, claim: RowCount) -> str:
    c, where = q.column(claim.column), q.where(*claim.scope)
    found = f"count(*) FILTER (WHERE {claim.sense} * ({c} - ({claim.threshold!r})) > 0)"
    test = f"{found} = {claim.count} AND count({c}) = {claim.of}"
    if claim.share:
        test = f"abs({found} / count({c}) - {claim.count / claim.of!r}) <= 0.02"
    least = q._least(*claim.scope)
    return f"(SELECT count({c}) >= {least} AND count({c}) > 0 AND {test} FROM facts WHERE {where})"


def _trend(q: SqlCheck, claim: Trend) -> str:
    c, rows = q.column(claim.column), q.series(claim.key)
    inside = f"start >= {claim.first.start} AND stop <= {claim.last.end}"
    part = f"(SELECT {c} AS v, row_number() OVER (ORDER BY start) AS i FROM {rows} WHERE {inside})"
    pairs = f"{part} a JOIN {part} b ON a.i < b.i"
    s = f"(SELECT sum(sign(b.v - a.v)) FROM {pairs})"
    n = f"(SELECT count(*) FROM {part})"
    counts = f"(SELECT count(*) AS k FROM {part} GROUP BY v)"
    ties = f"(SELECT sum(k * (k - 1) * (2 * k + 5)) FROM {counts})"
    z = f"({s} - sign({s})) / sqrt(({n} * ({n} - 1) * (2 * {n} + 5) - {ties}) / 18)"
    slope = f"(SELECT median((b.v - a.v) / (b.i - a.i)) FROM {pairs})"
    ends = f"(SELECT min(start) = {claim.first.start} AND max(stop) = {claim.last.end} AND "
    parts = [
        q.single(claim.key),
        f"{ends} count({c}) = count(*) AND count(*) BETWEEN 4 AND 400 FROM {rows} WHERE {inside})",
        f"{claim.sense} * {z} > {Z[claim.below]}",
        f"{claim.sense} * {slope} > 0",
    ]
    if claim.slope:
        parts.append(_near(f"abs({slope})", claim.slope))
    return " AND ".join(parts)


def _streak(q: SqlCheck, claim: Streak) -> str:
    c, rows, since = q.column(claim.column), q.series(claim.key), claim.since
    steps = (
        f"(SELECT {claim.sense} * ({c} - lag({c}) OVER (ORDER BY start)) > 0 AS up, "
        f"row_number() OVER (ORDER BY start) AS i FROM {rows} WHERE start >= {since.start})"
    )
    there = f"(SELECT count(*) = 1 FROM {rows} WHERE start = {since.start} AND stop = {since.end})"
    every = f"(SELECT count(*) > 0 AND bool_and(coalesce(up, false)) FROM {steps} WHERE i > 1)"
    last = int(q.table.ends[q.table.rows(claim.key, None)].max())
    count = Period(since.start, last, since.grain).count(since.grain)
    whole = f"(SELECT count(*) = {count} FROM {rows} WHERE start >= {since.start})"
    return f"{q.single(claim.key)} AND {there} AND {whole} AND {every}"


def _record(q: SqlCheck, claim: Record) -> str:
    c, rows = q.column(claim.column), q.series(claim.key)
    at, since = (
        f"(SELECT {claim.sense} * max({c}) FROM {rows} WHERE start = {p.start} AND stop = {p.end})"
        for p in (claim.at, claim.since)
    )
    between = f"start > {claim.since.start} AND start < {claim.at.start}"
    beyond = f"count(*) FILTER (WHERE {c} IS NULL OR {claim.sense} * {c} >= {at})"
    none = f"(SELECT {beyond} = 0 FROM {rows} WHERE {between})"
    order = f"{claim.since.start} < {claim.at.start}"
    return f"{q.single(claim.key)} AND {order} AND {since} >= {at} AND {none}"


_WAYS: dict[type, Any] = {
    Figure: _figure,
    TermComparison: _comparison,
    Extreme: _extreme,
    Share: _share,
    RowCount: _count,
    Trend: _trend,
    Streak: _streak,
    Record: _record,
}
