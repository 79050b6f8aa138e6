"""Lowest eigenvalues of a symmetric matrix against the stiffness, for many designs together.

Source: Knyazev, SIAM J. Sci. Comput. 23, 2001, 517-541, algorithm 5.1 (LOBPCG), with a loose
solution of the stiffness as the preconditioner.
"""

from collections.abc import Callable
from dataclasses import replace

import torch
from jaxtyping import Bool, Float64
from torch import Tensor

from ingenium.kits.solids.elastic.solver import Elastic

Apply = Callable[[Tensor], Tensor]  # of (n, b, f) to the same
_LOOSE = 1e-2  # residual of a preconditioning
_LEAST = 1e-3  # of the first subspace's largest value; smaller values count as zero
_STEPS = 60
_MORE = 2  # vectors in addition to the requested ones
_ROOM = 2**28  # bytes of the cells' displacements of the designs in one batch


def lowest(
    system: Elastic, modulus_pa: Float64[Tensor, "n e"], apply: Apply, count: int, accuracy: float
) -> tuple[Float64[Tensor, "n k"], Float64[Tensor, "n k f"]]:
    """Solve `A x = theta K x` for the least theta, ascending, with `x K x = 1`; NaN on failure.

    `apply` multiplies with A. `accuracy` is about that of theta, relative; values that are not
    negative, or tiny compared with the largest one found, are returned as zero.
    """
    loose = replace(system, tolerance=_LOOSE)
    free = (~system.fixed).double()
    many = count + _MORE
    rng = torch.Generator().manual_seed(0)  # a start that no mode is orthogonal to
    start = torch.randn(1, many, len(free), generator=rng, dtype=torch.float64) * free
    x = loose.solve(modulus_pa, start)
    good = x.isfinite().all(-1).all(-1)
    x = _usable(x, good)
    before: list[Tensor] = []  # correction and step
    converged, least = torch.zeros_like(good), torch.zeros(len(good), 1, dtype=torch.float64)
    for _ in range(_STEPS):
        basis = torch.cat([x, *before], 1)
        stiff = _usable(forces(system, modulus_pa, basis), good)
        other = _usable(apply(basis) * free, good)
        theta, mix = _ritz(basis @ other.mT, basis @ stiff.mT, many)
        x, stiff, other = mix @ basis, mix @ stiff, mix @ other
        rest = other - theta[..., None] * stiff
        correction = _usable(loose.solve(modulus_pa, rest), good)
        least = _LEAST * theta.abs().amax(-1, keepdim=True) if not before else least
        error = (rest * correction).sum(-1)  # squares of bounds of the error of theta
        close = (error <= accuracy * theta.square()) | ((theta > -least) & (error <= least**2))
        converged = close[:, :count].all(-1)
        if (converged | ~good).all():
            break
        before = [correction, _without(mix, many) @ basis] if before else [correction]
    found = (good & converged)[:, None]
    theta = torch.where(theta > -least, 0.0, theta)[:, :count].masked_fill(~found, torch.nan)
    return theta, x[:, :count].masked_fill(~found[..., None], torch.nan)


def _usable(x: Tensor, good: Bool[Tensor, " n"]) -> Tensor:
    return torch.where(good[:, None, None], x, 0.0).nan_to_num(0.0, 0.0, 0.0)


def _without(mix: Float64[Tensor, "n k s"], many: int) -> Float64[Tensor, "n k s"]:
    """The mixture without the first `many` vectors: the direction of the last step."""
    return torch.cat([torch.zeros_like(mix[..., :many]), mix[..., many:]], -1)


def _ritz(a: Tensor, b: Tensor, many: int) -> tuple[Tensor, Tensor]:
    """Least eigenvalues in a subspace, and mixtures of its vectors; leaves out dependent ones."""
    scale = b.diagonal(dim1=-2, dim2=-1).clamp(min=1e-300).rsqrt()
    a, b = (scale[:, :, None] * m * scale[:, None] for m in ((a + a.mT) / 2, (b + b.mT) / 2))
    share, axes = torch.linalg.eigh(b)
    retained = share > 1e-12 * share[:, -1:]
    root = torch.where(retained, share.clamp(min=1e-300).rsqrt(), 0.0)
    white = axes * root[:, None]
    inner = white.mT @ a @ white
    outside = inner.abs().amax((-1, -2)) * 10 + 1
    inner = inner + torch.diag_embed(torch.where(retained, 0.0, outside[:, None]))
    theta, turn = torch.linalg.eigh(inner)
    return theta[:, :many], (scale[:, :, None] * (white @ turn))[..., :many].mT


def forces(
    system: Elastic, modulus_pa: Float64[Tensor, "n e"], u: Float64[Tensor, "n b f"]
) -> Float64[Tensor, "n b f"]:
    """Return stiffness times displacements, zero where they are fixed."""
    cells = system.grid.cell_displacements
    each = (u[..., cells] @ system.unit_stiffness) * modulus_pa[:, None, :, None]
    return spread(system, each) * (~system.fixed).double()


def spread(system: Elastic, each: Float64[Tensor, "n b e q"]) -> Float64[Tensor, "n b f"]:
    """Scatter-add the cells' values to their displacements."""
    out = torch.zeros(*each.shape[:2], system.grid.n_displacements, dtype=torch.float64)
    return out.index_add_(2, system.grid.cell_displacements.flatten(), each.flatten(2))


def together(system: Elastic, count: int) -> int:
    """Return the number of designs that are processed in one batch."""
    each = 3 * (count + _MORE) * system.grid.cell_displacements.numel() * 8
    return max(1, _ROOM // each)


def firmness(modulus_pa: Float64[Tensor, "n e"]) -> Float64[Tensor, "n e"]:
    """Return the share of a cell's mass or stress that counts: 1, but less for voids.

    Voids, of modulus below a thousandth, would otherwise swing or buckle by themselves.
    Source: Du and Olhoff, Struct. Multidisc. Optim. 34, 2007, section 3.2 (the idea).
    """
    return (1e3 * modulus_pa / modulus_pa.amax(-1, keepdim=True).clamp(min=1e-300)).clamp(max=1.0)
