"""Control law of a design: PID on each output, with tracking under saturation.

Shapes: n laws (or copies that each has one), q controlled outputs, m actions, p readings.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Complex128, Float64, Int64


@dataclass(frozen=True, eq=False)
class Wiring:
    """Main output of each action, and the action's range.

    `senses` is 1 or -1 where an output drives an action, and 0 elsewhere; an action integrates the
    error of the first output that drives it.
    """

    senses: Float64[np.ndarray, "m q"]
    low: Float64[np.ndarray, " m"]
    high: Float64[np.ndarray, " m"]
    period_s: float

    @cached_property
    def first(self) -> Float64[np.ndarray, "m q"]:
        """Sense of the first output of each action alone."""
        found = np.zeros_like(self.senses)
        rows = np.arange(len(found))
        at = np.abs(self.senses).argmax(1)
        found[rows, at] = self.senses[rows, at]
        return found


@dataclass(frozen=True, eq=False)
class FeedbackLaw:
    """u = sum over outputs of kp (b w - y) - kd dy/dt, plus an integral, saturated.

    The derivative is filtered. The integral follows the applied action (tracking), so that it
    neither winds up under saturation nor jumps after another controller has acted.

    Source: Astrom and Hagglund, Advanced PID Control, ISA, 2006, sections 3.3 to 3.5.
    """

    proportional: Float64[np.ndarray, "n q"]
    derivative: Float64[np.ndarray, "n q"]
    integral: Float64[np.ndarray, "n m"]
    filter_s: Float64[np.ndarray, " n"]
    weight: Float64[np.ndarray, " n"]  # of the target in the proportional part
    tracking_s: Float64[np.ndarray, " n"]
    wiring: Wiring

    @property
    def name(self) -> str:
        """Name of the policy's family."""
        return "PID with filter, weight and tracking"

    @cached_property
    def passing(self) -> Float64[np.ndarray, " n"]:
        """Share of a new reading that enters the filter in a period."""
        return 1 - np.exp(-self.wiring.period_s / self.filter_s)

    @cached_property
    def _rate(self) -> Float64[np.ndarray, "n q"]:
        found: np.ndarray = self.derivative / self.filter_s[:, None]
        return found

    @cached_property
    def _gathered(self) -> tuple[Float64[np.ndarray, "q m"], Float64[np.ndarray, "q m"]]:
        return self.wiring.senses.T.copy(), self.wiring.first.T.copy()

    @property
    def numbers(self) -> tuple[np.ndarray, ...]:
        """Numbers of all laws, in the order of a problem's variables."""
        arrays = (self.proportional, self.derivative, self.integral)
        return (*arrays, self.filter_s, self.weight, self.tracking_s)

    def some(self, rows: slice | Int64[np.ndarray, " r"]) -> "FeedbackLaw":
        """Select the laws of these rows."""
        kp, kd, ki, lag, weight, tracking = (a[rows] for a in self.numbers)
        return FeedbackLaw(kp, kd, ki, lag, weight, tracking, self.wiring)

    def repeated(self, times: int) -> "FeedbackLaw":
        """Repeat each law `times` times in a row."""
        return self.some(np.repeat(np.arange(len(self.filter_s)), times))

    def begin(self, n: int) -> Float64[np.ndarray, "n k"]:
        """Return filters at the first reading, and integrals of 0."""
        m, q = self.wiring.senses.shape
        return np.concatenate([np.full((n, q), np.nan), np.zeros((n, m))], 1)

    def act(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
    ) -> Float64[np.ndarray, "n m"]:
        """Return the action of the law, within the ranges of actions."""
        requested = self._requested(memory, seen, wanted)
        found: np.ndarray = np.clip(requested, self.wiring.low, self.wiring.high)
        return found

    def learn(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
        applied: Float64[np.ndarray, "n m"],
    ) -> Float64[np.ndarray, "n k"]:
        """Update filters and integrals by a period."""
        q, h = wanted.shape[1], self.wiring.period_s
        y = seen[:, :q]
        slow = np.where(np.isnan(memory[:, :q]), y, memory[:, :q])
        error = (wanted - y) @ self._gathered[1]
        missed = applied - self._requested(memory, seen, wanted)
        held = memory[:, q:] + h * (self.integral * error + missed / self.tracking_s[:, None])
        return np.concatenate([slow + self.passing[:, None] * (y - slow), held], 1)

    def _requested(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
    ) -> Float64[np.ndarray, "n m"]:
        q = wanted.shape[1]
        y = seen[:, :q]
        slow = np.where(np.isnan(memory[:, :q]), y, memory[:, :q])
        parts = self.proportional * (self.weight[:, None] * wanted - y) - self._rate * (y - slow)
        found: np.ndarray = parts @ self._gathered[0] + memory[:, q:]
        return found

    def answer(self, z: Complex128[np.ndarray, "n f"]) -> Complex128[np.ndarray, "n q f"]:
        """Response from each reading to its action at points of the z-plane, in the loop's sign."""
        slow = self.passing[:, None] / (z - 1 + self.passing[:, None])
        each = self.proportional[..., None] + self._rate[..., None] * (1 - slow)[:, None]
        held = self.wiring.period_s / (z - 1)
        into = np.abs(self.wiring.first)  # integrals of actions to the outputs that they follow
        each = each + np.einsum("nm,mq,nf->nqf", self.integral, into, held)
        found: np.ndarray = each * self.wiring.senses.sum(0)[:, None]
        return found
