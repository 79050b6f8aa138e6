"""The Tennessee Eastman plant under Ricker's controllers; actions are their set-points.

Shapes: n copies, s doubles of a copy, p readings, m = 8 set-points, k rates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float64, Int64

from ingenium.core.errors import InputError
from ingenium.core.scenarios import scenario_rng
from ingenium.domains.plant.tennessee.core import EXTRA, PER_HOUR, EastmanCore, eastman
from ingenium.domains.plant.tennessee.tags import (
    ACTIONS,
    BASE,
    FIXED,
    LIMITED,
    RATES_PER_HOUR,
    READINGS,
    WANTED,
    measured_first,
)
from ingenium.operate.drill import PlantFault, misread
from ingenium.operate.plant import Barrier, PlantState, Signal, WorthRate

DISTURBANCES = 28
FAULTS = 20  # disturbances with names in the benchmark
SETTLING_H, SAVED = 12, 4096  # h before a run begins; settled copies that are cached
ROOM_KPA, ROOM_LEVEL = 8.0, 2.0  # margins of the barrier to limits
ORDERED = 100.0  # code of a shutdown that was ordered; the interlock has smaller ones
METERS = (0, 2, 4, 5, 6, 3)  # of the copy: cost, product, compressor, steam, travel, purge


@dataclass(frozen=True)
class EastmanBox:
    """Largest deviations of a scenario's plant from the nominal one, to either side.

    Composition of feed 4 (shares of A and B), kinetics of both reactions, temperature of both
    cooling waters, constant in a scenario; heat transfer (IDV 16 to 18) and valve stiction (IDV 14,
    15 and 19) from 0 to this share of their full size.
    """

    a_share: float = 0.005
    b_share: float = 0.0005
    kinetics: float = 0.02
    cooling_c: float = 1.0
    heat: float = 0.0
    stiction: float = 0.0


SERVICE = EastmanBox()
HELD_OUT = EastmanBox(0.012, 0.001, 0.05, 2.5, 0.4, 0.3)
MOVES = ((0, "a_share"), (1, "b_share"), (4, "cooling_c"), (5, "cooling_c"),
         (6, "kinetics"), (7, "kinetics"))  # fmt: skip
ONLY_IN_PART = ((15, "heat"), (16, "heat"), (17, "heat"), (13, "stiction"), (14, "stiction"),
                (18, "stiction"))  # fmt: skip


class EastmanPlant:
    """Copies of the plant, each with the noise and the parameters of its scenario."""

    rates: ClassVar[tuple[WorthRate, ...]] = (
        WorthRate("cost", "$/h"),
        WorthRate("product", "m3/h"),
        WorthRate("energy", "kW"),
        WorthRate("steam", "kg/h"),
        WorthRate("travel", "%/h"),
        WorthRate("purge", "kscm/h"),
    )
    readings: ClassVar[tuple[Signal, ...]] = READINGS
    actions: ClassVar[tuple[Signal, ...]] = ACTIONS
    faults: ClassVar[Mapping[str, str]] = {
        "reading stuck": "a reading stays at `size`",
        "reading off": "`size` is added to a reading",
        **{f"IDV {i}": "disturbance of the benchmark, at `size` of it" for i in range(1, 21)},
    }

    def __init__(self, box: EastmanBox, name: str, *, period_h: float = 0.1, seed: int = 0) -> None:
        """Open the plant with a box of scenarios.

        Raises:
            InputError: for a period that is no whole number of controller steps, up to an hour.
            MissingExtra: without tep-studio.
            MissingProgram: without a C compiler.
        """
        self.steps = round(period_h * PER_HOUR)
        if not 1 <= self.steps <= PER_HOUR or abs(self.steps / PER_HOUR - period_h) > 1e-9:
            raise InputError(
                "a period of whole steps of 0.0005 h, up to an hour",
                f"period_h = {period_h:g}",
                "Write period_h = 0.1.",
            )
        self.box, self.name, self.seed = box, name, seed
        self.core: EastmanCore = eastman()
        self.period_s = self.steps * 3600 / PER_HOUR
        self._copies: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    @property
    def version(self) -> str:
        """Version of the package that contains the plant."""
        return EXTRA.release_of("tep-studio")

    def begin(self, scenario: Int64[np.ndarray, " n"]) -> PlantState:
        """Return copies at rest near the base case, each settled with its own parameters."""
        self._settle({int(s) for s in scenario} - set(self._copies))
        return PlantState(0, np.concatenate([self._copies[int(s)][0] for s in scenario]), scenario)

    def _settle(self, scenarios: set[int]) -> None:
        """Run copies that are not cached yet until they are at rest."""
        if not scenarios:
            return
        if len(self._copies) > SAVED:
            self._copies.clear()
        each = sorted(scenarios)
        new = [self._copy(s) for s in each]
        x, idle = np.concatenate([row for row, _ in new]), np.stack([idv for _, idv in new])
        wanted = np.tile(np.concatenate([BASE, FIXED]), (len(each), 1))
        x = self.core.run(x, SETTLING_H * PER_HOUR, wanted, np.zeros(len(wanted[0])), idle)
        self._copies |= {s: (x[i : i + 1], idle[i]) for i, s in enumerate(each)}

    def _copy(self, scenario: int) -> tuple[np.ndarray, np.ndarray]:
        """Return a copy with a scenario's parameters, and its permanent disturbances."""
        rng = scenario_rng(self.seed, abs(scenario))
        row, idle = self.core.begin(float(2 * rng.integers(2**31) + 1)), np.zeros(DISTURBANCES)
        for walk, name in MOVES:
            off = getattr(self.box, name) * rng.uniform(-1, 1)
            for first in self.core.means:
                row[0, first + walk] += off
        for i, name in ONLY_IN_PART:
            idle[i] = getattr(self.box, name) * rng.uniform(0, 1)
        self.core.part(row, "target")[0] = np.concatenate([BASE, FIXED])
        return row, idle

    def step(
        self, state: PlantState, action: Float64[np.ndarray, "n 8"], faults: Sequence[PlantFault]
    ) -> PlantState:
        """Advance by a period; set-points move to those of the action at limited rates."""
        n = len(state.x)
        wanted = np.concatenate([action, np.tile(FIXED, (n, 1))], 1)
        self._settle({int(s) for s in state.scenario} - set(self._copies))
        idv = np.stack([self._copies[int(s)][1] for s in state.scenario])
        for fault in faults:
            if fault.kind.startswith("IDV"):
                i = int(fault.kind.removeprefix("IDV ")) - 1
                idv[:, i] = np.maximum(idv[:, i], fault.size)
        rate = np.concatenate([RATES_PER_HOUR, np.zeros(len(FIXED))]) / PER_HOUR
        return state.moved(self.core.run(state.x, self.steps, wanted, rate, idv))

    def shut(self, state: PlantState, copies: Bool[np.ndarray, " n"]) -> PlantState:
        """Shut copies down, as the plant's own interlock does: they stay where they are."""
        x = state.x.copy()
        tripped = self.core.part(x, "tripped")
        tripped[copies & (tripped[:, 0] == 0), 0] = ORDERED
        return replace(state, x=x)

    def halted(self, state: PlantState) -> Bool[np.ndarray, " n"]:
        """Copies that are shut down, by the interlock or by order."""
        found: np.ndarray = self.core.part(state.x, "tripped")[:, 0] > 0
        return found

    def truth(self, state: PlantState) -> Float64[np.ndarray, "n p"]:
        """Readings without noise; analysers repeat their last sample."""
        return self._read(state.x, "truth")

    def seen(self, state: PlantState, faults: Sequence[PlantFault]) -> Float64[np.ndarray, "n p"]:
        """Readings with noise and sensor faults."""
        return misread(self._read(state.x, "seen"), faults)

    def _read(self, x: Float64[np.ndarray, "n s"], field: str) -> Float64[np.ndarray, "n p"]:
        part = self.core.part
        own = (measured_first(part(x, field)), part(x, "valve"), part(x, "target")[:, :8])
        return np.concatenate([*own, part(x, "meter")[:, :1]], 1)

    def wanted(self, state: PlantState) -> Float64[np.ndarray, "n 2"]:
        """Rate and composition of the product, which are fixed."""
        return np.tile(WANTED, (len(state.x), 1))

    def worth(
        self, state: PlantState, action: Float64[np.ndarray, "n 8"]
    ) -> Float64[np.ndarray, "n 6"]:
        """Mean rates of the period, from the plant's own meters."""
        found: np.ndarray = self.core.part(state.x, "meter")[:, METERS]
        return found

    def expected(
        self, seen: Float64[np.ndarray, "n p"], action: Float64[np.ndarray, "n 8"]
    ) -> Float64[np.ndarray, "n p"]:
        """Predict readings: the present ones, with new set-points and what follows them."""
        found, now = seen.copy(), seen[:, TARGETS]
        most = RATES_PER_HOUR * self.period_s / 3600
        moved = np.clip(action - now, -most, most)
        found[:, TARGETS] = now + moved
        found[:, FOLLOWS] += moved[:, [0, 1, 2, 5, 6, 7]]
        return found

    def barrier(self, seen: Float64[np.ndarray, "n p"]) -> Barrier:
        """Limit set-points so that pressure and level of the reactor stay off their limits.

        A reading is assumed to follow its own set-point with gain 1. A plant with a limited reading
        at its limit is lost, and its fallback acts.
        """
        n, room = len(seen), np.array([-ROOM_KPA, ROOM_LEVEL])
        rows, bounds = np.zeros((n, 2, 8)), np.empty((n, 2))
        now = seen[:, TARGETS]
        rows[:, 0, 0], rows[:, 1, 1] = 1.0, -1.0
        bounds[:, 0] = LIMITED["pressure"].high + room[0] - (seen[:, PRESSURE] - now[:, 0])
        bounds[:, 1] = -(LIMITED["level"].low + room[1]) + (seen[:, LEVEL] - now[:, 1])
        pressure, level = seen[:, PRESSURE], seen[:, LEVEL]
        lost = (pressure > LIMITED["pressure"].high) | (level < LIMITED["level"].low)
        return Barrier(rows, bounds, lost)

    def fallback(self, seen: Float64[np.ndarray, "n p"]) -> Float64[np.ndarray, "n 8"]:
        """Return the set-points of the base case."""
        return np.tile(BASE, (len(seen), 1))


NAMES = [r.name for r in READINGS]
PRESSURE, LEVEL = NAMES.index("reactor pressure"), NAMES.index("reactor level")
TARGETS = slice(NAMES.index("target of " + ACTIONS[0].name), len(NAMES) - 1)
COST = len(NAMES) - 1
FOLLOWS = [
    *(NAMES.index(f"reactor {name}") for name in ("pressure", "level", "temperature")),
    *(NAMES.index(name) for name in ("recycle valve", "steam valve", "agitator speed")),
]
