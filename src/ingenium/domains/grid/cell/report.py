"""Report of cells: their curves and fade, and the bands of a posterior with its rivals.

Shapes: n pairs of discharges, v voltages.
"""

from typing import TYPE_CHECKING

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float

from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.grid.cell.curves import VOLTAGES
from ingenium.domains.grid.cell.rivals import Rivals
from ingenium.drawing.style import KNOWN, MUTED, OURS, REJECTED, dress, panels
from ingenium.infer.weights import quantiles

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ingenium.domains.grid.cell.posterior import CellReadings

BANDS = (0.05, 0.25, 0.5, 0.75, 0.95)
SHOWN = 60
NAMES = ("reference", "change", "start", "gain", "warmth")


def sections(designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
    """Return curves of accepted pairs, and their fade against capacity."""
    accepted = verdicts["verdict"].to_numpy() == Verdict.ACCEPTED
    if not accepted.any():
        return ()
    figure, grid = panels(1, 2, (4.6, 3.2))
    before = designs["reference"].to_numpy()
    after = before + designs["change"].to_numpy()
    curves, front = grid[0, 0], grid[0, 1]
    for i in np.flatnonzero(accepted)[:SHOWN]:
        curves.plot(before[i], VOLTAGES, color=MUTED, lw=0.6, alpha=0.5)
        curves.plot(after[i], VOLTAGES, color=OURS, lw=0.6, alpha=0.5)
    curves.plot([], [], color=MUTED, label="earlier discharge")
    curves.plot([], [], color=OURS, label="later discharge")
    dress(curves, "counted charge (Ah)", "voltage under load (V)", grid=True)
    curves.legend(frameon=False, fontsize=8)
    capacity, fade = verdicts["capacity"].to_numpy(), verdicts["fade"].to_numpy()
    front.scatter(capacity[~accepted], fade[~accepted], 10, REJECTED, label="not accepted")
    front.scatter(capacity[accepted], fade[accepted], 10, OURS, label="accepted")
    dress(front, "capacity (Ah)", "capacity lost between both (%)", grid=True)
    front.legend(frameon=False, fontsize=8)
    return (Section("Discharge curves", f"Of the first {SHOWN} accepted pairs.", figure),)


def of_posterior(
    own: "CellReadings", designs: xr.Dataset, weight: Float[np.ndarray, " n"]
) -> tuple[Section, ...]:
    """Return the curve with its bands, and the state of charge by other methods."""
    arrays = tuple(torch.from_numpy(designs[n].to_numpy()) for n in NAMES)
    figure, grid = panels(1, 2, (4.6, 3.2))
    _curve(grid[0, 0], own, arrays, weight)
    _charge(grid[0, 1], own, arrays, weight)
    text = (
        "Points were read; bands cover 50 and 90 % of the posterior, below the last sample too. "
        "The dashed line is the complete discharge before."
    )
    found = [Section("Discharge curve and state of charge", text, figure)]
    if own.record.reference is not None:
        found.append(_rivals(own, arrays, weight))
    return tuple(found)


def _curve(
    axes: "Axes", own: "CellReadings", arrays: tuple[torch.Tensor, ...], weight: np.ndarray
) -> None:
    charge = (arrays[0] + arrays[1]).numpy()
    low, quarter, middle, three, high = quantiles(charge, weight, BANDS)
    axes.fill_betweenx(VOLTAGES, low, high, color=OURS, alpha=0.2, lw=0)
    axes.fill_betweenx(VOLTAGES, quarter, three, color=OURS, alpha=0.35, lw=0)
    axes.plot(middle, VOLTAGES, color=OURS, lw=1.2, label="posterior")
    if own.record.reference is not None:
        axes.plot(own.record.before, VOLTAGES, color=MUTED, ls="--", label="earlier, as counted")
    start = float(weight @ arrays[2].numpy())
    rest = own.record.whole.at_voltages(VOLTAGES)
    rest = np.where(own.record.last_v > VOLTAGES, rest, np.nan) + start
    if np.isfinite(rest).any():
        axes.scatter(rest, VOLTAGES, 12, "none", edgecolors=KNOWN, zorder=3, label="not read")
    seen = own.record.counted[own.passed] + start
    axes.scatter(seen, VOLTAGES[own.passed], 10, KNOWN, zorder=3, linewidths=0, label="record")
    dress(axes, "counted charge from full (Ah)", "voltage under load (V)", grid=True)
    axes.legend(frameon=False, fontsize=8)


def _charge(
    axes: "Axes", own: "CellReadings", arrays: tuple[torch.Tensor, ...], weight: np.ndarray
) -> None:
    record = own.record.record
    charge = arrays[0] + arrays[1]
    counted = torch.from_numpy(record.counted_ah())
    given = arrays[2][:, None] + counted[None]
    share = (100 * (1 - given / charge[:, -1:])).numpy()
    low, quarter, middle, three, high = quantiles(share, weight, BANDS)
    minutes = (record.time_s - record.time_s[0]) / 60
    axes.fill_between(minutes, low, high, color=OURS, alpha=0.2, lw=0)
    axes.fill_between(minutes, quarter, three, color=OURS, alpha=0.35, lw=0)
    axes.plot(minutes, middle, color=OURS, lw=1.2)
    dress(axes, "time under load (min)", "state of charge (%)", grid=True)


def _rivals(own: "CellReadings", arrays: tuple[torch.Tensor, ...], weight: np.ndarray) -> Section:
    states = own.states(arrays).numpy()
    low, middle, high = quantiles(states, weight, (0.05, 0.5, 0.95))
    rivals = Rivals(own.record.before)
    health = 100 * rivals.capacity_ah / own.nominal_ah
    rows = (
        ("estimate", "state of charge (%)", "state of health (%)"),
        ("posterior", f"{middle[0]:.2f} ({low[0]:.2f} to {high[0]:.2f})",
         f"{middle[1]:.2f} ({low[1]:.2f} to {high[1]:.2f})"),
        ("coulomb counting from full", f"{100 * rivals.counting(own.record.record):.2f}",
         f"{health:.2f}"),
        ("extended Kalman filter", f"{100 * rivals.kalman(own.record.record):.2f}",
         f"{health:.2f}"),
    )  # fmt: skip
    text = (
        "Counting and the filter assume a full start and the capacity counted in the earlier "
        "discharge; the posterior with its 90 % band knows neither the start nor the sensor's gain."
    )
    return Section("Alongside other estimates", text, None, rows)
