"""Cross-check of control laws: margins by python-control, the step by scipy's integrator.

Shapes: n laws, q outputs, t periods, k quantities.
"""

import warnings
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64
from scipy.integrate import solve_ivp
from torch import Tensor

from ingenium.core.packages import Extra
from ingenium.core.quantity import Quantity
from ingenium.domains.autonomy.engine import LOOP, STEP, laws, one_loop_each
from ingenium.domains.autonomy.law import FeedbackLaw
from ingenium.domains.autonomy.linear import LinearMachine
from ingenium.domains.autonomy.machines import ControlledMachine

EXTRA = Extra("autonomy")
NAMES = ("gain_margin", "phase_margin", "overshoot")  # the last of a linear bench alone
MOST_DB, FREQUENCIES = 60.0, 2000


@dataclass(frozen=True, eq=False)
class PythonControl:
    """Law by law, with the machine in continuous time between actions; shares no code with ours."""

    machine: ControlledMachine
    name: ClassVar[str] = "python-control, and LSODA of scipy"
    tier: ClassVar[Literal["exact"]] = "exact"

    @property
    def version(self) -> str:
        """Version of python-control."""
        return EXTRA.release_of("control")

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Margins; for a machine that is linear within its ranges, also the overshoot."""
        own = {q.name: q for q in (*STEP, *LOOP)}
        return tuple(own[name] for name in NAMES if self.machine.linear or name != "overshoot")

    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n k"]:
        """Measure each law: the worst of its loops."""
        law = laws(arrays, self.machine.wiring)
        single = one_loop_each(self.machine, law)
        n, m = law.integral.shape
        found = [self._one(single, i) for i in range(n * m)]  # both libraries take one at a time
        table = np.array(found).reshape(n, m, len(NAMES))
        worst = np.stack([table[..., 0].min(1), table[..., 1].min(1), table[..., 2].max(1)], 1)
        return torch.from_numpy(worst[:, : len(self.quantities)])

    def _one(self, law: FeedbackLaw, i: int) -> tuple[float, float, float]:
        over = self._overshoot(law, i) if self.machine.linear else 0.0
        if not self._stable(law, i):
            return 0.0, 0.0, over
        return (*self._margins(law, i), over)

    def _loop(self, law: FeedbackLaw, i: int) -> Any:
        """Frequency response of the loop, cut open at the action."""
        control: Any = EXTRA.package("control")
        machine, h = self.machine.loop, law.wiring.period_s
        plant = control.ss(machine.dynamics, machine.drive[:, None], machine.outputs, 0)
        omega = np.geomspace(1e-4, 0.9999, FREQUENCIES) * np.pi / h
        answer = control.frequency_response(control.c2d(plant, h), omega).frdata[:, 0]
        z, lag = np.exp(1j * omega * h), 1 - float(np.exp(-h / law.filter_s[i]))
        loop = np.zeros(len(omega), dtype=complex)
        for q in range(len(machine.outputs)):
            rate = law.derivative[i, q] / law.filter_s[i]
            own = law.proportional[i, q] + rate * (z - 1) / (z - 1 + lag)
            own = own + abs(law.wiring.first[0, q]) * law.integral[i, 0] * h / (z - 1)
            loop += answer[q] * own * law.wiring.senses[0, q]
        return control.frd(loop, omega, smooth=True)

    def _stable(self, law: FeedbackLaw, i: int) -> bool:
        """Return True if the closed loop decays, by powers of its matrix."""
        machine, h = self.machine.loop, law.wiring.period_s
        control: Any = EXTRA.package("control")
        plant = control.c2d(
            control.ss(machine.dynamics, machine.drive[:, None], machine.outputs, 0), h
        )
        q, s = machine.outputs.shape
        lag = 1 - float(np.exp(-h / law.filter_s[i]))
        sense, rate = law.wiring.senses[0], law.derivative[i] / law.filter_s[i]
        x = np.eye(s + q + 1)
        y = np.asarray(plant.C) @ x[:s]
        u = x[-1] - (sense * (law.proportional[i] + rate)) @ y + (sense * rate) @ x[s : s + q]
        held = x[-1] - h * law.integral[i, 0] * (law.wiring.first[0] @ y)
        after = np.concatenate(
            [
                np.asarray(plant.A) @ x[:s] + np.asarray(plant.B) @ u[None],
                x[s : s + q] + lag * (y - x[s : s + q]),
                held[None],
            ]
        )
        return bool(np.linalg.norm(np.linalg.matrix_power(after, 2**16)) < 1.0)

    def _margins(self, law: FeedbackLaw, i: int) -> tuple[float, float]:
        control: Any = EXTRA.package("control")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on the method that it chooses for many poles
            gains, phases, *_ = control.stability_margins(self._loop(law, i), returnall=True)
        db = np.abs(20 * np.log10(np.asarray(gains)[np.asarray(gains) > 0]))
        gain = float(db.min()) if len(db) else MOST_DB
        phase = float(np.abs(phases).min()) if len(phases) else 180.0
        return min(gain, MOST_DB), phase

    def _overshoot(self, law: FeedbackLaw, i: int) -> float:
        """Overshoot of the first output, by an adaptive integrator from one action to the next."""
        machine, h = self.machine.loop, law.wiring.period_s
        sense, low, high = law.wiring.senses[0], law.wiring.low[0], law.wiring.high[0]
        x = np.zeros(len(machine.drive))
        slow, held, top = machine.outputs @ x, 0.0, 0.0
        lag = 1 - float(np.exp(-h / law.filter_s[i]))
        target = np.zeros(len(machine.outputs))
        target[0] = self.machine.goal
        for _ in range(self.machine.load_period):
            y = machine.outputs @ x
            error = law.weight[i] * target - y
            rate = (y - slow) / law.filter_s[i]
            requested = held + sense @ (law.proportional[i] * error - law.derivative[i] * rate)
            u = float(np.clip(requested, low, high))
            held += h * (law.integral[i, 0] * sense[0] * (target[0] - y[0]))
            held += h * (u - requested) / law.tracking_s[i]
            slow = slow + lag * (y - slow)
            done = solve_ivp(
                partial(_rates, machine, u),
                (0.0, h), x, "LSODA", rtol=1e-9, atol=1e-12,
            )  # fmt: skip
            x = done.y[:, -1]
            top = max(top, float((machine.outputs @ x)[0]))
            if not abs(top) < 1e6:
                return 1e9
        return max(top / self.machine.goal - 1, 0.0)


def _rates(
    machine: LinearMachine, u: float, _: float, x: Float64[np.ndarray, " s"]
) -> Float64[np.ndarray, " s"]:
    found: np.ndarray = machine.dynamics @ x + machine.drive * u
    return found
