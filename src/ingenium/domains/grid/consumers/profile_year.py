"""Annual profiles of a neighbourhood with one consumer of each class of a group."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.errors import InputError, choose
from ingenium.core.problem import Problem, Projection, Section
from ingenium.core.quantity import Quantity, Variable
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.grid.consumers import year_report
from ingenium.domains.grid.consumers.classes import GROUPS, ConsumerDays, consumer_days
from ingenium.domains.grid.consumers.year_calendar import RealWeeks, YearCalendar, real_days
from ingenium.domains.grid.consumers.year_judge import YearArithmetic
from ingenium.domains.grid.consumers.year_of_days import YearOfDays
from ingenium.domains.grid.data.conditions import DAY_TYPES
from ingenium.domains.grid.data.dataset import STEPS
from ingenium.domains.grid.data.profiles import SIMBENCH_LICENCE
from ingenium.domains.grid.data.split import check_split
from ingenium.domains.grid.formats.year_files import YearCsv, YearParquet

VARIABLES = (Variable("load", ("consumer", "time"), "kW", "active load"),)
KNOWN_YEARS, HELD_OUT_YEARS = 24, 4
STEP_MIN = (15, 30, 60)
DEVIATIONS = 5.0  # by which an error may exceed the mean of years of real weeks
ROUGHER = 1.5  # factor by which midnights may exceed theirs
AWAY = 0.25  # of the setup's energy; largest deviation of a year
ERRORS = tuple(q.name for q in YearArithmetic.quantities if q.name.endswith("_error"))


@dataclass(frozen=True)
class YearSettings:
    """Choice of consumers and year, and of held-out weeks."""

    group: str = "household"  # or business, farm, heat pump, charging at home, charging at work
    year: int = 2016  # whose weekdays and holidays the profiles follow
    step_min: int = 60  # minutes of a step
    energy_kwh: float = 3500.0  # of each consumer in the year of the data
    held_out_every: int = 5  # one week in so many is never learned from
    split_seed: int = 0  # which weeks these are

    def __post_init__(self) -> None:
        choose(self.group, sorted(set(GROUPS.values())), "group of consumers")
        if self.step_min not in STEP_MIN:
            raise InputError(f"step_min of {STEP_MIN}", self.step_min, "Write step_min = 60.")
        if not 1e-3 <= self.energy_kwh <= 1e9:
            raise InputError(
                "energy_kwh of a consumer from 0.001 to 1e9",
                self.energy_kwh,
                "Write energy_kwh = 3500.",
            )
        YearCalendar.of(self.year)
        check_split(self.held_out_every, self.split_seed)


class ProfileYear(Problem):
    """Annual profiles of neighbourhoods, with the correlations between their consumers."""

    name: ClassVar[str] = "grid.profile_year"
    summary: ClassVar[str] = (
        "annual load profiles of neighbourhoods: one consumer of each class, jointly"
    )
    Settings: ClassVar[type] = YearSettings
    judged: ClassVar[str] = (
        "The table of the year, step by step: energy, peaks, and its statistics against those of "
        "held-out weeks."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Weeks are held out of the one year of the data: another year's weather is not known.",
        "Correlation of weeks beyond the season, such as a cold spell of a month, is not judged.",
        "A difference that ten weeks cannot distinguish from chance passes; shifting the weekends "
        "to other days is a borderline case.",
        "A step is a mean: peaks of single minutes are not included.",
    )
    default_family: ClassVar[str] = "year_of_days"

    def __init__(self, settings: YearSettings) -> None:
        """Read the consumers, and assemble real weeks to years for training."""
        self.settings, self.licence = settings, SIMBENCH_LICENCE
        own = consumer_days().of_group(settings.group)
        self.consumers = own.classes
        self.steps = 24 * 60 // settings.step_min
        self.calendar = YearCalendar.of(settings.year)
        times = len(self.calendar.dates) * self.steps
        self.variables = VARIABLES
        self.conditions = ()
        self.sizes = {"consumer": len(own.classes), "time": times}
        load = _scaled(own, self.steps, settings.energy_kwh)
        weeks = RealWeeks.of(own.dates, every=settings.held_out_every, seed=settings.split_seed)
        self._years = self._read_years(load, weeks)
        self.judge = judge = self._judge_of(own, load, weeks)
        self.tiers = (judge,)
        learned = self._years.isel({DESIGN: np.flatnonzero(~self._years["held_out"].to_numpy())})
        arrays = to_arrays(learned, VARIABLES)
        self.codec = Channels.of(arrays, along=1)
        self.real = judge.measure(*arrays).numpy()  # measurements of years of real weeks
        self.limits = self._usual_limits()
        tables = (own.classes, _times(settings), self.labels())
        self.formats = {"csv": YearCsv(*tables), "parquet": YearParquet(*tables)}

    def _usual_limits(self) -> tuple[Limit, ...]:
        """Limits on midnights and errors from the random variation of years of real weeks."""
        mean, spread = self.real.mean(0), self.real.std(0, ddof=1)
        most = dict(zip((q.name for q in self.quantities), mean + DEVIATIONS * spread, strict=True))
        jump = ROUGHER * mean[[q.name for q in self.quantities].index("midnight_jump")]
        energy = self.settings.energy_kwh
        return (
            Limit("least", at_least=0.0, unit="kW"),
            Limit("energy", (1 - AWAY) * energy, (1 + AWAY) * energy, unit="kWh"),
            Limit("midnight_jump", at_most=float(f"{jump:.3g}")),
            *(Limit(name, at_most=float(f"{most[name]:.3g}")) for name in ERRORS),
        )

    def _read_years(self, load: np.ndarray, weeks: RealWeeks) -> xr.Dataset:
        """Years of real weeks for training, and years of the held-out weeks."""
        rng = np.random.default_rng(self.settings.split_seed)
        parts = [
            real_days(load, weeks.years(self.calendar, n, rng, held_out=held))
            for n, held in ((KNOWN_YEARS, False), (HELD_OUT_YEARS, True))
        ]
        whole = xr.concat(parts, DESIGN).assign_attrs(units="kW", long_name="active load")
        n = whole.sizes[DESIGN]
        coords = self.labels() | {
            DESIGN: np.arange(n),
            "held_out": (DESIGN, np.arange(n) >= KNOWN_YEARS),
            "group": (DESIGN, np.arange(n)),
        }
        about = {"Conventions": "CF-1.11", "license": SIMBENCH_LICENCE}
        return xr.Dataset({"load": whole}, coords=coords, attrs=about)

    def _judge_of(self, own: ConsumerDays, load: np.ndarray, weeks: RealWeeks) -> YearArithmetic:
        real, there = weeks.places(self.calendar)
        types = weeks.types[weeks.held_out].ravel()
        of_type = {name: i for i, name in enumerate(DAY_TYPES)}
        kinds = [[of_type[x] for x in days] for days in (types, self.calendar.types[there])]
        return YearArithmetic(
            self.steps,
            torch.as_tensor(load[:, real]),
            torch.tensor(kinds[0]),
            torch.as_tensor(there),
            torch.tensor(kinds[1]),
        )

    def data(self) -> xr.Dataset:
        """Return years assembled from real weeks, some of them from held-out weeks."""
        return self._years

    def labels(self) -> dict[str, Any]:
        """Return names of consumers, and hours since New Year."""
        hours = np.arange(self.sizes["time"]) * 24 / self.steps
        attrs = {"units": "h", "long_name": "start of the step after New Year, in UTC+01:00"}
        return {
            "consumer": ("consumer", np.array(self.consumers), {"long_name": "consumer class"}),
            "time": ("time", hours, attrs),
        }

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Return generation day by day; `bootstrap` gives years of real weeks."""
        shape = (self.sizes["consumer"], self.sizes["time"])
        condition = torch.as_tensor(self.calendar.condition())
        week = torch.as_tensor(self.calendar.week)
        return {"year_of_days": partial(YearOfDays, shape, 1, condition, week)}

    def fixable(self) -> tuple[Quantity, ...]:
        """The energy of the year, mean of consumers."""
        return self.quantities[:1]

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Impose loads of at least 0, and scale neighbourhoods to a fixed energy."""
        step_h = 24 / self.steps

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            load = arrays[0].clamp(min=0.0)
            if "energy" in fixed:
                energy = load.sum(2).mean(1) * step_h
                tiny = torch.finfo(torch.float64).tiny
                load = load * (fixed["energy"].value / energy.clamp(min=tiny))[:, None, None]
            return (load,)

        return onto

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report duration curves, mean days, seasons and correlations against held-out weeks."""
        return year_report.sections(self.judge, self.calendar, self._years, designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """A triangle that rises to 1 kW at noon every day for all consumers, in closed form."""
        hour = np.arange(self.steps) * 24 / self.steps
        day = np.minimum(hour, 24 - hour) / 12
        one = self._years.isel({DESIGN: [0]}).copy(deep=True)
        one["load"].values[0] = np.tile(day, len(self.calendar.dates))
        h, days = self.sizes["consumer"], len(self.calendar.dates)
        truth = {
            "energy": 12.0 * days,
            "peak": float(h),
            "peak_hour": 12.0,
            "least": 0.0,
            "load_factor": 0.5,
            "coincidence": 1.0,
            "midnight_jump": 1.0,
        }
        return ((one, truth, 1e-9),)


def _scaled(own: ConsumerDays, steps: int, energy_kwh: float) -> np.ndarray:
    """Loads of consumers by day (kW), each with the same energy in the year of the data."""
    load = own.load_p.reshape(*own.load_p.shape[:2], steps, STEPS // steps).mean(3)
    return np.asarray(load * (energy_kwh * steps / 24 / load.sum((1, 2)))[:, None, None])


def _times(settings: YearSettings) -> tuple[str, ...]:
    ends = f"{settings.year}-01-01", f"{settings.year + 1}-01-01"
    found = pd.date_range(*ends, freq=f"{settings.step_min}min", inclusive="left")
    return tuple(found.strftime("%Y-%m-%d %H:%M"))
