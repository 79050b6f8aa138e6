"""Sections of a run: stories with the query of each sentence, and the table that they are about."""

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from matplotlib import dates
from matplotlib.figure import Figure as Picture

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.domains.language.report.claims import (
    Claim,
    Extreme,
    Figure,
    RowCount,
    Share,
    Streak,
    TermComparison,
    Trend,
)
from ingenium.domains.language.report.formats import STORY
from ingenium.domains.language.report.periods import Period
from ingenium.domains.language.report.story import StoryReading
from ingenium.domains.language.report.table import TableTerm

if TYPE_CHECKING:
    from ingenium.domains.language.report.problem import TableStories

SHOWN, MOST_LINES_DRAWN = 3, 8


def sections(
    problem: "TableStories", designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Sections on the first accepted stories, what was refused, and the columns of the table."""
    listed = list(zip(designs[DESIGN].to_numpy().tolist(), designs[STORY].values, strict=True))
    order = np.argsort(verdicts["verdict"].to_numpy(), kind="stable")[:SHOWN]
    reported = []
    for row in order.tolist():
        number, text = listed[row]
        found = problem.reader.read(str(text))
        if found is not None:
            reported.append(_story(problem, int(number), str(text), found))
    return (*reported, _table(problem))


def _story(problem: "TableStories", number: int, text: str, found: StoryReading) -> Section:
    rows = [("sentence", "recomputed")]
    for line in found.lines:
        state = line.unread or "; ".join(line.faults)
        claims = "; ".join(map(in_short, line.claims))
        rows.append((line.text, f"not accepted: {state}" if state else claims))
    rows += [(line[2:], "read in its language") for line in text.split("\n") if line[:2] == "- "]
    rows += [(line[2:], "label") for line in text.split("\n") if line[:2] == "> "]
    text = "Claims as the reader understood them; SQL of each is in queries.json."
    return Section(f"Story {number}", text, table=tuple(rows))


def in_short(claim: Claim) -> str:
    """Return a claim as a formula over the table."""
    if isinstance(claim, Figure):
        return f"{_term(claim.term)} = {claim.amount.value:g}"
    if isinstance(claim, TermComparison):
        sign = ">" if claim.sense > 0 else "<"
        by = f", by {claim.by.value:g}{' %' if claim.relative else ''}" if claim.by else ""
        ratio = f", ratio {claim.factor[0]:g} to {claim.factor[1]:g}" if claim.factor else ""
        return f"{_term(claim.one)} {sign} {_term(claim.other)}{by}{ratio}"
    if isinstance(claim, Extreme):
        way = "max" if claim.sense > 0 else "min"
        rank = f", rank {claim.rank}" if claim.rank > 1 else ""
        value = f" = {claim.amount.value:g}" if claim.amount else ""
        place = _at(*claim.place)
        return f"arg{way} {claim.column}{_at(*claim.scope)}{rank} is {place or 'anywhere'}{value}"
    if isinstance(claim, Share):
        part, whole = (f"{claim.column}{_at(k, claim.period)}" for k in (claim.key, None))
        return f"total {part} / total {whole} = {claim.percent.value:g} %"
    if isinstance(claim, RowCount):
        sign, way = ">" if claim.sense > 0 else "<", "in" if claim.share else "of"
        test = f"{claim.column}{_at(*claim.scope)} {sign} {claim.threshold:g}"
        return f"rows with {test}: {claim.count:g} {way} {claim.of:g}"
    series = f"{claim.column}{_at(claim.key, None)}"
    way = "rising" if claim.sense > 0 else "falling"
    if isinstance(claim, Trend):
        span = f"{claim.first.iso} to {claim.last.iso}"
        return f"Mann-Kendall test of {series}, {span}: {way}, p < {claim.below:g}"
    if isinstance(claim, Streak):
        return f"{series}: {way} at each step since {claim.since.iso}"
    best = "highest" if claim.sense > 0 else "lowest"
    return f"{series} at {claim.at.iso}: {best} since {claim.since.iso}"


def _term(term: TableTerm) -> str:
    name = "" if term.aggregate == "value" else f"{term.aggregate} "
    return f"{name}{term.column}{_at(term.key, term.period)}"


def _at(key: str | None, period: Period | None) -> str:
    parts = [*([key] if key else []), *([period.iso] if period else [])]
    return f"[{', '.join(parts)}]" if parts else ""


def _table(problem: "TableStories") -> Section:
    """Draw the first column over its periods, or by name."""
    table = problem.table
    column = next(iter(table.columns.values()))
    figure = Picture(figsize=(6.2, 3.0), layout="constrained")
    axes = figure.subplots()
    axes.set_ylabel(f"{column.label}{f' ({column.unit})' if column.unit else ''}")
    if table.grain:
        for key in table.keys[:MOST_LINES_DRAWN] or (None,):
            mask = table.rows(key, None)
            order = np.argsort(table.starts[mask])
            at = table.starts[mask][order].astype("M8[m]")
            axes.plot(at, column.values[mask][order], lw=1.2, label=key)
        short: Any = dates.ConciseDateFormatter
        axes.xaxis.set_major_formatter(short(axes.xaxis.get_major_locator()))
        axes.set_xlabel("period")
        if table.keys:
            axes.legend(frameon=False, fontsize=8)
    else:
        order = np.argsort(-column.values)[:20]
        axes.barh([table.keys[table.key[i]] for i in order][::-1], column.values[order][::-1])
        axes.set_xlabel(axes.get_ylabel())
        axes.set_ylabel("")
    text = f"{problem.notes[0]} Source: {problem.label.source}."
    return Section("The table", text, figure=figure)
