"""Checks of what is known a day ahead: forecasts, envelopes, and families compared."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float64

from ingenium.comparison.scores import Comparison
from ingenium.drawing.style import GOOD, KNOWN, OURS, dress, panels
from ingenium.evaluate.intervals import t_interval
from ingenium_book.checks.grid.days import proposed
from ingenium_book.findings import Commands, Finding, Picture

AHEAD = """
problem = "grid.{problem}"
title = "{title}"
[setup]
{setup}
[generator]
family = "{family}"
"""
CROWDS = (1, 2, 3, 6)  # households averaged
FIRST = np.datetime64("2016-01-01")  # of the year of SimBench


def aggregation(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 27.2: bands narrow from a household to crowds and regions, and stay calibrated."""
    levels = {f"{n} household{'s' if n > 1 else ''}": f"crowd = {n}" for n in CROWDS}
    levels |= {f"a {g}": f'group = "{g}"' for g in ("low-voltage grid", "high-voltage grid")}
    width, covered = {}, {}
    for level, setup in levels.items():
        spec = AHEAD.format(problem="forecast", title=level, setup=setup, family="combination")
        done = proposed(commands, "grid.forecast", spec, 64, level.replace(" ", "-"))
        yield Finding(f"{level}: the command ends well", done.code == 0)
        days = _by_day(commands, level.replace(" ", "-"), "width_90", "coverage_90")
        width[level], covered[level] = float(days[:, 0].mean()), 100 * float(days[:, 1].mean())
        held = 85 <= covered[level] <= 95
        yield Finding(f"{level}: {covered[level]:.1f} % of steps in the band of 90 %", held)
    crowds = [width[level] for level in list(levels)[: len(CROWDS)]]
    told = ", ".join(f"{w:.2f}" for w in crowds)
    narrows = bool((np.diff(crowds) < 0).all())
    yield Finding(f"the band narrows with the crowd ({told} of the mean load)", narrows)
    for level in list(levels)[len(CROWDS) :]:
        text = f"the band of {level} is narrower than that of a household ({width[level]:.2f})"
        yield Finding(text, width[level] < crowds[0])
    figure, panel = panels(1, 1, (6.4, 2.4))
    panel[0, 0].barh(list(width)[::-1], list(width.values())[::-1], color=OURS)
    dress(panel[0, 0], "width of the band of 90 %, over the mean load", grid=True)
    yield Picture(figure, "Bands a day ahead, calibrated at each level of aggregation")


