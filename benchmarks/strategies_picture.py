"""Draw comparisons of strategies from their result files: final values, and curves of each.

`python -m benchmarks.strategies_picture` draws all stored results again, without any search.
"""

import json
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from math import ceil
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from PIL import Image

from benchmarks.measuring import RESULTS

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
# Okabe and Ito, Color Universal Design, 2008: distinguishable with all common kinds of sight.
OWN, FIELD, CHANCE = "#0072B2", "#D55E00", "#000000"
GREY, DASHES = "#666666", ("--", "-.", (0, (4, 1, 1, 1, 1, 1)))  # of the field in each panel
COLUMNS, DPI, COLOURS = 5, 160, 256
WIDTH_IN, ROW_IN, PANEL_IN, AROUND_IN = 9.0, 0.17, 1.2, 1.1  # 9 in: width of a document
SMALL, PLAIN = 8.0, 9.0  # points
NAME = 20  # letters of a line above a panel
EARLY = 0.9  # of the calls, before which a search counts as one with fewer calls


@dataclass(frozen=True)
class Course:
    """Progress of one competitor, in percent: mean, low and high over its seeds."""

    name: str
    calls: Sequence[int]
    spent: int
    hypervolume: np.ndarray  # 3 rows, a column for each of the calls
    share: np.ndarray  # accepted of the last calls, alike
    last: np.ndarray  # the same at the end, as in the table
    colour: str
    full: int  # calls of those that had all of them

    @property
    def fewer(self) -> bool:
        """True if it had fewer calls than most."""
        return self.spent < EARLY * self.full

    @property
    def label(self) -> str:
        """Name, with its calls if they are fewer."""
        return f"{self.name} ({self.spent} calls)" if self.fewer else self.name

    @property
    def title(self) -> str:
        """Name and calls in short lines."""
        return f"{self.name}\n({self.spent} calls)" if self.fewer else fill(self.name, NAME)


def trajectories(result: Mapping[str, Any]) -> list[Course]:
    """All competitors, best hypervolume first; equal ones in the order of the result."""
    full = max(own["calls"][-1] for own in result["curves"].values())
    found = []
    for name, own in result["curves"].items():
        reported = bisect_left(own["calls"], own["spent"]) + 1  # later, nothing changes any more
        calls, volume = own["calls"][:reported], percent(own["hypervolume"][:reported])
        share, last = percent(own["share"][:reported]), percent(own["share"][-1:])[:, 0]
        colour = FIELD if name in result["field"] else CHANCE if name == "random" else OWN
        found.append(Course(name, calls, own["spent"], volume, share, last, colour, full))
    return sorted(found, key=lambda course: -course.hypervolume[0, -1])


def percent(values: Sequence[Mapping[str, float]]) -> np.ndarray:
    """Mean, low and high in percent; Student's intervals are clipped to the possible range."""
    rows = [[v.get(key, v["mean"]) for v in values] for key in ("mean", "low", "high")]
    cut: np.ndarray = np.clip(100 * np.array(rows), 0, 100)
    return cut


def draw(path: Path) -> Figure:
    """Draw final values with intervals on top; below, small panels of both for each competitor."""
    result = json.loads(path.read_text(encoding="utf-8"))
    found = trajectories(result)
    lines = ceil((len(found) + 1) / COLUMNS)  # one place at least is left for the legend
    heights = (ROW_IN * len(found), PANEL_IN * lines, PANEL_IN * lines)
    size = (WIDTH_IN, sum(heights) + AROUND_IN)
    figure = Figure(figsize=size, layout="constrained")
    ratios = (heights[0] + 0.6, heights[1] + 0.5, heights[2] + 0.5)
    top, middle, below = figure.subfigures(3, 1, height_ratios=ratios)
    figure.suptitle(result["title"], fontsize=11, x=0.01, ha="left", weight="bold")
    left, right = top.subplots(1, 2, sharey=True)
    _dots(left, found, [course.hypervolume[:, -1] for course in found])
    _dots(right, found, [course.last for course in found])
    left.set_title("Hypervolume in the end (% of the box)", fontsize=PLAIN, loc="left")
    right.set_title("Accepted among the last 64 calls (%)", fontsize=PLAIN, loc="left")
    left.set_yticks(range(len(found)), [course.label for course in found], fontsize=SMALL)
    for tick, course in zip(left.get_yticklabels(), found, strict=True):
        tick.set_color(course.colour)
    _panels(middle, found, [c.hypervolume for c in found], "hypervolume (% of the box)")
    _panels(below, found, [c.share for c in found], "accepted of the last 64 calls (%)")
    return figure


