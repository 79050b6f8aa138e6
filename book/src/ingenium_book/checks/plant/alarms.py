"""The six uses of a monitor, from stored results of other rows."""

from collections.abc import Iterator, Mapping

from matplotlib.figure import Figure

from ingenium.drawing.style import KNOWN, MUTED, OURS, dress, plane
from ingenium_book.checks.plant.scorecard import AXES, SIDES, ScoreAxis
from ingenium_book.findings import Commands, Finding, Picture


def scorecard(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 22.16: the six uses of the chapter's table, from stored results of other rows alone."""
    card = {}
    for axis in (axis for axis in AXES if axis.values):
        result = commands("study", "show", axis.row).answer["result"]
        if result is not None and not result["quick"]:
            card[axis] = axis.scores(result["values"])
            each = ", ".join(f"{name} {x:.3f}" for name, x in card[axis].items())
            inside = all(0 <= x <= 1 for x in card[axis].values())
            yield Finding(f"{axis.use}, {axis.metric} of row {axis.row}: {each}", inside)
    yield Finding(f"{len(card)} uses stand on kept full results", bool(card))
    none = [f"{axis.use} ({axis.row})" for axis in AXES if axis not in card]
    yield Finding(f"all six uses are measured; empty: {', '.join(none)}", not none, gap=True)
    best = [axis.use for axis, own in card.items() if max(own, key=own.__getitem__) == SIDES[-1]]
    reported = f"generative is best in all that is measured; it is in {', '.join(best) or 'none'}"
    yield Finding(reported, len(best) == len(card), gap=True)
    yield Picture(_card(card), "Six uses from kept results, each with its metric and row")


def _card(card: Mapping[ScoreAxis, Mapping[str, float]]) -> Figure:
    figure, axes = plane(8.4, 3.0)
    for i, (name, colour) in enumerate(zip(SIDES, (KNOWN, MUTED, OURS), strict=True)):
        own = [(j, card[axis][name]) for j, axis in enumerate(AXES) if name in card.get(axis, {})]
        at, high = [j + 0.25 * (i - 1) for j, _ in own], [x for _, x in own]
        bars = axes.bar(at, high, 0.22, color=colour, label=name)
        axes.bar_label(bars, fmt="%.2f", fontsize=7, padding=1)
    for j, axis in enumerate(AXES):
        if axis not in card:
            axes.text(j, 0.02, "not run", ha="center", color=MUTED)
    names = [f"{axis.use}\n{axis.metric}\nrow {axis.row}" for axis in AXES]
    axes.set_xticks(range(len(AXES)), names)
    axes.set_ylim(0, 1.05)
    axes.set_xlim(-0.6, len(AXES) - 0.4)
    dress(axes, "", "score, 1 is best")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
    return figure
