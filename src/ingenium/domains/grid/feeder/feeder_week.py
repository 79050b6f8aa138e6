"""Weeks of a feeder: load, PV, wind and batteries of every profile, solved step by step."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.formats.clocks import Hours
from ingenium.core.formats.columns import StepColumns
from ingenium.core.problem import Problem, Projection, Second, Section, encoded_conditions
from ingenium.core.quantity import Condition, Quantity
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.grid.data import conditions
from ingenium.domains.grid.data.conditions import UNIT_SPREAD, clearness, quantile_rank
from ingenium.domains.grid.data.dataset import STEPS, VARIABLES
from ingenium.domains.grid.data.split import split_weeks
from ingenium.domains.grid.feeder import week_report
from ingenium.domains.grid.feeder.battery import Batteries
from ingenium.domains.grid.feeder.envelope import InfeedBounds
from ingenium.domains.grid.feeder.feeder import FeederSettings, open_feeder
from ingenium.domains.grid.feeder.reference import SecondDays, reference_day
from ingenium.domains.grid.feeder.verifier import FeederVerifier
from ingenium.sampling.constraints import Box

DAYS = 7
WEEK = DAYS * STEPS
MIDNIGHTS = np.arange(STEPS, WEEK, STEPS) - 1  # positions of the changes over midnight
SHARE = 0.01  # of the weeks that a second engine solves too
LEVELS = tuple(
    Condition(name, f"quantile rank of the week's {of}", middle=0.5, spread=UNIT_SPREAD)
    for name, of in (
        ("energy_level", "load energy"),
        ("weather_level", "infeed relative to its season's best"),
    )
)
SEASON, MONDAY = conditions.CONDITIONS[0], conditions.SEEN[0]


@dataclass(frozen=True)
class WeekVerifier:
    """Verifier of weeks: power flow of each step, midnights, and batteries' energy.

    Shapes: n designs, u load profiles, g infeed profiles, t steps of a week.
    """

    feeder: FeederVerifier
    batteries: Batteries | None
    cells: tuple[int, ...]  # positions of their profiles among those of the infeed
    name: ClassVar[str] = FeederVerifier.name
    tier: ClassVar[Literal["exact"]] = "exact"

    @property
    def version(self) -> str:
        """Version of the power flow."""
        return self.feeder.version

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Quantities of a day over the week, and those of weeks only."""
        own = Quantity(
            "midnight_jump", "1", "change of net load over midnight, to that of other steps"
        )
        if self.batteries is None:
            return (*self.feeder.quantities, own)
        stored = Quantity(
            "storage_beyond", "1", "energy beyond empty or full, of that of a battery"
        )
        return (*self.feeder.quantities, own, stored)

    def measure(
        self,
        load_p: Float64[Tensor, "n u t"],
        load_q: Float64[Tensor, "n u t"],
        infeed_p: Float64[Tensor, "n g t"],
    ) -> Float64[Tensor, "n k"]:
        """Measure all quantities of each week."""
        columns = [self.feeder.measure(load_p, load_q, infeed_p)]
        net = self.surplus_mw(load_p, infeed_p)
        change = np.abs(np.diff(net, axis=1))
        other = np.delete(change, MIDNIGHTS, axis=1).mean(1).clip(min=1e-12)
        columns.append(torch.as_tensor(change[:, MIDNIGHTS].mean(1) / other)[:, None])
        if self.batteries is not None:
            cells = list(self.cells)
            rated = self.feeder.profiles.infeed_p_mw.sum(1)[cells, None]
            power = (infeed_p[:, cells] * rated).numpy()
            columns.append(torch.as_tensor(self.batteries.beyond(power))[:, None])
        return torch.cat(columns, 1)

    def surplus_mw(
        self, load_p: Float64[Tensor, "n u t"], infeed_p: Float64[Tensor, "n g t"]
    ) -> Float64[np.ndarray, "n t"]:
        """Return infeed less load of the whole feeder."""
        profiles = self.feeder.profiles
        infeed = torch.einsum("ngt,g->nt", infeed_p, profiles.infeed_p_mw.sum(1))
        load = torch.einsum("nut,u->nt", load_p, profiles.load_p_mw.sum(1))
        return np.asarray((infeed - load).numpy())

    def stored(
        self, load_p: Float64[Tensor, "n u t"], infeed_p: Float64[Tensor, "n g t"]
    ) -> Float64[Tensor, "n g t"]:
        """Return the infeed with its batteries following the surplus of all other profiles."""
        if self.batteries is None:
            return infeed_p
        cells = list(self.cells)
        found = infeed_p.clone()
        found[:, cells] = 0.0
        power, _ = self.batteries.dispatch(self.surplus_mw(load_p, found))
        rated = self.feeder.profiles.infeed_p_mw.sum(1)[cells, None]
        found[:, cells] = torch.as_tensor(power) / rated
        return found


