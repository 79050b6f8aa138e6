"""Water network as its SCADA sees it: level controls and tags."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int

from ingenium.core.digest import file_digest
from ingenium.core.errors import InputError
from ingenium.domains.plant import epanet
from ingenium.domains.plant.epanet import Hydraulics, Toolkit

CTOWN = Path(__file__).parent / "networks" / "ctown.inp"
# Of each pumping station and of the valve, as BATADAL reads them (Taormina et al. 2018).
CTOWN_PRESSURES = (
    *("J280", "J269", "J300", "J256", "J289", "J415"),
    *("J302", "J306", "J307", "J317", "J14", "J422"),
)


@dataclass(frozen=True)
class Switch:
    """A pump or valve that opens below one level of a tank and closes above another."""

    link: int
    opens_below: float  # m
    closes_above: float  # m


@dataclass(frozen=True)
class Station:
    """Tank whose level controls pumps or valves, with what belongs to it."""

    tank: int
    name: str
    lowest: float  # m
    highest: float  # m
    switches: tuple[Switch, ...]


@dataclass(frozen=True)
class Tag:
    """Reading of the SCADA system."""

    name: str  # as in BATADAL: L_ a level, F_ a flow, S_ a status, P_ a pressure
    kind: str  # level, flow, status or pressure
    item: int  # of the node or link
    unit: str


@dataclass(frozen=True, eq=False)
class WaterNetwork:
    """Contents of a network file, read once; every week opens the file again."""

    path: Path
    stations: tuple[Station, ...]
    tags: tuple[Tag, ...]
    tanks: tuple[int, ...]
    pumps: tuple[int, ...]
    served: tuple[int, ...]  # junctions with a demand
    patterns: tuple[tuple[int, str], ...]  # that their demands follow
    usual: Float64[np.ndarray, "p t"]  # factors of these, hour by hour
    names: tuple[str, ...] = ()  # of all nodes, for maps
    places: Float64[np.ndarray, "n 2"] = field(default_factory=lambda: np.zeros((0, 2)))
    pipes: tuple[tuple[int, int], ...] = ()
    links: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Digest of the file."""
        return file_digest(self.path)

    @cached_property
    def read_at(self) -> Mapping[str, tuple[Int[np.ndarray, " a"], Int[np.ndarray, " a"]]]:
        """Positions of each kind of tag among all tags, and of the items that they read."""
        found = {}
        for kind in dict.fromkeys(t.kind for t in self.tags):
            own = [(i, t.item - 1) for i, t in enumerate(self.tags) if t.kind == kind]
            rows, items = (np.array(column) for column in zip(*own, strict=True))
            found[kind] = rows, items
        return found

    def alongside(self, station: Station) -> tuple[int, ...]:
        """Return the indices of a station's tags: its level, and what it switches."""
        links = {s.link for s in station.switches}
        ends = {n for link in links for n in self.pipes[link - 1]}
        mine = (
            (t.kind == "level" and t.item == station.tank)
            or (t.kind in ("flow", "status") and t.item in links)
            or (t.kind == "pressure" and t.item in ends)
            for t in self.tags
        )
        return tuple(i for i, own in enumerate(mine) if own)


def read(path: Path, toolkit: Toolkit, pressures: tuple[str, ...], hours: int) -> WaterNetwork:
    """Read a network.

    Raises:
        InputError: for a file that EPANET does not open, without a level that controls anything,
            or without demands that follow a pattern; and for a pressure at an unknown node.
    """
    of = toolkit.opened(path)
    nodes = range(1, of.count(epanet.NODES) + 1)
    links = range(1, of.count(epanet.LINKS) + 1)
    names = tuple(of.id("node", i) for i in nodes)
    kinds = {i: of.type("node", i) for i in nodes}
    tanks = tuple(i for i in nodes if kinds[i] == epanet.TANK)
    stations = _stations(of, tanks, names)
    if not stations:
        raise InputError("a network in which a level controls something", str(path))
    served = tuple(
        i for i in nodes if kinds[i] == epanet.JUNCTION and of.node(i, epanet.BASE_DEMAND) > 0
    )
    own = sorted({of.demand_pattern(i) for i in served} - {0})
    if not own:
        raise InputError("demands that follow a pattern", f"none in {path}")
    pumps = tuple(i for i in links if of.type("link", i) == epanet.PUMP)
    ends = tuple(of.ends(i) for i in links)
    moved = sorted({*pumps, *(s.link for x in stations for s in x.switches)})
    ids = tuple(of.id("link", i) for i in links)
    return WaterNetwork(
        path,
        stations,
        _tags(tanks, moved, _read_at(pressures, moved, names, ends), names, ids),
        tanks,
        pumps,
        served,
        tuple((p, of.id("pattern", p)) for p in own),
        np.stack([np.resize(of.pattern(p), hours) for p in own]),
        names,
        np.array([of.place(i) for i in nodes]),
        ends,
        ids,
    )


def _stations(
    of: Hydraulics, tanks: tuple[int, ...], names: tuple[str, ...]
) -> tuple[Station, ...]:
    """Group simple controls by the level of a tank, a pair for each pump or valve."""
    pairs: dict[tuple[int, int], dict[bool, float]] = {}
    for i in range(1, of.count(epanet.CONTROLS) + 1):
        kind, link, setting, node, level = of.control(i)
        if node in tanks and kind in (0, 1):
            pairs.setdefault((node, link), {})[setting > 0] = level
    found = []
    for tank in tanks:
        own = {link: p for (node, link), p in pairs.items() if node == tank and len(p) == 2}
        if own:
            switches = tuple(Switch(link, p[True], p[False]) for link, p in own.items())
            low, high = (of.node(tank, end) for end in (epanet.LOWEST, epanet.HIGHEST))
            found.append(Station(tank, names[tank - 1], low, high, switches))
    return tuple(found)


def _read_at(
    pressures: tuple[str, ...],
    moved: list[int],
    names: tuple[str, ...],
    ends: tuple[tuple[int, int], ...],
) -> list[int]:
    if not pressures:
        return list(dict.fromkeys(n for link in moved for n in ends[link - 1]))
    for name in pressures:
        if name not in names:
            raise InputError("pressures at nodes of the network", name, "Write names of junctions.")
    return [names.index(name) + 1 for name in pressures]


def _tags(
    tanks: tuple[int, ...],
    moved: list[int],
    pressures: list[int],
    names: tuple[str, ...],
    links: tuple[str, ...],
) -> tuple[Tag, ...]:
    levels = [Tag(f"L_{names[i - 1]}", "level", i, "m") for i in tanks]
    switched = [
        tag
        for i in moved
        for tag in (
            Tag(f"F_{links[i - 1]}", "flow", i, "L/s"),
            Tag(f"S_{links[i - 1]}", "status", i, "1"),
        )
    ]
    return (*levels, *switched, *(Tag(f"P_{names[i - 1]}", "pressure", i, "m") for i in pressures))
