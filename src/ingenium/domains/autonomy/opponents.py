"""Standard controllers for comparison: PID by search, LQG with an integral, MPC with an observer.

They use the nominal machine, its actuator and the noise; none was tuned on a scenario that judges.

Shapes: n copies, s numbers of a machine's state, f periods of a horizon.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float64

from ingenium.domains.autonomy.cart_pole import regulator
from ingenium.domains.autonomy.law import FeedbackLaw
from ingenium.domains.autonomy.machines import ControlledMachine
from ingenium.domains.autonomy.margins import SampledLoop
from ingenium.operate.plant import Policy
from ingenium.operate.rollout import rollout
from ingenium.operate.scenarios import TUNING

TRIED, RETAINED, ROUNDS = 400, 40, 5  # laws of each round of a search
PEAK = 1.6  # of the sensitivity of a tuned PID, as its authors recommend


def tuned_pid(machine: ControlledMachine, seed: int) -> FeedbackLaw:
    """Tune one PID law by a cross-entropy search: least absolute error of step and load.

    The proportional part acts on the whole error, as in a plain PID; the peak of sensitivity is
    bounded. Only for machines with one output.

    Source: Astrom and Hagglund, Advanced PID Control, ISA, 2006, section 6.5 (integrated error
        under a bound on the sensitivity).
    """
    rng = np.random.default_rng(seed)
    middle, spread = np.log([1.5, 0.5, 3.0, 0.02]), np.array([1.0, 1.0, 1.0, 0.4])
    best: tuple[float, np.ndarray] = (np.inf, middle)
    for _ in range(ROUNDS):
        x = middle + spread * rng.standard_normal((TRIED, 4))
        cost = _pid_cost(machine, _plain(machine, np.exp(x)))
        order = np.argsort(cost, kind="stable")
        if cost[order[0]] < best[0]:
            best = float(cost[order[0]]), x[order[0]]
        middle, spread = x[order[:RETAINED]].mean(0), x[order[:RETAINED]].std(0) + 0.02
    return _plain(machine, np.exp(best[1][None]))


def _plain(machine: ControlledMachine, gains: Float64[np.ndarray, "n 4"]) -> FeedbackLaw:
    n = len(gains)
    kp, kd, ki, lag = (gains[:, i] for i in range(4))
    own = kp[:, None], kd[:, None], ki[:, None]
    return FeedbackLaw(*own, lag, np.ones(n), np.maximum(kp / ki, 0.05), machine.wiring)


def _pid_cost(machine: ControlledMachine, law: FeedbackLaw) -> Float64[np.ndarray, " n"]:
    n, s = len(law.filter_s), 4
    _, _, peak = SampledLoop(machine.loop, law).margins()
    at = np.tile(TUNING.some(s), n)
    with np.errstate(over="ignore", invalid="ignore"):
        trajectory = rollout(machine.bench, law.repeated(s), at, machine.periods)
        error = np.abs(trajectory.error[..., 0]).mean(0).reshape(n, s).mean(1)
    found: np.ndarray = np.nan_to_num(error, nan=1e9, posinf=1e9) + 10 * np.maximum(
        peak - PEAK, 0.0
    )
    return found


@dataclass(frozen=True, eq=False)
class LoadObserver:
    """Stationary Kalman filter of the machine's state and of a constant load.

    Source: Anderson and Moore, Optimal Filtering, 1979, section 4.4.
    """

    machine: ControlledMachine
    noise: float
    drift: float  # of the load in a period

    @cached_property
    def whole(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Dynamics, drive and reading of state and load."""
        own = self.machine.loop.sampled(self.machine.wiring.period_s)
        s = len(own.drive)
        dynamics = np.eye(s + 1)
        dynamics[:s, :s], dynamics[:s, s] = own.dynamics, own.load
        reading = np.append(self.machine.loop.outputs[0], 0.0)
        return dynamics, np.append(own.drive, 0.0), reading

    @cached_property
    def gain(self) -> Float64[np.ndarray, " s"]:
        """Gain of the innovation, in the predictor's form."""
        dynamics, _, reading = self.whole
        moves = np.zeros(len(reading))
        moves[-1] = self.drift**2
        moves[:-1] = (0.02 * self.drift) ** 2
        gains, _ = regulator(dynamics.T, reading, np.diag(moves), self.noise**2)
        return gains

    def after(
        self,
        estimate: Float64[np.ndarray, "n s"],
        seen: Float64[np.ndarray, " n"],
        applied: Float64[np.ndarray, " n"],
    ) -> Float64[np.ndarray, "n s"]:
        """Return the estimate a period later."""
        dynamics, drive, reading = self.whole
        found = estimate @ dynamics.T + applied[:, None] * drive
        whole: np.ndarray = found + (seen - estimate @ reading)[:, None] * self.gain
        return whole


