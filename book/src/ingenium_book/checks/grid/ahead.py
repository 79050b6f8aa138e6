"""Means over days and weeks of day-ahead forecasts, and distances of families."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float64

from ingenium.comparison.scores import Comparison
from ingenium.evaluate.intervals import t_interval
from ingenium_book.findings import Commands

FIRST = np.datetime64("2016-01-01")  # of the year of SimBench
DAILY = ("width_90", "coverage_50", "coverage_90", "export_share", "import_share")
WEEKLY = ("skill_persistence", "skill_last_week", "skill_ridge", "export_broken", "import_broken")
FAMILIES = ("gan", "vae", "flow_matching", "diffusion", "autoregressive")
SERIES = ("load", "solar", "wind")


def days_and_weeks(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Means over days, and intervals over weeks, of each run, by its name."""
    found: dict[str, Any] = {}
    for run, arrays in values.items():
        if not isinstance(arrays, Mapping) or "day" not in arrays:
            continue
        daily = {name: {"mean": float(_means(arrays, name, 1).mean())}
                 for name in DAILY if name in arrays}  # fmt: skip
        weekly = {name: t_interval(_means(arrays, name, 7)) for name in WEEKLY if name in arrays}
        found[run] = daily | {
            name: {"value": one.value, "low": one.low, "high": one.high}
            for name, one in weekly.items()
        }
    return found


def _means(arrays: Mapping[str, np.ndarray], name: str, days: int) -> Float64[np.ndarray, " n"]:
    """Mean of a quantity over each day, or over the days of each ISO week."""
    by_day = pd.Series(arrays[name]).groupby(arrays["day"]).mean()  # each day counts once
    since_monday = int((FIRST - np.datetime64("1970-01-05")).astype(int)) % 7 if days > 1 else 0
    group = (by_day.index.to_numpy().astype(int) + since_monday) // days
    found: np.ndarray = by_day.groupby(group).mean().to_numpy()
    return found


def series(commands: Commands, values: Mapping[str, Any]) -> int:
    """Count the load series that were forecast."""
    import xarray as xr

    with xr.open_dataset(commands.folder / "all" / "designs.nc") as days:
        return int(days.sizes["series"])


def distances(commands: Commands, values: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Distance of each family from real time series, by kind of series."""
    text = (commands.folder / "hub" / "comparison.json").read_text()
    table = Comparison.from_json(text)
    return {
        kind: np.array([np.mean(table.values(name, f"{kind}_course")) for name in FAMILIES])
        for kind in SERIES
    }
