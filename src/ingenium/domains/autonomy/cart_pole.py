"""Pole on a cart, balanced upright while the cart follows a target place.

Shapes: n copies; a state is place of the cart, angle of the pole, and both rates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float64, Int64
from scipy.linalg import solve_discrete_are

from ingenium.core.packages import Extra
from ingenium.core.scenarios import scenario_rng
from ingenium.domains.autonomy.law import Wiring
from ingenium.domains.autonomy.linear import LinearMachine
from ingenium.domains.autonomy.machines import ControlledMachine
from ingenium.domains.autonomy.noise import BlockNoise
from ingenium.domains.autonomy.second_order import level
from ingenium.operate.drill import Drill, PersonActs, PlantFault, misread
from ingenium.operate.plant import Barrier, PlantState, Signal, WorthRate
from ingenium.operate.worth import EFFORT, effort

EXTRA = Extra("autonomy")
TARGET, HOLD_S, STEP_S = 0.5, 8.0, 6.0  # m of a step, s of a level, s of an answer
GRAVITY = 9.81
ABOUT = np.array([1e-3, 1e-3, 5e-3, 5e-3])  # noise of readings: m, rad and their rates


@dataclass(frozen=True)
class CartPole:
    """Uniform pole on a cart, without friction except in the rail."""

    cart_kg: float = 1.0
    pole_kg: float = 0.1
    half_m: float = 0.5  # of the pole
    drag: float = 0.1  # N s/m
    most_n: float = 10.0
    rail_m: float = 2.4
    lean: float = 0.6  # rad

    def rates(
        self, x: Float64[np.ndarray, "n 4"], force_n: Float64[np.ndarray, " n"]
    ) -> Float64[np.ndarray, "n 4"]:
        """Time derivative of the state; the angle grows with the place.

        Source: Florian, Correct equations for the dynamics of the cart-pole system, 2007, eq. 23
            and 24, without friction of the hinge.
        """
        _, angle, v, w = x.T
        sin, cos, whole = np.sin(angle), np.cos(angle), self.cart_kg + self.pole_kg
        pushed = (force_n - self.drag * v + self.pole_kg * self.half_m * w**2 * sin) / whole
        turn = (GRAVITY * sin - cos * pushed) / (
            self.half_m * (4 / 3 - self.pole_kg * cos**2 / whole)
        )
        moved = pushed - self.pole_kg * self.half_m * turn * cos / whole
        return np.stack([v, w, moved, turn], 1)

    def loop(self) -> LinearMachine:
        """Return the machine linearised upright, with place and angle as outputs."""
        dynamics = np.empty((4, 4))
        tiny, none = 1e-6, np.zeros(1)
        for i, unit in enumerate(np.eye(4)):
            ends = (self.rates(s * tiny * unit[None], none)[0] for s in (1, -1))
            up, down = ends
            dynamics[:, i] = (up - down) / (2 * tiny)
        rest = np.zeros((1, 4))
        drive = (self.rates(rest, np.ones(1)) - self.rates(rest, -np.ones(1)))[0] / 2
        outputs = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
        return LinearMachine(dynamics, drive, drive, outputs, np.array([1.0, 0, 0, 0]), 0.0)


class CartPoles:
    """Copies by fourth-order Runge-Kutta, in parts of a period."""

    name: ClassVar[str] = "cart-pole, Runge-Kutta"
    version: ClassVar[str] = "1"
    faults: ClassVar[Mapping[str, str]] = {
        "reading stuck": "a reading stays at `size`",
        "reading off": "`size` is added to a reading",
        "weak actuator": "the force has `size` of its effect",
        "push": "a force of `size` N on the cart",
    }
    rates: ClassVar[tuple[WorthRate, ...]] = (EFFORT,)
    PARTS = 2

    def __init__(self, pole: CartPole, period_s: float, seed: int, *, service: bool) -> None:
        """Open the plant; in `service` target places are sampled, else the target is a step."""
        self.pole, self.period_s, self.seed, self.service = pole, period_s, seed, service
        self.readings = (
            Signal("place", "m", -pole.rail_m, pole.rail_m),
            Signal("angle", "rad", -pole.lean, pole.lean),
            Signal("speed", "m/s", -6.0, 6.0),
            Signal("turning", "rad/s", -8.0, 8.0),
        )
        self.actions = (Signal("force", "N", -pole.most_n, pole.most_n),)
        self._noise = BlockNoise(seed, 4)

    def begin(self, scenario: Int64[np.ndarray, " n"]) -> PlantState:
        """Return the state upright in the middle."""
        return PlantState(0, np.zeros((len(scenario), 4)), scenario)

    def step(
        self, state: PlantState, action: Float64[np.ndarray, "n 1"], faults: Sequence[PlantFault]
    ) -> PlantState:
        """Advance by a period."""
        force = action[:, 0] + self._push(state)
        for fault in faults:
            force = force * fault.size if fault.kind == "weak actuator" else force
            force = force + fault.size if fault.kind == "push" else force
        return state.moved(self._moved(state.x, force))

    def _moved(self, x: np.ndarray, force: np.ndarray) -> Float64[np.ndarray, "n 4"]:
        h, rates = self.period_s / self.PARTS, self.pole.rates
        for _ in range(self.PARTS):
            a = rates(x, force)
            b = rates(x + h / 2 * a, force)
            c = rates(x + h / 2 * b, force)
            x = x + h / 6 * (a + 2 * b + 2 * c + rates(x + h * c, force))
        return x

    def _push(self, state: PlantState) -> Float64[np.ndarray, " n"]:
        """Force of a gust after the step's time, in scenarios that sample one."""
        t = state.period * self.period_s
        if t < STEP_S:
            return np.zeros(len(state.x))
        drawn = [gust(self.seed, s) for s in state.scenario.tolist()]
        steady, wave, omega = np.array(drawn).T
        found: np.ndarray = steady + wave * np.sin(omega * t)
        return found

    def truth(self, state: PlantState) -> Float64[np.ndarray, "n 4"]:
        """Return the state."""
        return state.x

    def seen(self, state: PlantState, faults: Sequence[PlantFault]) -> Float64[np.ndarray, "n 4"]:
        """Readings with noise and faults of sensors."""
        return misread(state.x + ABOUT * self._noise.at(state.scenario, state.period), faults)

    def wanted(self, state: PlantState) -> Float64[np.ndarray, "n 2"]:
        """Target place, upright."""
        found = np.zeros((len(state.x), 2))
        turn = int(state.period * self.period_s / HOLD_S)
        levels = (level(self.seed, s, turn) for s in state.scenario.tolist())
        found[:, 0] = list(levels) if self.service else TARGET
        return found

    def worth(
        self, state: PlantState, action: Float64[np.ndarray, "n 1"]
    ) -> Float64[np.ndarray, "n 1"]:
        """Effort of the motor."""
        return effort(self.actions, action)

    def expected(
        self, seen: Float64[np.ndarray, "n 4"], action: Float64[np.ndarray, "n 1"]
    ) -> Float64[np.ndarray, "n 4"]:
        """Predict by the same equations, without a push."""
        return self._moved(seen, action[:, 0])

    def barrier(self, seen: Float64[np.ndarray, "n 4"]) -> Barrier:
        """Return no rows: any action is allowed inside the fallback's ellipsoid, none beyond it."""
        n = len(seen)
        reached = np.einsum("ni,ij,nj->n", seen, self._fallback[1], seen)
        return Barrier(np.zeros((n, 1, 1)), np.ones((n, 1)), reached > 1.0)

    def fallback(self, seen: Float64[np.ndarray, "n 4"]) -> Float64[np.ndarray, "n 1"]:
        """Linear-quadratic regulator that balances it and returns it to the middle."""
        force = -seen @ self._fallback[0]
        found: np.ndarray = np.clip(force, -self.pole.most_n, self.pole.most_n)[:, None]
        return found

    @cached_property
    def _fallback(self) -> tuple[Float64[np.ndarray, " 4"], Float64[np.ndarray, "4 4"]]:
        """Gains of the fallback, and an ellipsoid on whose edge it uses 90 % of the force."""
        sampled = self.pole.loop().sampled(self.period_s)
        gains, energy = regulator(sampled.dynamics, sampled.drive, np.diag([1.0, 10, 1, 1]), 0.1)
        edge = (self.pole.most_n * 0.9) ** 2 / (gains @ np.linalg.solve(energy, gains))
        return gains, energy / edge


