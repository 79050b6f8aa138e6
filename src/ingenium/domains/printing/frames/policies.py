"""Policies of a laser: constant settings, a PI rule on the width, and one that looks a frame ahead.

Shapes: n copies, p readings, q wanted values, k numbers of a memory.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from ingenium.domains.printing.frames.plant import WIDTH, PoolPlant
from ingenium.operate.plant import Policy

PROPORTIONAL, INTEGRAL = 0.35, 0.06  # of the nominal power, for a relative error of the width
MOST = 0.5  # of the nominal power, that the integral may add


@dataclass(frozen=True, eq=False)
class WidthRule:
    """Power by the error of the width and its sum, at a constant speed; delayed by one frame."""

    plant: PoolPlant
    name: str
    proportional: float
    integral: float

    def begin(self, n: int) -> Float64[np.ndarray, "n 2"]:
        """Return no error, and no sum."""
        return np.zeros((n, 2))

    def act(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
    ) -> Float64[np.ndarray, "n 2"]:
        """Return power and speed from the error of the frame before: a camera needs its time."""
        power, speed = self.plant.nominal
        change = self.proportional * memory[:, 0] + memory[:, 1]
        a, b = self.plant.keyhole_chord
        own = np.minimum(power * (1 + change), a + b * speed)
        return np.column_stack([own, np.full(len(seen), speed)])

    def learn(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
        applied: Float64[np.ndarray, "n 2"],
    ) -> Float64[np.ndarray, "n k"]:
        """Store the error, and add it to the sum."""
        error = np.nan_to_num(1 - seen[:, WIDTH] / wanted[:, 0])
        total = np.clip(memory[:, 1] + self.integral * error, -MOST, MOST)
        return np.column_stack([error, total])


def families(plant: PoolPlant) -> Mapping[str, Callable[[int], Policy]]:
    """Return policies by name; none of them needs a seed."""
    return {
        "pid": lambda seed: WidthRule(plant, "PI on the width", PROPORTIONAL, INTEGRAL),
        "constant": lambda seed: WidthRule(plant, "constant settings", 0.0, 0.0),
    }