def _dots(axes: Axes, found: Sequence[Course], values: Sequence[np.ndarray]) -> None:
    """Draw a row for each, best hypervolume on top; hollow where the calls were fewer."""
    for i, (course, value) in enumerate(zip(found, values, strict=True)):
        mean, low, high = value
        axes.plot([low, high], [i, i], color=course.colour, lw=1.4)
        face = "white" if course.fewer else course.colour
        axes.plot([mean], [i], "o", color=course.colour, mfc=face, ms=4.5, clip_on=False, zorder=3)
    axes.set_ylim(len(found) - 0.4, -0.6)
    axes.set_xlim(0, min(100, 1.05 * max(v[2] for v in values)))
    axes.grid(alpha=0.3, linewidth=0.6)
    axes.set_axisbelow(True)
    _plain(axes)


def _panels(figure: Any, found: Sequence[Course], values: Sequence[np.ndarray], said: str) -> None:
    """Draw values against calls, with random sampling and the field's method in grey."""
    lines = ceil((len(found) + 1) / COLUMNS)
    grid = figure.subplots(lines, COLUMNS, sharex=True, sharey=True)
    alongside = [(c, v[0]) for c, v in zip(found, values, strict=True) if c.colour != OWN]
    alongside.sort(key=lambda one: one[0].colour != CHANCE)
    dashes = dict(zip((c.name for c, _ in alongside), (":", *DASHES), strict=False))
    for axes, course, value in zip(grid.flat, found, values, strict=False):
        for other, line in alongside:
            axes.plot(other.calls, line, color=GREY, ls=dashes[other.name], lw=0.9)
        mean, low, high = value
        axes.fill_between(course.calls, low, high, color=course.colour, alpha=0.2, lw=0)
        axes.plot(course.calls, mean, color=course.colour, lw=1.8)
        axes.set_title(course.title, fontsize=SMALL, loc="left", color=course.colour)
        axes.set_title(f"{mean[-1]:.1f}", fontsize=SMALL, loc="right", weight="bold")
        axes.set_xlim(0, course.full)
        axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_locator(MaxNLocator(4))
        axes.grid(alpha=0.3, linewidth=0.6)
        _plain(axes)
    grid.flat[0].set_ylim(0, min(100, 1.05 * max(value[2].max() for value in values)))
    for place in range(len(found), grid.size):
        grid.flat[place].set_axis_off()
        grid.flat[place - COLUMNS].tick_params(labelbottom=True)
    figure.supxlabel("calls of the engine", fontsize=PLAIN)
    figure.supylabel(said, fontsize=PLAIN)
    keys = [
        Line2D([], [], color=OWN, lw=1.8, label="mean over seeds"),
        Patch(color=OWN, alpha=0.2, label="95 % interval"),
    ]
    for other, _ in alongside:
        keys.append(Line2D([], [], color=GREY, ls=dashes[other.name], lw=0.9, label=other.name))
    legend = grid.flat[len(found)].legend(
        handles=keys, fontsize=SMALL, frameon=False, loc="upper left", borderaxespad=0
    )
    legend.set_in_layout(False)  # it may extend over empty places next to it


def _plain(axes: Axes) -> None:
    axes.tick_params(labelsize=SMALL, length=2)
    axes.spines[["top", "right"]].set_visible(False)


def keep(name: str) -> None:
    """Draw one stored result into the documents."""
    drawn = BytesIO()
    draw(RESULTS / f"{name}.json").savefig(drawn, dpi=DPI)
    PICTURES.mkdir(exist_ok=True)
    few = Image.open(drawn).convert("RGB").quantize(COLOURS)  # a third of the size
    few.save(PICTURES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    for stored in sorted(RESULTS.glob("strategies_*.json")):
        keep(stored.stem)
