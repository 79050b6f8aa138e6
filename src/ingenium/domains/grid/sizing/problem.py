"""`grid.plant_size`: sizes of PV, wind, battery and diesel on an island, over 30 years of hours."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64
from torch import Tensor

from ingenium import __version__
from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.digest import array_digest, digest
from ingenium.core.errors import InputError
from ingenium.core.formats.columns import Columns, TableColumn
from ingenium.core.problem import Problem, Projection, SearchDefaults, Second, Section
from ingenium.core.quantity import Quantity, Variable
from ingenium.core.spec import Fixed, Limit, Objective
from ingenium.domains.grid.sizing import report
from ingenium.domains.grid.sizing.hourly import COLUMNS, STORAGE, simulated
from ingenium.domains.grid.sizing.plain import PlainPlant
from ingenium.domains.grid.sizing.weather import declared_year, own_year

BALANCE_KWH = 1e-9
HELD_OUT_EVERY = 5
SIZES = ("pv_kw", "wind_kw", "battery_kwh", "diesel_kw")


@dataclass(frozen=True)
class SizeSettings:
    """The load and weather of an island, costs, and the sizes that can be bought."""

    weather: str = "declared"  # with the load; or a CSV of 8760 hours
    load_kw: float = 30.0  # mean, of the declared year
    years: int = 30  # of operation
    discount: float = 0.06  # interest of a year
    tariff_eur: float = 0.45  # a kWh that is served
    pv_eur: float = 800.0  # price of a kW of PV
    wind_eur: float = 2000.0  # price of a kW of wind
    battery_eur: float = 300.0  # a kWh, again after `battery_years`
    diesel_eur: float = 500.0  # price of a kW of diesel
    fuel_eur: float = 1.4  # price of a litre of fuel
    upkeep: float = 0.02  # of the investment, a year
    battery_years: int = 12  # life of a battery
    efficiency: float = 0.9  # of a round trip
    power_share: float = 0.5  # power of the battery, of its energy in an hour
    pv_fade: float = 0.005  # share of its yield that PV loses in a year
    battery_fade: float = 0.015  # share of its energy that a battery loses in a year
    largest: tuple[float, float, float, float] = (
        200.0,
        200.0,
        1000.0,
        100.0,
    )  # kW of PV, kW of wind, kWh of battery, kW of diesel
    steps: tuple[int, int, int, int] = (20, 10, 20, 20)  # of each size, from 0 to the largest
    seed: int = 0  # of the declared year
    known: int = 64  # sizes at random that generators learn from

    def __post_init__(self) -> None:
        if not 0.3 <= self.efficiency <= 1:
            likely = f"In per cent? Write efficiency = {self.efficiency / 100:g}."
            raise InputError("efficiency from 0.3 to 1, of a round trip", self.efficiency, likely)
        if not (1 <= self.years <= 60 and self.battery_years >= 1 and 10 <= self.known <= 10_000):
            raise InputError("1 to 60 years, and 10 to 10,000 known sizes", self.years)
        if min(self.largest) <= 0 or min(self.steps) < 1 or not 0.1 <= self.load_kw <= 1e6:
            raise InputError("largest sizes, steps and a load above 0", self)
        if not 0 <= self.discount < 0.5:
            raise InputError("a discount from 0 to 0.5 a year", self.discount, "Write 0.06.")


QUANTITIES = (
    Quantity("npv", "EUR", "net present value: income less investment, upkeep and fuel"),
    Quantity("investment", "EUR", "investment of the first year"),
    Quantity("fuel", "l", "diesel fuel of all years"),
    Quantity("unserved", "percent", "load that is not served, of all load"),
    Quantity("renewable", "percent", "load that neither diesel nor nothing serves"),
    Quantity("curtailed", "percent", "PV and wind that are not used"),
    Quantity("cost_of_energy", "EUR/kWh", "discounted cost of a kWh that is served"),
    Quantity("balance_error", "kWh", "largest gap of the energy balance in an hour",
             rounding=1e-9),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class SizeVerifier:
    """Value and service of plants, by the balance of every hour of all years.

    Shapes: n sizes, k quantities.
    """

    settings: SizeSettings
    series: Float64[np.ndarray, "3 h"]
    name: ClassVar[str] = "ingenium"
    version: ClassVar[str] = __version__
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = QUANTITIES

    def measure(self, *sizes: Float64[Tensor, " n"]) -> Float64[Tensor, "n k"]:
        """Measure all quantities of each size; NaN for sizes that are no numbers of at least 0."""
        size = np.stack([s.numpy() for s in sizes], 1)
        valid = np.isfinite(size).all(1) & (size >= 0).all(1)
        s = self.settings
        found = simulated(np.where(valid[:, None], size, 0.0), self.series, s.years,
                          way=float(np.sqrt(s.efficiency)), power_share=s.power_share,
                          fades=(s.pv_fade, s.battery_fade))  # fmt: skip
        columns = valued(s, size, found)
        return torch.as_tensor(np.where(valid[:, None], columns, np.nan))


def valued(
    s: SizeSettings, size: Float64[np.ndarray, "n 4"], found: Float64[np.ndarray, "n y c"]
) -> Float64[np.ndarray, "n k"]:
    """Return the quantities of simulated plants."""
    at = {name: found[:, :, i] for i, name in enumerate(COLUMNS)}
    rates = np.array([s.pv_eur, s.wind_eur, s.battery_eur, s.diesel_eur])
    first = size @ rates
    worth = (1.0 + s.discount) ** -np.arange(1.0, s.years + 1.0)
    served = at["load"] - at["unserved"]
    again = np.array([y % s.battery_years == 0 and y < s.years for y in range(1, s.years + 1)])
    costs = s.upkeep * first[:, None] + s.fuel_eur * at["fuel"]
    costs = costs + np.outer(size[:, 2] * s.battery_eur, again)
    spent = first + costs @ worth
    made = (at["pv"] + at["wind"]).sum(1)
    load = at["load"].sum(1)
    return np.stack(
        [
            (s.tariff_eur * served) @ worth - spent,
            first,
            at["fuel"].sum(1),
            100.0 * at["unserved"].sum(1) / load,
            100.0 * (served - at["diesel"]).sum(1) / load,
            100.0 * at["curtailed"].sum(1) / np.where(made > 0, made, 1.0),
            spent / np.maximum(served @ worth, 1e-9),
            at["balance"].max(1),
        ],
        1,
    )


class PlantSize(Problem):
    """Sizes of an isolated plant that serves its load for decades."""

    name: ClassVar[str] = "grid.plant_size"
    summary: ClassVar[str] = (
        "sizes of PV, wind, battery and diesel on an island, over 30 years of hours"
    )
    Settings: ClassVar[type] = SizeSettings
    judged: ClassVar[str] = "The four sizes of the file; load, weather and costs are the setup's."
    unchecked: ClassVar[tuple[str, ...]] = (
        "Voltage, frequency and inertia: the plant is a balance of energy in each hour.",
        "Weather beyond that of the one year, which repeats.",
        "Prices that change over the years.",
    )
    default_family: ClassVar[str] = "gaussian_copula"
    searches: ClassVar[SearchDefaults] = SearchDefaults(
        "cma_es", objectives=(Objective("npv", "maximise"),)
    )
    validity = ("balance_error",)

    def __init__(self, settings: SizeSettings) -> None:
        """Read or sample the year.

        Raises:
            MissingExtra: with the line that installs Numba.
        """
        STORAGE.package("numba")  # before any work is done
        self.settings = settings
        declared = settings.weather == "declared"
        self.series = (
            declared_year(settings.load_kw, settings.seed)
            if declared
            else own_year(settings.weather)
        )
        self.system = digest([array_digest(self.series), repr(settings)])
        if declared:
            self.notes = ("Load, sun and wind are a declared process, of no place.",)
        about = ("PV", "wind turbines", "battery", "diesel generator")
        self.variables = tuple(
            Variable(name, (), name.rpartition("_")[2].replace("kwh", "kWh").replace("kw", "kW"),
                     f"size of the {what}", 0.0, most)
            for name, what, most in zip(SIZES, about, settings.largest, strict=True)
        )  # fmt: skip
        self.sizes: Mapping[str, int] = {}
        self.conditions = ()
        self.limits = (
            Limit("unserved", at_most=0.5, unit="percent"),
            Limit("balance_error", at_most=BALANCE_KWH),
        )
        self.tiers = (SizeVerifier(settings, self.series),)
        self.second = Second(PlainPlant(settings, self.series, QUANTITIES), 0.01, most=1)
        columns = tuple(TableColumn(name) for name in SIZES)
        self.formats = {"csv": Columns(self.variables, columns, file="sizes.csv")}
        self.codec = Channels.between([(0.0, most) for most in settings.largest])

    @cached_property
    def _known(self) -> xr.Dataset:
        rng, s = np.random.default_rng(self.settings.seed), self.settings
        level = rng.integers(0, np.array(s.steps) + 1, (s.known, 4)) / np.array(s.steps)
        arrays = tuple(torch.as_tensor(level[:, i] * s.largest[i]) for i in range(4))
        held = np.arange(s.known) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
        return to_dataset(arrays, self.variables, {"held_out": (DESIGN, held)})

    def data(self) -> xr.Dataset:
        """Return sizes at random, of which most serve badly."""
        return self._known

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Round sizes to those that can be bought."""
        s = self.settings

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            return tuple(
                (a.to(torch.float64) / most * steps).round().clamp(0, steps) * most / steps
                for a, most, steps in zip(arrays, s.largest, s.steps, strict=True)
            )

        return onto

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report value against service, and a week of the best plant."""
        return report.sections(self.settings, self.series, designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Without any plant nothing is served and nothing is spent."""
        none = tuple(torch.zeros(1, dtype=torch.float64) for _ in SIZES)
        truth = {"unserved": 100.0, "npv": 0.0, "investment": 0.0, "fuel": 0.0}
        return ((to_dataset(none, self.variables, {}), truth, 1e-9),)
