"""Verifier of control laws: step responses, margins, a box of parameters, and a proof.

Shapes: n laws, q outputs, m actions, t periods, c corners, k quantities.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.core.scenarios import Sampled
from ingenium.domains.autonomy.certificate import ClosedLoops, region
from ingenium.domains.autonomy.law import FeedbackLaw, Wiring
from ingenium.domains.autonomy.machines import NOMINAL, ControlledMachine
from ingenium.domains.autonomy.margins import SampledLoop
from ingenium.operate.rollout import Rollout, rollout

FILED = "response"  # of the compiled code, stored with the variables
AT_NOMINAL = np.array([NOMINAL])
BAND, LANES = 0.02, 2048  # of the settling time; copies that are simulated in a batch
STEP = (
    Quantity("rise", "s", "from 10 to 90 % of a step, nominal machine"),
    Quantity("overshoot", "1", "beyond the wanted value, by the step", rounding=1e-9),
    Quantity("settling", "s", f"until the error stays below {BAND:.0%} of the step"),
    Quantity("code_error", "1", "of the compiled code against the law", rounding=1e-9),
)
LOOP = (
    Quantity("worst_rise", "s", "slowest rise of the nominal machine and the corners of its box"),
    Quantity("worst_overshoot", "1", "largest over the same machines", rounding=1e-9),
    Quantity("gain_margin", "dB", "to either side", rounding=1e-6),
    Quantity("phase_margin", "degree", "at the nearest crossing", rounding=1e-6),
    Quantity("sensitivity", "1", "largest of the loop, by which errors can grow", rounding=1e-9),
    Quantity(
        "region",
        "1",
        "farthest rest from a reachable goal from which the loop is proved to end there",
        rounding=1e-6,
    ),
)
DRAWN = (
    Quantity("load_error", "1", "mean absolute error under a sustained load and noise"),
    Quantity("effort", "1/s", "mean change of the action in a second, by its range"),
    Quantity("outside", "1", "share of scenarios in which a limit of the machine is broken"),
)


def laws(arrays: Sequence[Tensor], wiring: Wiring) -> FeedbackLaw:
    """Build laws from the variables' arrays."""
    kp, kd, ki, lag, weight, tracking = (a.numpy().astype(np.float64) for a in arrays[:6])
    return FeedbackLaw(kp, kd, ki, lag, weight, tracking, wiring)


@dataclass(frozen=True, eq=False)
class LoopEngine:
    """Measurements that do not depend on a scenario.

    For designs from files the nominal response is that of the compiled code; a limit on
    `code_error` ties it to the law, on which the rest is measured.
    """

    machine: ControlledMachine
    name: ClassVar[str] = "sampled loops, exact between actions"
    version: ClassVar[str] = "1"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = (*STEP, *LOOP)

    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n k"]:
        """Measure each law; an unstable loop gets values that violate its limits."""
        law = laws(arrays, self.machine.wiring)
        every = NOMINAL - np.arange(1 + self.machine.corners)
        own = nominal(self.machine, law, every)
        filed = arrays[6].numpy() if len(arrays) > 6 else own[:, 0]
        error = np.abs(filed - own[:, 0]).max((1, 2))
        rise, over, _ = step_answers(self.machine, own.reshape(-1, *own.shape[2:]))
        worst = [x.reshape(own.shape[:2]).max(1) for x in (rise, over)]
        steps = step_answers(self.machine, filed)
        found = [*steps, error, *worst, *loop_margins(self.machine, law)]
        return torch.from_numpy(np.stack(found, 1))


def loop_margins(machine: ControlledMachine, law: FeedbackLaw) -> tuple[np.ndarray, ...]:
    """Return margins and proved region of a law's worst loop; 0 for an unstable one."""
    n, m = law.integral.shape
    single = one_loop_each(machine, law)
    gain, phase, peak = SampledLoop(machine.loop, single).margins()
    stable = ClosedLoops.of(machine.loop, single, machine.goal).fastest_growth < 1
    reached = region(machine.loop, single, machine.goal).step
    worst = [np.where(stable, x, 0.0).reshape(n, m).min(1) for x in (gain, phase)]
    peaks = np.where(stable, peak, np.inf).reshape(n, m).max(1)
    return (*worst, np.minimum(peaks, 1e9), reached.reshape(n, m).min(1))


def one_loop_each(machine: ControlledMachine, law: FeedbackLaw) -> FeedbackLaw:
    """Split each action of each law into a law of its own, about the machine's loop."""
    wiring, (n, m) = law.wiring, law.integral.shape
    if m == 1:
        return law
    each = len(machine.loop.outputs)  # outputs of an action, which are adjacent
    own = Wiring(wiring.senses[:1, :each], wiring.low[:1], wiring.high[:1], wiring.period_s)
    kp, kd = (a.reshape(n * m, each) for a in (law.proportional, law.derivative))
    lag, weight, tracking = (np.repeat(a, m) for a in (law.filter_s, law.weight, law.tracking_s))
    return FeedbackLaw(kp, kd, law.integral.reshape(n * m, 1), lag, weight, tracking, own)


