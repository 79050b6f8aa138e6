"""Pictures of small generators: quality against costs."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ingenium.core.artifact import Drawn
from ingenium.drawing.style import GOOD, KNOWN, MUTED, OURS, REJECTED, SMALL, dress, panels
from ingenium.edge.artifact import SmallGenerator

AXES = {
    "flash": ("flash, kB", 1e-3),
    "instructions": ("instructions a design, million", 1e-6),
    "energy": ("energy a design, mJ (model)", 1e3),
}
ALIKE = 0.03  # of the largest cost, within which trials would hide each other


def figures(stored: SmallGenerator) -> list[Drawn]:
    """Figures of the trials of a small generator."""
    heading = "Quality against what it takes; numbers are rows of what was tried"
    return [(heading, "", pareto(stored.record))]


def pareto(record: Mapping[str, Any]) -> Figure:
    """Share of accepted designs against bytes, instructions and energy; lines are the limits.

    Trials of equal cost are drawn side by side.
    """
    figure, grid = panels(1, len(AXES), (3.3, 3.2))
    trials, original = record["trials"], record["original"]["accepted"]["value"]
    for axes, (name, (label, unit)) in zip(grid[0], AXES.items(), strict=True):
        costs = [t["measured"][name]["value"] * unit for t in trials]
        axes.set_xlim(0, 1.15 * max(costs))
        axes.axhline(original, color=KNOWN, lw=1.0, ls="--")
        for limit in record["device"]["limits"]:
            if limit["quantity"] == name and limit["at_most"] is not None:
                axes.axvline(limit["at_most"] * unit, color=REJECTED, lw=1.0)
        _points(axes, trials, costs)
        axes.margins(y=0.15)
        reported = "accepted by the verifier (dashed: before)"
        dress(axes, label, reported if axes is grid[0][0] else "")
    return figure


def _points(axes: Axes, trials: Sequence[Mapping[str, Any]], costs: Sequence[float]) -> None:
    """Each trial with its interval and its number; the chosen one is a circle."""
    near = ALIKE * max(costs)
    for i, (trial, cost) in enumerate(zip(trials, costs, strict=True)):
        share = trial["measured"]["accepted"]
        x = cost - near * sum(abs(other - cost) <= near for other in costs[:i])  # within its limit
        color = OURS if trial["chosen"] else GOOD if trial["holds"] else MUTED
        reach = [[share["value"] - share["low"]], [share["high"] - share["value"]]]
        marker = "o" if trial["chosen"] else "s"
        axes.errorbar(x, share["value"], reach, fmt=marker, color=color, ms=5, lw=1.0)
        axes.annotate(
            str(i + 1),
            (x, share["high"]),
            (0, 2),
            textcoords="offset points",
            ha="center",
            fontsize=SMALL,
        )
