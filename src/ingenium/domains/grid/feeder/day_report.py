"""What an operator wants to see of proposed days: their course, their voltages, the real ones."""

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.grid.data.conditions import CONDITIONS
from ingenium.domains.grid.data.dataset import VARIABLES
from ingenium.domains.grid.fans import KW, SHOWN, fan, like, spread
from ingenium.domains.grid.feeder.feeder import OpenFeeder
from ingenium.domains.grid.feeder.plan import FeederPlan
from ingenium.domains.grid.feeder.readings import FeederReadings
from ingenium.domains.grid.feeder.verifier import FeederVerifier
from ingenium.drawing.style import INK, KNOWN, OURS, REJECTED, dress, panels


def sections(
    feeder: OpenFeeder, known: xr.Dataset, designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Power of the day and voltages, proposed beside real days of the same kind."""
    answered = np.flatnonzero(verdicts["verdict"].to_numpy() != Verdict.FAILED)
    own, real = designs.isel({DESIGN: spread(answered)}), like(known, designs, CONDITIONS)
    return (
        Section(
            "Power over the day",
            f"Proposed days in blue and the {real.sizes[DESIGN]} real days under the same "
            "conditions in brown: median, and bands that hold 50 % and 90 % of the days. The same "
            "are season and day type, and levels of energy, peak and weather between the least "
            "and the highest of the proposed days.",
            _power(feeder, own, real),
        ),
        Section(
            "Voltage and loading over the day",
            "The lowest and highest voltage of the feeder and its highest loading at each step, "
            "from the exact power flow of each proposed day.",
            _strain(feeder.verifier, own),
        ),
        *_plan(feeder, designs, verdicts),
        Section("Peaks and energies", "Quantiles over days.", None, _table(designs, verdicts)),
    )


def agreement(
    feeder: OpenFeeder, readings: FeederReadings, designs: xr.Dataset, verdicts: xr.Dataset
) -> Section:
    """The day from its readings on, as the accepted designs have it."""
    held = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)[:SHOWN]
    text = (
        f"Points are the {len(readings.taken_kw)} readings that the spec gives; the days that hold "
        "all limits go on from them: median, and bands that hold 50 % and 90 % of the days."
    )
    if not len(held):
        return Section("From the readings on", f"{text} No day does here.")
    trace = feeder.verifier.trace(*to_arrays(designs.isel({DESIGN: held}), VARIABLES))
    figure, grid = panels(1, 1, (6.4, 3.2))
    axes = grid[0][0]
    fan(axes, trace.import_kw, OURS, "proposed")
    hours = np.arange(len(readings.taken_kw)) / 4
    axes.plot(hours, readings.taken_kw, ".", color=INK, markersize=4, label="given")
    dress(axes, title="Power from the feeding grid (kW)", grid=True)
    return Section("From the readings on", text, figure)


def _plan(feeder: OpenFeeder, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
    """The best of the accepted days, or of those with an answer, on the plan of the feeder."""
    verdict = verdicts["verdict"].to_numpy()
    for wanted in (verdict == Verdict.ACCEPTED, verdict != Verdict.FAILED):
        if wanted.any():
            row = [int(wanted.argmax())]
            break
    else:
        return ()
    own = designs.isel({DESIGN: row})
    trace = feeder.verifier.trace(*to_arrays(own, VARIABLES))
    return (
        Section(
            "The plan of the feeder",
            "The first accepted day, at the step at which voltages lie farthest apart, and at the "
            "one at which a line is loaded most. A diamond is the bus of the feeding grid, a "
            "square a transformer. Buses lie as the net says, or as a tree where it says nothing.",
            FeederPlan(feeder.verifier.network).drawn(trace, f"design {int(own[DESIGN][0])}"),
        ),
    )


def _kw(feeder: OpenFeeder, days: xr.Dataset) -> dict[str, Float[np.ndarray, "n t"]]:
    load = np.einsum("nut,u->nt", days["load_p"].to_numpy(), feeder.table.load_mw) * KW
    infeed = np.einsum("ngt,g->nt", days["infeed_p"].to_numpy(), feeder.table.infeed_mw) * KW
    return {"Load": load, "Infeed": infeed, "Load less infeed": load - infeed}


def _power(feeder: OpenFeeder, own: xr.Dataset, real: xr.Dataset) -> Figure:
    figure, grid = panels(1, 3, (3.2, 3.2))
    ours, theirs = _kw(feeder, own), _kw(feeder, real)
    for ax, what in zip(grid[0], ours, strict=True):
        if len(theirs[what]):
            fan(ax, theirs[what], KNOWN, "real")
        fan(ax, ours[what], OURS, "proposed")
        dress(ax, title=f"{what} (kW)", grid=True)
    return figure


def _strain(verifier: FeederVerifier, own: xr.Dataset) -> Figure:
    trace = verifier.trace(*to_arrays(own, VARIABLES))
    figure, grid = panels(1, 3, (3.2, 3.2))
    axes = grid[0]
    fan(axes[0], trace.voltage_pu.min(2), OURS, "lowest")
    fan(axes[0], trace.voltage_pu.max(2), REJECTED, "highest")
    dress(axes[0], title="Voltage (pu)", grid=True)
    loadings = {
        "Line loading (%)": trace.line_percent,
        "Transformer loading (%)": trace.trafo_percent,
    }
    for ax, (title, values) in zip(axes[1:], loadings.items(), strict=True):
        if values.shape[2]:
            fan(ax, values.max(2), OURS, "")
        dress(ax, title=title, grid=True)
    return figure


def _table(designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[tuple[str, ...], ...]:
    rows: list[tuple[str, ...]] = [("quantity", "5 %", "median", "95 %", "unit")]
    for name in ("load_energy", "infeed_energy", "import_peak", "export_peak", "loss_share"):
        values = verdicts[name].to_numpy()
        q = np.nanquantile(values, (0.05, 0.5, 0.95))
        rows.append(
            (
                str(verdicts[name].attrs["long_name"]),
                *(f"{x:.4g}" for x in q),
                str(verdicts[name].attrs["units"]),
            )
        )
    return tuple(rows)