@lru_cache(maxsize=100_000)
def gust(seed: int, scenario: int) -> tuple[float, float, float]:
    """Steady part and wave of a gust in N, and the wave's rate; 0 below scenario 0."""
    if scenario < 0:
        return 0.0, 0.0, 1.0
    rng = scenario_rng(seed, scenario)
    return rng.uniform(-0.5, 0.5), rng.uniform(0, 0.5), rng.uniform(0.5, 3)


class MujocoCartPoles(CartPoles):
    """The same machine in MuJoCo, heavier and with friction in the hinge, copy by copy."""

    name: ClassVar[str] = "MuJoCo, cart-pole with a heavier pole and friction"
    version: ClassVar[str] = EXTRA.release_of("mujoco")

    def __init__(self, pole: CartPole, period_s: float, seed: int) -> None:
        """Open the plant in service."""
        super().__init__(pole, period_s, seed, service=True)
        self.mujoco: Any = EXTRA.package("mujoco")
        self._model = self.mujoco.MjModel.from_xml_string(cart_mjcf(pole, period_s / 4, 1.2, 0.002))
        self._data = self.mujoco.MjData(self._model)

    def _moved(self, x: np.ndarray, force: np.ndarray) -> Float64[np.ndarray, "n 4"]:
        found, data = np.empty_like(x), self._data
        for i in range(len(x)):
            data.qpos[:], data.qvel[:], data.ctrl[:] = x[i, :2], x[i, 2:], force[i]
            self.mujoco.mj_step(self._model, data, 4)
            found[i] = np.concatenate([data.qpos, data.qvel])
        return found


