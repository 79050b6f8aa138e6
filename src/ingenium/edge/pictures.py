"""Pictures of small generators: what is kept against what it takes."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ingenium.evaluate.style import GOOD, KNOWN, MUTED, OURS, REJECTED, SMALL, dress, panels

AXES = {
    "flash": ("flash, kB", 1e-3),
    "instructions": ("instructions a design, million", 1e-6),
    "energy": ("energy a design, mJ (model)", 1e3),
}


def pareto(record: Mapping[str, Any]) -> Figure:
    """Share of accepted designs against bytes, instructions and energy; lines are the limits."""
    figure, grid = panels(1, len(AXES), (3.3, 3.2))
    for axes, (name, (label, unit)) in zip(grid[0], AXES.items(), strict=True):
        _points(axes, record["trials"], name, unit)
        original = record["original"]["accepted"]["value"]
        axes.axhline(original, color=KNOWN, lw=1.0, ls="--")
        for limit in record["device"]["limits"]:
            if limit["quantity"] == name and limit["at_most"] is not None:
                axes.axvline(limit["at_most"] * unit, color=REJECTED, lw=1.0)
        most = max(t["measured"][name]["value"] for t in record["trials"]) * unit
        axes.set_xlim(0, max(1.15 * most, axes.get_xlim()[1]))
        axes.margins(y=0.2)
        dress(axes, label, "accepted by the verifier" if axes is grid[0][0] else "")
    grid[0][0].annotate(
        "before it was made small",
        (0.02, original),
        xycoords=("axes fraction", "data"),
        va="bottom",
        fontsize=SMALL - 1,
        color=KNOWN,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
    )
    return figure


def _points(axes: Axes, trials: Sequence[Mapping[str, Any]], name: str, unit: float) -> None:
    """Each trial with its interval; the chosen one is full."""
    for i, trial in enumerate(trials):
        share, cost = trial["measured"]["accepted"], trial["measured"][name]["value"] * unit
        color = OURS if trial["chosen"] else GOOD if trial["holds"] else MUTED
        reach = [[share["value"] - share["low"]], [share["high"] - share["value"]]]
        marker = "o" if trial["chosen"] else "s"
        axes.errorbar(cost, share["value"], reach, fmt=marker, color=color, ms=5, lw=1.0)
        beside = (5, 4 + 9 * (i % 3))  # those that cost the same lie upon each other
        axes.annotate(
            str(i + 1), (cost, share["value"]), beside, textcoords="offset points", fontsize=SMALL
        )
