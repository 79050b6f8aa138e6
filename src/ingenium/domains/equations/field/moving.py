"""Periodic equations in time: Burgers, Allen-Cahn, and the flow of a fluid in the plane.

Shapes: n fields over one axis (`x`) or two (`y`, `x`) of length 1.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.domains.equations.field.equation import gaussian
from ingenium.domains.equations.field.spectral import ExponentialSteps, resampled, waves

COURANT = 1.0  # most of a cell that the fastest point may move in a step
Refusal = tuple[str, str, str] | None


@dataclass(frozen=True)
class Burgers:
    """Burgers equation: from the start to the time 1.

    At the paper's viscosity, 0.1, a fiftieth of the start remains at the end; so it is 0.01 here,
    where fronts persist.

    Source: Li et al., ICLR 2021, arXiv:2010.08895, section 5.1 (starts of the Gaussian law with
        covariance 625 (-laplace + 25)^-2 and no mean).
    """

    name: ClassVar[str] = "burgers"
    written: ClassVar[str] = "u_t + u u_x = v u_xx"
    input_name: ClassVar[str] = "velocity at the start"
    solution_name: ClassVar[str] = "velocity at time 1"
    periodic: ClassVar[bool] = True
    turned: ClassVar[bool] = False
    axes: ClassVar[int] = 1
    points: int = 128
    diffusion: float = 0.01
    steps: int = 400
    judged_on: ClassVar[int] = 2

    def sample(self, n: int, rng: torch.Generator) -> Float64[Tensor, "n x"]:
        """Sample velocities at the start."""
        (k,) = waves(self.points, 1)
        spread = 25 / (k.square() + 25)
        spread[0] = 0.0
        return gaussian(spread, n, rng, "periodic")

    def solved(self, inputs: Float64[Tensor, "n x"], finer: int) -> Float64[Tensor, "n x"]:
        """Solve by Fourier series of `finer` times the points, and as many times the steps."""
        fast = inputs.abs().amax(1) * self.points / self.steps
        good = (fast <= COURANT)[:, None]
        return torch.where(
            good, self._run(inputs, self.points * finer, self.steps * finer), torch.nan
        )

    def coarse(self, inputs: Float64[Tensor, "n x"], times: int) -> Float64[Tensor, "n x"]:
        """Solve with fewer waves and steps."""
        steps = max(8, self.steps // (2 * times))
        return self._run(inputs, self.points // times, steps)

    def _run(self, inputs: Tensor, points: int, steps: int) -> Tensor:
        (k,) = waves(points, 1)
        retained = (k.abs() < 2 * np.pi * points / 3).to(torch.float64)

        def rest(v: Tensor, t: float) -> Tensor:
            square = torch.fft.irfft(v * retained, points).square()
            found: Tensor = -0.5j * k * retained * torch.fft.rfft(square)
            return found

        own = ExponentialSteps(-self.diffusion * k.square(), rest, 1.0, steps)
        end = torch.fft.irfft(own.run(torch.fft.rfft(resampled(inputs, points))), points)
        return resampled(end, self.points)

    def refuses(self, one: Float64[np.ndarray, " x"]) -> Refusal:
        """Refuse a start that moves further than a cell in a step."""
        courant = float(np.abs(one).max()) * self.points / self.steps
        if courant <= COURANT:
            return None
        enough = int(np.ceil(self.steps * courant))
        return (
            f"a Courant number (speed x step / cell) of at most {COURANT:g}",
            f"{courant:.3g}",
            f"Write steps = {enough}.",
        )


@dataclass(frozen=True)
class AllenCahn:
    """Allen-Cahn equation: two separating phases, with fronts some 0.03 wide, to the time 1."""

    name: ClassVar[str] = "allen_cahn"
    written: ClassVar[str] = "u_t = d u_xx + 5 (u - u^3)"
    input_name: ClassVar[str] = "phase at the start"
    solution_name: ClassVar[str] = "phase at time 1"
    periodic: ClassVar[bool] = True
    turned: ClassVar[bool] = False
    axes: ClassVar[int] = 1
    points: int = 128
    diffusion: float = 5e-4
    steps: int = 100
    judged_on: ClassVar[int] = 2

    def sample(self, n: int, rng: torch.Generator) -> Float64[Tensor, "n x"]:
        """Sample phases at the start."""
        (k,) = waves(self.points, 1)
        spread = 100 / (k.square() + 100)
        spread[0] = 0.0
        found: Tensor = 0.8 * gaussian(spread, n, rng, "periodic").tanh()
        return found

    def solved(self, inputs: Float64[Tensor, "n x"], finer: int) -> Float64[Tensor, "n x"]:
        """Solve by Fourier series of `finer` times the points, and as many times the steps."""
        good = (inputs.abs().amax(1) <= 2)[:, None]
        return torch.where(
            good, self._run(inputs, self.points * finer, self.steps * finer), torch.nan
        )

    def coarse(self, inputs: Float64[Tensor, "n x"], times: int) -> Float64[Tensor, "n x"]:
        """Solve with fewer waves and steps."""
        return self._run(inputs, self.points // times, max(8, self.steps // (2 * times)))

    def _run(self, inputs: Tensor, points: int, steps: int) -> Tensor:
        (k,) = waves(points, 1)

        def rest(v: Tensor, t: float) -> Tensor:
            u = torch.fft.irfft(v, points)
            found: Tensor = torch.fft.rfft(5 * (u - u**3))
            return found

        own = ExponentialSteps(-self.diffusion * k.square(), rest, 1.0, steps)
        end = torch.fft.irfft(own.run(torch.fft.rfft(resampled(inputs, points))), points)
        return resampled(end, self.points)

    def refuses(self, one: Float64[np.ndarray, " x"]) -> Refusal:
        """Refuse a phase far outside of both."""
        if np.abs(one).max() <= 2:
            return None
        got = f"{np.abs(one).max():g}"
        return "a phase from -2 to 2", got, "Divide it by the value of its two phases."


@dataclass(frozen=True)
class Vorticity:
    """Vorticity of a stirred fluid in the plane: from the start to the time 5.

    Source: Li et al., ICLR 2021, arXiv:2010.08895, section 5.3 (viscosity 1e-3, its law of starts
        and its stirring; there to the time 50).
    """

    name: ClassVar[str] = "vorticity"
    written: ClassVar[str] = "w_t + u . grad w = v laplace w + f"
    input_name: ClassVar[str] = "vorticity at the start"
    solution_name: ClassVar[str] = "vorticity at time 5"
    periodic: ClassVar[bool] = True
    turned: ClassVar[bool] = False
    axes: ClassVar[int] = 2
    points: int = 64
    diffusion: float = 1e-3
    steps: int = 100
    until: ClassVar[float] = 5.0
    judged_on: ClassVar[int] = 1

    def sample(self, n: int, rng: torch.Generator) -> Float64[Tensor, "n y x"]:
        """Sample vorticities at the start."""
        ky, kx = waves(self.points, 2)
        spread = 7**1.5 * (ky.square() + kx.square() + 49) ** -1.25
        spread[0, 0] = 0.0
        return gaussian(spread, n, rng, "periodic")

    def solved(self, inputs: Float64[Tensor, "n y x"], finer: int) -> Float64[Tensor, "n y x"]:
        """Solve by Fourier series of `finer` times the points, and as many times the steps."""
        good = (self._speed(inputs) * self._step * self.points <= COURANT)[:, None, None]
        return torch.where(
            good, self._run(inputs, self.points * finer, self.steps * finer), torch.nan
        )

    def coarse(self, inputs: Float64[Tensor, "n y x"], times: int) -> Float64[Tensor, "n y x"]:
        """Solve with fewer waves and steps."""
        return self._run(inputs, self.points // times, max(8, self.steps // (2 * times)))

    @property
    def _step(self) -> float:
        return self.until / self.steps

    def _speed(self, inputs: Tensor) -> Tensor:
        """Largest speed at the start."""
        ky, kx = waves(self.points, 2)
        v, u = self._velocity(torch.fft.rfft2(inputs), ky, kx, self.points)
        return (u.square() + v.square()).sqrt().amax((1, 2))

    @staticmethod
    def _velocity(w: Tensor, ky: Tensor, kx: Tensor, points: int) -> tuple[Tensor, Tensor]:
        square = ky.square() + kx.square()
        square[0, 0] = 1.0
        stream = w / square
        size = [points, points]
        return torch.fft.irfft2(-1j * kx * stream, s=size), torch.fft.irfft2(
            1j * ky * stream, s=size
        )

    def _run(self, inputs: Tensor, points: int, steps: int) -> Tensor:
        ky, kx = waves(points, 2)
        most = 2 * np.pi * points / 3
        retained = ((ky.abs() < most) & (kx.abs() < most)).to(torch.float64)
        x = torch.arange(points, dtype=torch.float64) / points
        both = 2 * np.pi * (x[:, None] + x)
        stirred = torch.fft.rfft2(0.1 * (torch.sin(both) + torch.cos(both)))
        size = [points, points]

        def rest(w: Tensor, t: float) -> Tensor:
            w = w * retained
            v, u = self._velocity(w, ky, kx, points)
            own = torch.fft.irfft2(w, s=size)
            found: Tensor = stirred - 1j * retained * (
                ky * torch.fft.rfft2(v * own) + kx * torch.fft.rfft2(u * own)
            )
            return found

        linear = -self.diffusion * (ky.square() + kx.square())
        own = ExponentialSteps(linear, rest, self.until, steps)
        end = torch.fft.irfft2(own.run(torch.fft.rfft2(resampled(inputs, points))), s=size)
        return resampled(end, self.points)

    def refuses(self, one: Float64[np.ndarray, "y x"]) -> Refusal:
        """Refuse a start that moves further than a cell in a step."""
        speed = float(self._speed(torch.from_numpy(one)[None])[0])
        courant = speed * self._step * self.points
        if courant <= COURANT:
            return None
        return (
            f"a Courant number (speed x step / cell) of at most {COURANT:g}",
            f"{courant:.3g}",
            f"Write steps = {int(np.ceil(self.steps * courant))}.",
        )
