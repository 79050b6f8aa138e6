"""Second-order machine with a saturated actuator and a box of parameters.

Shapes: n copies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import ClassVar

import numpy as np
from jaxtyping import Float64, Int64

from ingenium.core.scenarios import scenario_rng
from ingenium.domains.autonomy.axis import AxisBarrier
from ingenium.domains.autonomy.hull import BoxHull
from ingenium.domains.autonomy.law import FeedbackLaw, Wiring
from ingenium.domains.autonomy.linear import LinearMachine, SampledMachine
from ingenium.domains.autonomy.machines import NOMINAL, ControlledMachine
from ingenium.domains.autonomy.noise import BlockNoise
from ingenium.domains.autonomy.trajectories import library, trajectories
from ingenium.operate.drill import Drill, PersonActs, PlantFault, misread
from ingenium.operate.plant import Barrier, PlantState, Policy, Signal, WorthRate
from ingenium.operate.rollout import Rollout
from ingenium.operate.worth import EFFORT, effort

LOAD_AT_S = 4.0  # from which a load acts, in scenarios that sample one
TARGET = 1.0
CORNERS = [(a, b, c) for a in (-1.0, 1.0) for b in (-1.0, 1.0) for c in (-1.0, 1.0)]
HOLD_S = 5.0  # of each target level in service


@dataclass(frozen=True)
class OscillatorBox:
    """Machine y'' = omega^2 (gain u + load - y) - 2 damping omega y', with ranges of parameters."""

    omega: float = 2.5  # rad/s
    damping: float = 0.35
    gain: float = 1.0
    spread: float = 0.2  # of each parameter to either side, relative
    umax: float = 3.0
    load: float = 0.5  # largest that is sampled
    noise: float = 0.001  # standard deviation of the reading
    ymax: float = 1.6
    vmax: float = 8.0

    def machine(self, ends: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> LinearMachine:
        """Return the machine at ends of the ranges, from -1 to 1 each."""
        both = zip((self.omega, self.damping, self.gain), ends, strict=True)
        omega, damping, gain = (value * (1 + self.spread * end) for value, end in both)
        stiff = omega**2
        return LinearMachine(
            np.array([[0.0, 1.0], [-stiff, -2 * damping * omega]]),
            np.array([0.0, stiff * gain]),
            np.array([0.0, stiff]),
            np.array([[1.0, 0.0]]),
            np.array([1.0, 0.0]),
            1 / gain if gain else np.inf,
        )

    def hull(self, period_s: float) -> BoxHull:
        """Return the hull of every machine of the box."""
        ends = (1 - self.spread, 1 + self.spread)
        low, high = (self.omega * e for e in ends)
        friction = (2 * self.damping * ends[0] * low, 2 * self.damping * ends[1] * high)
        gain = (self.gain * ends[0], self.gain * ends[1])
        return BoxHull.of((low**2, high**2), friction, gain, period_s)


@dataclass(frozen=True, eq=False)
class OscillatorCopies:
    """Parameters of copies in their scenarios: the motion of a period, and the load."""

    moves: Float64[np.ndarray, "n 2 2"]
    drive: Float64[np.ndarray, "n 2"]
    loaded: Float64[np.ndarray, "n 2"]
    steady: Float64[np.ndarray, " n"]
    waves: Float64[np.ndarray, " n"]
    omega: Float64[np.ndarray, " n"]
    phase: Float64[np.ndarray, " n"]
    noisy: Float64[np.ndarray, " n"]


class Oscillator:
    """Copies, exactly discretised; in service the target level changes now and then."""

    name: ClassVar[str] = "second-order plant, exact discretisation"
    version: ClassVar[str] = "1"
    faults: ClassVar[Mapping[str, str]] = {
        "reading stuck": "a reading stays at `size`",
        "reading off": "`size` is added to a reading",
        "weak actuator": "the action has `size` of its effect",
        "load": "`size` is added to the load",
    }
    rates: ClassVar[tuple[WorthRate, ...]] = (EFFORT,)

    def __init__(self, box: OscillatorBox, period_s: float, seed: int, *, service: bool) -> None:
        """Open the plant; in `service` target levels are sampled, else the target is a step."""
        self.box, self.period_s, self.seed, self.service = box, period_s, seed, service
        self.readings = (
            Signal("y", "1", -box.ymax, box.ymax),
            Signal("rate", "1/s", -box.vmax, box.vmax),
        )
        self.actions = (Signal("u", "1", -box.umax, box.umax),)
        self._noise = BlockNoise(seed, 2)
        self._now: tuple[np.ndarray, OscillatorCopies] | None = None

    def begin(self, scenario: Int64[np.ndarray, " n"]) -> PlantState:
        """Return the state at rest at 0."""
        return PlantState(0, np.zeros((len(scenario), 2)), scenario)

    def step(
        self, state: PlantState, action: Float64[np.ndarray, "n 1"], faults: Sequence[PlantFault]
    ) -> PlantState:
        """Advance by a period."""
        own, t = self._copies(state.scenario), state.period * self.period_s
        u, load = self._faulted(action[:, 0], self._load(own, t), faults)
        y, v = state.x[:, 0], state.x[:, 1]
        m, x = own.moves, np.empty_like(state.x)
        for i in (0, 1):
            x[:, i] = (
                m[:, i, 0] * y + m[:, i, 1] * v + own.drive[:, i] * u + own.loaded[:, i] * load
            )
        return state.moved(x)

    def _faulted(
        self, u: np.ndarray, load: np.ndarray, faults: Sequence[PlantFault]
    ) -> tuple[np.ndarray, np.ndarray]:
        for fault in faults:
            u = u * fault.size if fault.kind == "weak actuator" else u
            load = load + fault.size if fault.kind == "load" else load
        return u, load

    def _load(self, own: OscillatorCopies, t: float) -> Float64[np.ndarray, " n"]:
        if t < LOAD_AT_S:
            return np.zeros_like(own.steady)
        found: np.ndarray = own.steady + own.waves * np.sin(own.omega * t + own.phase)
        return found

    def truth(self, state: PlantState) -> Float64[np.ndarray, "n 2"]:
        """Position and rate."""
        return state.x

    def seen(self, state: PlantState, faults: Sequence[PlantFault]) -> Float64[np.ndarray, "n 2"]:
        """Readings with noise and faults of sensors."""
        own = self._copies(state.scenario)
        if not own.noisy.any():
            return misread(self.truth(state).copy(), faults)
        scale = own.noisy[:, None] * np.array([1.0, self.box.omega])
        found = self.truth(state) + scale * self._noise.at(state.scenario, state.period)
        return misread(found, faults)

    def wanted(self, state: PlantState) -> Float64[np.ndarray, "n 1"]:
        """Target of a step; in service levels sampled for the scenario."""
        if not self.service:
            return np.full((len(state.x), 1), TARGET)
        turn = int(state.period * self.period_s / HOLD_S)
        return np.array([[TARGET * level(self.seed, s, turn)] for s in state.scenario.tolist()])

    def worth(
        self, state: PlantState, action: Float64[np.ndarray, "n 1"]
    ) -> Float64[np.ndarray, "n 1"]:
        """Effort of the actuator."""
        return effort(self.actions, action)

    def trajectories(
        self, policy: Policy, scenario: Int64[np.ndarray, " n"], periods: int
    ) -> Rollout | None:
        """Simulate feedback laws in compiled C where there is a compiler; else None."""
        if not isinstance(policy, FeedbackLaw) or library() is None:
            return None
        each, at = np.unique(scenario, return_inverse=True)
        own, one = self._copies(scenario), self._copies(each)
        state, reported = self.begin(each), np.empty((3, periods, len(each)))
        for k in range(periods):
            reported[0, k] = one.noisy * self._noise.at(each, k)[:, 0]
            reported[1, k] = self._load(one, k * self.period_s)
            reported[2, k] = self.wanted(state)[:, 0]
            state = state.moved(state.x)
        entries = [np.c_[own.moves[:, i], own.drive[:, i], own.loaded[:, i]].T for i in (0, 1)]
        truth, action = trajectories(policy, np.concatenate(entries), at, reported)
        same = bool(
            (reported[2] == reported[2][:, :1]).all()
        )  # such as a step: no copy for each lane
        wanted = (
            np.broadcast_to(reported[2][:, :1, None], action.shape)
            if same
            else reported[2][:, at, None]
        )
        worth = effort(self.actions, action.reshape(-1, 1)).reshape(action.shape)
        return Rollout(self.period_s, truth, wanted, action, worth)

    def expected(
        self, seen: Float64[np.ndarray, "n 2"], action: Float64[np.ndarray, "n 1"]
    ) -> Float64[np.ndarray, "n 2"]:
        """Predict with the nominal parameters, without load."""
        own = self._nominal
        found: np.ndarray = seen @ own.dynamics.T + action * own.drive
        return found

    def barrier(self, seen: Float64[np.ndarray, "n 2"]) -> Barrier:
        """Return rows under which every machine of the box stays inside."""
        return self.guard.rows(seen[:, :1], seen[:, 1:])

    def fallback(self, seen: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, "n 1"]:
        """Return an action against the rate: it damps, and lets the spring return to 0."""
        wanted = -2 * seen[:, 1:] / self.box.omega
        return np.clip(wanted, -self.box.umax, self.box.umax)

    @cached_property
    def guard(self) -> AxisBarrier:
        """Barrier, computed once, and proved on its corners."""
        box = self.box
        return AxisBarrier.of(
            box.hull(self.period_s),
            (-box.ymax, box.ymax),
            box.vmax,
            box.umax,
            load=2 * box.load,
            uncertainty=10 * box.noise,
        )

    @cached_property
    def _nominal(self) -> SampledMachine:
        return self.box.machine().sampled(self.period_s)

    def _copies(self, scenario: Int64[np.ndarray, " n"]) -> OscillatorCopies:
        """Return the copies of these scenarios; cached for the same array."""
        if self._now is None or self._now[0] is not scenario:
            each, back = np.unique(scenario, return_inverse=True)
            drawn = [self._drawn(int(s)) for s in each]
            columns = [np.array(c, dtype=np.float64)[back] for c in zip(*drawn, strict=True)]
            self._now = scenario, OscillatorCopies(*columns)
        return self._now[1]

    def _drawn(self, scenario: int) -> tuple[object, ...]:
        if scenario < 0:
            ends = (0.0, 0.0, 0.0) if scenario == NOMINAL else CORNERS[NOMINAL - 1 - scenario]
            steady = waves = omega = phase = noise = 0.0
        else:
            rng = scenario_rng(self.seed, scenario)
            a, b, c = rng.uniform(-1, 1, 3)
            ends, noise = (float(a), float(b), float(c)), self.box.noise
            steady = self.box.load * rng.choice((-1.0, 1.0)) * rng.uniform(0.6, 1.0)
            waves = 0.5 * self.box.load * rng.uniform(0.2, 1.0)
            omega, phase = rng.uniform(0.5, 4.0), rng.uniform(0, 2 * np.pi)
        own = self.box.machine(ends).sampled(self.period_s)
        return own.dynamics, own.drive, own.load, steady, waves, omega, phase, noise


class StickyOscillator(Oscillator):
    """Another simulator: dry friction and a lag of the actuator, by small Euler steps."""

    name: ClassVar[str] = "second-order plant with dry friction and actuator lag"
    FRICTION, LAG_S, PARTS = 0.03, 0.015, 20  # of the spring at 1; parts of a period

    def __init__(self, box: OscillatorBox, period_s: float, seed: int) -> None:
        """Open the plant in service."""
        super().__init__(box, period_s, seed, service=True)

    def begin(self, scenario: Int64[np.ndarray, " n"]) -> PlantState:
        """Return the state at rest; the third number is the actuator's output."""
        return PlantState(0, np.zeros((len(scenario), 3)), scenario)

    def trajectories(
        self, policy: Policy, scenario: Int64[np.ndarray, " n"], periods: int
    ) -> Rollout | None:
        """Return None: friction needs steps."""
        return None

    def truth(self, state: PlantState) -> Float64[np.ndarray, "n 2"]:
        """Position and rate."""
        return state.x[:, :2]

    def step(
        self, state: PlantState, action: Float64[np.ndarray, "n 1"], faults: Sequence[PlantFault]
    ) -> PlantState:
        """Advance by a period."""
        own, t = self._copies(state.scenario), state.period * self.period_s
        requested, load = self._faulted(action[:, 0], self._load(own, t), faults)
        y, v, u = state.x.T.copy()
        h, stiff = self.period_s / self.PARTS, self.box.omega**2
        for _ in range(self.PARTS):
            u = u + h / self.LAG_S * (requested - u)
            rub = self.FRICTION * np.tanh(v / 0.01)
            v = v + h * (stiff * (self.box.gain * u + load - y - rub) - self._damping * v)
            y = y + h * v
        return state.moved(np.stack([y, v, u], 1))

    @property
    def _damping(self) -> float:
        return 2 * self.box.damping * self.box.omega


@lru_cache(maxsize=100_000)
def level(seed: int, scenario: int, turn: int) -> float:
    """Target level of a turn of a scenario, from -1 to 1."""
    return float(np.random.default_rng([seed, 2, abs(scenario), turn]).uniform(-1, 1))


def oscillator(box: OscillatorBox, period_s: float, seed: int) -> ControlledMachine:
    """Return the machine with bench and service, and a held-out one with dry friction and lag."""
    wiring = Wiring(np.ones((1, 1)), np.array([-box.umax]), np.array([box.umax]), period_s)
    bench = Oscillator(box, period_s, seed, service=False)
    service = Oscillator(box, period_s, seed + 1, service=True)
    return ControlledMachine(
        "second-order plant",
        box.machine(),
        wiring,
        bench,
        service,
        StickyOscillator(box, period_s, seed + 2),
        8,
        8.0,
        LOAD_AT_S,
        TARGET,
        ((0.01, 200.0), (0.001, 50.0), (0.001, 2000.0)),
        True,
        drilled,
    )


def drilled(seconds: float) -> Drill:
    """Return a load, a biased reading, a person who holds, and a person who stops it."""
    at = seconds / 10
    return Drill(
        (
            PlantFault("load", 2 * at, at, 0.4),
            PlantFault("reading off", 4 * at, at, 0.5),
            PlantFault("weak actuator", 8 * at, at, 0.5),
        ),
        (PersonActs(6 * at, at / 2, "hold"), PersonActs(7 * at, at / 2, "stop")),
    )


def placed(box: OscillatorBox, count: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Laws that place the poles of the nominal loop, before filter and sampling.

    Poles are those of (s^2 + 2 zeta w s + w^2) (s + a w), with sampled w, zeta and a.

    Source: Astrom and Hagglund, Advanced PID Control, ISA, 2006, section 6.4.
    """
    w, stiff = box.omega * np.exp(rng.uniform(np.log(1.1), np.log(4.5), count)), box.omega**2
    zeta, a = rng.uniform(0.5, 1.2, count), np.exp(rng.uniform(np.log(0.05), np.log(0.8), count))
    gain = stiff * box.gain
    kd = (2 * zeta * w + a * w - 2 * box.damping * box.omega) / gain
    kp = (w**2 + 2 * zeta * a * w**2 - stiff) / gain
    ki = a * w**3 / gain
    filters = np.exp(rng.uniform(np.log(0.01), np.log(0.06), count))
    weight, tracking = rng.uniform(0, 1, count), np.exp(rng.uniform(np.log(0.05), np.log(2), count))
    own = [np.maximum(x, 0.02)[:, None] for x in (kp, kd, ki)]
    return (*own, filters, weight, tracking)
