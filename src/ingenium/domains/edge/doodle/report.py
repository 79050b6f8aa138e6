"""Report sections of sketches: a sheet by word, sketches in progress, and the device."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ingenium.core.problem import Section
from ingenium.domains.edge.doodle import trained
from ingenium.domains.edge.doodle.formats import SKETCH
from ingenium.domains.edge.doodle.strokes import BOX, Stroke, strokes_of, word_of
from ingenium.drawing.style import INK, SMALL

ACROSS, ROWS = 8, 12  # of the sheet
STAGES, SHOWN = 6, 3  # pictures of a sketch as it is drawn, and sketches
PEN_POINTS = 2.0  # width of lines in print
DRAWN = colormaps["viridis"]


def sections(
    designs: xr.Dataset, verdicts: xr.Dataset, kind: str, words: Sequence[str]
) -> tuple[Section, ...]:
    """Show the best sketches of each word first."""
    listed = [str(t) for t in designs[SKETCH].to_numpy()]
    if not listed:
        return ()
    sure = verdicts["confidence"].to_numpy()
    order = sorted(range(len(listed)), key=lambda i: (words.index(word_of(listed[i])), -sure[i]))
    own = [listed[i] for i in order]
    first = Section(
        "Sketches by word",
        "As stored in their files; within a word, ordered by the confidence of the classifier.",
        figure=sheet(own[: ACROSS * ROWS]),
    )
    stages = Section(
        "Drawing order",
        "From the first point to the last, dark to bright; grey: not yet drawn.",
        figure=drawing(_spread(own, SHOWN)),
    )
    return (first, stages, *_device(kind))


def sheet(texts: Sequence[str]) -> Figure:
    """Tile sketches in rows, each with its word."""
    rows = -(-len(texts) // ACROSS)
    figure = Figure(figsize=(ACROSS, 1.12 * rows))
    grid = figure.subplots(rows, ACROSS, squeeze=False)
    figure.subplots_adjust(0.01, 0.01, 0.99, 1 - 0.22 / (1.12 * rows), 0.08, 0.22)
    for axes in grid.flat:
        _bare(axes)
    for axes, text in zip(grid.flat, texts, strict=False):
        for stroke in strokes_of(text):
            _line(axes, stroke, INK)
        axes.set_title(word_of(text), fontsize=SMALL - 1, color=INK, pad=2)
    return figure


def drawing(texts: Sequence[str]) -> Figure:
    """Draw the stages of each sketch in a row."""
    figure = Figure(figsize=(1.25 * STAGES, 1.35 * len(texts)))
    grid = figure.subplots(len(texts), STAGES, squeeze=False)
    figure.subplots_adjust(0.01, 0.01, 0.99, 0.93, 0.05, 0.15)
    for row, text in zip(grid, texts, strict=True):
        strokes = strokes_of(text)
        total = sum(map(len, strokes))
        for k, axes in enumerate(row):
            _bare(axes)
            _until(axes, strokes, round(total * (k + 1) / STAGES), total)
        row[0].set_title(word_of(text), fontsize=SMALL, color=INK, pad=2)
    return figure


def _until(axes: Axes, strokes: Sequence[Stroke], count: int, total: int) -> None:
    for stroke in strokes:
        _line(axes, stroke, "#e4e4e4")
    before = 0
    for stroke in strokes:
        here = stroke[: max(0, count - before)]
        for i in range(len(here) - 1):
            _line(axes, here[i : i + 2], DRAWN(0.9 * (before + i) / total))
        if len(here) == 1:
            _line(axes, here, DRAWN(0.9 * before / total))
        before += len(stroke)


def _line(axes: Axes, stroke: Stroke, color: Any) -> None:
    ends = stroke if len(stroke) > 1 else np.repeat(stroke, 2, axis=0)
    axes.plot(
        ends[:, 0],
        ends[:, 1],
        color=color,
        lw=PEN_POINTS,
        solid_capstyle="round",
        solid_joinstyle="round",
    )


def _bare(axes: Axes) -> None:
    axes.set_xlim(0, BOX)
    axes.set_ylim(BOX, 0)
    axes.set_aspect("equal")
    axes.set_axis_off()


def _spread(texts: Sequence[str], count: int) -> list[str]:
    """Return `count` texts of different words, spread over the list."""
    own = list({word_of(t): t for t in reversed(texts)}.values())
    places = np.linspace(0, len(own) - 1, min(count, len(own))).round().astype(int)
    return [own[i] for i in places]


def _device(kind: str) -> tuple[Section, ...]:
    record = trained.record(kind)
    if record is None:
        return ()
    own = record["measured"]
    rows = [("cost of a sketch", "value")]
    rows += [
        ("flash", f"{own['flash']['value'] / 1e3:.0f} kB"),
        ("RAM", f"{own['ram']['value'] / 1e3:.1f} kB"),
        ("instructions, counted on the emulated board", f"{own['instructions']['value']:,.0f}"),
        (f"time on a {record['device']['name']}", f"{1e3 * own['latency']['value']:.1f} ms"),
        ("energy, by a model", f"{1e3 * own['energy']['value']:.2f} mJ"),
    ]
    text = f"The {record['recipe_title']} generator of {kind}; its files are in the package."
    return (Section("On the device", text, table=tuple(rows)),)