def nominal(
    machine: ControlledMachine, law: FeedbackLaw, scenario: Int64[np.ndarray, " c"] = AT_NOMINAL
) -> Float64[np.ndarray, "n c t m"]:
    """Simulate the targeted outputs of each law up to the load, without noise."""
    n, c = len(law.filter_s), len(scenario)
    found = []
    each = max(1, LANES // c)
    for first in range(0, n, each):
        part = law.some(slice(first, first + each))
        lanes = np.tile(scenario, len(part.filter_s))
        with np.errstate(over="ignore", invalid="ignore"):
            trajectory = rollout(machine.bench, part.repeated(c), lanes, machine.load_period)
        own = answered(machine, trajectory)
        found.append(own.reshape(-1, c, *own.shape[1:]))
    return np.concatenate(found)


def answered(machine: ControlledMachine, trajectory: Rollout) -> Float64[np.ndarray, "n t m"]:
    """Return each action's main output, scaled by the step of its target."""
    mains = machine.mains
    start = trajectory.truth[:1, :, mains]
    size = trajectory.wanted[:1, :, mains] - start
    found: np.ndarray = ((trajectory.truth[..., mains] - start) / size).swapaxes(0, 1)
    return found


def step_answers(
    machine: ControlledMachine, y: Float64[np.ndarray, "n t m"]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rise, overshoot and settling of the worst output; the whole time if it never gets there."""
    h, t = machine.wiring.period_s, y.shape[1]
    finite = np.where(np.isfinite(y), y, 1e9)
    rise = _first(finite, 0.9, t) - _first(finite, 0.1, t)
    over = np.maximum(finite.max(1) - 1, 0.0)
    outside = np.abs(finite - 1) > BAND
    settling = np.where(outside.any(1), t - outside[:, ::-1].argmax(1), 0)
    return (h * rise).max(1), np.minimum(over, 1e9).max(1), (h * settling).max(1).astype(float)


def _first(y: Float64[np.ndarray, "n t m"], level: float, t: int) -> Float64[np.ndarray, "n m"]:
    """Interpolated number of periods until a level is crossed; all of them if it never is."""
    above = y >= level
    at = above.argmax(1)
    after = np.take_along_axis(y, at[:, None], 1)[:, 0]
    before = np.take_along_axis(y, np.maximum(at - 1, 0)[:, None], 1)[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(after > before, (level - before) / (after - before), 1.0)
    return np.where(above.any(1), np.maximum(at - 1 + share, 0.0), float(t))


@dataclass(frozen=True, eq=False)
class LoadScenarios:
    """Scenarios of sampled machines of the box, loads and noise."""

    machine: ControlledMachine
    quantities: ClassVar[tuple[Quantity, ...]] = DRAWN
    shares: ClassVar[tuple[str, ...]] = ("outside",)

    def outcomes(self, *arrays: Tensor, scenarios: Sequence[int]) -> Float64[Tensor, "n s k"]:
        """Measure each law in each scenario."""
        law, s = laws(arrays, self.machine.wiring), len(scenarios)
        each = max(1, LANES // s)
        found = []
        for first in range(0, len(law.filter_s), each):
            part = law.some(slice(first, first + each))
            n = len(part.filter_s)
            at = np.tile(np.array(scenarios, dtype=np.int64), n)
            with np.errstate(over="ignore", invalid="ignore"):
                trajectory = rollout(self.machine.bench, part.repeated(s), at, self.machine.periods)
            found.append(self._reported(trajectory).reshape(n, s, len(DRAWN)))
        return torch.from_numpy(np.concatenate(found))

    def _reported(self, trajectory: Rollout) -> Float64[np.ndarray, "n k"]:
        late = trajectory.error[self.machine.load_period :, :, self.machine.mains]
        error = np.minimum(np.nan_to_num(np.abs(late).mean((0, 2)), nan=1e9, posinf=1e9), 1e9)
        wide = self.machine.wiring.high - self.machine.wiring.low
        change = np.abs(np.diff(trajectory.action, axis=0)) / wide
        effort = change.mean((0, 2)) / self.machine.wiring.period_s
        outside = trajectory.outside(self.machine.bench).any(0).astype(np.float64)
        return np.stack([error, effort, outside], 1)


@dataclass(frozen=True)
class JudgedLoop(Sampled):
    """Engine with its scenarios; takes the response from files."""

    filed: ClassVar[str] = FILED