class FeederWeek(Problem):
    """Plausible weeks of a feeder from Monday to Sunday, each with its exact power flow."""

    name: ClassVar[str] = "grid.feeder_week"
    summary: ClassVar[str] = (
        "synthetic weeks of a feeder: load, PV, wind and batteries in 672 steps"
    )
    Settings: ClassVar[type] = FeederSettings
    judged: ClassVar[str] = (
        "The table of the week, applied to the net of the setup, step by step; batteries as "
        "stated in the table."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Asymmetry, harmonics, faults, protection and what happens within a step are not computed.",
        "Whether a battery's losses and limits are those of a real product.",
        "Whether such a week is likely is compared with known weeks, and never judged.",
    )
    validity = ("balance_error",)
    default_family: ClassVar[str] = "residual_bootstrap"  # a year has too few weeks to train on

    def __init__(self, settings: FeederSettings) -> None:
        """Open the net and its year; batteries follow the surplus in real weeks too."""
        feeder = open_feeder(settings)
        self.settings, self.feeder = settings, feeder
        names = feeder.table.names
        self.licence, self.notes = feeder.table.licence, feeder.notes
        self.system = feeder.verifier.network.digest()
        self.variables = VARIABLES
        self.conditions = (SEASON, MONDAY, *LEVELS)
        self.sizes = {
            "load_profile": len(names.load),
            "infeed_profile": len(names.infeed),
            "time": WEEK,
        }
        cells = tuple(i for i, kind in enumerate(names.kinds) if kind == "storage")
        batteries = Batteries.of(feeder.verifier) if cells else None
        judge = WeekVerifier(feeder.verifier, batteries, cells)
        self.tiers, self._judge = (judge,), judge
        self.second = Second(SecondDays(feeder.verifier), SHARE, most=1)
        self.formats = {
            "csv": StepColumns(VARIABLES, self.labels(), Hours(self.labels()["time"][1]), "week")
        }
        self._bounds = self._infeed_bounds()
        self._weeks = self._read_weeks()
        learned = self._weeks.isel({DESIGN: np.flatnonzero(~self._weeks["held_out"].to_numpy())})
        self.codec = Channels.of(to_arrays(learned, VARIABLES), along=1)
        self.limits = self._usual_limits()

    def _infeed_bounds(self) -> InfeedBounds:
        table = self.feeder.table
        own = self._split().train
        solar = torch.tensor([kind == "solar" for kind in table.names.kinds], dtype=torch.bool)
        day = torch.as_tensor(table.conditions().day_of_year[own])
        return InfeedBounds.of(torch.as_tensor(table.infeed_p[own]), day, solar)

    def _split(self) -> Any:
        rng = np.random.default_rng(self.settings.split_seed)
        return split_weeks(self.feeder.table.dates, rng, every=self.settings.held_out_every)

    def _read_weeks(self) -> xr.Dataset:
        """Whole weeks of the data, their batteries dispatched."""
        table = self.feeder.table
        dates = table.dates.astype("datetime64[D]")
        week, counts = np.unique((dates.astype(np.int64) + 3) // 7, return_counts=True)
        first = np.searchsorted(dates, (week[counts == DAYS] * 7 - 3).astype("datetime64[D]"))
        if len(first) < 4:
            raise InputError("at least 4 whole weeks from Monday", len(first), "Give more days.")
        rows = first[:, None] + np.arange(DAYS)

        def joined(x: np.ndarray) -> Tensor:
            """Concatenate the days of some profiles."""
            days = x[rows].transpose(0, 2, 1, 3)
            return torch.as_tensor(days.reshape(*days.shape[:2], WEEK))

        load_p, load_q, infeed_p = map(joined, (table.load_p, table.load_q, table.infeed_p))
        arrays = load_p, load_q, self._judge.stored(load_p, infeed_p)
        monday = dates[first]
        weather = table.weather_infeed_mw.sum(1)[rows].sum(1)
        day = monday - monday.astype("datetime64[Y]").astype("datetime64[D]")
        coords = {
            "season": conditions.seasons(monday + 3),  # of its Thursday, as ISO 8601 has it
            "day_of_year": day.astype(np.float64) + 1,
            "energy_level": quantile_rank(table.total_load_mw.sum(1)[rows].sum(1)),
            "weather_level": quantile_rank(clearness(monday, weather)),
            "date": monday.astype("datetime64[ns]"),
            "held_out": np.isin(first, self._split().held_out),
            "group": week[counts == DAYS],
        }
        own = {name: (DESIGN, values) for name, values in coords.items()}
        found = to_dataset(arrays, VARIABLES, own | self.labels())
        return found.assign_attrs(source=table.source, license=table.licence)

    def _usual_limits(self) -> tuple[Limit, ...]:
        """Voltage limits of EN 50160, and midnights no rougher than in any real week."""
        names = [q.name for q in self.quantities]
        real = self._judge.measure(*to_arrays(self._weeks, VARIABLES)).numpy()
        roughest = float(np.nanmax(real[:, names.index("midnight_jump")]))
        stored = (Limit("storage_beyond", at_most=1e-6),) if self._judge.batteries else ()
        return (
            Limit("min_voltage", at_least=0.9, unit="pu"),
            Limit("max_voltage", at_most=1.1, unit="pu"),
            Limit("balance_error", at_most=1e-6),
            Limit("midnight_jump", at_most=round(roughest, 3)),
            *stored,
        )

    def data(self) -> xr.Dataset:
        """Return all whole weeks of the feeder, some held out."""
        return self._weeks

    def labels(self) -> dict[str, Any]:
        """Return names of profiles, and hours since Monday."""
        attrs = {"units": "h", "long_name": "start of the step after Monday's midnight"}
        hours = {"time": ("time", np.arange(WEEK) / 4, attrs)}
        return self.feeder.table.names.labels() | hours

    def features(self, designs: xr.Dataset) -> Float[Tensor, "n c"]:
        """Return the model inputs of weeks: conditions as in training."""
        return encoded_conditions(self, (MONDAY, *LEVELS), designs)

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Impose loads at least 0, infeed as known around the date, batteries after the surplus."""
        monday = torch.as_tensor(conditions["day_of_year"].to_numpy())
        days = [self._bounds.at((monday - 1 + i) % 366 + 1) for i in range(DAYS)]
        lower, upper = (torch.cat(sides, 2) for sides in zip(*days, strict=True))

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            load_p = Box(lower=0.0).project(arrays[0])
            infeed_p = Box(lower=lower, upper=upper).project(arrays[2])
            return load_p, arrays[1], self._judge.stored(load_p, infeed_p)

        return onto

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report weeks compared with real ones, their voltages, and their batteries' energy."""
        return week_report.sections(self._judge, self._weeks, designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Full load without infeed in a constant week, as solved by pandapower."""
        arrays, truth = reference_day(self.feeder.verifier, DAYS)
        one = self._weeks.isel({DESIGN: [0]})
        coords = {c.name: one[c.name] for c in self.conditions} | self.labels()
        flat = {"midnight_jump": 0.0}
        return ((to_dataset(arrays, VARIABLES, coords), {**truth, **flat}, 1e-6),)
