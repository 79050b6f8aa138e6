"""Draws a contest of strategies from its result file: acceptance and hypervolume against calls."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito, Color Universal Design, 2008: told apart by all common kinds of sight.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
LEARNS_NOTHING = {"random": "#000000", "stock": "#888888"}
STYLES = ("-", "--", ":")
FIELD = "#000000"  # dashed and thick: what the field does today
APART = 0.045  # of the height, between two labels


def draw(path: Path) -> Figure:
    """Two panels with bands of 95 % intervals over seeds; names stand at the ends of the lines."""
    result = json.loads(path.read_text(encoding="utf-8"))
    figure = Figure(figsize=(12.5, 5.0), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.35))
    looks = _looks(result)
    for name, own in result["curves"].items():
        for axes, key in ((left, "share"), (right, "hypervolume")):
            _line(axes, own["calls"], own[key], looks[name])
    left.set_title("Accepted among the last 64 calls (%)", fontsize=10, loc="left")
    right.set_title("Hypervolume of accepted designs (% of the box)", fontsize=10, loc="left")
    for axes in (left, right):
        axes.set_xlim(0, max(own["calls"][-1] for own in result["curves"].values()))
        axes.set_ylim(0, None)
        axes.set_xlabel("calls of the engine", fontsize=9)
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25, linewidth=0.6)
    _label(right, result["curves"], looks)
    figure.suptitle(result["title"], fontsize=11, x=0.01, ha="left")
    return figure


def _looks(result: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Colour and dashes of each line."""
    looks: dict[str, dict[str, Any]] = {}
    own = [n for n in result["curves"] if n not in LEARNS_NOTHING and n not in result["field"]]
    for i, name in enumerate(own):
        style = STYLES[i // len(COLOURS)]
        looks[name] = {"color": COLOURS[i % len(COLOURS)], "ls": style, "lw": 1.5}
    for name, colour in LEARNS_NOTHING.items():
        looks[name] = {"color": colour, "ls": "-", "lw": 1.2}
    for i, name in enumerate(result["field"]):
        looks[name] = {"color": FIELD, "ls": ((0, (6 - 4 * i, 2))), "lw": 2.4}
    return looks


def _line(axes: Axes, calls: list[int], values: list[Any], look: Mapping[str, Any]) -> None:
    """A mean, and the band of its interval where there is one."""
    mean, low, high = (
        100 * np.array([v.get(key, v["mean"]) for v in values]) for key in ("mean", "low", "high")
    )
    axes.plot(calls, mean, **look)
    axes.fill_between(calls, np.maximum(low, 0), high, color=look["color"], alpha=0.08, lw=0)


def _label(axes: Axes, found: Mapping[str, Any], looks: Mapping[str, Mapping[str, Any]]) -> None:
    """Names to the right of the panel, moved apart where lines end close together."""
    last = {name: 100 * own["hypervolume"][-1]["mean"] for name, own in found.items()}
    end, gap = axes.get_xlim()[1], APART * axes.get_ylim()[1]
    place = -gap
    for name in sorted(last, key=lambda n: last[n]):
        place = max(last[name], place + gap)
        x, y = found[name]["calls"][-1], last[name]
        axes.annotate(
            name,
            (x, y),
            (1.03 * end, place),
            color=looks[name]["color"],
            fontsize=8,
            va="center",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": looks[name]["color"],
                "ls": looks[name]["ls"],
                "lw": 0.6,
                "shrinkA": 0,
                "shrinkB": 0,
            },
        )
