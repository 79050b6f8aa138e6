"""Problem `buildings.envelope`: windows, shading, fabric and plant of a plan over a year."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property
from random import Random
from typing import Any, ClassVar

import numpy as np
import xarray as xr
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.digest import content_digest, digest
from ingenium.core.given import NOTHING, Given, Input
from ingenium.core.problem import Problem, Projection, SearchDefaults, Second, Section
from ingenium.core.quantity import Quantity
from ingenium.core.spec import Fixed, Limit, Objective
from ingenium.core.verify import Verifier
from ingenium.domains.buildings.envelope import report
from ingenium.domains.buildings.envelope.catalogue import COLUMNS, COSTS, costs
from ingenium.domains.buildings.envelope.climate import WeatherYear, declared
from ingenium.domains.buildings.envelope.design import (
    PACKAGES,
    RANGES,
    Envelopes,
    sampled,
    variables,
)
from ingenium.domains.buildings.envelope.epjson import EnergyPlusModel
from ingenium.domains.buildings.envelope.families import families
from ingenium.domains.buildings.envelope.formats import EnergyModels
from ingenium.domains.buildings.envelope.outcome import Appraisal, Year, annuity
from ingenium.domains.buildings.envelope.settings import BuildingEnvelopeSettings
from ingenium.domains.buildings.envelope.source import PlanModel
from ingenium.domains.buildings.envelope.twin import ThermalTwin
from ingenium.domains.buildings.envelope.use import Use
from ingenium.domains.buildings.envelope.verifier import (
    ENVIRONMENT,
    EnergyPlusVerifier,
    NetworkVerifier,
    check_installed,
    weather,
)
from ingenium.domains.buildings.envelope.zones import FACADES, ThermalZones
from ingenium.domains.buildings.plan.dissection import DissectionRules
from ingenium.domains.buildings.plan.ifc import IfcModel
from ingenium.domains.buildings.plan.layout import RowLayout
from ingenium.domains.buildings.plan.plot import Plot
from ingenium.domains.buildings.plan.programme import DEFAULT, Programme
from ingenium.domains.buildings.plan.spaces import Spaces

HELD_OUT_EVERY = 4
UNCOMFORTABLE = 0.03  # share of the hours of use that may be outside the comfort range
STOREYS, STOREY_MM, PLOT_M = 2, 3200, (60.0, 40.0)  # of the plan without a given one
INPUTS = (
    Input("plan", "file", "the IFC4 model of a plan, plan.ifc of a design of buildings.plan"),
    Input("weather", "file", "a year of weather in the format EPW"),
    Input("costs", "table", "costs of insulation, shading, energy and more", columns=COLUMNS,
          most=20),
)  # fmt: skip
NOTES = (
    "Constructions, glazing, plants and their costs are assumptions, of the usual size for their "
    "product.",
)


class BuildingEnvelope(Problem):
    """Envelope, plant and set-points of a plan, whose year EnergyPlus simulates."""

    name: ClassVar[str] = "buildings.envelope"
    summary: ClassVar[str] = (
        "windows, shading, insulation, plant and set-points of a plan, by a year of EnergyPlus"
    )
    Settings: ClassVar[type] = BuildingEnvelopeSettings
    inputs: ClassVar[tuple[Input, ...]] = INPUTS
    default_family: ClassVar[str] = "screened"
    searches: ClassVar[SearchDefaults] = SearchDefaults(
        "bayesian",
        batch=8,
        objectives=(Objective("cost", "minimise"), Objective("eui", "minimise")),
    )
    judged: ClassVar[str] = (
        "The epJSON model of each design: its values are read back, everything else must be what "
        "follows from the plan, use and climate, and EnergyPlus simulates that model."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Years warmer or colder than the one of the weather file, and neighbouring buildings.",
        "Glare, draught, radiant asymmetry, humidity in winter, and comfort away from the middle "
        "of a zone.",
        "Thermal bridges, condensation in the fabric, fire, acoustics and local codes.",
        "Distribution, part load and defrosting of plants: their efficiency is one value a month.",
        "Heat between zones: slabs and inner walls between them are adiabatic masses.",
    )
    conditions = ()
    tiers: tuple[Verifier, ...]
    codec: Channels
    licence = "the plan's own"

    def __init__(self, settings: BuildingEnvelopeSettings, given: Given = NOTHING) -> None:
        """Read the plan and the weather.

        Raises:
            InputError: for a plan or weather that is not as declared.
            MissingEnvironment: if EnergyPlus is requested and not installed.
        """
        if settings.engine == "energyplus":
            check_installed()
        self.settings, self.given = settings, given
        text = given["plan"] if "plan" in given else own_plan()
        self.zones = ThermalZones.of(PlanModel.of(text))
        self.climate = _climate(settings, given)
        self.use = Use(
            begin_h=settings.begin_h, end_h=settings.end_h, people=1 / settings.people_m2,
            light=settings.light_w_m2, equipment=settings.equipment_w_m2,
        )  # fmt: skip
        prices = costs(given["costs"]) if "costs" in given else dict(COSTS)
        share = annuity(settings.interest, settings.lifetime_years)
        self.appraisal = Appraisal(self.zones, self.use, prices, share)
        twin = ThermalTwin(self.zones, self.climate, self.use, settings.north_deg)
        self.network = NetworkVerifier(twin, self.appraisal)
        self.model = EnergyPlusModel(
            self.zones, self.climate, self.use, settings.north_deg, settings.steps_an_hour
        )
        self.exact = EnergyPlusVerifier(self.model, self.appraisal)
        self.variables, self.sizes = variables(), {"facade": len(self.zones.facades)}
        self.system = digest([content_digest(text), self.climate.digest, repr(self.use),
                              settings.north_deg, settings.steps_an_hour, prices])  # fmt: skip
        self.limits = self._limits()
        self.requested: tuple[Limit, ...] = self.limits
        self._judge()
        self.formats = {"epjson": EnergyModels(self.model, self.variables, self.labels())}
        facades = self.sizes["facade"]
        self.codec = Channels.between(
            [(r.low, r.high) for r in RANGES.values()],
            own=[(facades,) if r.facade else () for r in RANGES.values()],
        )

    def _judge(self) -> None:
        """Choose the engine that judges, and say so where it is not EnergyPlus."""
        self.notes = NOTES
        if self.settings.climate == "declared" and "weather" not in self.given:
            self.notes = (*NOTES, "The weather is a declared year, of no place.")
        if self.settings.engine == "network" or not ENVIRONMENT.made:
            self.tiers = (self.network,)
            why = "" if self.settings.engine == "network" else (
                f" It is not installed. Write: ingenium doctor --install {ENVIRONMENT.install}"
            )  # fmt: skip
            own = "Verdicts are those of the network; EnergyPlus has judged none of them."
            self.notes = (*self.notes, own + why)
        else:
            self.tiers = (self.network, self.exact)
            self.second = Second(self.network, 1.0, most=64)

    def _limits(self) -> tuple[Limit, ...]:
        """Limits on comfort and daylight; all can be replaced.

        Sources: EN 16798-1:2019, category II, for the range of operative temperatures; EN
        15251:2007, annex G, for 3 % of the hours of use outside it; BS 8206-2:2008 for daylight.
        """
        most = float(np.floor(UNCOMFORTABLE * self.use.occupied.sum()))
        return (
            Limit("overheating", at_most=most),
            Limit("cold", at_most=most),
            Limit("daylight", at_least=2.0),
        )

    def allow(self, limits: Sequence[Limit]) -> None:
        """Take the limits by which proposals are screened from then on."""
        self.requested = tuple(limits)

    @cached_property
    def _known(self) -> xr.Dataset:
        rng, facades = np.random.default_rng(self.settings.seed), self.sizes["facade"]
        found = sampled(rng, self.settings.known, facades)
        held = np.arange(len(found)) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
        return to_dataset(
            found.arrays, self.variables, self.labels() | {"held_out": (DESIGN, held)}
        )

    def data(self) -> xr.Dataset:
        """Return envelopes at random, of which nearly all are uncomfortable or dark."""
        return self._known

    def labels(self) -> dict[str, Any]:
        """Return the names of the facades with windows."""
        return {"facade": ("facade", np.array([FACADES[f] for f in self.zones.facades]))}

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Return the projection onto bounds, steps, and the fixed values of a spec."""

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            own = Envelopes.of(arrays).snapped()
            held = {k: np.full_like(getattr(own, k), f.value) for k, f in fixed.items()}
            return (replace(own, **held) if held else own).arrays

        return onto

    def fixable(self) -> tuple[Quantity, ...]:
        """Return the variables, each of which a spec can fix, on all facades alike."""
        return tuple(
            Quantity(name, r.unit, r.about, labels=r.labels, lower=r.low, upper=r.high)
            for name, r in RANGES.items()
        )

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Return the screened population, standard packages, and chance."""
        own = families(self.codec, self.sizes["facade"], self.network, lambda: self.requested)
        return dict(own)

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report costs against energy, facades, months, temperatures, and the network's errors."""
        return report.sections(self, designs, verdicts)

    def year(self, designs: Envelopes) -> Year:
        """Return hours and meters of designs by the engine that judges."""
        if self.verifier is self.network:
            return self.network.twin.year(designs)
        return self.exact.year(designs)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Cost of a package, multiplied by hand from the plan's areas."""
        package = PACKAGES[0].designs(self.sizes["facade"])
        known = to_dataset(package.arrays, self.variables, self.labels())
        return ((known, {"investment": self._by_hand()}, 1e-9),)

    def _by_hand(self) -> float:
        """Return the investment of the code minimum a m2, from sums over the plan."""
        zones, high = self.zones.zones, self.zones.height_m
        lit = sum(w.windowed for z in zones for w in z.walls)
        glass = 0.5 * lit * 1.8
        gross = high * sum(w.high - w.low for z in zones for w in z.walls)
        roof, ground, bare = (
            sum(getattr(z, k) for z in zones) for k in ("roof", "ground", "exposed")
        )
        area = sum(z.floor for z in zones)
        layers = 0.12 * (gross - glass) + 0.18 * roof + 0.12 * (ground + bare)
        c = self.appraisal.costs
        spent = c["insulation"] * layers + c["laying"] * (gross - glass + roof + ground + bare)
        spent += 320.0 * glass + c["airtightness"] * (gross + roof + ground + bare)
        return float((spent + 6000.0 + (180.0 * 70.0 + 450.0 * 50.0) * area / 1000) / area)


@cache
def own_plan() -> bytes:
    """Return the model of a small health centre, which stands for a given plan."""
    spaces = Spaces(Programme.of(DEFAULT.encode()), STOREYS)
    layout = RowLayout(spaces, Plot.rectangle(*PLOT_M), STOREY_MM)
    plan = layout.plan("".join(DissectionRules(layout).masked(Random(1))))
    return IfcModel(spaces, plan, STOREY_MM, "Small health centre").text().encode("ascii")


def _climate(settings: BuildingEnvelopeSettings, given: Given) -> WeatherYear:
    if "weather" in given:
        return WeatherYear.of(given["weather"], "weather")
    if settings.climate == "declared":
        return declared()
    return WeatherYear.of(weather(settings.climate), settings.climate)
