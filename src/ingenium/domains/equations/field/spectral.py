"""Spectral solvers in float64: periodic fields in time, and sine series on a square.

Shapes: n fields, then one or two axes of a grid. A periodic grid has its points at j / N, a square
with edges fixed at 0 has them at the centres (j + 1/2) / N of its cells.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Complex, Float64
from scipy.fft import dstn, idstn
from torch import Tensor

CONTOUR = 32  # points of the circle on which coefficients of a step are averaged


def waves(points: int, axes: int) -> tuple[Tensor, ...]:
    """Wave numbers (2 pi k) of the modes of `rfftn` along each axis, on the grid of modes."""
    along = [torch.fft.fftfreq(points, dtype=torch.float64)] * (axes - 1)
    along.append(torch.fft.rfftfreq(points, dtype=torch.float64))
    return tuple(torch.meshgrid(*(2 * np.pi * points * k for k in along), indexing="ij"))


def resampled(field: Float64[Tensor, "n *grid"], points: int) -> Float64[Tensor, "n *finer"]:
    """Resample a periodic field to another number of points, by its Fourier series."""
    axes, old = field.ndim - 1, field.shape[-1]
    if points == old:
        return field
    over = tuple(range(1, 1 + axes))
    few = min(points, old) // 2
    spectrum = torch.fft.rfftn(field, dim=over)
    out = torch.zeros(len(field), *[points] * (axes - 1), points // 2 + 1, dtype=torch.complex128)
    if axes == 1:
        out[:, :few] = spectrum[:, :few]
    else:
        out[:, :few, :few] = spectrum[:, :few, :few]
        out[:, 1 - few :, :few] = spectrum[:, 1 - few :, :few]
    found: Tensor = torch.fft.irfftn(out, s=[points] * axes, dim=over)
    return found * (points / old) ** axes


@dataclass(frozen=True, eq=False)
class ExponentialSteps:
    """Fourth-order time steps for stiff periodic equations `v' = L v + N(v, t)`.

    Shapes: n fields, modes of `rfftn`.
    Source: Cox and Matthews, J. Comput. Phys. 176:430, 2002 (ETDRK4); Kassam and Trefethen, SIAM
        J. Sci. Comput. 26:1214, 2005 (its coefficients as means over a circle).
    """

    linear: Float64[Tensor, "*modes"]
    rest: Callable[[Tensor, float], Tensor]  # of the modes and the time
    until: float
    steps: int

    @cached_property
    def _coefficients(self) -> tuple[Tensor, ...]:
        h = self.until / self.steps
        angle = np.pi * (torch.arange(CONTOUR, dtype=torch.float64) + 0.5) / CONTOUR
        z = h * self.linear[..., None] + torch.exp(1j * angle)
        e = torch.exp(z)
        half = h * ((torch.exp(z / 2) - 1) / z).real.mean(-1)
        first = h * ((-4 - z + e * (4 - 3 * z + z**2)) / z**3).real.mean(-1)
        middle = h * ((2 + z + e * (z - 2)) / z**3).real.mean(-1)
        last = h * ((-4 - 3 * z - z**2 + e * (4 - z)) / z**3).real.mean(-1)
        whole = torch.exp(h * self.linear)
        return whole, torch.exp(h * self.linear / 2), half, first, middle, last

    def run(self, v: Complex[Tensor, "n *modes"]) -> Complex[Tensor, "n *modes"]:
        """Return the modes at the end."""
        whole, part, half, first, middle, last = self._coefficients
        h = self.until / self.steps
        for i in range(self.steps):
            t = i * h
            at = self.rest(v, t)
            a = part * v + half * at
            at_a = self.rest(a, t + h / 2)
            b = part * v + half * at_a
            at_b = self.rest(b, t + h / 2)
            at_c = self.rest(part * a + half * (2 * at_b - at), t + h)
            v = whole * v + first * at + 2 * middle * (at_a + at_b) + last * at_c
        return v


def sine_poisson(source: Float64[Tensor, "n y x"]) -> Float64[Tensor, "n y x"]:
    """Solve `-laplace u = f` on the unit square with edges at 0, exact for the grid's sines."""
    k = np.pi * np.arange(1, source.shape[-1] + 1)
    spectrum = dstn(source.numpy(), type=2, axes=(1, 2)) / (k[:, None] ** 2 + k**2)
    return torch.from_numpy(idstn(spectrum, type=2, axes=(1, 2)))


def resampled_sines(field: Float64[Tensor, "n y x"], points: int) -> Float64[Tensor, "n v u"]:
    """Resample a field with edges at 0 to another number of cells, by its sine series."""
    old = field.shape[-1]
    if points == old:
        return field
    few = min(points, old)
    spectrum = dstn(field.numpy(), type=2, axes=(1, 2))
    out = np.zeros((len(field), points, points))
    out[:, :few, :few] = spectrum[:, :few, :few]
    if few == old:  # the last sine of a grid counts double in its series
        out[:, few - 1] /= 2
        out[:, :, few - 1] /= 2
    return torch.from_numpy(idstn(out, type=2, axes=(1, 2)) * (points / old) ** 2)
