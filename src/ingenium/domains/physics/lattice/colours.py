"""Group SU(3): uniform matrices, characters, the law of one plaquette, and chains on it.

Shapes: `*s` any axes, n chains, r representations, g angles of a grid.
"""

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import torch
from jaxtyping import Complex128, Float64
from torch import Tensor

MOST = 20  # boxes of a row in the representations that are summed
ROUNDING = 1e-18  # of the largest term, below which representations are left out
GRID = 96  # angles of each eigenvalue; integrals of smooth functions of them are exact to 1e-14


def special(u: Tensor) -> Tensor:
    """Return the matrix of SU(3) whose first two rows are nearest to the given ones."""
    a = u[..., 0, :]
    a = a / a.abs().square().sum(-1, keepdim=True).sqrt().clamp_min(1e-300)
    b = u[..., 1, :]
    b = b - (a.conj() * b).sum(-1, keepdim=True) * a
    b = b / b.abs().square().sum(-1, keepdim=True).sqrt().clamp_min(1e-300)
    return torch.stack([a, b, torch.linalg.cross(a, b).conj()], -2)


def uniform(shape: tuple[int, ...], rng: torch.Generator) -> Complex128[Tensor, "*s 3 3"]:
    """Sample matrices under the Haar measure."""
    parts = torch.randn((2, *shape, 3, 3), generator=rng, dtype=torch.float64)
    return special(torch.complex(parts[0], parts[1]))


def _sums(trace: Complex128[Tensor, " *s"], most: int = MOST) -> Complex128[Tensor, "*s r"]:
    """Characters of the symmetric powers, from that of the group."""
    one, none = torch.ones_like(trace), torch.zeros_like(trace)
    found = [none, none, one]
    for _ in range(most):
        found.append(trace * found[-1] - trace.conj() * found[-2] + found[-3])
    return torch.stack(found[2:], -1)


def _dimensions(most: int = MOST) -> np.ndarray:
    """Dimension of the representation (p, q)."""
    p, q = np.meshgrid(np.arange(most + 1), np.arange(most + 1), indexing="ij")
    found: np.ndarray = (p + 1) * (q + 1) * (p + q + 2) / 2.0
    return found


@cache
def _angles() -> tuple[Tensor, Tensor]:
    """Sum of the cosines of eigenvalues on a grid, as a trace, and the Haar measure there."""
    line = 2 * math.pi * torch.arange(GRID, dtype=torch.float64) / GRID
    a, b = torch.meshgrid(line, line, indexing="ij")
    z = torch.stack([torch.exp(1j * a), torch.exp(1j * b), torch.exp(-1j * (a + b))], -1)
    gaps = [(z[..., i] - z[..., j]).abs().square() for i, j in ((0, 1), (0, 2), (1, 2))]
    return z.sum(-1).flatten(), (gaps[0] * gaps[1] * gaps[2]).flatten() / 6 / GRID**2


@cache
def _weights(beta: float) -> tuple[np.ndarray, np.ndarray]:
    """Character coefficients of one plaquette over dimensions, and their slopes by beta."""
    trace, haar = _angles()
    sums = _sums(trace)
    weight = torch.exp(beta * (trace.real / 3 - 1)) * haar
    found = []
    for moment in (weight, weight * (trace.real / 3 - 1)):
        pairs = ((moment[:, None] * sums).T @ sums.conj()).real.numpy()
        own = pairs.copy()
        own[1:, 1:] -= pairs[:-1, :-1]
        found.append(own / _dimensions())
    return found[0], found[1]


@cache
def log_z(beta: float, sites: int) -> float:
    """Logarithm of the normalisation for a torus of `sites` plaquettes."""
    own = _weights(beta)[0]
    share = own / own[0, 0]
    return float(np.log((share**sites).sum()) + sites * math.log(own[0, 0]))


