"""Report of proposed days compared with real ones: power, voltages, and the plan of the feeder."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.problem import Section
from ingenium.core.spec import Limit
from ingenium.core.verdict import Verdict, answered
from ingenium.domains.grid.data.conditions import CONDITIONS
from ingenium.domains.grid.data.dataset import VARIABLES
from ingenium.domains.grid.fans import BANDS, KW, SHOWN, alongside, fan, like, spread
from ingenium.domains.grid.feeder.feeder import OpenFeeder
from ingenium.domains.grid.feeder.plan import FeederPlan
from ingenium.domains.grid.feeder.readings import FeederReadings
from ingenium.domains.grid.feeder.verifier import FeederVerifier
from ingenium.drawing import Marks, TimeBand, figure_of, limits, quantiles
from ingenium.drawing.style import INK, REJECTED

MEASURED = ("load_energy", "infeed_energy", "import_peak", "export_peak", "loss_share")
STRAINS = {  # suffixes of names of quantities
    "_voltage": "Voltage",
    "line_loading": "Line loading",
    "trafo_loading": "Transformer loading",
}
FAN = (3.2, 3.2)  # inches


def sections(
    feeder: OpenFeeder, known: xr.Dataset, designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Plot power and voltages of proposed days, compared with real days of the same kind."""
    rows = np.flatnonzero(answered(verdicts["verdict"].to_numpy()))
    own, real = designs.isel({DESIGN: spread(rows)}), like(known, designs, CONDITIONS)
    return (
        Section(
            "Power over the day",
            f"Proposed days in blue and the {real.sizes[DESIGN]} real days under the same "
            f"conditions in brown: {BANDS} days. The same "
            "are season and day type, and levels of energy, peak and weather between the least "
            "and the highest of the proposed days.",
            _power(feeder, own, real),
        ),
        Section(
            "Voltage and loading over the day",
            "The lowest and highest voltage of the feeder and its highest loading at each step, "
            "from the exact power flow of each proposed day.",
            _strain(feeder.verifier, own, limits(verdicts)),
        ),
        *_plan(feeder, designs, verdicts),
        Section("Peaks and energies", "Quantiles over days.", None, quantiles(verdicts, MEASURED)),
    )


def agreement(
    feeder: OpenFeeder, readings: FeederReadings, designs: xr.Dataset, verdicts: xr.Dataset
) -> Section:
    """Plot the day with its readings and the accepted designs after them."""
    held = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)[:SHOWN]
    text = (
        f"Points are the {len(readings.taken_kw)} readings that the spec gives; the days that "
        f"satisfy all limits go on from them: {BANDS} days."
    )
    if not len(held):
        return Section("From the readings on", f"{text} No day does here.")
    trace = feeder.verifier.trace(*to_arrays(designs.isel({DESIGN: held}), VARIABLES))
    hours = np.arange(len(readings.taken_kw)) / 4
    given = Marks("given", hours, np.asarray(readings.taken_kw), INK, "o", 6.0)
    own = TimeBand(trace.import_kw, "proposed")
    shown = fan([own], "Power from the feeding grid", "kW", marks=(given,))
    return Section("From the readings on", text, figure_of(shown, size=(6.4, 3.2)))


def _plan(feeder: OpenFeeder, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
    """The best accepted day, or the best solved one, on the plan of the feeder."""
    verdict = verdicts["verdict"].to_numpy()
    rows = np.flatnonzero(verdict == Verdict.ACCEPTED)
    rows = rows if len(rows) else np.flatnonzero(answered(verdict))
    if not len(rows):
        return ()
    own = designs.isel({DESIGN: rows[:1]})
    trace = feeder.verifier.trace(*to_arrays(own, VARIABLES))
    return (
        Section(
            "The plan of the feeder",
            "The first accepted day, at the step with the largest spread of voltages, and at the "
            "step with the highest line loading. A diamond is the bus of the feeding grid, a "
            "square a transformer. Buses are placed by the coordinates of the net, or as a tree "
            "if it has none.",
            FeederPlan(feeder.verifier.network).drawn(trace, f"design {int(own[DESIGN][0])}"),
        ),
    )


def _kw(feeder: OpenFeeder, days: xr.Dataset) -> dict[str, Float[np.ndarray, "n t"]]:
    load = np.einsum("nut,u->nt", days["load_p"].to_numpy(), feeder.table.load_mw) * KW
    infeed = np.einsum("ngt,g->nt", days["infeed_p"].to_numpy(), feeder.table.infeed_mw) * KW
    return {"Load": load, "Infeed": infeed, "Load less infeed": load - infeed}


def _power(feeder: OpenFeeder, own: xr.Dataset, real: xr.Dataset) -> Figure:
    ours, theirs = _kw(feeder, own), _kw(feeder, real)
    return figure_of(*(fan(alongside(theirs[k], ours[k]), k, "kW") for k in ours), size=FAN)


def _strain(verifier: FeederVerifier, own: xr.Dataset, judged: Sequence[Limit]) -> Figure:
    on = {name: [x for x in judged if x.quantity.endswith(name)] for name in STRAINS}
    trace = verifier.trace(*to_arrays(own, VARIABLES))
    low, high = trace.voltage_pu.min(2), trace.voltage_pu.max(2)
    voltages = (TimeBand(low, "lowest"), TimeBand(high, "highest", REJECTED))
    loadings = {"line_loading": trace.line_percent, "trafo_loading": trace.trafo_percent}
    most = {k: x.max(2) for k, x in loadings.items() if x.shape[2]}
    return figure_of(
        fan(voltages, "Voltage", "pu", limits=on["_voltage"]),
        *(fan([TimeBand(x)], STRAINS[k], "%", limits=on[k]) for k, x in most.items()),
        size=FAN,
    )
