"""Days of a feeder: joint load, PV and other infeed of every profile, solved step by step."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.features import LeadingComponents
from ingenium.core.field_comparison import FieldComparison
from ingenium.core.given import NOTHING, Given, Input
from ingenium.core.problem import Problem, Projection, Second, Section, encoded_conditions
from ingenium.core.quantity import Quantity
from ingenium.core.scenarios import Sampled
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.grid.data import conditions
from ingenium.domains.grid.data.dataset import STEPS, VARIABLES, WEATHER_KINDS
from ingenium.domains.grid.data.split import split_weeks
from ingenium.domains.grid.feeder import day_report, day_streams
from ingenium.domains.grid.feeder.day_meters import METERS, DayMeters
from ingenium.domains.grid.feeder.envelope import InfeedBounds
from ingenium.domains.grid.feeder.feeder import DaySettings, open_feeder
from ingenium.domains.grid.feeder.forecast import HELD, InfeedScenarios
from ingenium.domains.grid.feeder.gradients import SOFTNESS, FeederGradient
from ingenium.domains.grid.feeder.measurements import KnownLoads
from ingenium.domains.grid.feeder.readings import READINGS, FeederReadings
from ingenium.domains.grid.feeder.reference import SecondDays, reference_day
from ingenium.domains.grid.formats.days import FeederOrigin, formats
from ingenium.infer.question import InferenceQuestion
from ingenium.monitor.stream import PlantMap, Stream
from ingenium.sampling.constraints import Box, FixedSum, Together
from ingenium.scores.distances import profile_distance

WITH_WIND = "1-MV-rural--0-sw"
KWH = 1000 * 24 / STEPS  # of one MW over one step
SHARE, MOST = 0.01, 10  # of the days, and of a run, that a second engine solves too
USUAL = (
    Limit("min_voltage", at_least=0.9, unit="pu"),
    Limit("max_voltage", at_most=1.1, unit="pu"),
    Limit("max_line_loading", at_most=100.0, unit="percent"),
    Limit("max_trafo_loading", at_most=100.0, unit="percent"),
    Limit("balance_error", at_most=1e-6, unit="1"),
)
OPERATOR = ("min_voltage", "max_voltage", "max_line_loading", "max_trafo_loading", "import_peak")


class FeederDay(Problem):
    """Plausible days of a feeder, each with its exact power flow."""

    name: ClassVar[str] = "grid.feeder_day"
    summary: ClassVar[str] = (
        "synthetic days of a feeder: load, PV and other infeed in 96 steps, limits by AC power flow"
    )
    Settings: ClassVar[type] = DaySettings
    inputs: ClassVar[tuple[Input, ...]] = (READINGS, METERS)
    observed: ClassVar[str] = METERS.name
    judged: ClassVar[str] = "The tables of profiles, applied to the net of the setup, step by step."
    unchecked: ClassVar[tuple[str, ...]] = (
        "Only tables with SimBench's names are read; other files in a folder are ignored.",
        "Asymmetry, harmonics, faults, protection and what happens within a step are not computed.",
        "Whether such a day is likely is compared with known days, and never judged.",
    )
    validity = ("balance_error",)
    default_family: ClassVar[str] = "principal_autoregressive"
    steered_family: ClassVar[str] = "flow_matching"

    def __init__(self, settings: DaySettings, given: Given = NOTHING) -> None:
        """Open the net and its days; the engine must agree with pandapower on them."""
        feeder = open_feeder(settings)
        self.settings, self.feeder, self.given = settings, feeder, given
        names = feeder.table.names
        self.licence = feeder.table.licence
        self.notes = feeder.notes
        self.system = feeder.verifier.network.digest()
        self.variables = VARIABLES
        self.conditions = conditions.CONDITIONS
        self.sizes = {
            "load_profile": len(names.load),
            "infeed_profile": len(names.infeed),
            "time": STEPS,
        }
        self.limits = USUAL
        self._days = self._read_days()
        known = np.flatnonzero(~self._days["held_out"].to_numpy())
        self.readings = self._place(given, known) if READINGS.name in given else None
        ranked = KnownLoads.of(feeder.table.total_load_mw)
        judge = replace(feeder.verifier, known=ranked, readings=self.readings)
        self.tiers = (judge,)
        if settings.infeed_error:
            self.tiers = (Sampled(judge, self._errors(), most=settings.scenarios),)
            self.limits = (*self.limits, HELD)
        self.second = Second(SecondDays(judge), SHARE, MOST)
        whose = FeederOrigin(
            own=settings.profiles is not None,
            scaled=(settings.load_scale, settings.infeed_scale) != (1, 1),
            year=int(str(feeder.table.dates[-1])[:4]),
        )
        self.formats = formats(names, feeder.verifier.network.net, whose)
        learned = self._days.isel({DESIGN: known})
        arrays = to_arrays(learned, VARIABLES)
        self.codec = Channels.of(arrays, along=1)
        self._bounds = InfeedBounds.of(
            arrays[2],
            torch.as_tensor(learned["day_of_year"].to_numpy()),
            torch.tensor([kind == "solar" for kind in names.kinds], dtype=torch.bool),
        )

    def comparison(self) -> FieldComparison:
        """Return which scores the days of this feeder lack, and why."""
        absent = [kind for kind, _, at in self._kinds() if not at.any()]
        why = f'no plant of the net is such; grid = "{WITH_WIND}" has wind and solar plants'
        prices = {"prices": "the data of feeders hold none"}
        return FieldComparison(unscored=prices | dict.fromkeys(absent, why))

    def _errors(self) -> InfeedScenarios:
        """Errors of weather-dependent infeed, as set in the setup."""
        settings, kinds = self.settings, self.feeder.table.names.kinds
        return InfeedScenarios(
            self.feeder.verifier,
            torch.tensor([kind in WEATHER_KINDS for kind in kinds], dtype=torch.bool),
            (settings.voltage_low, settings.voltage_high),
            settings.infeed_error,
            settings.scenario_seed,
            0 if self.readings is None else len(self.readings.taken_kw),
        )

    def _read_days(self) -> xr.Dataset:
        table = self.feeder.table
        days = table.to_dataset()
        split = split_weeks(
            table.dates,
            np.random.default_rng(self.settings.split_seed),
            every=self.settings.held_out_every,
        )
        held = np.isin(np.arange(len(table)), split.held_out)
        week = (table.dates.astype("datetime64[D]").astype(np.int64) + 3) // 7
        return days.assign_coords(held_out=(DESIGN, held), group=(DESIGN, week))

    def _place(self, given: Given, known: Int[np.ndarray, " m"]) -> FeederReadings:
        """Place the readings among those of known days, on which models are conditioned."""
        trace = self.feeder.verifier.trace(*to_arrays(self._days, VARIABLES))
        taken = trace.import_kw[:, : len(given[READINGS.name])]
        self._days = self._days.assign_coords({READINGS.name: ((DESIGN, *READINGS.dims), taken)})
        found = FeederReadings.of(given, trace.import_kw[known], trace.loss_kw[known])
        self.input_codecs = {READINGS.name: LeadingComponents.of(taken[known])}
        self.limits = (*self.limits, found.limit)
        return found

    def data(self) -> xr.Dataset:
        """Return all days of the feeder; whole weeks are held out."""
        return self._days

    def labels(self) -> dict[str, Any]:
        """Return names of profiles and hours of steps."""
        return self.feeder.table.names.labels()

    def fixable(self) -> tuple[Quantity, ...]:
        """Energies of a day; that of the loads cannot be fixed where they follow readings."""
        names = ("load_energy", "infeed_energy") if self.readings is None else ("infeed_energy",)
        return tuple(q for q in self.quantities if q.name in names)

    def features(self, designs: xr.Dataset) -> Float[Tensor, "n c"]:
        """Return the model inputs of days: conditions as in training."""
        return encoded_conditions(self, conditions.SEEN, designs)

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Impose loads at least 0 and as read, PV 0 at night, and fixed energies exactly."""
        lower, upper = self._bounds.at(torch.as_tensor(conditions["day_of_year"].to_numpy()))
        profiles = self.feeder.verifier.profiles
        load = Together((Box(lower=0.0), *self._sum(fixed, "load_energy", profiles.load_p_mw)))
        infeed = Together(
            (
                Box(lower=lower, upper=upper),
                *self._sum(fixed, "infeed_energy", profiles.infeed_p_mw),
            )
        )

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            load_p, load_q, infeed_p = arrays
            load_p, infeed_p = load.project(load_p), infeed.project(infeed_p)
            if self.readings is not None:
                rated = profiles.load_p_mw.sum(1), profiles.infeed_p_mw.sum(1)
                load_p = self.readings.agreeing(load_p, infeed_p, *rated)
            return load_p, load_q, infeed_p

        return onto

    def _sum(
        self, fixed: Mapping[str, Fixed], quantity: str, power_mw: Float[Tensor, "p node"]
    ) -> tuple[FixedSum, ...]:
        if quantity not in fixed:
            return ()
        weight = power_mw.sum(1) * KWH
        group = (weight > 0)[:, None].expand(-1, STEPS)
        each = torch.where(weight > 0, weight, 1.0)[:, None].expand(-1, STEPS)
        return (FixedSum(total=fixed[quantity].value, group=group, weight=each),)

    def steerable(self) -> Mapping[str, Callable[..., Float[Tensor, " n"]]]:
        """Smooth extremes with gradients through the power flow."""
        gradient = FeederGradient(self.feeder.verifier)
        own = [name for name in SOFTNESS if name != "max_trafo_loading" or self._has_trafo()]
        return {name: gradient.measurement(name) for name in own}

    def _has_trafo(self) -> bool:
        return len(self.feeder.verifier.network.circuit.trafos) > 0

    def question(self) -> InferenceQuestion:
        """Return the inference question of the meters of a day.

        Raises:
            InputError: where there are no readings.
        """
        if METERS.name not in self.given:
            raise InputError(
                f"{METERS.form} as {METERS.name} under [given]",
                "nothing",
                "Write --given meters.csv.",
            )
        return DayMeters.of(self.feeder.verifier, self.given[METERS.name]).question()

    def streams(self, designs: xr.Dataset) -> tuple[Stream, ...]:
        """Return the streams of days for a monitor."""
        return day_streams.of(self.feeder.verifier, designs)

    def layout(self) -> PlantMap | None:
        """Return no map: readings are those of the whole feeder."""
        return None

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report the views of an operator."""
        shown = day_report.sections(self.feeder, self._days, designs, verdicts)
        if self.readings is None:
            return shown
        return (day_report.agreement(self.feeder, self.readings, designs, verdicts), *shown)

    def scores(self, designs: xr.Dataset, held_out: xr.Dataset) -> Mapping[str, float]:
        """Return distances of days from real ones: each kind of series, and operators' quantities.

        Wasserstein-1 distances over days, in spreads of the real ones: of the trajectories of load,
        PV and wind step by step, and of quantities after power flow.
        """
        names = [q.name for q in self.quantities]
        found = {}
        for kind, own, at in self._kinds():
            if at.any():
                real, ours = (d[own].to_numpy()[:, at] for d in (held_out, designs))
                found[f"{kind}_course"] = float(profile_distance(real, ours).mean())
        from scipy.stats import wasserstein_distance  # a second of imports, here alone

        proposed, real = (
            self.verifier.measure(*to_arrays(d, VARIABLES)).numpy() for d in (designs, held_out)
        )
        for name in OPERATOR:
            i = names.index(name)
            ours, theirs = proposed[:, i], real[:, i]
            ours = ours[np.isfinite(ours)]
            spread = theirs.std() or 1.0
            found[f"{name}_distance"] = float(wasserstein_distance(ours, theirs) / spread)
        return found

    def _kinds(self) -> Iterator[tuple[str, str, Bool[np.ndarray, " profiles"]]]:
        """Load, PV and wind: the variable of each, and a mask of its profiles of the kind."""
        names = self.feeder.table.names
        yield "load", "load_p", np.ones(len(names.load), dtype=bool)
        for kind in ("solar", "wind"):
            yield kind, "infeed_p", np.array(names.kinds, dtype=str) == kind

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Full load without infeed, as solved by pandapower."""
        arrays, truth = reference_day(self.feeder.verifier)
        one = self._days.isel({DESIGN: [0]})
        coords = {c.name: one[c.name] for c in self.conditions} | self.labels()
        return ((to_dataset(arrays, VARIABLES, coords), truth, 1e-6),)
