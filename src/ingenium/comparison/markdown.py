"""Markdown tables of a comparison."""

import math
from collections.abc import Sequence

from ingenium.comparison.scores import Comparison
from ingenium.core.errors import InputError
from ingenium.evaluate.intervals import Interval
from ingenium.scores.metrics import Metric

LEGEND = (
    "**Bold**: best mean. ≈: not distinguishable from the best by a paired interval. "
    "In brackets: {level:g} % interval over seeds and groups of held-out designs, or over seeds."
)


def markdown(
    comparison: Comparison, *, metrics: Sequence[Metric] | None = None, columns: int = 5
) -> str:
    """Return tables with a row for each family, of at most `columns` measures each.

    Raises:
        InputError: if nothing was measured.
    """
    shown = comparison.measured if metrics is None else tuple(metrics)
    if not shown:
        raise InputError("at least one measure with values", "an empty comparison")
    tables = [_table(comparison, shown[i : i + columns]) for i in range(0, len(shown), columns)]
    notes = [f"- {name}: {text}" for name, text in comparison.notes.items()]
    parts = [
        *tables,
        LEGEND.format(level=100 * comparison.level),
        *(["\n".join(notes)] if notes else []),
    ]
    return "\n\n".join(parts) + "\n"


def _table(comparison: Comparison, metrics: Sequence[Metric]) -> str:
    heads = [f"{m.label}, {m.better.removesuffix(' is better')}" for m in metrics]
    lines = ["| | " + " | ".join(heads) + " |", "|---|" + "---|" * len(metrics)]
    marked = [(comparison.best(m), comparison.tied(m)) for m in metrics]
    for family in comparison.families:
        cells = []
        for metric, (best, tied) in zip(metrics, marked, strict=True):
            found = comparison.find(family, metric.name)
            text = "n/a" if found is None else number_with_interval(found)
            mark = " ≈" if family in tied else ""
            cells.append(f"**{text}**" if family == best else text + mark)
        name = f"{family} (baseline)" if family in comparison.baselines else family
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def number_with_interval(interval: Interval) -> str:
    """Format value and interval with the digits that the interval leaves meaningful."""
    half = (interval.high - interval.low) / 2
    if not math.isfinite(half):
        return f"{interval.value:.3g}"
    digits = _digits(interval.value, half)
    value, low, high = (f"{x:.{digits}f}" for x in (interval.value, interval.low, interval.high))
    return f"{value} [{low}, {high}]"


def _digits(value: float, half: float) -> int:
    """Number of decimals for two significant digits of the half width, or three if exact."""
    scale, keep = (half, 2) if half > 0 else (abs(value), 3)
    if scale == 0:
        return 0
    return min(6, max(0, keep - 1 - math.floor(math.log10(scale))))
