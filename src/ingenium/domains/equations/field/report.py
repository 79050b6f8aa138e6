"""Report sections: fields with their error, and the solver's cost at equal error.

Shapes: n fields over the grid of an equation.
"""

import time
from collections.abc import Mapping, Sequence

import numpy as np
import torch
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter
from torch import Tensor

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.domains.equations.field.equation import FieldEquation
from ingenium.domains.equations.field.verifier import errors
from ingenium.drawing.style import INK, KNOWN, MUTED, OURS, REJECTED, SMALL, dress, panels

TIMED, COARSE = 16, (1, 2, 4, 8)  # fields that solvers are timed on, and how much coarser they are
SHOWN = ("closest", "middle", "furthest")
FLOOR = 1e-9


def sections(
    equation: FieldEquation, deadline_ms: float, designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Show the solver at the same error, three fields with their error, and spectra."""
    error = verdicts["error"].to_numpy()
    rows = np.flatnonzero(np.isfinite(error))
    if not len(rows):
        return ()
    inputs, solution = (
        torch.from_numpy(designs[n].to_numpy()[rows]) for n in ("input", "solution")
    )
    true = equation.solved(inputs[:TIMED], equation.judged_on)
    solvers = timed(equation, inputs[:TIMED], true)
    own = float(np.median(error[rows]))
    seen = [("solver", "points a side", "error (median)", "processor time a field (ms)")]
    seen += [(f"{c} times coarser" if c > 1 else "as fine as the fields", f"{equation.points // c}",
              f"{e:.2g}", f"{ms:.3g}") for c, e, ms in solvers]  # fmt: skip
    order = rows[np.argsort(error[rows])]
    three = order[[0, len(order) // 2, -1]]
    compared = Section(
        "The solver at the same error",
        _verdict(solvers, own, deadline_ms),
        figure=_timing(solvers, own, deadline_ms),
        table=tuple(seen),
    )
    alongside = Section(
        "Fields and their error",
        f"{equation.written}: {equation.input_name}, {equation.solution_name} as proposed and by "
        "the solver, and their difference, of the closest, the middle and the furthest proposal.",
        figure=_fields(equation, designs, error, three.tolist()),
    )
    spectra = Section(
        "Energy by wave number",
        "Mean over the proposed fields, and over the solutions of the same inputs.",
        figure=_spectra(solution[:TIMED], true),
    )
    return compared, alongside, spectra


def timed(equation: FieldEquation, inputs: Tensor, true: Tensor) -> list[tuple[int, float, float]]:
    """Return factor, median error and CPU time per field (ms) of coarser solvers."""
    found = []
    for times in COARSE:
        equation.coarse(inputs[:1], times)  # warm-up, such as plans of transforms
        began = time.process_time()
        own = equation.coarse(inputs, times)
        seconds = time.process_time() - began
        error = errors(own, true)[0].median()
        found.append((times, float(error), 1e3 * seconds / len(inputs)))
    return found


def scores(
    equation: FieldEquation, designs: xr.Dataset, held_out: xr.Dataset
) -> Mapping[str, float]:
    """Score the mean error by the solver, and the distance of log mean spectra."""
    inputs, solution = (torch.from_numpy(designs[n].to_numpy()) for n in ("input", "solution"))
    parts = zip(inputs.split(TIMED), solution.split(TIMED), strict=True)
    error = torch.cat([errors(u, equation.solved(a, equation.judged_on))[0] for a, u in parts])
    known = torch.from_numpy(held_out["solution"].to_numpy())
    return {
        "error": float(error.nanmean()),
        "spectrum": spectrum_gap(solution, known),
    }


def spectrum_gap(one: Tensor, other: Tensor) -> float:
    """Root mean square difference of log10 mean energies, up to a quarter of the waves."""
    a, b = (np.log10(spectrum(x) + 1e-30) for x in (one, other))
    few = max(2, len(a) // 2)
    return float(np.sqrt(np.square(a[1:few] - b[1:few]).mean()))


def spectrum(fields: Tensor) -> np.ndarray:
    """Mean energy by the largest wave number along the axes."""
    axes, points = fields.ndim - 1, fields.shape[-1]
    energy = torch.fft.fftn(fields, dim=tuple(range(1, 1 + axes)), norm="forward").abs().square()
    k = (torch.fft.fftfreq(points, dtype=torch.float64) * points).abs()
    most = torch.stack(torch.meshgrid(*[k] * axes, indexing="ij")).amax(0)
    return np.array([float(energy.mean(0)[most == i].sum()) for i in range(points // 2)])


def _verdict(solvers: Sequence[tuple[int, float, float]], own: float, deadline_ms: float) -> str:
    """State the cheapest solver that is as accurate, in a sentence."""
    close = [s for s in solvers if s[1] <= own]
    soon = [s for s in solvers if s[2] <= deadline_ms]
    seen = f"The median error of the proposals is {own:.2g}. "
    if close:
        times, error, ms = min(close, key=lambda s: s[2])
        coarser = f"{times} times coarser" if times > 1 else "as fine as the fields"
        seen += (
            f"The equation's own solver, {coarser}, has {error:.2g} in {ms:.2g} ms a field: if "
            "a proposal took longer, use the solver. "
        )
    else:
        seen += "No solver timed here has as small an error. "
    if soon:
        _, error, ms = min(soon, key=lambda s: s[1])
        seen += f"Within {deadline_ms:g} ms a field a solver reaches {error:.2g}."
    else:
        seen += f"Within {deadline_ms:g} ms a field no solver timed here finishes."
    return seen


def _timing(solvers: Sequence[tuple[int, float, float]], own: float, deadline: float) -> Figure:
    figure, grid = panels(1, 1, (4.8, 2.8))
    axes = grid[0, 0]
    _, error, ms = np.array(solvers).T
    axes.loglog(ms, np.maximum(error, FLOOR), "o-", color=KNOWN, label="solver, made coarse")
    axes.axhline(max(own, FLOOR), color=OURS, label="proposed (middle)")
    axes.axvline(deadline, color=MUTED, ls="--", label="deadline")
    dress(axes, "processor time a field (ms)", "error", grid=True)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    return figure


def _fields(
    equation: FieldEquation, designs: xr.Dataset, error: np.ndarray, rows: Sequence[int]
) -> Figure:
    """Draw a row for each of three designs."""
    columns, size = (4, (2.3, 2.0)) if equation.axes == 2 else (3, (2.9, 2.0))
    figure, grid = panels(len(rows), columns, size)
    for line, i, name in zip(grid, rows, SHOWN, strict=True):
        a, u = (designs[n].to_numpy()[i] for n in ("input", "solution"))
        true = equation.solved(torch.from_numpy(a)[None], equation.judged_on)[0].numpy()
        title = f"{name}: design {int(designs[DESIGN][i])}, error {error[i]:.2g}"
        sample = _maps if equation.axes == 2 else _lines
        sample(equation, line, (a, u, true), title)
    return figure


def _maps(
    equation: FieldEquation, line: np.ndarray, fields: Sequence[np.ndarray], title: str
) -> None:
    a, u, true = fields
    low, high = float(true.min()), float(true.max())
    most = float(np.abs(u - true).max())
    shown = (
        (a, equation.input_name, "viridis", (float(a.min()), float(a.max()))),
        (u, "proposed", "magma", (low, high)),
        (true, "solver", "magma", (low, high)),
        (u - true, "difference", "RdBu_r", (-most, most)),
    )
    for axes, (values, name, colours, (least, top)) in zip(line, shown, strict=True):
        image = axes.imshow(
            values, origin="lower", extent=(0, 1, 0, 1), cmap=colours, vmin=least, vmax=top
        )
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_title(name, fontsize=SMALL, color=INK)
        bar = axes.figure.colorbar(image, ax=axes, shrink=0.8)
        bar.ax.tick_params(labelsize=SMALL - 1, colors=INK)
        bar.ax.yaxis.get_offset_text().set_fontsize(SMALL - 1)
    line[0].set_ylabel(title.replace(", ", "\n").replace(": ", ":\n"), fontsize=SMALL, color=INK)


def _lines(
    equation: FieldEquation, line: np.ndarray, fields: Sequence[np.ndarray], title: str
) -> None:
    a, u, true = fields
    x = np.arange(len(a)) / len(a)
    first, middle, last = line
    first.plot(x, a, color=MUTED, lw=1.2)
    middle.plot(x, true, color=INK, lw=1.6, label="solver")
    middle.plot(x, u, color=OURS, lw=1.4, ls="--", label="proposed")
    last.plot(x, u - true, color=REJECTED, lw=1)
    last.axhline(0, color=MUTED, lw=0.7)
    dress(first, "x", equation.input_name)
    dress(middle, "x", equation.solution_name, title=title)
    dress(last, "x", "proposed less solver")
    last.ticklabel_format(axis="y", style="sci", scilimits=(-3, 3))
    last.yaxis.get_offset_text().set_fontsize(SMALL)


def _spectra(proposed: Tensor, true: Tensor) -> Figure:
    figure, grid = panels(1, 1, (4.8, 2.8))
    axes = grid[0, 0]
    for fields, colour, name in ((true, INK, "solver"), (proposed, OURS, "proposed")):
        energy = spectrum(fields)
        axes.loglog(np.arange(1, len(energy)), energy[1:] + 1e-30, color=colour, label=name)
    top = spectrum(true).max()
    axes.set_ylim(bottom=max(axes.get_ylim()[0], 1e-16 * top))
    dress(axes, "wave number", "mean energy", grid=True)
    return figure
