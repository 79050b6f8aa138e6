"""Linear equations in time on a circle, solved in closed form by waves: heat, and a string.

Shapes: n fields over one axis (`x`) of length 1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.domains.equations.field.equation import gaussian
from ingenium.domains.equations.field.spectral import resampled, waves

Refusal = tuple[str, str, str] | None


@dataclass(frozen=True)
class Heat:
    """Heat equation: from the start to the time 1."""

    name: ClassVar[str] = "heat"
    written: ClassVar[str] = "u_t = d u_xx"
    input_name: ClassVar[str] = "temperature at the start"
    solution_name: ClassVar[str] = "temperature at time 1"
    periodic: ClassVar[bool] = True
    turned: ClassVar[bool] = False
    axes: ClassVar[int] = 1
    judged_on: ClassVar[int] = 1
    points: int = 128
    diffusion: float = 2e-3

    def sample(self, n: int, rng: torch.Generator) -> Float64[Tensor, "n x"]:
        """Sample temperatures at the start."""
        return _smooth(self.points, n, rng)

    def solved(self, inputs: Float64[Tensor, "n x"], finer: int) -> Float64[Tensor, "n x"]:
        """Solve exactly for the waves of the grid, so that a finer grid changes nothing."""
        return _evolved(inputs, self._retained)

    def coarse(self, inputs: Float64[Tensor, "n x"], times: int) -> Float64[Tensor, "n x"]:
        """Solve with fewer waves."""
        own = _evolved(resampled(inputs, self.points // times), self._retained)
        return resampled(own, self.points)

    def _retained(self, k: Tensor) -> Tensor:
        return torch.exp(-self.diffusion * k.square())

    def refuses(self, one: Float64[np.ndarray, " x"]) -> Refusal:
        """Refuse a uniform temperature."""
        return _even(one)


@dataclass(frozen=True)
class Wave:
    """Wave equation of a string released from rest: from the start to the time 1."""

    name: ClassVar[str] = "wave"
    written: ClassVar[str] = "u_tt = 0.04 u_xx"
    input_name: ClassVar[str] = "displacement at the start"
    solution_name: ClassVar[str] = "displacement at time 1"
    periodic: ClassVar[bool] = True
    turned: ClassVar[bool] = False
    axes: ClassVar[int] = 1
    judged_on: ClassVar[int] = 1
    speed: ClassVar[float] = 0.2
    points: int = 128

    def sample(self, n: int, rng: torch.Generator) -> Float64[Tensor, "n x"]:
        """Sample displacements at the start."""
        return _smooth(self.points, n, rng)

    def solved(self, inputs: Float64[Tensor, "n x"], finer: int) -> Float64[Tensor, "n x"]:
        """Solve exactly for the waves of the grid, so that a finer grid changes nothing."""
        return _evolved(inputs, self._turned)

    def coarse(self, inputs: Float64[Tensor, "n x"], times: int) -> Float64[Tensor, "n x"]:
        """Solve with fewer waves."""
        own = _evolved(resampled(inputs, self.points // times), self._turned)
        return resampled(own, self.points)

    def _turned(self, k: Tensor) -> Tensor:
        return torch.cos(self.speed * k)

    def refuses(self, one: Float64[np.ndarray, " x"]) -> Refusal:
        """Refuse a uniform displacement."""
        return _even(one)


def _smooth(points: int, n: int, rng: torch.Generator) -> Tensor:
    """Smooth Gaussian starts with two derivatives, of covariance `(k^2 + 100)^-4`."""
    (k,) = waves(points, 1)
    spread = (200 / (k.square() + 100)).square()
    spread[0] = 0.0
    return gaussian(spread, n, rng, "periodic")


def _evolved(inputs: Tensor, factor: Callable[[Tensor], Tensor]) -> Tensor:
    """Multiply each wave by its factor."""
    points = inputs.shape[-1]
    (k,) = waves(points, 1)
    found: Tensor = torch.fft.irfft(torch.fft.rfft(inputs) * factor(k), points)
    return found


def _even(one: np.ndarray) -> Refusal:
    if np.ptp(one) > 0:
        return None
    return (
        "a start that varies",
        f"{one[0]:g} everywhere",
        "It stays constant: there is nothing to predict.",
    )
