"""Report of sizes: value against service and fuel, and the energy of the best plant."""

from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float64
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.grid.sizing.hourly import COLUMNS, simulated
from ingenium.drawing.style import INK, OURS, REJECTED

SHOWN = ("pv", "wind", "diesel", "unserved", "curtailed")


def sections(
    settings: Any, series: Float64[np.ndarray, "3 h"], designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Return the front of all sizes, and the years of the one with the highest value."""
    accepted = verdicts["verdict"].to_numpy() == Verdict.ACCEPTED
    if not accepted.any():
        return ()
    value = np.where(accepted, verdicts["npv"].to_numpy(), -np.inf)
    best = int(value.argmax())
    size = np.array([[float(designs[v].to_numpy()[best]) for v in designs.data_vars]])
    return (_front(verdicts, accepted), _years(settings, series, size, designs, best))


def _front(verdicts: xr.Dataset, accepted: np.ndarray) -> Section:
    figure = Figure(figsize=(8.6, 3.4), layout="constrained")
    axes = figure.subplots(1, 3, sharey=True)
    value = verdicts["npv"].to_numpy() / 1e3
    for ax, (name, label) in zip(axes, (
        ("unserved", "load not served (%)"),
        ("renewable", "load served without diesel (%)"),
        ("investment", "investment (EUR)"),
    ), strict=True):  # fmt: skip
        x = verdicts[name].to_numpy()
        ax.scatter(x[~accepted], value[~accepted], s=12, c=REJECTED, label="not accepted")
        ax.scatter(x[accepted], value[accepted], s=12, c=OURS, label="accepted")
        ax.set_xlabel(label)
    axes[0].set_ylabel("net present value (thousand EUR)")
    axes[0].legend(frameon=False, fontsize=8)
    return Section("Value, service and fuel", "A point a size.", figure)


def _years(
    s: Any,
    series: Float64[np.ndarray, "3 h"],
    size: Float64[np.ndarray, "1 4"],
    designs: xr.Dataset,
    best: int,
) -> Section:
    found = simulated(size, series, s.years, way=float(np.sqrt(s.efficiency)),
                      power_share=s.power_share, fades=(s.pv_fade, s.battery_fade))[0]  # fmt: skip
    figure = Figure(figsize=(8.6, 3.4), layout="constrained")
    axes = figure.subplots()
    for i, name in enumerate(SHOWN):
        axes.plot(np.arange(1, s.years + 1), found[:, COLUMNS.index(name)] / 1e3, color=f"C{i}",
                  label=name)  # fmt: skip
    axes.plot(np.arange(1, s.years + 1), found[:, 0] / 1e3, color=INK, ls="--", label="load")
    axes.set_xlabel("year of the plant")
    axes.set_ylabel("energy (MWh a year)")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=8, ncols=3)
    names = ", ".join(f"{v} {x:g}" for v, x in zip(designs.data_vars, size[0], strict=True))
    number = int(designs[DESIGN].values[best])
    return Section("The plant of the highest value", f"Design {number}: {names}.", figure)
