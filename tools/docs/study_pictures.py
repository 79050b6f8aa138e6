"""Draw pictures of rows 23.13, 35.4 and 35.5 from their result files, without running anything.

    python tools/docs/study_pictures.py

writes docs/pictures/critical_point.png, order_parameters.png and plateaus.png.
"""

import json
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ingenium.drawing.style import GOOD, INK, KNOWN, MUTED, OURS, dress, panels, plane
from ingenium_book.studies.physics.critical_point import ARMS, ONSAGER

STARTS = (
    ("deep circuits", "deep circuits", OURS, "o"),
    ("half as deep", "half as deep", OURS, "s"),
    ("two layers", "two layers", GOOD, "v"),
    ("deep circuits from small angles", "deep, from small angles", GOOD, "^"),
    ("matrix products", "matrix products", KNOWN, "D"),
    ("networks", "networks without qubits", MUTED, "x"),
)
QUBITS = range(2, 15, 2)
ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "book" / "outcomes" / "results"
ALONE = (
    ("tc_cumulant", "Binder's cumulant", GOOD, "s"),
    ("tc_magnetisation", "half magnetised", MUTED, "v"),
)
LINES = (
    ("network", "tc", "network, told cold and hot", OURS),
    ("component", "tc_component", "principal component", KNOWN),
)
WAYS = (
    ("network", "network", OURS),
    ("places", "components, place by place", KNOWN),
    ("means", "components of means", MUTED),
)


def values(row: str) -> dict[str, np.ndarray]:
    """Results by seed, by name."""
    found = json.loads((ROOT / "book" / "outcomes" / "results" / f"{row}.json").read_text())[
        "values"
    ]
    return {name: np.array(value["by_seed"]) for name, value in found.items()}


def critical_point() -> Figure:
    """Plot transitions over the inverse size, and the ends of their lines."""
    own, inverse = values("35.4"), np.array([1 / size for size in ARMS.values()])
    figure, axes = plane(5.6, 3.6)
    axes.axhspan(0.99 * ONSAGER, 1.01 * ONSAGER, color=INK, alpha=0.08, linewidth=0)
    axes.axhline(ONSAGER, color=INK, linewidth=0.8, label="Onsager, and 1 % about it")
    for name, end, label, colour in LINES:
        at = np.stack([own[f"{name}_{arm}"] for arm in ARMS])
        axes.errorbar(inverse, at.mean(1), at.std(1), fmt="o", ms=4, color=colour, capsize=2)
        slope = np.polyfit(inverse, at.mean(1), 1)[0]
        line = np.array([0, inverse.max()])
        axes.plot(line, own[end].mean() + slope * line, color=colour, linewidth=1, label=label)
    for i, (end, label, colour, mark) in enumerate(ALONE):
        x = -0.004 * (i + 1)
        axes.errorbar(
            x, own[end].mean(), own[end].std(), fmt=mark, ms=5, color=colour, capsize=2, label=label
        )
    axes.set_xticks([0, *inverse], ["0", *(f"1/{size}" for size in ARMS.values())])
    dress(axes, "1 / size", "temperature of the transition", grid=True)
    return figure


def order_parameters() -> Figure:
    """Plot correlations and Rand indices, of networks and of principal components."""
    own = values("35.5")
    figure, grid = panels(1, 2, (3.4, 3.0), widths=(1, 2))
    left, right = grid[0]
    bars(left, [own["latent"], own["component"]], [0, 1], (OURS, KNOWN))
    left.set_xticks([0, 1], ["autoencoder", "component"])
    dress(left, "", "least |r| with the magnetisation", grid=True)
    for i, arm in enumerate(("charges", "turns")):
        several = own[f"{arm}_sectors"] > 1  # there is nothing to find if all lie in one
        for j, (name, label, colour) in enumerate(WAYS):
            bars(right, [own[f"{arm}_{name}"][several]], [4 * i + j], (colour,), "" if i else label)
    right.set_xticks([1, 5], ["charges of U(1)", "turns of XY"])
    right.set_ylim(-0.1, 1.05)
    dress(right, "", "adjusted Rand index", grid=True)
    right.legend(frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    return figure


def plateaus() -> Figure:
    """Plot variances of a slope at the start, over the number of qubits."""
    own, qubits = values("23.13"), np.array(QUBITS)
    figure, axes = plane(5.6, 3.6)
    for arm, label, colour, mark in STARTS:
        at = np.stack([own[f"{arm}, {q} qubits: log2 of the variance"] for q in QUBITS])
        deep = arm == "deep circuits"
        reported = f"{label}: {own[f'{arm}: slope' if not deep else 'slope'].mean():.2f} a qubit"
        axes.errorbar(
            qubits, at.mean(1), at.std(1), fmt=mark, ms=4, color=colour, capsize=2, label=reported,
            linestyle="-" if deep else "--", linewidth=1,
        )  # fmt: skip
    axes.set_xticks(qubits)
    dress(axes, "qubits", "log2 of the variance of a slope", grid=True)
    axes.legend(frameon=False, fontsize=7, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def bars(
    axes: Axes, seeds: list[np.ndarray], at: list[int], colours: tuple[str, ...], label: str = ""
) -> None:
    """Draw a bar for the mean of seeds, and a dot for each."""
    for x, own, colour in zip(at, seeds, colours, strict=True):
        axes.bar(x, own.mean(), 0.8, color=colour, alpha=0.6, label=label or None)
        axes.plot(np.full(len(own), x), own, ".", color=INK, ms=4)


if __name__ == "__main__":
    for draw in (critical_point, order_parameters, plateaus):
        draw().savefig(ROOT / "docs" / "pictures" / f"{draw.__name__}.png", dpi=150)
