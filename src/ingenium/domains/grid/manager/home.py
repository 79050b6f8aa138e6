"""Home with PV, a tariff and a battery that moves whole units of energy, and weeks of its data.

Data are declared or a user's CSV. Weeks that plan and weeks that judge alternate.

Shapes: w weeks, h hours of a week.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int64

from ingenium.core.digest import array_digest, digest
from ingenium.core.errors import InputError
from ingenium.core.reading.days import local_days
from ingenium.core.reading.tables import read_table
from ingenium.core.scenarios import scenario_rng

WEEK = 168
HOURS = 24
UNITS = 64  # of a full battery
BALANCES, PRICES, CHARGES, PERIODS = 4, 3, 5, 4  # layers
PERIOD_H = HOURS // PERIODS
DECLARED = 24  # weeks
WHAT = "a CSV of a home with the columns time, load_kw, pv_kw and price_eur_per_kwh, by the hour"
FEWEST = 4  # weeks
DEAREST = 5.0  # EUR/kWh; a median price above it has another unit


@dataclass(frozen=True)
class HomeSettings:
    """The home, its battery and its tariff."""

    home: str = "declared"  # or a CSV of whole weeks by the hour
    power_kw: float = 5.0  # of the battery, in either direction
    energy_kwh: float = 6.4  # of the battery
    efficiency: float = 0.9  # of a round trip
    feed_in_eur: float = 0.08  # paid for a kWh that is fed in
    wear_eur: float = 0.02  # for each kWh that the cells give
    large_kw: float = 1.0  # surplus or deficit of the outer layers
    known: int = 64  # tables that generators learn from
    seed: int = 0  # of the declared home and the known tables

    def __post_init__(self) -> None:
        if not 0.3 <= self.efficiency <= 1:
            likely = f"In per cent? Write efficiency = {self.efficiency / 100:g}."
            raise InputError("efficiency from 0.3 to 1, of a round trip", self.efficiency,
                             likely if 30 <= self.efficiency <= 100 else "")  # fmt: skip
        if not (self.power_kw > 0 and 0.1 <= self.energy_kwh / self.power_kw <= 100):
            raise InputError("energy_kwh of 0.1 to 100 hours at power_kw",
                             f"{self.energy_kwh:g} kWh at {self.power_kw:g} kW",
                             "Is one of them in W or MWh? Write power_kw = 5.0.")  # fmt: skip
        for name, low, high in (
            ("feed_in_eur", 0.0, 5.0),
            ("wear_eur", 0.0, 5.0),
            ("large_kw", 0.01, 1000.0),
            ("known", 16, 4096),
        ):
            if not low <= getattr(self, name) <= high:
                raise InputError(f"{name} from {low:g} to {high:g}", getattr(self, name))

    @property
    def unit_kwh(self) -> float:
        """Energy of a unit, in the cells."""
        return self.energy_kwh / UNITS

    @property
    def way(self) -> float:
        """Efficiency of one direction."""
        return float(np.sqrt(self.efficiency))

    @property
    def most(self) -> int:
        """Most units that an hour moves."""
        return max(1, min(UNITS, int(self.power_kw / self.unit_kwh + 1e-9)))


@dataclass(frozen=True, eq=False)
class HomeWeeks:
    """Surplus of PV over load, and price."""

    surplus_kw: Float64[np.ndarray, "w h"]  # below 0 a deficit
    price: Float64[np.ndarray, "w h"]  # EUR/kWh

    def some(self, rows: Int64[np.ndarray, " k"]) -> "HomeWeeks":
        """Return some of the weeks."""
        return HomeWeeks(self.surplus_kw[rows], self.price[rows])


@dataclass(frozen=True, eq=False)
class ManagedHome:
    """A home whose battery is managed, with weeks that plan and weeks that judge."""

    settings: HomeSettings
    planning: HomeWeeks
    judging: HomeWeeks
    note: str

    @cached_property
    def price_above(self) -> Float64[np.ndarray, " p"]:
        """Prices between the layers: between thirds of the planned hours where they differ."""
        price = self.planning.price
        found = np.quantile(price, np.arange(1, PRICES) / PRICES, method="lower")
        return np.asarray(found)

    @cached_property
    def end_eur(self) -> float:
        """Worth of a unit at the end of a week: what buying it costs on average."""
        s = self.settings
        return float(self.planning.price.mean()) * s.unit_kwh * s.way

    @cached_property
    def digest(self) -> str:
        """Digest of everything that a measurement follows from."""
        arrays = [x for w in (self.planning, self.judging) for x in (w.surplus_kw, w.price)]
        return digest([[array_digest(x) for x in arrays], repr(self.settings)])

    def layers(self, weeks: HomeWeeks) -> tuple[Int64[np.ndarray, "w h"], ...]:
        """Return the layers of surplus, price and period of each hour."""
        large = self.settings.large_kw
        balance = np.searchsorted([-large, 0.0, large], weeks.surplus_kw)
        price = np.searchsorted(self.price_above, weeks.price)
        period = np.broadcast_to(np.arange(WEEK) % HOURS // PERIOD_H, weeks.price.shape)
        return balance, price, period


def charge_layer(units: Int64[np.ndarray, "*n"]) -> Int64[np.ndarray, "*n"]:
    """Return the layer of a charge in units."""
    return np.asarray(units * CHARGES // (UNITS + 1))


def open_home(s: HomeSettings) -> ManagedHome:
    """Read or sample the weeks."""
    if s.home == "declared":
        surplus, price = _declared(s.seed)
        note = "Load, sun and tariff are a declared process, of no home."
    else:
        surplus, price, changed = _own(Path(s.home))
        note = f"{len(price)} weeks of {s.home}: every other one judges.{changed}"
    every = HomeWeeks(surplus, price)
    rows = np.arange(len(price))
    return ManagedHome(s, every.some(rows[::2]), every.some(rows[1::2]), note)


def _declared(seed: int) -> tuple[np.ndarray, np.ndarray]:
    hour = np.arange(WEEK) % HOURS + 0.5
    tariff = np.where((hour > 17) & (hour < 22), 0.45, np.where((hour > 6) & (hour < 22), 0.3, 0.2))
    sun = np.maximum(0.0, np.cos((hour - 12.5) / 7.0 * np.pi / 2)) * (np.abs(hour - 12.5) < 7)
    use = (
        0.4 + 0.5 * np.exp(-(((hour - 7.5) / 1.5) ** 2)) + 1.2 * np.exp(-(((hour - 19) / 2.5) ** 2))
    )
    rows = []
    for k in range(DECLARED):
        rng = scenario_rng(seed + 7, k)
        season = 0.5 + 0.5 * np.sin(2 * np.pi * k / DECLARED)
        cloud = rng.beta(2.0, 1.2, WEEK // HOURS).repeat(HOURS)
        load = use * rng.lognormal(-0.08, 0.4, WEEK)
        rows.append((1.0 + 3.5 * season) * sun * cloud - load)
    return np.array(rows), np.tile(tariff, (DECLARED, 1))


def _own(path: Path) -> tuple[np.ndarray, np.ndarray, str]:
    """Read a user's file: surplus, price, and a note on days of 23 or 25 hours.

    Raises:
        InputError: for hours that are missing, too few weeks, or another unit.
    """
    if not path.is_file():
        raise InputError(WHAT, f"no file at {path}", 'Write its path, or home = "declared".')
    table = read_table(path, WHAT)
    days = local_days(table, "time", HOURS)
    weeks = len(days.dates) * HOURS // WEEK
    if weeks < FEWEST:
        raise InputError(f"at least {FEWEST} whole weeks from a midnight on", f"{weeks} in {path}")
    load, sun, price = (table.numbers(n) for n in ("load_kw", "pv_kw", "price_eur_per_kwh"))
    if np.median(np.abs(price)) > DEAREST:
        raise InputError("prices in EUR/kWh", f"a median of {np.median(np.abs(price)):.3g}",
                         "They are probably EUR/MWh: divide by 1000.")  # fmt: skip
    if load.min() < 0 or sun.min() < 0:
        raise InputError("load_kw and pv_kw of at least 0", f"{min(load.min(), sun.min()):g} kW")
    surplus, tariff = (days.of(x).ravel()[: weeks * WEEK] for x in (sun - load, price))
    return surplus.reshape(weeks, WEEK), tariff.reshape(weeks, WEEK), days.note