def point_forecast(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 27.3: each load series with its band, better than yesterday, last week and ridge."""
    setup = 'group = "all"'
    spec = AHEAD.format(problem="forecast", title="96", setup=setup, family="combination")
    done = proposed(commands, "grid.forecast", spec, 64, "all")
    yield Finding("the command ends well", done.code == 0)
    days = xr.open_dataset(commands.folder / "all" / "designs.nc")
    count = days.sizes["series"]
    yield Finding(f"all load series of SimBench are forecast ({count})", count == 96)
    seen = float(days["learned"].max())
    yield Finding("no day that is forecast was learned from", seen == 0)
    for level in (50, 90):
        share = 100 * float(_by_day(commands, "all", f"coverage_{level}").mean())
        text = f"{share:.1f} % of steps lie in the band of {level} %"
        yield Finding(text, abs(share - level) <= 3)
    figure, panel = panels(1, 1, (6.4, 2.0))
    for rival in ("persistence", "last_week", "ridge"):
        skill = t_interval(100 * _by_week(commands, "all", f"skill_{rival}"))
        told = f"{skill.value:.0f} % ({skill.low:.0f} to {skill.high:.0f} over weeks)"
        yield Finding(f"lower error than {rival.replace('_', ' ')}: {told}", skill.low > 0)
        off = [[skill.value - skill.low], [skill.high - skill.value]]
        panel[0, 0].errorbar(skill.value, rival.replace("_", " "), xerr=off, fmt="o", color=OURS)
    panel[0, 0].axvline(0, color=KNOWN, lw=0.8)
    dress(panel[0, 0], "lower error of the median on held-out weeks (%)", grid=True)
    yield Picture(figure, "Forecasts of 96 load series beside simpler ones")


HUB = ("gan", "vae", "flow_matching", "diffusion", "autoregressive")
SERIES = ("load", "solar", "wind")


def model_hub(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 27.15: one command fits five families and scores each on load, PV and wind."""
    spec = 'problem = "grid.feeder_day"\n[setup]\ngrid = "1-MV-rural--0-sw"\n'
    (commands.folder / "hub.toml").write_text(spec, encoding="utf-8")
    named = [word for name in HUB for word in ("--family", name)]
    little = ("--steps", 10, "--seeds", 1, "--members", 10, "--judged", 4)
    asked = ("grid.feeder_day", "--spec", "hub.toml", *named, *little, "--out", "hub")
    done = commands("compare", *asked)
    yield Finding("the command ends well", done.code == 0)
    table = Comparison.from_json((commands.folder / "hub" / "comparison.json").read_text())
    found = {
        (name, series): float(np.mean(table.values(name, f"{series}_course")))
        for name in HUB
        for series in SERIES
    }
    for series in SERIES:
        own = [found[name, series] for name in HUB]
        filled = f"{series}: {int(np.isfinite(own).sum())} of {len(HUB)} families are scored"
        yield Finding(filled, bool(np.isfinite(own).all()))
    page = (commands.folder / "hub" / "comparison.md").read_text(encoding="utf-8")
    why = "the data of feeders hold none"
    yield Finding(f"the table says why prices are absent: {why}", f"prices: {why}" in page)
    yield Finding("prices", False, gap=True)
    figure, panel = panels(1, 1, (6.4, 2.2))
    colours = (OURS, KNOWN, GOOD)
    for i, series in enumerate(SERIES):
        own = [found[name, series] for name in HUB]
        panel[0, 0].bar(np.arange(len(HUB)) + 0.27 * i, own, 0.25, color=colours[i], label=series)
    panel[0, 0].set_xticks(np.arange(len(HUB)) + 0.27, HUB)
    dress(panel[0, 0], y="distance (deviations)", grid=True)
    yield Picture(figure, "Five families after ten steps of training: distance from real courses")


RISK = 0.1
FORECASTERS = (
    "combination",
    "ridge",
    "persistence",
    "gaussian_copula",
    "nearest_neighbours",
    "vae",
)


def operating_envelopes(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 29.15: envelopes of every forecaster break no more steps than was chosen."""
    setup = f"risk = {RISK}\nlowest_pu = 0.97"
    sizes: dict[str, float] = {}
    for family in FORECASTERS:
        spec = AHEAD.format(problem="envelope", title=family, setup=setup, family=family)
        spec += "steps = 20\n" if family == "vae" else ""
        done = proposed(commands, "grid.envelope", spec, 64, family)
        yield Finding(f"{family}: the command ends well", done.code == 0)
        for side in ("export", "import"):
            broken = t_interval(100 * _by_week(commands, family, f"{side}_broken"))
            told = f"{broken.value:.1f} % ({broken.low:.1f} to {broken.high:.1f} over weeks)"
            fair = broken.low <= 100 * RISK and broken.value <= 100 * RISK + 3
            yield Finding(f"{family}: {told} of steps break a limit with all {side} in use", fair)
            met = f"{family}: {side} within the chosen risk of {RISK:.0%}, to the last digit"
            yield Finding(met, broken.value <= 100 * RISK, gap=True)
        both = _by_day(commands, family, "export_share", "import_share")
        sizes[family] = 100 * float(both.mean())
    least = min(sizes, key=lambda name: sizes[name])
    text = f"{least} gives least, {sizes[least]:.0f} % of what hindsight allows"
    yield Finding(text, sizes[least] > 50)
    text = "load and PV are forecast one by one; here the room that both leave is"
    yield Finding(text, False, gap=True)
    figure, panel = panels(1, 1, (6.4, 2.2))
    panel[0, 0].barh(list(sizes)[::-1], list(sizes.values())[::-1], color=OURS)
    dress(panel[0, 0], "energy of the envelope, of what hindsight allows (%)", grid=True)
    yield Picture(figure, f"Envelopes at equal risk ({RISK:.0%}): a better forecaster gives more")


def _by_day(commands: Commands, out: str, *names: str) -> Float64[np.ndarray, "n k"]:
    """Mean of each quantity over the designs of each day that was asked for."""
    return _means(commands, out, names, 1)


def _by_week(commands: Commands, out: str, name: str) -> Float64[np.ndarray, " n"]:
    """Mean of a quantity over the days of each ISO week."""
    return _means(commands, out, (name,), 7)[:, 0]


def _means(
    commands: Commands, out: str, names: tuple[str, ...], days: int
) -> Float64[np.ndarray, "n k"]:
    found = xr.open_dataset(commands.folder / out / "designs.nc")
    table = pd.DataFrame({name: found[name].to_numpy() for name in ("day", *names)})
    table = table.groupby("day").mean()  # a day that was drawn twice counts once
    since_monday = int((FIRST - np.datetime64("1970-01-05")).astype(int)) % 7 if days > 1 else 0
    group = (table.index.to_numpy().astype(int) + since_monday) // days
    return table.groupby(group).mean()[list(names)].to_numpy()