def cart_mjcf(pole: CartPole, step_s: float, heavier: float, friction: float) -> str:
    """Write the machine as MJCF; the hinge turns so that the angle grows with the place."""
    mass, half = pole.pole_kg * heavier, pole.half_m
    turn = mass * half**2 / 3  # of a uniform rod about its middle
    return (
        f'<mujoco><option timestep="{step_s}" integrator="RK4" gravity="0 0 -{GRAVITY}"/>'
        '<compiler inertiafromgeom="false"/><worldbody><body name="cart">'
        f'<inertial pos="0 0 0" mass="{pole.cart_kg}" diaginertia="1 1 1"/>'
        f'<joint name="slide" type="slide" axis="1 0 0" damping="{pole.drag}"/><body name="pole">'
        f'<joint name="hinge" type="hinge" axis="0 1 0" damping="{friction}"/>'
        f'<inertial pos="0 0 {half}" mass="{mass}" diaginertia="{turn} {turn} 1e-6"/>'
        '</body></body></worldbody><actuator><motor joint="slide"/></actuator></mujoco>'
    )


def regulator(
    dynamics: Float64[np.ndarray, "s s"],
    drive: Float64[np.ndarray, " s"],
    weight: Float64[np.ndarray, "s s"],
    price: float,
) -> tuple[Float64[np.ndarray, " s"], Float64[np.ndarray, "s s"]]:
    """Gains of a linear-quadratic regulator, and its value function."""
    column = drive[:, None]
    energy = solve_discrete_are(dynamics, column, weight, [[price]])
    gains = (column.T @ energy @ dynamics) / (price + drive @ energy @ drive)
    return gains[0], energy


def known_laws(
    pole: CartPole, period_s: float, count: int, rng: np.random.Generator
) -> tuple[np.ndarray, ...]:
    """Regulators with an integral of the place, for sampled weights, as place and angle gains."""
    sampled = pole.loop().sampled(period_s)
    dynamics, drive = np.eye(5), np.zeros(5)
    dynamics[:4, :4], drive[:4], dynamics[4, 0] = sampled.dynamics, sampled.drive, period_s
    kp, kd, ki = np.empty((count, 2)), np.empty((count, 2)), np.empty((count, 1))
    for i in range(count):  # a Riccati equation each
        weights = 10 ** rng.uniform([0, 0, -1, -1, -1.5], [2, 2, 1, 1, 1.0])
        gains, _ = regulator(dynamics, drive, np.diag(weights), 10 ** rng.uniform(-2, 0))
        kp[i], kd[i], ki[i] = np.abs(gains[:2]), np.abs(gains[2:4]), np.abs(gains[4])
    filters = np.exp(rng.uniform(np.log(0.005), np.log(0.02), count))
    weight, tracking = (
        rng.uniform(0.5, 1, count),
        np.exp(rng.uniform(np.log(0.2), np.log(5), count)),
    )
    return kp, kd, ki, filters, weight, tracking


def cart_pole(
    period_s: float, seed: int, known: int
) -> tuple[ControlledMachine, tuple[np.ndarray, ...]]:
    """Return the machine, and known laws that control it well."""
    pole = CartPole()
    # u = -(k1 place + k2 angle + ...) with k1 < 0 < ... in this convention: see `senses`.
    gains, _ = regulator(*_sampled(pole, period_s), np.eye(4), 1.0)
    senses = np.sign(gains[:2])[None]
    wiring = Wiring(senses, np.array([-pole.most_n]), np.array([pole.most_n]), period_s)
    machine = ControlledMachine(
        "cart-pole",
        pole.loop(),
        wiring,
        CartPoles(pole, period_s, seed, service=False),
        CartPoles(pole, period_s, seed + 1, service=True),
        MujocoCartPoles(pole, period_s, seed + 2),
        0,
        2 * STEP_S,
        STEP_S,
        TARGET,
        ((0.01, 500.0), (0.001, 200.0), (0.001, 500.0)),
        False,
        drilled,
    )
    return machine, known_laws(pole, period_s, known, np.random.default_rng(seed))


def _sampled(pole: CartPole, period_s: float) -> tuple[np.ndarray, np.ndarray]:
    own = pole.loop().sampled(period_s)
    return own.dynamics, own.drive


def drilled(seconds: float) -> Drill:
    """Return a push, a biased reading, and persons who hold for a moment and stop it."""
    at = seconds / 10
    return Drill(
        (PlantFault("push", 2 * at, at, 1.0), PlantFault("reading off", 5 * at, at, 0.05, 1)),
        (PersonActs(4 * at, 0.2, "hold"), PersonActs(8 * at, at, "stop")),
    )
