"""What a planner wants to see of proposed weeks: net load, voltages, and what batteries hold."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.grid.data.dataset import VARIABLES
from ingenium.domains.grid.fans import KW, fan
from ingenium.drawing.style import KNOWN, OURS, REJECTED, dress, panels

if TYPE_CHECKING:
    from ingenium.domains.grid.feeder.feeder_week import WeekVerifier

SHOWN = 60  # weeks in the fans


def sections(
    judge: "WeekVerifier", known: xr.Dataset, designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Net load of the week and voltages, beside real weeks of the same seasons."""
    answered = np.flatnonzero(verdicts["verdict"].to_numpy() != Verdict.FAILED)[:SHOWN]
    own = designs.isel({DESIGN: answered})
    seasons = np.unique(own["season"].to_numpy())
    real = known.isel({DESIGN: np.flatnonzero(np.isin(known["season"].to_numpy(), seasons))})
    return (
        Section(
            "The week",
            f"Load less infeed of proposed weeks in blue and of the {real.sizes[DESIGN]} real "
            "weeks of the same seasons in brown, and the lowest and highest voltage of the "
            "feeder: median, and bands that hold 50 % and 90 % of the weeks.",
            _courses(judge, own, real),
        ),
        Section("Midnights and energies", "Quantiles over weeks.", None, _table(verdicts, judge)),
    )


def _courses(judge: "WeekVerifier", own: xr.Dataset, real: xr.Dataset) -> Figure:
    figure, grid = panels(3 if judge.batteries else 2, 1, (9.6, 2.2))
    for weeks, colour, label in ((real, KNOWN, "real"), (own, OURS, "proposed")):
        load_p, _, infeed_p = to_arrays(weeks, VARIABLES)
        fan(grid[0, 0], -KW * judge.surplus_mw(load_p, infeed_p), colour, label)
    dress(grid[0, 0], title="Load less infeed, batteries included (kW)", grid=True)
    arrays = to_arrays(own, VARIABLES)
    voltage = judge.feeder.trace(*arrays).voltage_pu
    fan(grid[1, 0], voltage.min(2), OURS, "lowest")
    fan(grid[1, 0], voltage.max(2), REJECTED, "highest")
    dress(grid[1, 0], title="Voltage (pu)", grid=True)
    if judge.batteries:
        cells = list(judge.cells)
        rated = judge.feeder.profiles.infeed_p_mw.sum(1)[cells, None]
        energy = judge.batteries.energy_after((arrays[2][:, cells] * rated).numpy())
        held = 100 * energy.sum(1) / judge.batteries.energy_mwh.sum()
        fan(grid[2, 0], held, OURS, "all batteries")
        dress(grid[2, 0], title="Energy in the batteries (% of what they hold)", grid=True)
    grid[0, 0].legend(loc="upper right", frameon=False)
    return figure


def _table(verdicts: xr.Dataset, judge: "WeekVerifier") -> tuple[tuple[str, ...], ...]:
    rows: list[tuple[str, ...]] = [("quantity", "5 %", "median", "95 %", "unit")]
    own = ("storage_beyond",) if judge.batteries else ()
    for name in ("midnight_jump", "load_energy", "infeed_energy", "import_peak", *own):
        q = np.nanquantile(verdicts[name].to_numpy(), (0.05, 0.5, 0.95))
        told = str(verdicts[name].attrs["long_name"]), str(verdicts[name].attrs["units"])
        rows.append((told[0], *(f"{x:.4g}" for x in q), told[1]))
    return tuple(rows)
