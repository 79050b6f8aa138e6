"""Simulation of a week of a water network under SCADA, with attacks between the steps.

The controls of the file are removed; instead, a controller at each station switches by what it
reads, every quarter of an hour. Readings are stored at every full hour, as operators see them.

Shapes: p demand patterns, t hours, k tags.
"""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64

from ingenium.domains.plant import epanet
from ingenium.domains.plant.attacks import Attack, Reading
from ingenium.domains.plant.epanet import Hydraulics, NoAnswerError, Toolkit
from ingenium.domains.plant.network import WaterNetwork

STEP_S, HOUR_S = 900, 3600
PRESSURE_M = 5.0  # below which a junction counts as short of water
DECIMALS = 3  # of readings, as files store them
SLACK_M = 1e-4  # within which a level counts as reached, as in EPANET
FULL_M = 1e-4  # below the brim, from which on a tank spills what comes in


@dataclass
class WeekRun:
    """Outcome of one simulated week."""

    readings: Float64[np.ndarray, "k t"]  # as operators are shown them
    spilled_m3: float = 0.0
    energy_kwh: float = 0.0
    short_h: float = 0.0  # hours with too little pressure, summed over junctions


@dataclass
class Works:
    """Network with its controllers, opened once for many weeks."""

    network: WaterNetwork
    toolkit: Toolkit
    _open: list[Hydraulics] = field(default_factory=list)

    def run(self, demand: Float64[np.ndarray, "p t"], attack: Attack | None) -> WeekRun | None:
        """Simulate one week; None where EPANET has no answer."""
        found = self._tried(demand, attack)
        return found if isinstance(found, WeekRun) else None

    def explain(self, demand: Float64[np.ndarray, "p t"], attack: Attack | None) -> str:
        """Return what EPANET says of a week without an answer; empty for one with an answer."""
        found = self._tried(demand, attack)
        return "" if isinstance(found, WeekRun) else str(found)

    def _tried(
        self, demand: Float64[np.ndarray, "p t"], attack: Attack | None
    ) -> WeekRun | NoAnswerError:
        of = self._opened()
        try:
            return self._week(of, demand, attack)
        except NoAnswerError as error:
            return error
        finally:
            of.end()

    def _opened(self) -> Hydraulics:
        if self._open:
            return self._open[0]
        of = self.toolkit.opened(self.network.path)
        mine = {s.link for station in self.network.stations for s in station.switches}
        tanks = {station.tank for station in self.network.stations}
        for i in range(of.count(epanet.CONTROLS), 0, -1):
            kind, link, _, node, _ = of.control(i)
            if kind in (0, 1) and link in mine and node in tanks:
                of.forget(i)
        for tank in tanks:  # the others have floats that close
            of.set_node(tank, epanet.SPILLS, 1.0)
        hours = self.network.usual.shape[1]
        times = (epanet.DURATION, hours * HOUR_S - STEP_S), (epanet.PATTERN_START, 0)
        for what, seconds in (*times, (epanet.PATTERN_STEP, HOUR_S)):
            of.set_time(what, seconds)
        for what in (epanet.REPORT_STEP, epanet.HYDRAULIC_STEP):  # the former bounds the latter
            of.set_time(what, STEP_S)
        self._open.append(of)
        return of

    def _week(
        self, of: Hydraulics, demand: Float64[np.ndarray, "p t"], attack: Attack | None
    ) -> WeekRun:
        for (item, _), factors in zip(self.network.patterns, demand, strict=True):
            of.set_pattern(item, factors)
        run = WeekRun(np.full((len(self.network.tags), demand.shape[1]), np.nan))
        reported = self._controllers(attack)
        floor, pumps = of.nodes(epanet.ELEVATION), np.array(self.network.pumps, dtype=int) - 1
        tanks = np.array([s.tank for s in self.network.stations]) - 1
        of.begin()
        seconds, now, opened = STEP_S, 0, dict[int, bool]()
        while seconds > 0:
            head = of.nodes(epanet.HEAD)
            level = (head[tanks] - floor[tanks]).tolist()
            every = head - floor if now % HOUR_S == 0 else None
            read = self._switch(of, reported, level, now, opened)
            of.solve()
            if every is not None:
                run.readings[:, now // HOUR_S] = self._read(of, every, read, run)
            power = float(of.links(epanet.POWER)[pumps].sum())
            spilling = self._spilling(of, level)
            seconds = of.advance()
            run.energy_kwh += power * seconds / HOUR_S
            run.spilled_m3 += spilling * seconds / 1000
            now += seconds
        run.readings = np.round(self._shown(run.readings, attack), DECIMALS)
        return run

    def _controllers(self, attack: Attack | None) -> list[Reading]:
        return [
            Reading(
                attack if attack is not None and attack.station == i else None,
                station.highest - station.lowest,
            )
            for i, station in enumerate(self.network.stations)
        ]

    def _switch(
        self,
        of: Hydraulics,
        reported: list[Reading],
        level: list[float],
        now: int,
        opened: dict[int, bool],
    ) -> dict[int, float]:
        """Let each controller act, with its state in `opened`; return what it read of its tank."""
        read = {}
        for station, reading, true in zip(self.network.stations, reported, level, strict=True):
            seen = reading.read(now, true)
            shift = reading.shift(now)
            read[station.tank] = seen
            for switch in station.switches:
                low, high = switch.opens_below + SLACK_M, switch.closes_above - SLACK_M
                if low + shift < seen < high + shift:
                    continue
                wanted = seen <= low + shift
                if opened.get(switch.link) is not wanted:
                    of.set_link(switch.link, epanet.STATUS, float(wanted))
                    opened[switch.link] = wanted
        return read

    def _read(
        self,
        of: Hydraulics,
        level: Float64[np.ndarray, " n"],
        read: dict[int, float],
        run: WeekRun,
    ) -> Float64[np.ndarray, " k"]:
        """Read all tags at a full hour; adds up the hours of low pressure in `run`."""
        pressure = of.nodes(epanet.PRESSURE)
        served = pressure[np.array(self.network.served) - 1]
        run.short_h += float((served < PRESSURE_M).sum())
        now = {
            "level": level,
            "pressure": np.maximum(pressure, 0.0),  # as a gauge reads
            "flow": of.links(epanet.FLOW),
            "status": of.links(epanet.STATUS),
        }
        values = np.empty(len(self.network.tags))
        for kind, (rows, items) in self.network.read_at.items():
            values[rows] = now[kind][items]
        for row, tank in zip(*self.network.read_at["level"], strict=True):
            values[row] = read.get(int(tank) + 1, values[row])
        return values

    def _spilling(self, of: Hydraulics, level: list[float]) -> float:
        """Return the flow over the brims of full tanks."""
        both = zip(self.network.stations, level, strict=True)
        full = [s.tank for s, own in both if own >= s.highest - FULL_M]
        return float(sum(max(of.node(i, epanet.DEMAND), 0.0) for i in full))

    def _shown(
        self, readings: Float64[np.ndarray, "k t"], attack: Attack | None
    ) -> Float64[np.ndarray, "k t"]:
        """Return the readings, with a concealed attack's station replayed from the day before."""
        if attack is None or not attack.concealed:
            return readings
        rows = list(self.network.alongside(self.network.stations[attack.station]))
        hours = [h for h in range(readings.shape[1]) if attack.on(h * HOUR_S)]
        earlier = [int(attack.earlier(h * HOUR_S)) // HOUR_S for h in hours]
        shown = readings.copy()
        shown[np.ix_(rows, hours)] = readings[np.ix_(rows, earlier)]
        return shown
