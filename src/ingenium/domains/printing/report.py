"""Report sections: the process map, the fastest settings, and how far pools can be trusted."""

from pathlib import Path

import numpy as np
import xarray as xr
from jaxtyping import Float64
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.select import best
from ingenium.domains.printing import calibration, measured
from ingenium.domains.printing.disturbed import survived
from ingenium.domains.printing.window import Process, Thresholds
from ingenium.drawing import Axis, Marks, Plane, Rows, figure_of, table
from ingenium.drawing.style import INK, KNOWN, MUTED, colour_bar, dress, plane

SHOWN, RUNS, GRID = 6, 200, 16
NAMES = ("power_w", "speed_m_s", "beam_m", "layer_m", "hatch_m")
LINES = (
    ("lack of fusion", "#b2453c", "-"),
    ("keyhole", "#6a4c93", "--"),
    ("balling", "#8a6d1c", ":"),
)
MODES = {"desirable": "o", "keyhole": "v", "lack of fusion": "x", "balling": "+"}


def sections(
    process: Process, thresholds: Thresholds, designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Process map, fastest settings under sampled disturbances, errors and precision."""
    rows = best(verdicts, "build_rate", most=True)
    folder = measured.folder()
    found = [
        Section(
            "Process map",
            "The window is where no line is crossed: each is drawn where a criterion is just met "
            "in the worst corner of the stated disturbances, at the beam, layer and hatch of the "
            "setting that is the fastest. Dots are the exported settings, each at its own."
            + (" Small marks are measured tracks of the alloy." if folder else ""),
            _map(process, thresholds, designs.isel({DESIGN: rows}), folder) if len(rows) else None,
        ),
        Section(
            "The fastest settings",
            f"Sizes as set; the last column is the share of {RUNS:,} sampled disturbances that a "
            "setting survives by the cheap tier.",
            table=_table(process, thresholds, designs, verdicts, rows[:SHOWN]),
        ),
        Section("Overlap and build rate", "Each dot is a setting.", _plane(designs, verdicts)),
        Section(
            "How far predicted pools are off",
            f"Median factor less one, on {calibration.SOURCE}: with an absorptivity that the other "
            "half of a paper's tracks gives, and with that of other papers alone.",
            table=_errors(),
        ),
        Section(
            "How good the criteria are",
            "On modes that were measured, in papers to which no threshold was fitted. A criterion "
            "without skill has a precision that equals the share.",
            table=_criteria(),
        ),
    ]
    if folder is not None:
        found.append(_measured(process, folder))
    return tuple(found)


def _settings(designs: xr.Dataset) -> Float64[np.ndarray, "n v"]:
    return np.stack([designs[name].to_numpy().astype(np.float64) for name in NAMES], 1)


def _map(
    process: Process, thresholds: Thresholds, designs: xr.Dataset, folder: Path | None
) -> Figure:
    """Criteria over power and speed, with the settings and measured tracks."""
    settings = _settings(designs)
    (p0, p1), (v0, v1) = process.machine.bounds[:2]
    power, speed = np.meshgrid(np.linspace(p0, p1, GRID), np.linspace(v0, v1, GRID))
    grid = np.repeat(settings[:1], power.size, 0)
    grid[:, 0], grid[:, 1] = power.ravel(), speed.ravel()
    at = power.shape
    over = (
        process.worst_overlap(grid)[0].reshape(at) / thresholds.overlap,
        process.worst_enthalpy(power, speed, settings[0, 2]) / thresholds.enthalpy,
        process.worst_slenderness(*grid[:, :3].T)[1].reshape(at) / thresholds.slenderness,
    )
    figure, axes = plane(7.0, 4.2)
    inside = (np.stack(over) <= 1).all(0).astype(float)
    axes.contourf(power, 1e3 * speed, inside, [0.5, 1.5], colors=["#dcebdc"], zorder=0)
    for values, (name, colour, line) in zip(over, LINES, strict=True):
        axes.contour(power, 1e3 * speed, np.log(np.maximum(values, 1e-6)), [0.0], colors=[colour],
                     linestyles=[line], linewidths=1.4)  # fmt: skip
        axes.plot([], [], line, color=colour, label=f"limit: {name}")
    if folder is not None:
        for mode, rows in _tracks(process, folder).items():
            Marks(f"measured: {mode}", *rows, MUTED, MODES[mode], 12.0).draw(axes)
    rate = 1e9 * settings[:, 1] * settings[:, 3] * settings[:, 4]
    dots = axes.scatter(settings[:, 0], 1e3 * settings[:, 1], 12, rate, cmap="viridis", zorder=5)
    colour_bar(axes, dots, "build rate (mm³/s)")
    axes.set_xlim(p0, p1)
    axes.set_ylim(1e3 * v0, 1e3 * v1)
    dress(axes, "laser power (W)", "scan speed (mm/s)")
    return figure


def _tracks(
    process: Process, folder: Path
) -> dict[str, tuple[Float64[np.ndarray, " m"], Float64[np.ndarray, " m"]]]:
    """Power and speed of measured tracks of the alloy, by mode."""
    own = measured.of_lasers(measured.tracks(folder, measured.MODES))
    own = own[own["alloy"] == process.alloy.name]
    groups = {mode: own[own["mode"] == mode] for mode in MODES}
    return {
        mode: (part["power_w"].to_numpy(), 1e3 * part["speed_m_s"].to_numpy())
        for mode, part in groups.items()
        if len(part)
    }


def _table(
    process: Process,
    thresholds: Thresholds,
    designs: xr.Dataset,
    verdicts: xr.Dataset,
    rows: np.ndarray,
) -> Rows:
    own, found = designs.isel({DESIGN: rows}), verdicts.isel({DESIGN: rows})
    settings = _settings(own)
    share = survived(process, thresholds, settings, runs=RUNS).mean(1) if len(rows) else []
    return table(
        ("setting", own[DESIGN].to_numpy(), ""),
        ("W", settings[:, 0], ".0f"),
        ("mm/s", 1e3 * settings[:, 1], ".0f"),
        ("beam, µm", 1e6 * settings[:, 2], ".0f"),
        ("layer, µm", 1e6 * settings[:, 3], ".0f"),
        ("hatch, µm", 1e6 * settings[:, 4], ".0f"),
        ("width, µm", 1e6 * found["width"].to_numpy(), ".0f"),
        ("depth, µm", 1e6 * found["depth"].to_numpy(), ".0f"),
        ("mm³/s", found["build_rate"].to_numpy(), ".2f"),
        ("survives", share, ".1%"),
    )


def _plane(designs: xr.Dataset, verdicts: xr.Dataset) -> Figure:
    return figure_of(
        Plane(
            Axis.of(verdicts, "overlap", "overlap in the worst corner"),
            Axis.of(verdicts, "build_rate", "build rate"),
            verdicts["verdict"].to_numpy(),
            colour=Axis(1e6 * designs["layer_m"].to_numpy(), "layer", "µm"),
        ),
        size=(6.4, 3.4),
    )


def _errors() -> Rows:
    found = calibration.errors()["errors"]
    names = list(found)
    columns = [
        (f"{size}, {words}", [found[a][f"{size}_{kind}"] for a in names], ".0%")
        for kind, words in (("calibrated", "own absorptivity"), ("held_out", "other papers'"))
        for size in calibration.SIZES
    ]
    counts = [(what, [found[a][what] for a in names], "d") for what in ("tracks", "papers")]
    return table(("alloy", names, ""), *counts, *columns)


def _criteria() -> Rows:
    found = calibration.errors()["criteria"]
    kinds = (("threshold", ".2f"), ("precision", ".0%"), ("recall", ".0%"), ("share", ".0%"),
             ("rows", "d"), ("papers", "d"))  # fmt: skip
    columns = [(what, [found[c][what] for c in found], how) for what, how in kinds]
    return table(("criterion", list(found), ""), *columns)


def _measured(process: Process, folder: Path) -> Section:
    """Predicted against measured sizes of the alloy, with the absorptivity of the run."""
    own = measured.of_lasers(measured.tracks(folder))
    own = own[own["alloy"] == process.alloy.name].reset_index(drop=True)
    pool = measured.predicted(own, np.full(len(own), process.absorptivity))
    figure, axes = plane(6.4, 3.8)
    for name, real, found, colour in (
        ("width", own["width_m"], pool.width_m, INK),
        ("depth", own["depth_m"], pool.depth_m, KNOWN),
    ):
        Marks(name, 1e6 * real.to_numpy(), 1e6 * found, colour).draw(axes)
    line = np.array([10.0, 1000.0])
    Marks("equal", line, line, MUTED, "--").draw(axes)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(*line)
    axes.set_ylim(*line)
    dress(axes, "measured (µm)", "predicted (µm)")
    papers = own["paper"].nunique()
    text = (
        f"{len(own)} tracks of {process.alloy.name} in {papers} papers, all with the absorptivity "
        f"{process.absorptivity:.2f} of this run: the cheap tier."
    )
    return Section("Measured pools", text, figure)
