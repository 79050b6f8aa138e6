"""Opening of a storage problem: feeder, site, battery and scenarios of a day.

Shapes: s scenarios, t steps, b nodes of the feeder.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int

from ingenium.core.digest import array_digest, digest
from ingenium.core.errors import InputError, choose
from ingenium.core.reading.days import local_days
from ingenium.core.reading.tables import read_table
from ingenium.core.scenarios import scenario_rng
from ingenium.domains.grid.feeder.feeder import FeederSettings, OpenFeeder, open_feeder
from ingenium.domains.grid.storage.battery import SiteBattery
from ingenium.domains.grid.storage.prices import price_day
from ingenium.domains.grid.storage.site import STEPS, ChargingSite

PER_HOUR = 4
PLANNING, JUDGING = 0, 1  # halves of everything that scenarios are sampled from
SEASON_DAYS = 21  # either side of the day of the year, from which days of the feeder are sampled
DEMAND = "a CSV of demand with the columns time and demand_kw, in quarter-hours"
FEWEST_DAYS = 8
FRESH = 32  # scenarios for comparisons
AWAY = 10_000  # numbers between them and those that judge: lower ones were seen in development


@dataclass(frozen=True)
class StorageSettings:
    """The feeder, the site and its battery, and the scenarios of a day."""

    date: str = "2022-07-14"  # day that is planned
    prices: str = "declared"  # "epex_de" with its folder in INGENIUM_EPEX_DE, or a CSV
    scenarios: int = 16  # number of scenarios that judge a schedule
    planning: int = 32  # that schedules are planned on
    known: int = 192  # schedules that generators learn from
    seed: int = 0  # of the scenarios
    cell_days: int = 0  # days for which PyBaMM repeats chosen schedules, in a report; 0 for none
    site: ChargingSite = field(default_factory=ChargingSite)
    battery: SiteBattery = field(default_factory=SiteBattery)
    feeder: FeederSettings = field(default_factory=FeederSettings)

    def __post_init__(self) -> None:
        try:
            np.datetime64(self.date, "D")
        except ValueError as error:
            raise InputError("a date such as 2022-07-14", self.date) from error
        for name, low, high in (("scenarios", 4, 256), ("planning", 4, 256), ("known", 16, 4096)):
            if not low <= getattr(self, name) <= high:
                raise InputError(f"{name} from {low} to {high}", getattr(self, name))
        if self.cell_days and not 3 <= self.cell_days <= 365:
            raise InputError("cell_days from 3 to 365, or 0", self.cell_days, "Write 10.")
        most = self.site.connection_kw + self.site.peak_kw
        if self.battery.power_kw > most:
            raise InputError(
                f"a battery of at most {most:g} kW: the connection and all charging points",
                f"power_kw = {self.battery.power_kw:g}",
                f"No more can be used. Write power_kw = {most:g}; is it in W?",
            )


@dataclass(frozen=True, eq=False)
class SiteScenarios:
    """Days that a schedule may meet."""

    demand_kw: Float[np.ndarray, "s t"]  # of the charging points
    price: Float[np.ndarray, "s t"]  # EUR/kWh, day-ahead
    day: Int[np.ndarray, " s"]  # of the feeder's table

    def mean(self) -> "SiteScenarios":
        """Return the point forecast: means of all scenarios."""
        demand, price = (x.mean(0, keepdims=True) for x in (self.demand_kw, self.price))
        return SiteScenarios(demand, price, self.day[:1])

    def some(self, rows: Int[np.ndarray, " k"]) -> "SiteScenarios":
        """Return some of the scenarios."""
        return SiteScenarios(self.demand_kw[rows], self.price[rows], self.day[rows])


@dataclass(frozen=True, eq=False)
class StorageSite:
    """A battery behind a site on a feeder, with planning and judging scenarios of its day."""

    settings: StorageSettings
    feeder: OpenFeeder
    node: int  # of the circuit
    bus: str
    planning: SiteScenarios
    judging: SiteScenarios
    fresh: SiteScenarios  # that nothing was chosen by, for comparisons
    notes: tuple[str, ...]

    @property
    def battery(self) -> SiteBattery:
        """The battery."""
        return self.settings.battery

    @property
    def site(self) -> ChargingSite:
        """Charging points, connection and charges."""
        return self.settings.site

    @cached_property
    def forecast(self) -> SiteScenarios:
        """Point forecast of demand and price, from planning scenarios alone."""
        return self.planning.mean()

    @cached_property
    def digest(self) -> str:
        """Digest of everything that a measurement follows from."""
        both = (self.planning, self.judging)
        arrays = [x for s in both for x in (s.demand_kw, s.price, s.day)]
        own = [array_digest(x) for x in arrays]
        feeder = self.feeder.verifier.network.digest(), self.feeder.table.digest()
        return digest([own, self.bus, repr(self.battery), repr(self.site), *feeder])

    def demand_mw(
        self, days: Int[np.ndarray, " s"]
    ) -> tuple[Float[np.ndarray, "s t b"], Float[np.ndarray, "s t b"]]:
        """Return the demand of the feeder without the site at each node (MW, Mvar)."""
        table, profiles = self.feeder.table, self.feeder.verifier.profiles
        arrays = (torch.as_tensor(x[days]) for x in (table.load_p, table.load_q, table.infeed_p))
        p, q = profiles.demand(*arrays)
        return p.numpy(), q.numpy()


def open_site(settings: StorageSettings) -> StorageSite:
    """Open the feeder, find the site's bus, and sample the scenarios.

    Raises:
        InputError: for data that do not fit each other.
    """
    feeder = open_feeder(settings.feeder)
    node, bus = _node(feeder, settings.site.bus)
    demand, source = sampled_demand(settings)
    price = price_day(settings.prices, settings.date, settings.seed)
    own_days = _season(feeder, settings.date)

    def sampled(half: int, first: int, count: int) -> SiteScenarios:
        """Sample scenarios by their numbers; each depends on its own alone."""
        numbers = range(first, first + count)
        rng = [scenario_rng(settings.seed + 1, 2 * k + half) for k in numbers]
        hourly = np.stack([price.sample(half, k) for k in numbers]) / 1000.0
        day = np.array([r.choice(own_days[half::2]) for r in rng])
        own = np.stack([demand(half, r) for r in rng])
        return SiteScenarios(own, np.repeat(hourly, PER_HOUR, 1), day)

    judged = settings.scenarios
    return StorageSite(
        settings,
        feeder,
        node,
        bus,
        sampled(PLANNING, 0, settings.planning),
        sampled(JUDGING, 0, judged),
        sampled(JUDGING, judged + AWAY, FRESH),
        (*feeder.notes, source, price.note, f"The site is at {bus}."),
    )


def _node(feeder: OpenFeeder, name: str) -> tuple[int, str]:
    """Find the node of a bus by its name; the bus bar below the transformer for none."""
    network = feeder.verifier.network
    circuit, names = network.circuit, network.bus_names
    if name:
        each = {n: i for i, joined in enumerate(names) for n in (joined, *joined.split(" + "))}
        at = each[choose(name, list(each), "bus of the feeder")]
    else:
        ends = np.concatenate([circuit.to_node[circuit.trafos], circuit.from_node[circuit.trafos]])
        free = [int(n) for n in ends if n != circuit.slack]
        at = int(np.flatnonzero(circuit.free_nodes == free[0])[0]) if free else 0
    return int(circuit.free_nodes[at]), names[at]


def _season(feeder: OpenFeeder, date: str) -> Int[np.ndarray, " m"]:
    """Days of the feeder's table near the day of the year, weekends with weekends."""
    days = feeder.table.dates.astype("datetime64[D]")
    own = np.datetime64(date, "D")

    def of_year(x: np.ndarray) -> np.ndarray:
        return np.asarray((x - x.astype("datetime64[Y]").astype("datetime64[D]")).astype(int))

    gap = np.abs(of_year(days) - of_year(np.array([own]))[0])
    near = np.minimum(gap, 366 - gap)
    weekend = np.is_busday(days) == np.is_busday(own)
    found = np.flatnonzero((near <= SEASON_DAYS) & weekend)
    return found if len(found) >= FEWEST_DAYS else np.argsort(near, kind="stable")[:FEWEST_DAYS]


