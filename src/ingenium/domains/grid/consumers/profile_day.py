"""Days of one consumer class: load profiles of households, farms, businesses, heat pumps, cars."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium import __version__
from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.errors import choose
from ingenium.core.formats.clocks import Hours
from ingenium.core.formats.columns import StepColumns
from ingenium.core.problem import Problem, Projection, Section, encoded_conditions
from ingenium.core.quantity import Condition, Quantity, Variable
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.grid.consumers import profile_report
from ingenium.domains.grid.consumers.classes import GROUPS, consumer_days
from ingenium.domains.grid.data import conditions
from ingenium.domains.grid.data.dataset import HOURS, STEPS
from ingenium.domains.grid.data.profiles import SIMBENCH_LICENCE
from ingenium.domains.grid.data.split import check_split, split_weeks
from ingenium.sampling.constraints import Box, FixedSum, Together

STEP_H = 24 / STEPS
VARIABLES = (
    Variable("load_p", ("time",), "1", "active load, relative to its rating"),
    Variable("load_q", ("time",), "1", "reactive load, relative to its rating"),
)


@dataclass(frozen=True)
class ProfileSettings:
    """Choice of consumers, and of held-out days."""

    group: str = "household"  # or business, farm, heat pump, charging at home, charging at work
    held_out_every: int = 5  # one week in so many is never learned from
    split_seed: int = 0  # which weeks these are

    def __post_init__(self) -> None:
        choose(self.group, sorted(set(GROUPS.values())), "group of consumers")
        check_split(self.held_out_every, self.split_seed)


@dataclass(frozen=True)
class ProfileArithmetic:
    """Energy, peak, ramp and shape of a profile; exact, as they are sums and extremes.

    Shapes: n designs, t steps.
    """

    name: ClassVar[str] = "profile arithmetic"
    version: ClassVar[str] = __version__
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = (
        Quantity("full_load_hours", "h", "energy of the day over the rating"),
        Quantity("peak", "1", "highest active load", where=("peak_hour",)),
        Quantity("peak_hour", "h", "hour of the day at which the load peaks"),
        Quantity("least", "1", "lowest active load"),
        Quantity("load_factor", "1", "mean over peak of the active load"),
        Quantity("ramp", "1", "largest change from one step to the next"),
        Quantity("reactive_share", "1", "reactive over active energy"),
    )

    def measure(
        self, load_p: Float64[Tensor, "n t"], load_q: Float64[Tensor, "n t"]
    ) -> Float64[Tensor, "n k"]:
        """All quantities of each profile."""
        energy, peak = load_p.sum(1) * STEP_H, load_p.amax(1)
        tiny = torch.finfo(torch.float64).tiny
        columns = (
            energy,
            peak,
            load_p.argmax(1).to(torch.float64) * STEP_H,
            load_p.amin(1),
            load_p.mean(1) / peak.clamp(min=tiny),
            load_p.diff(dim=1).abs().amax(1),
            load_q.sum(1) * STEP_H / energy.clamp(min=tiny),
        )
        return torch.stack(columns, 1)


class ProfileDay(Problem):
    """Plausible days of single consumers of one group, conditional on class and kind of day."""

    name: ClassVar[str] = "grid.profile_day"
    summary: ClassVar[str] = (
        "daily load profiles of one consumer: household, farm, business, heat pump or car"
    )
    Settings: ClassVar[type] = ProfileSettings
    judged: ClassVar[str] = "The columns of the table, unchanged."
    unchecked: ClassVar[tuple[str, ...]] = (
        "No net is solved: a profile does not determine voltages.",
        "Whether such a day is likely is compared with known days, and never judged.",
    )
    default_family: ClassVar[str] = "flow_matching"

    def __init__(self, settings: ProfileSettings) -> None:
        """Open the SimBench year of the group's classes."""
        every = consumer_days()
        own = every.of_group(settings.group)
        self.licence = SIMBENCH_LICENCE
        self.classes = own.classes
        self.variables = VARIABLES
        self.sizes = {"time": STEPS}
        self.conditions = (
            Condition("consumer_class", "class of the consumer", own.classes),
            *(  # ranks among the days of its class, which a day alone does not determine
                replace(c, measured=None)
                for c in conditions.CONDITIONS
                if c.name != "weather_level"
            ),
        )
        self.limits = (Limit("least", at_least=0.0, unit="1"), Limit("peak", at_most=1.2, unit="1"))
        self.tiers = (ProfileArithmetic(),)
        self.formats = {
            "csv": StepColumns(VARIABLES, self.labels(), Hours(self.labels()["time"][1]), "profile")
        }
        split = split_weeks(
            own.dates, np.random.default_rng(settings.split_seed), every=settings.held_out_every
        )
        held = np.isin(np.arange(len(own.dates)), split.held_out)
        week = (own.dates.astype("datetime64[D]").astype(np.int64) + 3) // 7
        self._days = own.to_dataset().assign_coords(
            held_out=(DESIGN, np.tile(held, len(own.classes))),
            group=(DESIGN, np.tile(week, len(own.classes))),
        )
        learned = self._days.isel({DESIGN: np.flatnonzero(~self._days["held_out"].to_numpy())})
        self.codec = Channels.of(to_arrays(learned, VARIABLES), along=1)

    def data(self) -> xr.Dataset:
        """Return a design for each class and day; whole weeks are held out."""
        return self._days

    def labels(self) -> dict[str, Any]:
        """Return the hours of the steps."""
        return {"time": ("time", HOURS, {"units": "h", "long_name": "start of the step"})}

    def fixable(self) -> tuple[Quantity, ...]:
        """The energy of the day, and its peak."""
        return self.quantities[:2]

    def features(self, designs: xr.Dataset) -> Float[Tensor, "n c"]:
        """Return the model inputs of days: conditions as in training."""
        return encoded_conditions(self, (*conditions.SEEN, self.conditions[0]), designs)

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Impose loads of at least 0, and a fixed energy and peak exactly.

        A fixed peak bounds every step, and the step that was the highest reaches it.
        """
        sums: tuple[FixedSum, ...] = ()
        if "full_load_hours" in fixed:
            whole = torch.ones(STEPS, dtype=torch.bool)
            sums = (FixedSum(fixed["full_load_hours"].value, whole, STEP_H),)
        peak = fixed["peak"].value if "peak" in fixed else torch.inf

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            load_p, load_q = arrays
            lower = torch.zeros_like(load_p, dtype=torch.float64)
            if "peak" in fixed:
                lower.scatter_(1, load_p.argmax(1, keepdim=True), peak)
            return Together((Box(lower, peak), *sums)).project(load_p), load_q

        return onto

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report single days, and all of them compared with real days of the same conditions."""
        return profile_report.sections(self._days, self.conditions, designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """A triangle that rises to 1 at noon and falls again, in closed form."""
        rise = np.minimum(HOURS, 24 - HOURS) / 12
        one = self._days.isel({DESIGN: [0]}).copy(deep=True)
        one["load_p"].values[0] = rise
        one["load_q"].values[0] = 0.5 * rise
        truth = {
            "full_load_hours": 12.0,
            "peak": 1.0,
            "peak_hour": 12.0,
            "least": 0.0,
            "load_factor": 0.5,
            "ramp": 0.25 / 12,
            "reactive_share": 0.5,
        }
        return ((one, truth, 1e-12),)
