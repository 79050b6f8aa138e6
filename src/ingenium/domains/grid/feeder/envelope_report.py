"""Report of envelopes compared with the actual headroom of the day, and of violations."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.verdict import answered
from ingenium.domains.grid.data.dataset import HOURS
from ingenium.domains.grid.feeder.envelope_verifier import QUANTITIES, SIDES, EnvelopeVerifier
from ingenium.drawing import HOURS_OF_DAY, Marks, OverTime, TimeBand, figure_of, quantiles
from ingenium.drawing.style import KNOWN, MUTED, REJECTED

SHOWN_DAYS = 3


def sections(
    judge: EnvelopeVerifier, risk: float, designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Plot days of few, middling and many violations, and all days together."""
    rows = {DESIGN: np.flatnonzero(answered(verdicts["verdict"].to_numpy()))}
    own, found = designs.isel(rows), verdicts.isel(rows)
    if not own.sizes[DESIGN]:
        return ()
    broken = sum(found[f"{side}_broken"].to_numpy() for side in SIDES)
    order = np.argsort(broken, kind="stable")
    some = order[np.linspace(0, len(order) - 1, min(SHOWN_DAYS, len(order))).round().astype(int)]
    measured = [q.name for q in QUANTITIES[2:]]
    return (
        Section(
            "Envelopes of the day ahead",
            "Total additional power that all customers may feed in and draw, in blue, and the "
            "headroom observed on the day, in brown; red at hours when the envelope was too wide. "
            "The days with the fewest, a median number and the most violated steps.",
            _days(judge, own.isel({DESIGN: some})),
        ),
        Section(
            "Satisfied and violated",
            "Share of days on which a step is broken with all of the envelope in use, beside the "
            f"risk of {risk:.0%} that was chosen.",
            _hours(judge, risk, own),
        ),
        Section(
            "Sizes and loadings",
            "Quantiles over days, and their mean.",
            None,
            quantiles(found, measured, mean=True),
        ),
    )


def _days(judge: EnvelopeVerifier, some: xr.Dataset) -> Figure:
    days = judge.rooms.ahead[judge.rooms.place(some["envelope_day"].to_numpy())]
    pieces = []
    for s, side in enumerate(SIDES):
        rooms, envelopes = judge.rooms.load[s, days], some[f"{side}_kw"].sum("node").to_numpy()
        for day, room, ours in zip(days, rooms, envelopes, strict=True):
            over = np.where(ours > room, ours, np.nan)
            bands = [TimeBand(ours[None], filled=True), TimeBand(room[None], "", KNOWN)]
            bands += (
                [TimeBand(over[None], "", REJECTED, filled=True)] if (ours > room).any() else []
            )
            name = f"{side}, {np.datetime_as_string(judge.rooms.dates[day], unit='D')}"
            pieces.append(OverTime(HOURS, bands, name, "kW", ends=(0, None), ticks=HOURS_OF_DAY))
    return figure_of(*pieces, size=(3.2, 2.2), columns=len(days))


def _hours(judge: EnvelopeVerifier, risk: float, own: xr.Dataset) -> Figure:
    place = judge.rooms.place(own["envelope_day"].to_numpy())
    chosen = Marks("chosen risk", np.array([0.0, 24.0]), np.full(2, 100 * risk), MUTED, "-")
    pieces = []
    for side in SIDES:
        broken = judge.broken(judge.strained(side, own[f"{side}_kw"].to_numpy(), place))
        share = 100 * np.nanmean(broken, 0)
        band = TimeBand(share[None], f"{share.mean():.1f} % of all steps", REJECTED, filled=True)
        name = f"{side}: days beyond a limit"
        shown = OverTime(HOURS, [band], name, "%", marks=(chosen,), ticks=HOURS_OF_DAY)
        pieces.append(shown)
    return figure_of(*pieces, size=(4.6, 2.4), sharey=True)