@cache
def loop(beta: float, sites: int, area: int) -> float:
    """Mean of Re tr / 3 of a loop around `area` plaquettes of a torus.

    The loop multiplies the representation inside by that of the group: (p, q) becomes (p + 1, q),
    (p - 1, q + 1) or (p, q - 1).
    """
    own = _weights(beta)[0]
    share, size = own / own[0, 0], _dimensions()
    inside, outside = share**area * size, share ** (sites - area) / size
    whole = (inside[:-1] * outside[1:]).sum() + (inside[1:, :-1] * outside[:-1, 1:]).sum()
    whole += (inside[:, 1:] * outside[:, :-1]).sum()
    return float(whole / 3 / (share**sites).sum())


def log_one(beta: float) -> float:
    """Logarithm of the integral over one plaquette."""
    return math.log(_weights(beta)[0][0, 0])


def kernel(beta: float, area: int) -> Float64[Tensor, "r r"]:
    """Quadratic form of `convolved` for `area` plaquettes, over its value at the identity.

    Representations below rounding are omitted.
    """
    own = _weights(beta)[0]
    size = _dimensions()
    part = size * (own / own[0, 0]) ** area
    seen = np.abs(part * size).max(0) > ROUNDING
    part = part[: seen.sum() + 1, : seen.sum() + 1]
    form = part.copy()
    form[:-1, :-1] -= part[1:, 1:]
    found = torch.from_numpy(form)
    one = torch.eye(3, dtype=torch.complex128)[None]
    return found / convolved(found[None], one)


def convolved(
    form: Float64[Tensor, "n r r"], u: Complex128[Tensor, "n 3 3"]
) -> Float64[Tensor, " n"]:
    """Density of the product of plaquettes at each matrix, by its characters."""
    sums = _sums(u.diagonal(dim1=-2, dim2=-1).sum(-1), form.shape[1] - 1)
    inner = (form.to(sums.dtype) @ sums.conj()[..., None])[..., 0]
    return (sums * inner).sum(1).real


@cache
def generators() -> Complex128[Tensor, "8 3 3"]:
    """Hermitian matrices of trace 0, whose squares have trace one half."""
    found = torch.zeros(8, 3, 3, dtype=torch.complex128)
    turn = torch.tensor([-0.5j, 0.5j], dtype=torch.complex128)
    for k, (i, j) in enumerate(((0, 1), (0, 2), (1, 2))):
        found[2 * k, i, j] = found[2 * k, j, i] = 0.5
        found[2 * k + 1, i, j], found[2 * k + 1, j, i] = turn
    found[6] = torch.diag(torch.tensor([0.5, -0.5, 0.0]))
    found[7] = torch.diag(torch.tensor([1.0, 1.0, -2.0])) / math.sqrt(12)
    return found


def trajectory(
    action: Callable[[Tensor], Tensor], u: Tensor, rng: torch.Generator, leaps: int
) -> Tensor:
    """Run one trajectory of length 1 by the leapfrog on the group."""
    basis = generators()
    p = torch.randn((*u.shape[:-2], 8), generator=rng, dtype=torch.float64)

    def force(x: Tensor) -> Tensor:
        with torch.enable_grad():
            a = torch.zeros_like(p).requires_grad_()
            moved = x + 1j * torch.einsum("...k,kij->...ij", a.to(x.dtype), basis) @ x
            (slope,) = torch.autograd.grad(action(moved).sum(), a)
        return slope

    def energy(x: Tensor, momentum: Tensor) -> Tensor:
        return action(x) + momentum.square().flatten(1).sum(1) / 2

    before, new, step = energy(u, p), u, 1 / leaps
    p = p - step / 2 * force(new)
    for i in range(leaps):
        turn = torch.linalg.matrix_exp(
            1j * step * torch.einsum("...k,kij->...ij", p.to(u.dtype), basis)
        )
        new = special(turn @ new)
        p = p - (step if i + 1 < leaps else step / 2) * force(new)
    lot = torch.rand(len(u), generator=rng, dtype=torch.float64)
    took = lot.log() < before - energy(new, p)
    return torch.where(took.view(-1, *[1] * (u.ndim - 1)), new, u)
