"""What an operator wants to see of envelopes: beside the room of the day, and where they broke."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.grid.data.dataset import HOURS
from ingenium.domains.grid.feeder.envelope_verifier import QUANTITIES, SIDES, EnvelopeVerifier
from ingenium.drawing.style import KNOWN, MUTED, OURS, REJECTED, dress, panels

SHOWN_DAYS = 3
TICKS = (range(0, 25, 6), [f"{h:02d}:00" for h in range(0, 25, 6)])


def sections(
    judge: EnvelopeVerifier, risk: float, designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Days of few, middling and many broken steps, and all days together."""
    answered = np.flatnonzero(verdicts["verdict"].to_numpy() != Verdict.FAILED)
    own, found = designs.isel({DESIGN: answered}), verdicts.isel({DESIGN: answered})
    if not len(answered):
        return ()
    broken = sum(found[f"{side}_broken"].to_numpy() for side in SIDES)
    order = np.argsort(broken, kind="stable")
    rows = order[np.linspace(0, len(order) - 1, min(SHOWN_DAYS, len(order))).round().astype(int)]
    return (
        Section(
            "Envelopes of the day ahead",
            "What all customers together may feed in and draw besides, in blue, and what the day "
            "turned out to have room for, in brown; red where the envelope was too wide. The days "
            "of the fewest, a middling number and the most broken steps.",
            _days(judge, own.isel({DESIGN: rows})),
        ),
        Section(
            "Kept and broken",
            f"Share of days on which a step is broken with all of the envelope in use, beside the "
            f"risk of {risk:.0%} that was chosen.",
            _hours(judge, risk, own),
        ),
        Section("Sizes and strain", "Quantiles over days, and their mean.", None, _table(found)),
    )


def _days(judge: EnvelopeVerifier, some: xr.Dataset) -> Figure:
    figure, grid = panels(len(SIDES), some.sizes[DESIGN], (3.2, 2.2))
    place = judge.rooms.place(some["envelope_day"].to_numpy())
    days = judge.rooms.ahead[place]
    for s, side in enumerate(SIDES):
        room, ours = judge.rooms.load[s, days], some[f"{side}_kw"].sum("node").to_numpy()
        for i, axes in enumerate(grid[s]):
            axes.fill_between(HOURS, 0, ours[i], color=OURS, alpha=0.15, linewidth=0)
            axes.plot(HOURS, ours[i], color=OURS, linewidth=1.2)
            axes.plot(HOURS, room[i], color=KNOWN, linewidth=1.0)
            wide = ours[i] > room[i]
            axes.fill_between(HOURS, room[i], ours[i], where=wide, color=REJECTED, linewidth=0)
            axes.set_xlim(0, 24)
            axes.set_ylim(bottom=0)
            axes.set_xticks(*TICKS)
            date = np.datetime_as_string(judge.rooms.dates[days[i]], unit="D")
            dress(axes, title=f"{side}, {date} (kW)", grid=True)
    return figure


def _hours(judge: EnvelopeVerifier, risk: float, own: xr.Dataset) -> Figure:
    figure, grid = panels(1, len(SIDES), (4.6, 2.4), sharey=True)
    place = judge.rooms.place(own["envelope_day"].to_numpy())
    for axes, side in zip(grid[0], SIDES, strict=True):
        broken = judge.broken(judge.strained(side, own[f"{side}_kw"].to_numpy(), place))
        share = 100 * np.nanmean(broken, 0)
        axes.fill_between(HOURS, 0, share, step="post", color=REJECTED, alpha=0.5, linewidth=0)
        axes.axhline(100 * risk, color=MUTED, linewidth=1.0)
        axes.set_xlim(0, 24)
        axes.set_xticks(*TICKS)
        dress(axes, title=f"{side}: {share.mean():.1f} % of all steps", grid=True)
    grid[0, 0].set_ylabel("days beyond a limit (%)")
    return figure


def _table(found: xr.Dataset) -> tuple[tuple[str, ...], ...]:
    rows: list[tuple[str, ...]] = [("quantity", "mean", "5 %", "median", "95 %", "unit")]
    for name in (q.name for q in QUANTITIES[2:]):
        about, values = found[name].attrs, found[name].to_numpy()
        q = np.nanquantile(values, (0.05, 0.5, 0.95))
        cells = (f"{x:.4g}" for x in (np.nanmean(values), *q))
        rows.append((str(about["long_name"]), *cells, str(about["units"])))
    return tuple(rows)
