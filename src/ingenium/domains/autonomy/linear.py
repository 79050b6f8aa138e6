"""Linear machines in continuous time, and their exact discretisation.

Shapes: s numbers of a state, q controlled outputs.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.linalg import expm

from ingenium.core.errors import InputError


@dataclass(frozen=True, eq=False)
class LinearMachine:
    """Linear machine dx/dt = dynamics x + drive u + load d; `outputs` of the state are controlled.

    `still` is the state at rest where the first output is 1, and `holding` the action there.
    """

    dynamics: Float64[np.ndarray, "s s"]
    drive: Float64[np.ndarray, " s"]
    load: Float64[np.ndarray, " s"]
    outputs: Float64[np.ndarray, "q s"]
    still: Float64[np.ndarray, " s"]
    holding: float

    def __post_init__(self) -> None:
        reach = self._reach()
        if not np.isfinite(reach).all() or np.linalg.matrix_rank(reach, tol=1e-9) < len(reach):
            raise InputError(
                "a plant that its action can bring anywhere (controllable)",
                f"one whose action reaches {_rank(reach)} of {len(reach)} directions of its state",
                "Give the actuator a gain, or leave the part that nothing moves out of the plant.",
            )

    def _reach(self) -> Float64[np.ndarray, "s s"]:
        columns = [self.drive / max(np.abs(self.drive).max(), 1e-300)]
        for _ in range(len(self.drive) - 1):
            following = self.dynamics @ columns[-1]
            columns.append(following / max(float(np.abs(following).max()), 1e-300))
        return np.stack(columns, 1)

    def sampled(self, period_s: float) -> "SampledMachine":
        """Discretise exactly, with action and load constant over a period (zero-order hold)."""
        s = len(self.drive)
        whole = np.zeros((s + 2, s + 2))
        whole[:s, :s], whole[:s, s], whole[:s, s + 1] = self.dynamics, self.drive, self.load
        moved = expm(whole * period_s)
        return SampledMachine(moved[:s, :s], moved[:s, s], moved[:s, s + 1], period_s)


def _rank(reach: Float64[np.ndarray, "s s"]) -> int:
    return int(np.linalg.matrix_rank(reach, tol=1e-9)) if np.isfinite(reach).all() else 0


@dataclass(frozen=True, eq=False)
class SampledMachine:
    """Sampled machine: x a period later = dynamics x + drive u + load d."""

    dynamics: Float64[np.ndarray, "s s"]
    drive: Float64[np.ndarray, " s"]
    load: Float64[np.ndarray, " s"]
    period_s: float
