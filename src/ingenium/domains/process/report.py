"""What a process chemist wants to see of a run."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.process.instruments import ZERO_K
from ingenium.drawing.style import GOOD, MUTED, dress

SHOWN = 8
HEAD = ("design", "°C", "min", "B : A", "catalyst, mol %", "A, mol/L", "yield read", "EUR/mol")


def sections(designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
    """Recipes with the highest readings, all readings over temperature and time, and failures."""
    verdict = verdicts["verdict"].to_numpy()
    reading = verdicts["reading"].to_numpy()
    good = np.flatnonzero(verdict == Verdict.ACCEPTED)
    best = good[np.argsort(-reading[good], kind="stable")][:SHOWN]
    rows = tuple(_row(designs, verdicts, i) for i in best.tolist())
    out = int((verdict == Verdict.FAILED).sum())
    return (
        Section(
            "Recipes with the highest yields",
            "Of those that hold every limit." if rows else "No batch holds every limit.",
            table=(HEAD, *rows),
        ),
        Section(
            "Where the yield is",
            f"Each point is a batch. The instruments gave no answer on {out} of {len(verdict)}: "
            "these have failed and say nothing about their conditions.",
            _plane(designs, reading, verdict == Verdict.ACCEPTED),
        ),
    )


def _row(designs: xr.Dataset, verdicts: xr.Dataset, i: int) -> tuple[str, ...]:
    t, s, b, c, a = (
        float(designs[name].to_numpy()[i])
        for name in ("temperature_k", "time_s", "equivalents", "catalyst", "concentration")
    )
    reading, cost = (float(verdicts[name].to_numpy()[i]) for name in ("reading", "cost"))
    index = int(designs[DESIGN].to_numpy()[i])
    return (
        str(index),
        f"{t - ZERO_K:.1f}",
        f"{s / 60:.0f}",
        f"{b:.2f}",
        f"{100 * c:.2f}",
        f"{a:.2f}",
        f"{reading:.1%}",
        f"{cost:.0f}",
    )


def _plane(designs: xr.Dataset, reading: np.ndarray, good: np.ndarray) -> Figure:
    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    axes = figure.subplots()
    celsius = designs["temperature_k"].to_numpy() - ZERO_K
    hours = designs["time_s"].to_numpy() / 3600
    answered = np.isfinite(reading)
    shown = axes.scatter(
        celsius[answered], hours[answered], c=100 * reading[answered], s=22, cmap="viridis"
    )
    axes.scatter(celsius[~answered], hours[~answered], marker="x", s=24, color=MUTED)
    axes.scatter(celsius[good], hours[good], s=70, facecolors="none", edgecolors=GOOD)
    figure.colorbar(shown, label="yield read, %")
    dress(axes, "temperature, °C", "time, h")
    return figure
