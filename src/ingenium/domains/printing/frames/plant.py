"""Melt pool in front of a camera as a plant to operate: power and speed act, frames are read.

The pool is that of Eagar and Tsai on a plate that warms up, with the lag of a pool and a drifting
camera. Frames are simulated; no machine was recorded.

Shapes: n copies, p readings, m actions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from jaxtyping import Float64, Int64
from scipy.interpolate import RegularGridInterpolator

from ingenium import __version__
from ingenium.core.scenarios import scenario_rng
from ingenium.domains.printing import calibration
from ingenium.domains.printing.window import Process
from ingenium.operate.drill import PlantFault, misread
from ingenium.operate.plant import Barrier, PlantState, Signal, WorthRate

WIDTH, AREA, GLOW = range(3)
LAG, WARM_S, WARM_K_W = 0.35, 0.5, 0.35  # of the pool a frame; of the plate, and K for each W
GRID = 24
PERIOD_S = 0.002
NOMINAL_SHARE = 0.85  # of the power of a keyhole, where no width is stated
TARGET_SHARE = 0.06  # off the wanted width, from which a frame counts as a defect


@dataclass(frozen=True)
class MachineSpread:
    """Relative deviations of machines from the nominal one."""

    absorptivity: float
    spot: float
    gain: float  # of the camera
    drift: float  # of the gain, over a minute
    noise: float


SERVICE = MachineSpread(0.06, 0.03, 0.01, 0.01, 0.012)
HELD_OUT = MachineSpread(0.12, 0.06, 0.02, 0.03, 0.02)


@dataclass(frozen=True, eq=False)
class PoolPlant:
    """Copies of a laser's pool; the state is width, warming, and numbers of the last frame."""

    process: Process
    beam_m: float
    stated_m: float | None  # wanted width; None: that of `NOMINAL_SHARE` of a keyhole's power
    spread: MachineSpread
    name: str
    seed: int = 0
    period_s: ClassVar[float] = PERIOD_S
    version: ClassVar[str] = __version__
    rates: ClassVar[tuple[WorthRate, ...]] = (
        WorthRate("energy", "kW"),
        WorthRate("defects", "1"),
    )
    faults: ClassVar[Mapping[str, str]] = {
        "absorption": "the powder absorbs `size` times as much, relative to 1",
        "focus shift": "the spot is wider by `size`, relative to 1",
        "overhang": "the plate warms up by `size` K more: powder below conducts little",
        "reading stuck": "a reading stays at `size`",
        "reading off": "`size` is added to a reading",
    }

    @property
    def readings(self) -> tuple[Signal, ...]:
        """Width and area of the pool in a frame, and its brightness."""
        wide = 1e6 * self.target_m
        return (
            Signal("width", "um", 0.0, 2.5 * wide),
            Signal("area", "um^2", 0.0, 60.0 * wide**2),
            Signal("glow", "1", 0.0, 50.0),
        )

    @property
    def actions(self) -> tuple[Signal, ...]:
        """Power and speed within the ranges of the machine."""
        (p0, p1), (v0, v1) = self.process.machine.bounds[:2].tolist()
        return (Signal("power", "W", p0, p1), Signal("speed", "m/s", v0, v1))

    @cached_property
    def _table(self) -> RegularGridInterpolator:
        """Width by the logarithms of absorbed power and speed, at the nominal beam."""
        (p0, p1), (v0, v1) = self.process.machine.bounds[:2]
        own = self.process.absorptivity
        power = np.geomspace(0.3 * own * p0, 3 * own * p1, GRID)
        speed = np.geomspace(0.8 * v0, 1.25 * v1, GRID)
        p, v = (a.ravel() for a in np.meshgrid(power, speed, indexing="ij"))
        width = self.process.pool(p, v, np.full(p.shape, self.beam_m)).width_m.reshape(GRID, GRID)
        return RegularGridInterpolator((np.log(power), np.log(speed)), width, bounds_error=False,
                                       fill_value=None)  # fmt: skip

    def pool_m(
        self, absorbed_w: Float64[np.ndarray, " n"], speed: Float64[np.ndarray, " n"],
        warm_k: Float64[np.ndarray, " n"], spot: Float64[np.ndarray, " n"],
    ) -> Float64[np.ndarray, " n"]:  # fmt: skip
        """Return the width of a steady pool: a warm plate and a small spot act like more power."""
        rise = self.process.alloy.melting_k - self.process.plate_k
        power = absorbed_w * rise / np.maximum(rise - warm_k, 0.2 * rise) / spot
        at = np.column_stack([np.log(np.maximum(power, 1e-3)), np.log(speed)])
        return np.maximum(self._table(at), 0.0)

    def _own(self, scenario: Int64[np.ndarray, " n"]) -> Float64[np.ndarray, "n 5"]:
        """Absorptivity, spot, gain, drift and phase of each scenario's machine."""
        s = self.spread
        rows = []
        for i in scenario.tolist():
            u = scenario_rng(self.seed + 11, abs(int(i))).uniform(-1.0, 1.0, 5)
            rows.append([1 + s.absorptivity * u[0], 1 + s.spot * u[1], 1 + s.gain * u[2],
                         s.drift * u[3], np.pi * u[4]])  # fmt: skip
        return np.array(rows, dtype=np.float64).reshape(-1, 5)

    def begin(self, scenario: Int64[np.ndarray, " n"]) -> PlantState:
        """Return pools of the wanted width on a cold plate."""
        x = np.zeros((len(scenario), 9))
        x[:, 0], x[:, 2] = self.target_m, 1.0
        x[:, 4:] = self._own(scenario)
        return PlantState(0, x, scenario)

    def step(
        self, state: PlantState, action: Float64[np.ndarray, "n m"], faults: Sequence[PlantFault]
    ) -> PlantState:
        """Scan for one frame; the plate warms up with the power, more near edges."""
        x = state.x.copy()
        low, high = (np.array([getattr(a, e) for a in self.actions]) for e in ("low", "high"))
        power, speed = np.clip(np.nan_to_num(action, nan=low[0]), low, high).T
        kinds = {f.kind: f.size for f in faults}
        absorbed = self.process.absorptivity * x[:, 4] * kinds.get("absorption", 1.0) * power
        spot = x[:, 5] * kinds.get("focus shift", 1.0)
        edge = 1 + 0.3 * np.sin(2 * np.pi * state.period * PERIOD_S / 1.7 + x[:, 8])
        due = WARM_K_W * absorbed * edge + kinds.get("overhang", 0.0)
        x[:, 1] += PERIOD_S / WARM_S * (due - x[:, 1])
        x[:, 0] += LAG * (self.pool_m(absorbed, speed, x[:, 1], spot) - x[:, 0])
        x[:, 2] = absorbed / (self.process.absorptivity * self._nominal_w)
        x[:, 3] = power
        return state.moved(x)

    @cached_property
    def nominal(self) -> tuple[float, float]:
        """Power and speed at which the nominal machine has the wanted width."""
        (p0, p1), (v0, v1) = self.process.machine.bounds[:2].tolist()
        speed = float(np.sqrt(v0 * v1))
        if self.stated_m is None:
            a, b = self.keyhole_chord
            return float(np.clip(NOMINAL_SHARE * (a + b * speed), p0, p1)), speed
        powers = np.linspace(p0, p1, 400)
        return float(np.interp(self.stated_m, self._warm_m(powers, speed), powers)), speed

    @cached_property
    def target_m(self) -> float:
        """Wanted width."""
        power, speed = self.nominal
        return self.stated_m or float(self._warm_m(np.array([power]), speed)[0])

    def _warm_m(self, powers: Float64[np.ndarray, " n"], speed: float) -> Float64[np.ndarray, " n"]:
        """Width of the nominal machine on a plate that its power has warmed."""
        absorbed, one = self.process.absorptivity * powers, np.ones(len(powers))
        return self.pool_m(absorbed, speed * one, WARM_K_W * absorbed, one)

    @property
    def _nominal_w(self) -> float:
        return self.nominal[0]

    def truth(self, state: PlantState) -> Float64[np.ndarray, "n p"]:
        """Return width, area and glow without noise; a pool is some 2.4 widths long."""
        width = 1e6 * state.x[:, 0]
        return np.column_stack([width, 0.785 * 2.4 * width**2, state.x[:, 2]])

    def seen(self, state: PlantState, faults: Sequence[PlantFault]) -> Float64[np.ndarray, "n p"]:
        """Return the readings of the camera, whose gain drifts."""
        truth = self.truth(state)
        gain = state.x[:, 6] + state.x[:, 7] * state.period * PERIOD_S / 60
        noise = np.stack([
            scenario_rng(self.seed + 13, (abs(int(i)) << 24) + state.period).standard_normal(3)
            for i in state.scenario.tolist()
        ])  # fmt: skip
        factor = np.column_stack([gain, gain**2, gain]) * (1 + self.spread.noise * noise)
        return misread(truth * factor, faults)

    def wanted(self, state: PlantState) -> Float64[np.ndarray, "n 1"]:
        """Return the wanted width."""
        return np.full((len(state.x), 1), 1e6 * self.target_m)

    def worth(
        self, state: PlantState, action: Float64[np.ndarray, "n m"]
    ) -> Float64[np.ndarray, "n k"]:
        """Return the laser's power, and whether the pool is off its width."""
        off = np.abs(state.x[:, 0] / self.target_m - 1) > TARGET_SHARE
        return np.column_stack([1e-3 * state.x[:, 3], off.astype(np.float64)])

    def expected(
        self, seen: Float64[np.ndarray, "n p"], action: Float64[np.ndarray, "n m"]
    ) -> Float64[np.ndarray, "n p"]:
        """Predict the next frame by the nominal machine on a plate warmed by this power."""
        own = self.process.absorptivity
        low, high = (np.array([getattr(a, e) for a in self.actions]) for e in ("low", "high"))
        power, speed = np.clip(np.nan_to_num(action, nan=low[0]), low, high).T
        steady = self.pool_m(own * power, speed, WARM_K_W * own * power, np.ones(len(power)))
        width = seen[:, WIDTH] + LAG * (1e6 * steady - seen[:, WIDTH])
        return np.column_stack([width, 0.785 * 2.4 * width**2, power / self._nominal_w])

    def barrier(self, seen: Float64[np.ndarray, "n p"]) -> Barrier:
        """Return the ranges of the laser, and powers below those of a keyhole at each speed.

        The bound is the chord of a concave curve, and lies below it.
        """
        (a, b), (p0, p1) = self.keyhole_chord, self.process.machine.bounds[0].tolist()
        v0, v1 = self.process.machine.bounds[1].tolist()
        rows = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0], [1.0, -b]])
        bounds = np.array([p1, -p0, v1, -v0, a])
        n = len(seen)
        return Barrier(np.broadcast_to(rows, (n, 5, 2)).copy(),
                       np.broadcast_to(bounds, (n, 5)).copy(), np.zeros(n, dtype=bool))  # fmt: skip

    @cached_property
    def keyhole_chord(self) -> tuple[float, float]:
        """Return a and b of the largest power a + b v without a keyhole on the nominal machine."""
        limit = calibration.threshold("keyhole")
        ends = self.process.machine.bounds[1]
        each = self.process.worst_enthalpy(np.ones(2), ends, np.full(2, self.beam_m))
        low, high = (limit / each).tolist()
        b = (high - low) / float(ends[1] - ends[0])
        return low - b * float(ends[0]), b

    def fallback(self, seen: Float64[np.ndarray, "n p"]) -> Float64[np.ndarray, "n m"]:
        """Lower the power as far as the machine can, at the nominal speed."""
        low = float(self.process.machine.bounds[0, 0])
        return np.tile([low, self.nominal[1]], (len(seen), 1))
