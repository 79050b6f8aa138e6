"""A new model: its trajectory, forecast and constants, and its limits.

Shapes: n samples, u times of the trajectory, s columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float64

from ingenium.model.artifact import DRAWS, FORECAST, StoredModel
from ingenium.model.fitting import FittedModel
from ingenium.model.judging import ForecastScore
from ingenium.model.posterior import ModelPosterior
from ingenium.model.reading import ProcessReading
from ingenium.model.series import MeasuredSeries

AHEAD = 4  # points between two times, in pictures
ALIKE = 4.0  # of AICc, below which readings hardly distinguish two families
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, eq=False)
class NewModel:
    """A new model, with the data of its report."""

    stored: StoredModel
    series: MeasuredSeries
    found: ModelPosterior
    time: Float64[np.ndarray, " u"]
    trajectories: Float64[np.ndarray, "n u s"]
    readings: Float64[np.ndarray, "n u s"]


def trajectory_times(series: MeasuredSeries) -> np.ndarray:
    """Times of the table, and some between; for models of steps the table's alone."""
    step = np.diff(series.time)
    if np.ptp(step) <= 1e-6 * step.max():
        return np.linspace(series.time[0], series.time[-1], AHEAD * len(step) + 1)
    parts = [np.linspace(a, b, AHEAD, endpoint=False) for a, b in
             zip(series.time, series.time[1:], strict=False)]  # fmt: skip
    return np.append(np.concatenate(parts), series.time[-1])


def forecast_score(
    series: MeasuredSeries, trajectories: np.ndarray, readings: np.ndarray
) -> ForecastScore:
    """Score the forecast of the held-out times."""
    rows = slice(series.learned.stop, None)
    truth = np.log(series.values[rows])
    past = np.log(series.values[series.learned])
    if not len(truth):
        return ForecastScore(0, 0, 0.0, 0.0, 0.0)
    low, high = np.quantile(readings[:, ::AHEAD][:, rows], [0.05, 0.95], axis=0)
    inside = int(((np.exp(truth) >= low) & (np.exp(truth) <= high)).sum())
    middle = np.log(np.median(trajectories[:, ::AHEAD][:, rows], 0))

    def off(other: np.ndarray) -> float:
        return float(np.sqrt(np.square(truth - other).mean()))

    return ForecastScore(inside, truth.size, off(middle), off(past[-1]), off(past.mean(0)))


def write_tables(
    part: Path, found: ModelPosterior, series: MeasuredSeries, fine: np.ndarray,
    readings: np.ndarray,
) -> None:  # fmt: skip
    """Write samples of the constants, and bands of readings at the times of the table."""
    density = found.fitted.density
    constants = density.parts(found.numbers)[0]
    heads = [f"{c} [{density.model.unit(c)}]" for c in density.model.constants]
    pd.DataFrame(constants, columns=heads).to_csv(part / DRAWS, index=False, float_format="%.9g")
    rows: dict[str, np.ndarray] = {f"{series.clock} [{series.time_unit}]": fine[::AHEAD]}
    for i, (name, unit) in enumerate(zip(series.names, series.units, strict=True)):
        for level in LEVELS:
            own = np.quantile(readings[:, ::AHEAD, i], level, axis=0)
            rows[f"{name} {level:.0%} [{unit}]"] = own
    rows["held_out"] = np.arange(len(series.time)) >= series.learned.stop
    pd.DataFrame(rows).to_csv(part / FORECAST, index=False, float_format="%.6g")


def constant_bands(found: ModelPosterior) -> dict[str, dict[str, Any]]:
    """Median and intervals of each constant, with its unit."""
    density = found.fitted.density
    sampled = density.parts(found.numbers)[0]
    bands = np.quantile(sampled, LEVELS, axis=0)
    return {
        name: {
            "unit": density.model.unit(name),
            **dict(zip(("q05", "q25", "q50", "q75", "q95"), map(float, bands[:, i]), strict=True)),
        }
        for i, name in enumerate(density.model.constants)
    }


def unsaid(
    reading: ProcessReading,
    series: MeasuredSeries,
    found: ModelPosterior,
    fits: Sequence[FittedModel],
) -> list[str]:
    """List requests of the words that the data cannot answer."""
    reported = list(reading.reported(series.names))
    best = found.fitted
    process = best.model.family.process
    if reading.processes and process not in (*reading.processes, "search"):
        reported.append(f"No family of {', '.join(reading.processes)} has these columns.")
    reported += [
        f"The readings say little of {name}: its interval is nearly that of before."
        for name in found.untold()
    ]
    near = [f for f in fits if f is not best and abs(f.aicc - best.aicc) < ALIKE]
    reported += [
        f"The readings do not distinguish it from {other.model.label} "
        f"(AICc {other.aicc - best.aicc:+.1f})."
        for other in near
    ]
    if best.model.family.hidden:
        reported.append("A state without a column is known only by what it does to the others.")
    return reported
