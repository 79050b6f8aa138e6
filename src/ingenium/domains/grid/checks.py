"""Systems of power grids, shown by their commands in seconds."""

from collections.abc import Iterator

import numpy as np
import xarray as xr
from jaxtyping import Float64

from ingenium.domains.grid.dataset import HOURS
from ingenium.evaluate.distances import profile_distance
from ingenium.evaluate.findings import Commands, Done, Finding, Picture
from ingenium.evaluate.intervals import t_interval
from ingenium.evaluate.style import KNOWN, OURS, dress, panels

ROUNDING = 1e-6  # relative; of files that hold 7 digits
NIGHT = np.r_[0:14, 86:96]  # 21:30 to 3:30 in winter time, when the sun is down in every season
ENERGY_KWH = {"load_energy": 600.0, "infeed_energy": 300.0}
DAYS = """
problem = "grid.feeder_day"
title = "Summer days with the energies of load and infeed as asked"
[conditions]
season = "summer"
[fixed]
load_energy = { value = 600, unit = "kWh" }
infeed_energy = { value = 300, unit = "kWh" }
[generator]
family = "gaussian_copula"
"""


def conserved_energy(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 22.14: generated days obey the conservation of energy, and hold what is asked of it."""
    done = _proposed(commands, "grid.feeder_day", DAYS, 24, "days")
    yield Finding("the command ends well", done.code == 0)
    days = xr.open_dataset(commands.folder / "days" / "designs.nc")
    left = float(days["balance_error"].max())
    yield Finding(
        f"sources, loads and losses of every step add up (at most {left:.0e} of the load is left)",
        left <= 1e-9,
    )
    for name, asked in ENERGY_KWH.items():
        off = float(np.abs(days[name] / asked - 1).max())
        yield Finding(
            f"the {name.replace('_', ' ')} of every file read back is as asked (off by {off:.0e})",
            off <= ROUNDING,
        )
    low = float(days["load_p"].min())
    solar = days["infeed_p"].to_numpy()[:, days["infeed_kind"].to_numpy() == "solar"]
    dark = float(np.abs(solar[..., NIGHT]).max())
    yield Finding(f"no load is below 0 (the lowest is {low:.2g} of its rating)", low >= 0)
    yield Finding(f"no PV feeds in at night ({dark:g} of its rating)", dark == 0)
    yield Finding("a twin is calibrated from few sensors, such as roughness of pipes", False, True)
    figure, grid = panels(1, 2, (2.8, 2.2))
    for axes, name in zip(grid[0], ("load_p", "infeed_p"), strict=True):
        axes.plot(HOURS, days[name].mean(str(days[name].dims[1])).to_numpy().T, color=OURS, lw=0.5)
        dress(axes, title=f"{name}, mean of profiles (of rating)", grid=True)
    yield Picture(figure, "Days of equal energies: 600 kWh of load, 300 kWh of infeed")


SHAPES = """
problem = "grid.profile_day"
title = "Days of households{title}"
[conditions]
season = "winter"
{fixed}
[generator]
family = "{family}"
steps = 300
"""
ASKED = {"full_load_hours": 4.0, "peak": 0.5}


def load_shapes(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 29.3: flow, VAE and GAN propose days whose energy and peak are as asked."""
    held = "[fixed]\n" + "".join(f"{k}.value = {v}\n" for k, v in ASKED.items())
    real = [_shapes(commands, "bootstrap", seed) for seed in (1, 2)]
    usual = float(profile_distance(real[0], real[1])[0])
    figure, grid = panels(1, 3, (2.6, 2.2))
    for axes, name in zip(grid[0], ("flow", "vae", "gan"), strict=True):
        done = _proposed(
            commands,
            "grid.profile_day",
            SHAPES.format(title=", energy and peak as asked", fixed=held, family=name),
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
    text, out = SHAPES.format(title="", fixed="", family=family), f"{family}-{seed}"
    if family == "bootstrap":
        text = text.replace("steps = 300\n", "")
    _proposed(commands, "grid.profile_day", text, 48, out, seed)
    return xr.open_dataset(commands.folder / out / "designs.nc")["load_p"].to_numpy()[:, None]


def _proposed(commands: Commands, problem: str, spec: str, n: int, out: str, seed: int = 1) -> Done:
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
        done = _proposed(commands, "grid.feeder_week", WEEKS.format(grid=grid), WEEKS_EACH, grid)
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
    _proposed(commands, "grid.feeder_week", spec, WEEKS_EACH, f"{grid}-real")
    weeks = xr.open_dataset(commands.folder / f"{grid}-real" / "designs.nc")
    return weeks["midnight_jump"].to_numpy()
