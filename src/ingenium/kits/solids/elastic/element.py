"""Matrices of a bilinear square (plane) and a trilinear cube (space) of unit modulus.

Shapes: q displacements of an element, s strain components, g points of quadrature.
Source: Hughes, The Finite Element Method, 2000, sections 3.2, 3.5 and 3.9.
"""

from itertools import product
from typing import Literal

import torch
from jaxtyping import Float64
from torch import Tensor

Plane = Literal["stress", "strain"]
PAIRS = {2: ((0, 1),), 3: ((1, 2), (0, 2), (0, 1))}  # axes of each shear strain


def constitutive(dim: int, poisson: float, plane: Plane = "stress") -> Float64[Tensor, "s s"]:
    """Stress for unit strain and modulus; Voigt xx, yy, (zz, yz, xz,) xy, shear twice eps."""
    if dim == 2 and plane == "stress":
        c = torch.tensor(
            [[1, poisson, 0], [poisson, 1, 0], [0, 0, (1 - poisson) / 2]], dtype=torch.float64
        )
        return c / (1 - poisson**2)
    lame = poisson / ((1 + poisson) * (1 - 2 * poisson))
    shear = 1 / (2 * (1 + poisson))
    n = 3 if dim == 2 else 6
    c = torch.zeros(n, n, dtype=torch.float64)
    c[:dim, :dim] = lame
    c.diagonal()[:dim] += 2 * shear
    c.diagonal()[dim:] = shear
    return c


def gradients(dim: int, cell_m: float, at: Float64[Tensor, " dim"]) -> Float64[Tensor, "b dim"]:
    """Slopes of the shape functions at a point of the element, 0 to 1 along each axis (1/m)."""
    out = torch.empty(2**dim, dim, dtype=torch.float64)
    for i, corner in enumerate(product((0, 1), repeat=dim)):
        values = [at[a] if corner[a] else 1 - at[a] for a in range(dim)]
        for axis in range(dim):
            rest = [values[a] for a in range(dim) if a != axis]
            out[i, axis] = (1 if corner[axis] else -1) * torch.stack(rest).prod() / cell_m
    return out


def strain(dim: int, cell_m: float, at: Float64[Tensor, " dim"]) -> Float64[Tensor, "s q"]:
    """Return the strain at a point of the element for unit displacements."""
    slope = gradients(dim, cell_m, at)
    out = torch.zeros(dim + len(PAIRS[dim]), 2**dim, dim, dtype=torch.float64)
    for axis in range(dim):
        out[axis, :, axis] = slope[:, axis]
    for row, (a, b) in enumerate(PAIRS[dim], start=dim):
        out[row, :, a], out[row, :, b] = slope[:, b], slope[:, a]
    return out.flatten(1)


def points(dim: int) -> Float64[Tensor, "g dim"]:
    """Return two Gauss points along each axis, 0 to 1; all have the same weight 2**-dim."""
    half = 0.5 / 3**0.5
    return torch.tensor(list(product((0.5 - half, 0.5 + half), repeat=dim)), dtype=torch.float64)


def stiffness(
    dim: int,
    poisson: float,
    *,
    cell_m: float = 1.0,
    thickness_m: float = 1.0,
    plane: Plane = "stress",
) -> Float64[Tensor, "q q"]:
    """Return nodal forces for unit displacements and unit modulus (N/m per Pa)."""
    c = constitutive(dim, poisson, plane)
    b = torch.stack([strain(dim, cell_m, p) for p in points(dim)])
    volume = cell_m**dim * (thickness_m if dim == 2 else 1.0)
    k = torch.einsum("gsi,st,gtj->ij", b, c, b) * volume / len(b)
    return (k + k.mT) / 2