@dataclass(frozen=True, eq=False)
class IntegratingLqg:
    """Regulator on an observer, with an integral of the error; its action is saturated."""

    observer: LoadObserver
    price: float = 0.02
    patience: float = 20.0  # weight of the integral
    name: str = "LQG with integrator"

    @cached_property
    def gains(self) -> Float64[np.ndarray, " s"]:
        """Gains of state and integral."""
        machine = self.observer.machine
        own, h = machine.loop.sampled(machine.wiring.period_s), machine.wiring.period_s
        s = len(own.drive)
        dynamics, drive = np.eye(s + 1), np.append(own.drive, 0.0)
        dynamics[:s, :s], dynamics[s, :s] = own.dynamics, h * machine.loop.outputs[0]
        weight = np.diag(np.append(machine.loop.outputs[0] ** 2, self.patience))
        return regulator(dynamics, drive, weight, self.price)[0]

    def begin(self, n: int) -> Float64[np.ndarray, "n k"]:
        """Return the estimate of state and load, then the integral."""
        return np.zeros((n, len(self.gains) + 1))

    def act(self, memory: np.ndarray, seen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Return the action, within its range."""
        wiring = self.observer.machine.wiring
        found: np.ndarray = np.clip(self._requested(memory, wanted), wiring.low, wiring.high)
        return found

    def learn(
        self, memory: np.ndarray, seen: np.ndarray, wanted: np.ndarray, applied: np.ndarray
    ) -> np.ndarray:
        """Update the memory; the integral pauses while the action saturates further."""
        h = self.observer.machine.wiring.period_s
        estimate = self.observer.after(memory[:, :-1], seen[:, 0], applied[:, 0])
        error = seen[:, 0] - wanted[:, 0]
        requested = self._requested(memory, wanted)[:, 0]
        further = (requested - applied[:, 0]) * -error > 0
        held = memory[:, -1] + np.where(further, 0.0, h * error)
        return np.concatenate([estimate, held[:, None]], 1)

    def _requested(self, memory: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        machine = self.observer.machine
        goal = wanted[:, :1] * machine.loop.still
        gone = memory[:, : len(machine.loop.still)] - goal
        found = wanted[:, 0] * machine.loop.holding - gone @ self.gains[:-1]
        whole: np.ndarray = (found - memory[:, -1] * self.gains[-1])[:, None]
        return whole


@dataclass(frozen=True, eq=False)
class PredictiveControl:
    """Model predictive control within the action's range, with an observer of the load.

    The box-constrained quadratic program is solved by accelerated projected gradients from the plan
    of the period before.

    Source: Maeder, Borrelli and Morari, Automatica 45:2214, 2009 (offset-free); Richter, Jones and
        Morari, IEEE Trans. Autom. Control 57:1391, 2012 (fast gradients).
    """

    observer: LoadObserver
    horizon: int = 40
    price: float = 2e-4  # of changes of the action
    iterations: int = 15
    name: str = "MPC with load observer"

    @cached_property
    def _plan(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
        """Maps from plan and from state to outputs, and the Hessian with its largest eigenvalue."""
        dynamics, drive, reading = self.observer.whole
        f = self.horizon
        of_state, answer, power = np.empty((f, len(drive))), np.empty(f), np.eye(len(drive))
        for k in range(f):
            answer[k] = reading @ power @ drive
            power = dynamics @ power
            of_state[k] = reading @ power
        of_plan = np.array([[answer[i - j] if j <= i else 0.0 for j in range(f)] for i in range(f)])
        change = np.eye(f) - np.eye(f, k=-1)
        hessian = of_plan.T @ of_plan + self.price * change.T @ change
        return of_plan, of_state, hessian, float(np.linalg.eigvalsh(hessian)[-1])

    def begin(self, n: int) -> Float64[np.ndarray, "n k"]:
        """Return the estimate, the last action, and the plan."""
        return np.zeros((n, len(self.observer.gain) + 1 + self.horizon))

    def act(self, memory: np.ndarray, seen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Return the first action of the plan."""
        return self._planned(memory, wanted)[:, :1]

    def learn(
        self, memory: np.ndarray, seen: np.ndarray, wanted: np.ndarray, applied: np.ndarray
    ) -> np.ndarray:
        """Shift the plan by a period."""
        s, plan = len(self.observer.gain), self._planned(memory, wanted)
        estimate = self.observer.after(memory[:, :s], seen[:, 0], applied[:, 0])
        return np.concatenate([estimate, applied, plan[:, 1:], plan[:, -1:]], 1)

    def _planned(self, memory: np.ndarray, wanted: np.ndarray) -> Float64[np.ndarray, "n f"]:
        of_plan, of_state, hessian, largest = self._plan
        wiring, s = self.observer.machine.wiring, len(self.observer.gain)
        free = memory[:, :s] @ of_state.T - wanted[:, :1]
        slope = free @ of_plan
        slope[:, 0] -= self.price * memory[:, s]
        plan = ahead = memory[:, s + 1 :]
        weight = 1.0
        for _ in range(self.iterations):
            step = ahead - (ahead @ hessian + slope) / largest
            after = np.clip(step, wiring.low, wiring.high)
            following = (1 + np.sqrt(1 + 4 * weight**2)) / 2
            ahead = after + (weight - 1) / following * (after - plan)
            plan, weight = after, following
        return plan


def opponents(machine: ControlledMachine, noise: float, seed: int) -> Mapping[str, Policy]:
    """Return all three, for a machine with one output."""
    observer = LoadObserver(machine, max(noise, 1e-6), 0.02)
    return {
        "PID, tuned by search": tuned_pid(machine, seed),
        "LQG with integrator": IntegratingLqg(observer),
        "MPC with load observer": PredictiveControl(observer),
    }


def at_full_action(machine: ControlledMachine, periods: int) -> Float64[np.ndarray, " t"]:
    """Simulate the output from rest under the whole action: no controller is quicker.

    For a second-order machine, until it first turns back.
    """
    most = min(-float(machine.wiring.low[0]), float(machine.wiring.high[0]))
    own = machine.loop.sampled(machine.wiring.period_s / FINER)
    x = np.zeros((periods * FINER, 2))
    for k in range(1, len(x)):
        x[k] = own.dynamics @ x[k - 1] + own.drive * most
    found: np.ndarray = x @ machine.loop.outputs[0]
    return found


def fastest(
    machine: ControlledMachine, periods: int
) -> tuple[Float64[np.ndarray, " t"], Float64[np.ndarray, " t"]]:
    """Time and output of the time-optimal path to rest at the goal: full action, then reversed.

    For a second-order machine with complex or real stable poles, whose path is so short that one
    switch suffices; no controller with the same range gets there and stays sooner.

    Source: Pontryagin et al., The Mathematical Theory of Optimal Processes, 1962, section 3.
    """
    most = min(-float(machine.wiring.low[0]), float(machine.wiring.high[0]))
    goal, h = machine.loop.still * machine.goal, machine.wiring.period_s / FINER
    own = machine.loop.sampled(h)
    back = np.linalg.inv(own.dynamics)
    forth, arriving = [np.zeros(2)], [goal]
    for _ in range(periods * FINER):
        forth.append(own.dynamics @ forth[-1] + own.drive * most)
        arriving.append(back @ (arriving[-1] + own.drive * most))
    first, last = np.array(forth), np.array(arriving)
    rising = last[: int((np.diff(last[:, 0]) < 0).argmin()) or len(last)]
    gap = first[:, 1] - np.interp(first[:, 0], rising[::-1, 0], rising[::-1, 1], left=np.inf)
    change = int((gap >= 0).argmax())
    rest = int(np.abs(rising[:, 0] - first[change, 0]).argmin())
    y = np.concatenate([first[:change, 0], rising[rest::-1, 0]])
    return np.arange(len(y)) * h, y


FINER = 20  # parts of a period, in which the time-optimal path is simulated
