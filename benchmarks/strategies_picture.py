"""Draws a contest of strategies from its result file: acceptance and hypervolume against calls."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.isotonic import isotonic_regression

from ingenium.search.strategies import NAMES

# Okabe and Ito, Color Universal Design, 2008: told apart by all common kinds of sight.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
LEARNS_NOTHING = {"random": "#000000", "stock": "#888888"}
STYLES = ("-", "--", ":")
FIELD = "#000000"  # dashed and thick: what the field does today
APART = 0.045  # of the height, between two labels
EARLY = 0.9  # of the calls, before which a line ends early


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
    learning = [n for n in NAMES if n not in LEARNS_NOTHING]
    for i, name in enumerate(learning):  # by their place in the registry: the same in all pictures
        style = STYLES[i // len(COLOURS)]
        looks[name] = {"color": COLOURS[i % len(COLOURS)], "ls": style, "lw": 1.5}
    for name, colour in LEARNS_NOTHING.items():
        looks[name] = {"color": colour, "ls": "-", "lw": 1.2}
    for name in result["curves"]:  # with its options it looks as it does without them
        looks.setdefault(name, looks.get(name.partition(":")[0], {}))
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
    """Names to the right of the panel, moved apart where lines end close together.

    A line that ends early has its name beside its end.
    """
    last = {name: 100 * own["hypervolume"][-1]["mean"] for name, own in found.items()}
    end, top = axes.get_xlim()[1], axes.get_ylim()[1]
    early = [name for name in last if found[name]["calls"][-1] < EARLY * end]
    for name in early:
        x, y = found[name]["calls"][-1], last[name]
        axes.plot([x], [y], "o", color=looks[name]["color"], ms=4)
        axes.annotate(
            name,
            (x, y),
            (5, 0),
            textcoords="offset points",
            color=looks[name]["color"],
            fontsize=8,
            va="center",
            bbox={"fc": "white", "ec": "none", "alpha": 0.8, "pad": 0.8},
        )
    order = sorted((n for n in last if n not in early), key=lambda n: last[n])
    rise = APART * top * np.arange(len(order))
    even = isotonic_regression(np.array([last[name] for name in order]) - rise)  # nearest ones
    for name, place in zip(order, np.maximum(even, 0) + rise, strict=True):
        axes.annotate(
            name,
            (end, last[name]),
            (1.05 * end, place),
            color=looks[name]["color"],
            fontsize=8,
            va="center",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": looks[name]["color"],
                "ls": looks[name]["ls"],
                "lw": 0.6,
                "relpos": (0.0, 0.5),  # leaders end where names begin
                "shrinkA": 2,
                "shrinkB": 0,
            },
        )
