"""Stationary equations on the unit square with edges fixed at 0: Poisson, and Darcy flow.

Shapes: n fields of N x N cells.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.domains.equations.field.equation import gaussian
from ingenium.domains.equations.field.spectral import resampled_sines, sine_poisson
from ingenium.domains.equations.field.volumes import averaged, flow, refined

MOST_CONTRAST = 1e4  # of a medium
Refusal = tuple[str, str, str] | None


@dataclass(frozen=True)
class Poisson:
    """Membrane under a load; loads are Gaussian fields of sines."""

    name: ClassVar[str] = "poisson"
    written: ClassVar[str] = "-laplace u = f"
    input_name: ClassVar[str] = "load f"
    solution_name: ClassVar[str] = "deflection u"
    periodic: ClassVar[bool] = False
    turned: ClassVar[bool] = True
    axes: ClassVar[int] = 2
    judged_on: ClassVar[int] = 1
    points: int = 64

    def sample(self, n: int, rng: torch.Generator) -> Float64[Tensor, "n y x"]:
        """Sample loads."""
        return gaussian(10 * _decay(self.points, 1), n, rng, "held")

    def solved(self, inputs: Float64[Tensor, "n y x"], finer: int) -> Float64[Tensor, "n y x"]:
        """Solve by sine series, exact for the grid's sines; a finer grid changes nothing."""
        return sine_poisson(inputs)

    def coarse(self, inputs: Float64[Tensor, "n y x"], times: int) -> Float64[Tensor, "n y x"]:
        """Solve with fewer sines."""
        few = self.points // times
        return resampled_sines(sine_poisson(resampled_sines(inputs, few)), self.points)

    def refuses(self, one: Float64[np.ndarray, "y x"]) -> Refusal:
        """Refuse a load of 0."""
        if np.abs(one).max() > 0:
            return None
        return "a load that is not 0 everywhere", "zeros", "Its solution is 0: there is no error."


@dataclass(frozen=True)
class Darcy:
    """Pressure in a ground of two kinds, one four times as permeable as the other.

    Source: Li et al., ICLR 2021, arXiv:2010.08895, section 5.2 and appendix A.3 (permeability 12
        or 3 by the sign of a Gaussian field, source 1).
    """

    name: ClassVar[str] = "darcy"
    written: ClassVar[str] = "-div(a grad u) = 1"
    input_name: ClassVar[str] = "permeability a"
    solution_name: ClassVar[str] = "pressure u"
    periodic: ClassVar[bool] = False
    turned: ClassVar[bool] = True
    axes: ClassVar[int] = 2
    judged_on: ClassVar[int] = 2
    points: int = 64
    kinds: ClassVar[tuple[float, float]] = (12.0, 3.0)

    def sample(self, n: int, rng: torch.Generator) -> Float64[Tensor, "n y x"]:
        """Sample permeabilities."""
        easy, hard = self.kinds
        above = gaussian(_decay(self.points, 0), n, rng, "open") >= 0
        return torch.where(above, easy, hard).to(torch.float64)

    def solved(self, inputs: Float64[Tensor, "n y x"], finer: int) -> Float64[Tensor, "n y x"]:
        """Solve by finite volumes, each cell split into `finer` along both axes."""
        return averaged(self._flow(refined(inputs, finer), 1e-11), finer)

    def coarse(self, inputs: Float64[Tensor, "n y x"], times: int) -> Float64[Tensor, "n y x"]:
        """Solve on blocks of cells, stopped early and interpolated by sines."""
        return resampled_sines(self._flow(averaged(inputs, times), 1e-4), self.points)

    def _flow(self, medium: Tensor, close: float) -> Tensor:
        """Solve for the flow; NaN for an invalid medium."""
        least, most = medium.amin((1, 2)), medium.amax((1, 2))
        good = (least > 0) & (most <= MOST_CONTRAST * least)
        own = torch.where(good[:, None, None], medium, 1.0)
        found = flow(own, torch.ones_like(own), close=close)
        return torch.where(good[:, None, None], found, torch.nan)

    def refuses(self, one: Float64[np.ndarray, "y x"]) -> Refusal:
        """Refuse an impermeable ground, or one of too great a contrast."""
        if one.min() > 0 and one.max() <= MOST_CONTRAST * one.min():
            return None
        return (
            f"a permeability above 0 that varies at most {MOST_CONTRAST:g} times",
            f"{one.min():g} to {one.max():g}",
            "Give the least that lets anything pass, such as 0.001, where there is rock.",
        )


def _decay(points: int, first: int) -> Float64[Tensor, "{points} {points}"]:
    """Standard deviations of modes, `(pi^2 k^2 + 9)^-1`; 0 for the mean."""
    k = np.pi * torch.arange(first, points + first, dtype=torch.float64)
    spread = 1 / (k[:, None] ** 2 + k**2 + 9)
    if first == 0:
        spread[0, 0] = 0.0
    return spread
