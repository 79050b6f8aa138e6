"""Report of proposed weeks compared with real ones: net load, voltages, batteries' energy."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.problem import Section
from ingenium.core.spec import Limit
from ingenium.core.verdict import answered
from ingenium.domains.grid.data.dataset import VARIABLES
from ingenium.domains.grid.fans import BANDS, KW, alongside, fan
from ingenium.drawing import TimeBand, figure_of, limits, quantiles
from ingenium.drawing.style import REJECTED

if TYPE_CHECKING:
    from ingenium.domains.grid.feeder.feeder_week import WeekVerifier

SHOWN = 60  # weeks in the fans


def sections(
    judge: "WeekVerifier", known: xr.Dataset, designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Plot net load and voltages of weeks, with real weeks of the same seasons."""
    rows = np.flatnonzero(answered(verdicts["verdict"].to_numpy()))[:SHOWN]
    own = designs.isel({DESIGN: rows})
    same = np.isin(known["season"].to_numpy(), np.unique(own["season"].to_numpy()))
    real = known.isel({DESIGN: np.flatnonzero(same)})
    judged = [x for x in limits(verdicts) if x.quantity.endswith("_voltage")]
    measured = ("midnight_jump", "load_energy", "infeed_energy", "import_peak")
    table = quantiles(verdicts, (*measured, *(("storage_beyond",) if judge.batteries else ())))
    return (
        Section(
            "The week",
            f"Load less infeed of proposed weeks in blue and of the {real.sizes[DESIGN]} real "
            "weeks of the same seasons in brown, and the lowest and highest voltage of the "
            f"feeder: {BANDS} weeks.",
            _trajectories(judge, own, real, judged),
        ),
        Section("Midnights and energies", "Quantiles over weeks.", None, table),
    )


def _trajectories(
    judge: "WeekVerifier", own: xr.Dataset, real: xr.Dataset, judged: Sequence[Limit]
) -> Figure:
    arrays = to_arrays(own, VARIABLES)
    load = [
        -KW * judge.surplus_mw(load_p, infeed_p)
        for load_p, _, infeed_p in (to_arrays(real, VARIABLES), arrays)
    ]
    voltage = judge.feeder.trace(*arrays).voltage_pu
    ends = TimeBand(voltage.min(2), "lowest"), TimeBand(voltage.max(2), "highest", REJECTED)
    pieces = [
        fan(alongside(*load), "Load less infeed, batteries included", "kW"),
        fan(ends, "Voltage", "pu", limits=judged),
    ]
    if judge.batteries:
        cells = list(judge.cells)
        rated = judge.feeder.profiles.infeed_p_mw.sum(1)[cells, None]
        energy = judge.batteries.energy_after((arrays[2][:, cells] * rated).numpy())
        held = 100 * energy.sum(1) / judge.batteries.energy_mwh.sum()
        name = "Energy in the batteries, of what they hold"
        pieces.append(fan([TimeBand(held, "all batteries")], name, "%"))
    return figure_of(*pieces, size=(9.6, 2.2), columns=1)
