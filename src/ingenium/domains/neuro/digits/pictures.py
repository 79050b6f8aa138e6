"""Figures of digits and spikes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from ingenium.domains.neuro.digits.data import LEVELS, digits, held_out
from ingenium.drawing.style import INK, KNOWN, OURS, SERIES, SMALL, TEXT, dress, panels
from ingenium.kits.spikes.layered import Rhythm

ACROSS = 20  # images of a row
GAP = 2  # pixels between images
FOLLOWED = 3  # neurons whose voltage is drawn


def sheet(images: np.ndarray, across: int = ACROSS) -> np.ndarray:
    """Tile images into one, row by row, ink dark."""
    side = images.shape[-1]
    rows = -(-len(images) // across)
    whole = np.zeros((rows * (side + GAP) - GAP, across * (side + GAP) - GAP))
    for i, image in enumerate(images):
        row, column = (GAP + side) * (i // across), (GAP + side) * (i % across)
        whole[row : row + side, column : column + side] = image
    return 1 - whole


def draw_sheet(axes: Axes, images: np.ndarray, title: str, across: int = ACROSS) -> None:
    """Draw a sheet under its title."""
    axes.imshow(sheet(images, across), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_axis_off()
    axes.set_title(title, fontsize=TEXT, color=INK, loc="left")


def sheet_figure(images: np.ndarray, titles: str = "") -> Figure:
    """Return a figure of one sheet."""
    rows = -(-len(images) // ACROSS)
    figure, grid = panels(1, 1, (7.2, 0.36 * rows + 0.3))
    draw_sheet(grid[0, 0], images, titles)
    return figure


def compared(table: Any, shown: Mapping[str, xr.Dataset]) -> dict[str, Figure]:
    """Return sheets of each family alongside real digits, and quality against energy."""
    found = {"sheets": _sheets(shown)} if shown else {}
    families = [f for f in table.families if table.find(f, "arithmetic_nj") is not None]
    return found | ({"energy": _energy(table, families)} if families else {})


def _sheets(shown: Mapping[str, xr.Dataset]) -> Figure:
    grey, labels = digits()
    held = held_out()
    order = np.argsort(labels[held], kind="stable")
    each = [order[labels[held][order] == d][:2] for d in range(10)]
    real = grey[held][np.concatenate(each)] / LEVELS
    figure, grid = panels(len(shown) + 1, 1, (7.2, 0.62))
    draw_sheet(grid[0, 0], real, "held-out digits")
    for axes, (name, designs) in zip(grid[1:, 0], shown.items(), strict=True):
        label = designs["label"].to_numpy().astype(int)
        rows = [np.flatnonzero(label == d)[:2] for d in range(10)]
        draw_sheet(axes, designs["image"].to_numpy()[np.concatenate(rows)], name.replace("_", " "))
    return figure


def _energy(table: Any, families: list[str]) -> Figure:
    """Plot distance against energy: all by the same arithmetic, and each on its native hardware."""
    figure, grid = panels(1, 2, (4.2, 3.4), sharey=True)
    titles = {
        "arithmetic_nj": "arithmetic alone, 45 nm",
        "home_nj": "spikes on Loihi, others on a GPU",
    }
    for axes, (metric, title) in zip(grid[0], titles.items(), strict=True):
        for family in families:
            x, y = table.find(family, metric), table.find(family, "frechet")
            spikes = "spiking" in family
            axes.errorbar(
                x.value,
                y.value,
                yerr=[[max(0.0, y.value - y.low)], [max(0.0, y.high - y.value)]],
                fmt="o" if spikes else "s",
                color=OURS if spikes else KNOWN,
                capsize=2,
            )
            axes.annotate(
                family.replace("_", " "),
                (x.value, y.value),
                (-7 if spikes else 7, 5),
                textcoords="offset points",
                fontsize=SMALL,
                ha="right" if spikes else "left",
            )
        axes.set_xscale("log")
        axes.margins(x=0.35, y=0.15)
        dress(axes, "energy an image (nJ), a model", "Fréchet distance", title=title, grid=True)
    grid[0, 1].set_ylabel("")
    return figure


def raster_figure(spikes: tuple[Tensor, ...], rhythm: Rhythm, image: np.ndarray) -> Figure:
    """Plot the spikes of each layer over time, and the image that they generate."""
    figure, grid = panels(1, len(spikes) + 1, (2.5, 2.5))
    for i, (axes, s) in enumerate(zip(grid[0], spikes, strict=False)):
        steps, neurons = s[:, 0].nonzero(as_tuple=True)
        axes.plot((steps + 1) * rhythm.step_ms, neurons, "|", color=SERIES[i], markersize=3)
        axes.set_xlim(0, (rhythm.steps + 1) * rhythm.step_ms)
        dress(axes, "time (ms)", "neuron" if i == 0 else "", title=f"layer {i + 1}")
    draw_sheet(grid[0, -1], image[None], "drawn", across=1)
    return figure


def trace_figure(voltages: np.ndarray, spikes: np.ndarray, rhythm: Rhythm) -> Figure:
    """Plot the voltages of a few neurons against their threshold."""
    figure, grid = panels(1, 1, (7.2, 2.4))
    axes, time = grid[0, 0], (np.arange(rhythm.steps) + 1) * rhythm.step_ms
    axes.axhline(1, color=INK, linewidth=0.8, linestyle="--", label="threshold")
    for i in range(min(FOLLOWED, voltages.shape[1])):
        axes.plot(time, voltages[:, i], color=SERIES[i], linewidth=1.2, label=f"neuron {i + 1}")
        fired = spikes[:, i] > 0
        axes.plot(time[fired], voltages[fired, i], "^", color=SERIES[i], markersize=5)
    dress(axes, "time (ms)", "voltage before its reset")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize=SMALL)
    return figure