SampledDay = Callable[[int, np.random.Generator], Float[np.ndarray, " t"]]


def sampled_demand(settings: StorageSettings) -> tuple[SampledDay, str]:
    """Return what samples a day by half and generator, and a sentence on it."""
    site = settings.site
    if site.demand is None:
        source = "Demand is simulated: sessions arrive as a declared process; no data are public."
        return (lambda half, rng: site.sampled(rng)), source
    days, note = _days_of(Path(site.demand), site)
    source = f"Demand is that of {len(days)} days of {site.demand}.{note}"
    return (lambda half, rng: days[half::2][rng.integers(len(days[half::2]))]), source


def _days_of(path: Path, site: ChargingSite) -> tuple[Float[np.ndarray, "n t"], str]:
    """Read whole days of demand, and a note on days of 23 or 25 hours.

    Raises:
        InputError: for days with gaps, or power in another unit.
    """
    if not path.is_file():
        raise InputError(DEMAND, f"no file at {path}", "Write its path, from the spec's folder.")
    table = read_table(path, DEMAND)
    days, values = local_days(table, "time", STEPS), table.numbers("demand_kw")
    if len(days.dates) < 4:
        raise InputError(
            f"at least 4 days of {STEPS} quarter-hours", f"{len(days.dates)} in {path}"
        )
    top = float(values.max())
    if values.min() < 0 or not 0.01 * site.connection_kw <= top <= 20 * site.connection_kw:
        unit = "W" if top > site.connection_kw else "MW"
        raise InputError(
            f"demand in kW, at most 20 times the connection of {site.connection_kw:g} kW",
            f"{values.min():g} to {top:g} in {path}",
            f"It is probably in {unit}." if values.min() >= 0 else "Demand is not negative.",
        )
    return days.of(values), days.note
