"""Finite volumes for flow through a varying medium: `-div(a grad u) = f`, edges fixed at 0.

Shapes: n fields of N x N cells of the unit square.
Source: Eymard, Gallouet and Herbin, Finite Volume Methods, 2000, section 11 (two points a face,
    harmonic means); Concus and Golub, SIAM J. Numer. Anal. 10:1103, 1973 (conjugate gradients
    after a fast Poisson solver, whose number of steps does not grow with the grid).
"""

import numpy as np
import torch
from jaxtyping import Float64
from scipy.fft import dstn, idstn
from torch import Tensor

STEPS = 400  # of conjugate gradients; 30 do where the medium varies fourfold


def flow(
    medium: Float64[Tensor, "n y x"], source: Float64[Tensor, "n y x"], *, close: float = 1e-11
) -> Float64[Tensor, "n y x"]:
    """Solve for the field in the centres of cells; NaN without convergence.

    Args:
        medium: permeability of each cell, above 0.
        source: source of each cell.
        close: residual over source at convergence.
    """
    n = medium.shape[-1]
    faces = _faces(medium)
    wanted = source / n**2
    u, rest = torch.zeros_like(wanted), wanted.clone()
    way = z = _poisson(rest)
    product, bound = _dot(rest, z), close * _dot(wanted, wanted).sqrt()
    far = _dot(rest, rest).sqrt() > bound
    for _ in range(STEPS):
        if not far.any():
            break
        through = _through(way, faces)
        size = torch.where(far, product / _dot(way, through), 0.0)[:, None, None]
        u, rest = u + size * way, rest - size * through
        far = far & (_dot(rest, rest).sqrt() > bound)
        z = _poisson(rest)
        other = _dot(rest, z)
        way = torch.where(far[:, None, None], z + (other / product)[:, None, None] * way, way)
        product = torch.where(far, other, product)
    return torch.where(far[:, None, None], torch.nan, u)


def refined(cells: Float64[Tensor, "n y x"], times: int) -> Float64[Tensor, "n v u"]:
    """Split each cell into `times` cells along each axis, of the same value."""
    return cells.repeat_interleave(times, 1).repeat_interleave(times, 2)


def averaged(cells: Float64[Tensor, "n y x"], times: int) -> Float64[Tensor, "n v u"]:
    """Average blocks of cells."""
    n = cells.shape[-1] // times
    return cells.reshape(len(cells), n, times, n, times).mean((2, 4))


def _faces(a: Tensor) -> tuple[Tensor, ...]:
    """Conductances of faces: above and left of each cell, and at the edges."""
    down = 2 * a[:, 1:] * a[:, :-1] / (a[:, 1:] + a[:, :-1])
    right = 2 * a[:, :, 1:] * a[:, :, :-1] / (a[:, :, 1:] + a[:, :, :-1])
    edge = torch.zeros_like(a)
    for side in (edge[:, 0], edge[:, -1], edge[:, :, 0], edge[:, :, -1]):
        side += 2
    return down, right, edge * a


def _through(u: Tensor, faces: tuple[Tensor, ...]) -> Tensor:
    """Net flow out of each cell."""
    down, right, edge = faces
    out = edge * u
    along = down * (u[:, 1:] - u[:, :-1])
    across = right * (u[:, :, 1:] - u[:, :, :-1])
    out[:, 1:] += along
    out[:, :-1] -= along
    out[:, :, 1:] += across
    out[:, :, :-1] -= across
    return out


def _poisson(rest: Tensor) -> Tensor:
    """Solve with a medium of 1, by sine transforms."""
    n = rest.shape[-1]
    k = 4 * np.sin(np.pi * np.arange(1, n + 1) / (2 * n)) ** 2
    spectrum = dstn(rest.numpy(), type=2, axes=(1, 2)) / (k[:, None] + k)
    return torch.from_numpy(idstn(spectrum, type=2, axes=(1, 2)))


def _dot(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).sum((1, 2))
