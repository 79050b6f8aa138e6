"""Systems of power grids, shown by their commands in seconds."""

import time
from collections.abc import Iterator

import numpy as np
import xarray as xr
from jaxtyping import Float64

from ingenium.domains.grid.data.dataset import HOURS
from ingenium.drawing.style import KNOWN, OURS, dress, panels
from ingenium.evaluate.intervals import t_interval
from ingenium.scores.distances import profile_distance
from ingenium_book.findings import Commands, Done, Finding, Picture

ROUNDING = 1e-6  # relative; of files that hold 7 digits

SHAPES = """
problem = "grid.profile_day"
title = "Days of households{title}"
[conditions]
season = "winter"
{fixed}
[generator]
family = "{family}"
"""
STEPS = {"flow": 100, "vae": 100, "gan": 20}  # a short training; a step of a GAN is costly
ASKED = {"full_load_hours": 4.0, "peak": 0.5}


def load_shapes(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 29.3: flow, VAE and GAN propose days whose energy and peak are as asked."""
    held = "[fixed]\n" + "".join(f"{k}.value = {v}\n" for k, v in ASKED.items())
    real = [_shapes(commands, "bootstrap", seed) for seed in (1, 2)]
    usual = float(profile_distance(real[0], real[1])[0])
    figure, grid = panels(1, 3, (2.6, 2.2))
    for axes, name in zip(grid[0], STEPS, strict=True):
        done = proposed(
            commands,
            "grid.profile_day",
            _shape_spec(name, held),
            24,
            f"{name}-asked",
        )
        yield Finding(f"{name}: the command ends well", done.code == 0)
        days = xr.open_dataset(commands.folder / f"{name}-asked" / "designs.nc")
        for what, asked in ASKED.items():
            off = float(np.abs(days[what] / asked - 1).max())
            text = f"{name}: {what.replace('_', ' ')} of every file as asked (off by {off:.0e})"
            yield Finding(text, off <= ROUNDING)
        free = float(profile_distance(real[0], _shapes(commands, name, 1))[0])
        yield Finding(
            f"{name}: as near to real days as other real days are ({free:.2f} of {usual:.2f} "
            "deviations at each step)",
            free <= usual,
            gap=True,
        )
        axes.plot(HOURS, real[1][:12, 0].T, color=KNOWN, lw=0.4)
        axes.plot(HOURS, days["load_p"].to_numpy()[:6].T, color=OURS, lw=0.6)
        dress(axes, title=name, grid=True)
    yield Picture(figure, "Real winter days (brown), and days with peak and energy as asked (blue)")


def _shapes(commands: Commands, family: str, seed: int) -> Float64[np.ndarray, "n 1 t"]:
    """Winter days of households by a family, nothing fixed."""
    out = f"{family}-{seed}"
    proposed(commands, "grid.profile_day", _shape_spec(family), 48, out, seed)
    return xr.open_dataset(commands.folder / out / "designs.nc")["load_p"].to_numpy()[:, None]


def _shape_spec(family: str, fixed: str = "") -> str:
    title = ", energy and peak as asked" if fixed else ""
    steps = f"steps = {STEPS[family]}\n" if family in STEPS else ""
    return SHAPES.format(title=title, fixed=fixed, family=family) + steps


def proposed(commands: Commands, problem: str, spec: str, n: int, out: str, seed: int = 1) -> Done:
    """A run of `propose` under a spec that is written beside it."""
    (commands.folder / f"{out}.toml").write_text(spec, encoding="utf-8")
    words = ("--spec", f"{out}.toml", "-n", n, "--seed", seed, "--out", out)
    return commands("propose", problem, *words)


WEEKS = """
problem = "grid.feeder_week"
title = "Weeks of {grid}"
[setup]
grid = "{grid}"
"""
WEEKS_EACH = 40
KINDS = {"1-LV-rural1--1-sw": ("solar", "storage"), "1-MV-rural--0-sw": ("wind",)}


def feeder_weeks(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 29.14: one problem makes weeks of batteries, wind, PV and all together, each solved."""
    for grid, kinds in KINDS.items():
        done = proposed(commands, "grid.feeder_week", WEEKS.format(grid=grid), WEEKS_EACH, grid)
        yield Finding(f"{grid}: the command ends well", done.code == 0)
        weeks = xr.open_dataset(commands.folder / grid / "designs.nc")
        has = set(weeks["infeed_kind"].to_numpy().tolist())
        yield Finding(f"{grid}: weeks hold {' and '.join(kinds)}", set(kinds) <= has)
        inside = (weeks["min_voltage"] >= 0.9) & (weeks["max_voltage"] <= 1.1)
        share = float(inside.mean())
        yield Finding(f"{grid}: {share:.0%} of weeks have a power flow in the band", share >= 0.95)
        jump, real = weeks["midnight_jump"].to_numpy(), _real_jumps(commands, grid)
        more = t_interval(jump - real)  # of weeks under the same conditions
        yield Finding(
            f"{grid}: midnights jump no more than in real weeks ({jump.mean():.2f} of "
            f"{real.mean():.2f}; the difference is {more.low:.2f} to {more.high:.2f})",
            more.low <= 0,
        )
        if "storage" in kinds:
            beyond = float(weeks["storage_beyond"].max())
            text = f"batteries stay between empty and full (off by at most {beyond:.0e})"
            yield Finding(text, beyond <= ROUNDING)
            figure, panel = panels(1, 1, (6.4, 2.2))
            power = weeks["infeed_p"].to_numpy()[:4, weeks["infeed_kind"].to_numpy() == "storage"]
            panel[0, 0].plot(weeks["time"], power.mean(1).T, lw=0.7)
            dress(panel[0, 0], title="Power of batteries (of rating), hours from Monday", grid=True)
            yield Picture(figure, "What the batteries of four proposed weeks do")
    yield Finding("a model predictive control of the feeder runs on the weeks", False, gap=True)


def _real_jumps(commands: Commands, grid: str) -> Float64[np.ndarray, " n"]:
    """Jumps over midnight of real weeks, drawn under the same conditions."""
    spec = WEEKS.format(grid=grid) + '[generator]\nfamily = "bootstrap"\n'
    proposed(commands, "grid.feeder_week", spec, WEEKS_EACH, f"{grid}-real")
    weeks = xr.open_dataset(commands.folder / f"{grid}-real" / "designs.nc")
    return weeks["midnight_jump"].to_numpy()


YEARS = """
problem = "grid.profile_year"
title = "Years of households"
[select]
keep = "verified"
[generator]
family = "{family}"
"""
FEW, MANY, PROFILES = 8, 72, 10_000
FASTEST_S = 180.0  # in which the chapter has 10,000 profiles made
NO_WORSE = 1.1  # times the error of years of real weeks


def annual_profiles(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 36.10: annual profiles of households as files, as near to held-out weeks as real ones."""
    spent = {}
    for n in (1, FEW, MANY):  # the first one fits the generator
        began = time.process_time()
        done = proposed(
            commands, "grid.profile_year", YEARS.format(family="year_of_days"), n, f"years-{n}"
        )
        spent[n] = time.process_time() - began
        yield Finding(f"the command ends well for {n} neighbourhoods", done.code == 0)
    years = xr.open_dataset(commands.folder / f"years-{MANY}" / "designs.nc")
    held = float((years["verdict"] == 0).mean())
    yield Finding(
        f"{held:.0%} of {MANY} neighbourhoods err no more against held-out weeks than years of "
        "real weeks do by chance (5 deviations), as files",
        held >= 0.95,
    )
    each = (spent[MANY] - spent[FEW]) / (MANY - FEW) / years.sizes["consumer"]
    seconds = each * PROFILES
    yield Finding(
        f"{PROFILES:,} annual profiles take {seconds:.0f} s of a processor core with their files "
        f"written, read and judged (at most {FASTEST_S:.0f} s)",
        seconds <= FASTEST_S,
    )
    spec = YEARS.format(family="bootstrap")
    proposed(commands, "grid.profile_year", spec, MANY, "real-weeks")
    real = xr.open_dataset(commands.folder / "real-weeks" / "designs.nc")
    yield from _beside_real_weeks(years, real)
    again = commands("verify", "grid.profile_year", f"years-{MANY}/designs/design_000003.csv")
    yield Finding("a file of a year is read and judged alone", again.answer["accepted"] == 1)
    yield _years_drawn(years, real)


def _beside_real_weeks(years: xr.Dataset, real: xr.Dataset) -> Iterator[Finding]:
    """How far proposed years and years of real weeks are from weeks that are held out."""
    for name in (x for x in years.data_vars if str(x).endswith("_error")):
        own, theirs = float(years[name].mean()), float(real[name].mean())
        yield Finding(
            f"{name}: {own:.3f} from weeks that are held out, and {theirs:.3f} in years of real "
            f"weeks ({own / theirs:.2f} of it, at most {NO_WORSE})",
            own <= NO_WORSE * theirs,
            gap=True,
        )
    jumps = [float(x["midnight_jump"].mean()) for x in (years, real)]
    yield Finding(
        f"midnights jump no more than in real years ({jumps[0]:.2f} of {jumps[1]:.2f})",
        jumps[0] <= NO_WORSE * jumps[1],
        gap=True,
    )


def _years_drawn(years: xr.Dataset, real: xr.Dataset) -> Picture:
    """Load duration, and a week."""
    figure, grid = panels(1, 2, (3.6, 2.4))
    for found, colour, label in ((real, KNOWN, "real weeks"), (years, OURS, "proposed")):
        load = found["load"].mean("consumer").to_numpy()
        share = np.linspace(0, 100, load.shape[1])
        grid[0, 0].plot(share, np.sort(load, 1)[:12, ::-1].T, color=colour, lw=0.4)
        grid[0, 1].plot(load[0, 24 * 7 : 24 * 14], color=colour, lw=0.8, label=label)
    dress(grid[0, 0], "share of the year (%)", title="Load of a household (kW)", grid=True)
    dress(grid[0, 1], "hours", title="A week in January (kW)", grid=True)
    return Picture(figure, "Load duration and a week of neighbourhoods, mean of their households")
