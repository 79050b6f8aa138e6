"""Report of annual profiles compared with held-out weeks."""

from collections.abc import Sequence

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Float64
from matplotlib.figure import Figure
from torch import Tensor

from ingenium.core.problem import Section
from ingenium.core.verdict import answered
from ingenium.domains.grid.consumers.year_calendar import YearCalendar
from ingenium.domains.grid.consumers.year_judge import WeekStatistics, YearArithmetic
from ingenium.domains.grid.fans import alongside
from ingenium.drawing import (
    Axis,
    MapField,
    OverTime,
    PlaneMap,
    Requested,
    Rows,
    TimeBand,
    figure_of,
    quantiles,
    table,
)

SHOWN = 200  # neighbourhoods in the pictures
KINDS = ("Workday", "Saturday", "Sunday or holiday")
MONTHS = {float(i): m for i, m in enumerate("JFMAMJJASOND")}
SIZES = ("energy", "peak", "load_factor", "coincidence")
SIX_HOURS = {float(h): str(h) for h in range(0, 25, 6)}


def sections(
    judge: YearArithmetic,
    calendar: YearCalendar,
    known: xr.Dataset,
    designs: xr.Dataset,
    verdicts: xr.Dataset,
) -> tuple[Section, ...]:
    """Plot the year, its days, and correlations of consumers; `known` are years of real weeks."""
    rows = np.flatnonzero(answered(verdicts["verdict"].to_numpy()))
    rows = rows[np.linspace(0, len(rows) - 1, min(SHOWN, len(rows))).astype(int)]
    load = torch.from_numpy(designs["load"].to_numpy()[rows])
    learned = torch.from_numpy(known["load"].to_numpy()[~known["held_out"].to_numpy()])
    own = judge.statistics(load)
    return (
        Section(
            "Load duration and mean days",
            f"{len(rows)} proposed neighbourhoods in blue (median, and bands that hold 50 % and "
            "90 %), on the weeks of the year that are held out of the data; in brown those weeks "
            "as they were. All relative to the mean load.",
            _shapes(own, judge.real, judge.steps),
        ),
        Section(
            "The year",
            "Energy of a month, mean of consumers: proposed in blue, and in brown the years of "
            "real weeks that were learned from. On the right the first neighbourhood, all its "
            "consumers together, in the week of its highest load.",
            _year(calendar, judge.steps, load, learned),
        ),
        Section(
            "Correlations between consumers",
            "Correlations of loads over all steps of the held-out weeks. On the right each pair, "
            "with the range of 90 % of the neighbourhoods.",
            _together(own, judge.real, known["consumer"].to_numpy().tolist()),
        ),
        Section(
            "Errors against held-out weeks",
            "Each neighbourhood against held-out real weeks, compared with years of real weeks "
            "(bootstrap), which differ from them by chance alone. The last column is the error "
            "relative to theirs.",
            None,
            _errors(judge, learned, verdicts),
        ),
        Section(
            "Energies and peaks", "Quantiles over neighbourhoods.", None, quantiles(verdicts, SIZES)
        ),
    )


def _shapes(own: WeekStatistics, real: WeekStatistics, steps: int) -> Figure:
    """The duration curve, and the mean day of each kind."""
    share = np.linspace(0, 100, own.duration.shape[1])
    bands = alongside(real.duration.numpy(), own.duration.numpy())
    ours, theirs = (torch.cat([x.workday[:, None], x.weekend], 1) for x in (own, real))
    ends = (0.0, 1.15 * float(max(ours.quantile(0.97), theirs.max())))
    hours = np.arange(steps) * 24 / steps
    days = [
        OverTime(
            hours,
            alongside(theirs[:, i].numpy(), ours[:, i].numpy()),
            kind,
            x="hour",
            ends=ends,
            ticks=SIX_HOURS,
        )
        for i, kind in enumerate(KINDS)
    ]
    duration = OverTime(share, bands, "Load duration", x="share of time (%)")
    return figure_of(duration, *days, size=(2.7, 2.6))


def _year(calendar: YearCalendar, steps: int, load: Tensor, learned: Tensor) -> Figure:
    months = [_monthly(calendar, steps, x).numpy() for x in (learned, load)]
    together = load[0].sum(0).numpy()
    day = int(together.argmax()) // steps
    monday = max(day - int(calendar.weekday[day]), 0) * steps
    week = together[None, monday : monday + 7 * steps]
    at, days = np.arange(12.0), np.arange(week.shape[1]) / steps
    energy = OverTime(
        at,
        alongside(*months),
        (
            "Energy of a month, mean of consumers: proposed in blue, and in brown the training "
            "years of real weeks. On the right the first neighbourhood, all its consumers "
            "together, in the week of its highest load."
        ),
        "kWh",
        ends=(0.0, None),
        ticks=MONTHS,
    )
    first = f"days from {calendar.dates[monday // steps]}"
    peak = OverTime(days, [TimeBand(week)], "Load of a neighbourhood", "kW", first)
    return figure_of(energy, peak, size=(5.4, 2.6))


def _monthly(calendar: YearCalendar, steps: int, load: Tensor) -> Float64[Tensor, "n 12"]:
    """Energy of each month (kWh), mean of consumers."""
    month = calendar.dates.astype("datetime64[M]").astype(int) % 12
    daily = load.mean(1).unflatten(1, (-1, steps)).sum(2) * (24 / steps)
    return torch.stack([daily[:, torch.from_numpy(month == m)].sum(1) for m in range(12)], 1)


def _together(own: WeekStatistics, held_out: WeekStatistics, consumers: Sequence[str]) -> Figure:
    real, mean = held_out.correlation[0].numpy(), own.correlation.mean(0).numpy()
    top = max(float(np.abs(real).max()), float(np.abs(mean).max()), 0.1)
    low, middle, high = np.quantile(own.correlation.numpy(), (0.05, 0.5, 0.95), axis=0)
    pairs = Requested(
        Axis(real, "held out"),
        Axis(middle, "proposed"),
        interval=np.stack([low, high], 1),
        title="Pairs of consumers",
    )
    maps = (
        _matrix(values, consumers, top, title)
        for values, title in ((real, "held out"), (mean, "proposed"))
    )
    return figure_of(*maps, pairs, size=(3.4, 2.9))


def _matrix(
    values: Float[np.ndarray, " p"], names: Sequence[str], top: float, title: str
) -> PlaneMap:
    """Correlations of pairs as a square."""
    n = len(names)
    square = np.full((n, n), np.nan)
    above, right = np.triu_indices(n, 1)
    square[above, right] = square[right, above] = values
    field = MapField(square, (0, n, 0, n), "Blues", (0.0, top), "correlation")
    return PlaneMap(field=field, names=names, title=title)


def _errors(judge: YearArithmetic, learned: Tensor, verdicts: xr.Dataset) -> Rows:
    chance = dict(
        zip((q.name for q in judge.quantities), judge.measure(learned).numpy().mean(0), strict=True)
    )
    names = [n for n in chance if n.endswith(("_error", "_jump"))]
    values = np.stack([verdicts[n].to_numpy() for n in names], 1)
    low, middle, high = np.nanquantile(values, (0.05, 0.5, 0.95), axis=0)
    real = np.array([chance[n] for n in names])
    return table(
        ("error", [f"{n}: {verdicts[n].attrs['long_name']}" for n in names], ""),
        ("5 %", low, ".3g"),
        ("median", middle, ".3g"),
        ("95 %", high, ".3g"),
        ("real weeks", real, ".3g"),
        ("relative", middle / real, ".2f"),
    )
