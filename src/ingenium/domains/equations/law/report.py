"""Report sections of laws: the front with formulas, and the residuals of the best ones."""

from collections.abc import Sequence

import numpy as np
import torch
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.problem import Section
from ingenium.core.select import pareto_rank
from ingenium.core.verdict import Verdict
from ingenium.domains.equations.law.codec import LAW, VALUES
from ingenium.domains.equations.law.evaluation import Evaluator
from ingenium.domains.equations.law.formats import SYMPY, FormulaFiles, latex
from ingenium.domains.equations.law.table import MeasuredTable
from ingenium.domains.equations.law.written import infix as written_as
from ingenium.drawing.style import (
    GOOD,
    INK,
    KNOWN,
    MUTED,
    OURS,
    REJECTED,
    SMALL,
    TEXT,
    dress,
    panels,
)

SHOWN, LEFT = 6, 2  # laws of the front that are written out, and whose residuals are drawn
FLOOR = 1e-16
WIDE_IN, PLOT_IN, GAP_IN, LARGE = 7.0, 2.9, 0.16, 13  # inches, and points of formulas


def sections(
    table: MeasuredTable, designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Show the front, its laws and residuals."""
    rows = _front(designs, verdicts)
    if not rows:
        return ()
    written = [_latex(table, designs, i) for i in rows]
    plain = [_sympy(table, designs, i) for i in rows]
    front = Section(
        "Front of error and complexity",
        "Each point is a formula; formulas on the Pareto front are written out. The error is on "
        "the rows furthest from the centre of the table, to which no constant was fitted.",
        figure=front_figure(designs, verdicts, rows, written),
    )
    left = Section(
        "Residuals",
        "Residuals, in standard deviations of the target, of the shortest and the best law of the "
        "front over the columns; the outer, held-out rows are blue. A pattern shows variation "
        "that a law does not explain.",
        figure=residual_figure(table, designs, rows, written),
    )
    head = ("law", "complexity", "error", "error outside", "design")
    body = [
        (
            text,
            f"{_value(verdicts, 'complexity', i):.0f}",
            f"{_value(verdicts, 'misfit', i):.3g}",
            f"{_value(verdicts, 'misfit_outside', i):.3g}",
            str(int(designs["design"].values[i])),
        )
        for i, text in zip(rows, plain, strict=True)
    ]
    return front, left, Section("Laws of the front", table=(head, *body))


def _value(verdicts: xr.Dataset, name: str, i: int) -> float:
    return float(verdicts[name].to_numpy()[i])


def _front(designs: xr.Dataset, verdicts: xr.Dataset) -> list[int]:
    """Return accepted laws on the front, short ones first, each formula once."""
    good = verdicts["verdict"].to_numpy() == Verdict.ACCEPTED
    rows = np.flatnonzero(good)
    if not len(rows):
        return []
    size = verdicts["complexity"].to_numpy()[rows]
    error = verdicts["misfit_outside"].to_numpy()[rows]
    first = rows[pareto_rank(np.stack([size, error], 1)) == 0]
    order = first[np.argsort(verdicts["complexity"].to_numpy()[first], kind="stable")]
    found: dict[float, int] = {}
    for i in order.tolist():
        found.setdefault(_value(verdicts, "complexity", i), i)
    return list(found.values())[:SHOWN]


def _sympy(table: MeasuredTable, designs: xr.Dataset, i: int) -> str:
    """Return the law: the last line of its file."""
    law, constants = str(designs[LAW].values[i]), designs[VALUES].to_numpy()[i].tolist()
    return FormulaFiles(table).contents(law, constants)[SYMPY].splitlines()[-1]


def infix(table: MeasuredTable, designs: xr.Dataset) -> tuple[str, ...]:
    """Write each law in infix notation, constants to four digits; else its text."""
    found = []
    for law, constants in zip(designs[LAW].values, designs[VALUES].to_numpy(), strict=True):
        tokens = table.language.split(str(law))
        own = [f"{c:.4g}" for c in constants]
        plain = str(law) if tokens is None else written_as(tokens, own, "sympy")
        found.append(plain.replace("+ -", "- "))
    return tuple(found)


def _latex(table: MeasuredTable, designs: xr.Dataset, i: int) -> str:
    tokens = table.language.split(str(designs[LAW].values[i])) or ()
    held = sum(t in table.language.held for t in tokens)
    return latex(table, tokens, designs[VALUES].to_numpy()[i, :held].tolist(), 4)


def front_figure(
    designs: xr.Dataset, verdicts: xr.Dataset, rows: Sequence[int], written: Sequence[str]
) -> Figure:
    """Plot error over complexity, with the formulas of the front below."""
    shown = [f"${formula.replace('frac', 'dfrac')}$" for formula in written]
    high = [_size_in(text)[1] + GAP_IN for text in shown]
    figure = Figure(figsize=(WIDE_IN, PLOT_IN + sum(high)), layout="constrained")
    axes, below = figure.subplots(2, 1, height_ratios=(PLOT_IN, sum(high)))
    size, error = (verdicts[n].to_numpy() for n in ("complexity", "misfit_outside"))
    for code, colour in ((Verdict.REJECTED, REJECTED), (Verdict.ACCEPTED, OURS)):
        own = (verdicts["verdict"].to_numpy() == code) & np.isfinite(error)
        if own.any():
            seen = np.maximum(error[own], FLOOR)
            axes.scatter(size[own], seen, 12, colour, alpha=0.6, linewidths=0, label=code.value)
    x, y = size[list(rows)], np.maximum(error[list(rows)], FLOOR)
    axes.step(x, y, where="post", color=GOOD, lw=1.2, label="front")
    for number, point in enumerate(zip(x, y, strict=True), 1):
        axes.annotate(
            f"{number}", point, (3, 4), textcoords="offset points", fontsize=TEXT, color=INK
        )
    axes.set_yscale("log")
    axes.set_ylim(top=min(axes.get_ylim()[1], 30.0))
    dress(axes, "complexity", "error on outer rows (spreads)", grid=True)
    below.set_axis_off()
    for number, text in enumerate(shown):
        at = 1 - (sum(high[:number]) + high[number] / 2) / sum(high)
        fits = min(1.0, 0.82 * WIDE_IN / _size_in(text)[0])
        below.text(0, at, f"{number + 1}", fontsize=TEXT, color=MUTED, va="center")
        below.text(0.04, at, text, fontsize=fits * LARGE, color=INK, va="center")
    return figure


def _size_in(formula: str) -> tuple[float, float]:
    """Return width and height of a formula (inches)."""
    alone = Figure(dpi=100)
    box = alone.text(0, 0, formula, fontsize=LARGE).get_window_extent()
    return box.width / 100, box.height / 100


def residual_figure(
    table: MeasuredTable, designs: xr.Dataset, rows: Sequence[int], written: Sequence[str]
) -> Figure:
    """Plot residuals of the first and last law of the front, over the columns."""
    chosen = list(dict.fromkeys([rows[0], rows[-1]]))[:LEFT]
    names = table.language.names[:4]
    figure, grid = panels(len(chosen), len(names), (2.3, 1.9), sharey=False)
    for line, i in enumerate(chosen):
        tokens = table.language.split(str(designs[LAW].values[i])) or ()
        constants = torch.from_numpy(designs[VALUES].to_numpy()[i : i + 1])
        numbers = table.language.numbers([tokens])
        values = Evaluator(table.language).values(numbers, constants, table.columns)[0]
        rest = ((table.values - values) / table.spread).numpy()
        for axes, name, column, unit in zip(
            grid[line], names, table.columns.numpy(), table.units, strict=False
        ):
            for own, colour in ((table.rest, KNOWN), (table.outer, OURS)):
                axes.plot(column[own], rest[own], ".", ms=3, color=colour)
            axes.axhline(0, color=MUTED, lw=0.7)
            dress(axes, name + ("" if unit == "1" else f" ({unit})"))
        grid[line, 0].set_ylabel(f"law {1 + list(rows).index(i)}: residual", fontsize=SMALL)
    return figure
