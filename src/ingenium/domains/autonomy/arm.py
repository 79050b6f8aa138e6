"""MuJoCo plant of the arm; drives make each joint second-order about its home.

Shapes: n copies, s numbers of a state (angles, rates, drives); readings are 7 angles from home and
    7 rates, actions 7 angles from home.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float64, Int64

from ingenium.core.errors import InputError
from ingenium.core.packages import Extra
from ingenium.core.scenarios import scenario_rng
from ingenium.domains.autonomy.arm_model import HIGH, HOME, LOW, RATE, ArmBuild, mjcf
from ingenium.domains.autonomy.axis import AxisBarrier
from ingenium.domains.autonomy.noise import BlockNoise
from ingenium.domains.autonomy.second_order import OscillatorBox
from ingenium.operate.drill import PlantFault, misread
from ingenium.operate.plant import Barrier, PlantState, Signal, WorthRate
from ingenium.operate.worth import EFFORT, effort

EXTRA = Extra("autonomy")
JOINTS = len(HOME)
AWAY = 1.0  # rad from home that a joint may go, or its own end
WANTED = 0.4  # rad from home, largest of a level
HOLD_S, RAMP_S = 6.0, 2.5  # of a level, and of the way to the next
MOST_KG = 0.2  # of a payload in normal operation
SPREAD = 0.35  # of a joint's inertia over its poses and neighbours


class ArmPlant:
    """Copies of the arm; drives are set by its inertia at home, whatever it carries."""

    version: ClassVar[str] = EXTRA.release_of("mujoco")
    faults: ClassVar[Mapping[str, str]] = {
        "reading stuck": "a reading stays at `size`",
        "reading off": "`size` is added to a reading",
        "weak actuator": "the drive `where` has `size` of its effect",
        "payload": "the flange carries `size` kg more",
    }
    rates: ClassVar[tuple[WorthRate, ...]] = (EFFORT,)

    def __init__(
        self, box: OscillatorBox, build: ArmBuild, period_s: float, seed: int, *, step: bool = False
    ) -> None:
        """Open the simulator; with `step` the target is a step of all joints, else changing levels.

        Raises:
            InputError: for a period that is no multiple of the simulator's step.
        """
        self.box, self.build, self.period_s, self.seed, self.stepped = (
            box,
            build,
            period_s,
            seed,
            step,
        )
        self.parts = round(period_s / build.step_s)
        if self.parts < 1 or abs(self.parts * build.step_s - period_s) > 1e-12:
            raise InputError(
                f"a period that is a multiple of the simulator's step, {build.step_s:g} s",
                f"{period_s:g} s",
                "Write period_s = 0.01.",
            )
        reach = np.minimum(np.minimum(HIGH - HOME, HOME - LOW), AWAY)
        angles = [Signal(f"q{i + 1}", "rad", -r, r) for i, r in enumerate(reach)]
        rates = [Signal(f"dq{i + 1}", "rad/s", -r, r) for i, r in enumerate(RATE)]
        self.readings = (*angles, *rates)
        self.actions = tuple(Signal(f"u{i + 1}", "rad", -box.umax, box.umax) for i in range(JOINTS))
        self._noise = BlockNoise(seed, 2 * JOINTS)
        self._levels: dict[tuple[int, int], np.ndarray] = {}
        self._loads: dict[int, float] = {}
        self.mujoco: Any = EXTRA.package("mujoco")
        self._model, self._data = self._opened()

    @property
    def name(self) -> str:
        """Name of the simulator."""
        return f"MuJoCo, 7-joint arm, {self.build.integrator}"

    def _opened(self) -> tuple[Any, Any]:
        """Load the model, with drives for its nominal inertia at home, without payload."""
        nominal = self.mujoco.MjModel.from_xml_string(
            mjcf(replace(self.build, heavier=1.0, payload_kg=0.0), np.ones(JOINTS), np.ones(JOINTS))
        )
        data, inertia, column = self.mujoco.MjData(nominal), np.empty(JOINTS), np.empty(JOINTS)
        data.qpos[:] = HOME
        self.mujoco.mj_forward(nominal, data)
        for i, unit in enumerate(np.eye(JOINTS)):
            self.mujoco.mj_mulM(nominal, data, column, unit)
            inertia[i] = column[i]
        if not (inertia > 1e-9).all():
            raise InputError("an inertia above 0 at every joint", f"{inertia.min():g} kg m2", "")
        w, c = self.box.omega, self.box.damping
        model = self.mujoco.MjModel.from_xml_string(
            mjcf(self.build, w**2 * inertia, 2 * c * w * inertia)
        )
        return model, self.mujoco.MjData(model)

    def begin(self, scenario: Int64[np.ndarray, " n"]) -> PlantState:
        """Return the state at rest at home."""
        size = 2 * JOINTS + int(self._model.na)
        x = np.zeros((len(scenario), size))
        x[:, :JOINTS] = HOME
        return PlantState(0, x, scenario)

    def step(
        self, state: PlantState, action: Float64[np.ndarray, "n 7"], faults: Sequence[PlantFault]
    ) -> PlantState:
        """Advance by a period, one copy at a time."""
        effect, more = np.ones(JOINTS), 0.0
        for fault in faults:
            if fault.kind == "weak actuator":
                effect[fault.where % JOINTS] *= fault.size
            more += fault.size if fault.kind == "payload" else 0.0
        carried = np.array([self._payload(int(s)) for s in state.scenario]) + more
        return state.moved(self._moved(state.x, action * effect, carried))

    def _moved(
        self,
        x: Float64[np.ndarray, "n s"],
        action: Float64[np.ndarray, "n 7"],
        carried_kg: Float64[np.ndarray, " n"],
    ) -> Float64[np.ndarray, "n s"]:
        """Advance by a period, one copy at a time; NaN where the simulator fails."""
        found, data, model = np.empty_like(x), self._data, self._model
        flange = model.body("payload").id
        for i in range(len(found)):
            model.body_mass[flange] = max(float(carried_kg[i]), 1e-6)
            data.qpos[:], data.qvel[:] = x[i, :JOINTS], x[i, JOINTS : 2 * JOINTS]
            data.act[:], data.ctrl[:] = x[i, 2 * JOINTS :], action[i]
            data.qacc_warmstart[:] = 0.0
            self.mujoco.mj_step(model, data, self.parts)
            found[i] = np.concatenate([data.qpos, data.qvel, data.act])
        return found

    def _payload(self, scenario: int) -> float:
        """Sample a payload up to `MOST_KG` for the scenario."""
        if scenario not in self._loads:
            rng = scenario_rng(self.seed, max(scenario, 0))
            drawn = float(rng.uniform(0, MOST_KG)) if scenario >= 0 else 0.0
            self._loads[scenario] = self.build.payload_kg + drawn
        return self._loads[scenario]

    def truth(self, state: PlantState) -> Float64[np.ndarray, "n 14"]:
        """Angles from home, and rates."""
        return np.concatenate([state.x[:, :JOINTS] - HOME, state.x[:, JOINTS : 2 * JOINTS]], 1)

    def seen(self, state: PlantState, faults: Sequence[PlantFault]) -> Float64[np.ndarray, "n 14"]:
        """Readings with noise of encoders and faults of sensors."""
        scale = np.repeat([self.box.noise, self.box.noise * self.box.omega], JOINTS)
        drawn = self._noise.at(state.scenario, state.period)
        return misread(self.truth(state) + scale * drawn, faults)

    def wanted(self, state: PlantState) -> Float64[np.ndarray, "n 7"]:
        """Target levels with ramps between them; or a step of all joints."""
        if self.stepped:
            return np.full((len(state.x), JOINTS), WANTED)
        turn, within = divmod(state.period * self.period_s, HOLD_S)
        share = min(within / RAMP_S, 1.0)
        smooth = share * share * (3 - 2 * share)
        return np.stack(
            [
                (1 - smooth) * self._level(int(s), int(turn) - 1)
                + smooth * self._level(int(s), int(turn))
                for s in state.scenario
            ]
        )

    def _level(self, scenario: int, turn: int) -> Float64[np.ndarray, " 7"]:
        if turn < 0:
            return np.zeros(JOINTS)
        key = (scenario, turn)
        if key not in self._levels:
            rng = np.random.default_rng([self.seed, 2, abs(scenario), turn])
            self._levels[key] = rng.uniform(-WANTED, WANTED, JOINTS)
        return self._levels[key]

    def worth(
        self, state: PlantState, action: Float64[np.ndarray, "n 7"]
    ) -> Float64[np.ndarray, "n 1"]:
        """Effort of the drives."""
        return effort(self.actions, action)

    def expected(
        self, seen: Float64[np.ndarray, "n 14"], action: Float64[np.ndarray, "n 7"]
    ) -> Float64[np.ndarray, "n 14"]:
        """Predict with its own model and nominal payload; lagging drives count as settled."""
        x = np.zeros((len(seen), 2 * JOINTS + int(self._model.na)))
        x[:, : 2 * JOINTS] = seen
        x[:, :JOINTS] += HOME
        x[:, 2 * JOINTS :] = action if self._model.na else 0.0
        found = self._moved(x, action, np.full(len(seen), self.build.payload_kg))
        found[:, :JOINTS] -= HOME
        return found[:, : 2 * JOINTS]

    def barrier(self, seen: Float64[np.ndarray, "n 14"]) -> Barrier:
        """Return the barrier rows of each joint."""
        both = [
            self._guards[i].rows(seen[:, i : i + 1], seen[:, JOINTS + i : JOINTS + i + 1])
            for i in range(JOINTS)
        ]
        rows = np.zeros((len(seen), 2 * JOINTS, JOINTS))
        bounds = np.empty((len(seen), 2 * JOINTS))
        for i, own in enumerate(both):
            rows[:, 2 * i : 2 * i + 2, i] = own.rows[..., 0]
            bounds[:, 2 * i : 2 * i + 2] = own.bounds
        return Barrier(rows, bounds, np.logical_or.reduce([own.lost for own in both]))

    @cached_property
    def _guards(self) -> list[AxisBarrier]:
        """Barrier of each joint, with margins for changing pose, coupling and load."""
        hull = replace(self.box, spread=SPREAD).hull(self.period_s)
        return [
            AxisBarrier.of(
                hull,
                (a.low, a.high),
                r.high,
                self.box.umax,
                load=self.box.load,
                uncertainty=10 * self.box.noise,
            )
            for a, r in zip(self.readings[:JOINTS], self.readings[JOINTS:], strict=True)
        ]

    def fallback(self, seen: Float64[np.ndarray, "n 14"]) -> Float64[np.ndarray, "n 7"]:
        """Return home by the drives' damping, which depends on no reading of an angle."""
        return np.clip(-2 * seen[:, JOINTS:] / self.box.omega, -self.box.umax, self.box.umax)
