"""Engineering moduli of an effective stiffness, and their bounds.

Shapes: n designs, s strains in Voigt order (shear doubled), dim axes.
"""

from collections.abc import Mapping

import torch
from jaxtyping import Float64
from torch import Tensor

AXES = "xyz"


def moduli(stiffness_pa: Float64[Tensor, "n s s"]) -> Mapping[str, Float64[Tensor, " n"]]:
    """Return Young's moduli, Poisson ratios, shear and bulk moduli and anisotropy, by quantity.

    `poisson` is the largest of the ratios along the axes: a cell below -0.3 is auxetic along each
    axis. `bulk` is the response to equal pressure. `anisotropy` is the universal index, 0 for an
    isotropic cell.

    Source: Ting, Anisotropic Elasticity, 1996, section 2.3; Ranganathan and Ostoja-Starzewski,
    Physical Review Letters 101, 2008, 055504 (the index; in the plane with its own weights).
    """
    dim = 2 if stiffness_pa.shape[-1] == 3 else 3
    s = torch.linalg.inv(stiffness_pa)
    names, out = AXES[:dim], {}
    for a, name in enumerate(names):
        out[f"young_{name}"] = 1 / s[:, a, a]
    ratios = {
        f"poisson_{names[a]}{names[b]}": -s[:, b, a] / s[:, a, a]
        for a in range(dim)
        for b in range(dim)
        if a != b
    }
    out |= {"poisson": torch.stack(list(ratios.values())).amax(0), **ratios}
    pairs = ["xy"] if dim == 2 else ["yz", "xz", "xy"]
    for row, pair in enumerate(pairs, start=dim):
        out[f"shear_{pair}"] = 1 / s[:, row, row]
    out["bulk"] = 1 / s[:, :dim, :dim].sum((1, 2))
    return out | {"anisotropy": _universal(stiffness_pa, s, dim)}


def _universal(c: Tensor, s: Tensor, dim: int) -> Float64[Tensor, " n"]:
    """Index from averages over all directions of stiffness (Voigt) and compliance (Reuss)."""
    trace, normal = c.diagonal(dim1=1, dim2=2), c[:, :dim, :dim].sum((1, 2))
    soft, pressed = s.diagonal(dim1=1, dim2=2), s[:, :dim, :dim].sum((1, 2))
    bulk = normal * pressed / dim**2
    if dim == 2:
        stiff = trace[:, :2].sum(1) - 2 * c[:, 0, 1] + 4 * trace[:, 2]
        weak = soft[:, :2].sum(1) - 2 * s[:, 0, 1] + soft[:, 2]
        return bulk + 2 * stiff * weak / 16 - 3
    stiff = (3 * trace[:, :3].sum(1) - normal) / 2 + 3 * trace[:, 3:].sum(1)
    weak = 2 * (3 * soft[:, :3].sum(1) - pressed) + 3 * soft[:, 3:].sum(1)
    return bulk + 5 * stiff * weak / 225 - 6


def bulk_bounds(
    share: Float64[Tensor, " n"], modulus_pa: tuple[float, float], poisson: float, dim: int
) -> tuple[Float64[Tensor, " n"], Float64[Tensor, " n"]]:
    """Return the bounds of the bulk modulus of two phases of one Poisson ratio (Pa).

    Plane grids are in plane stress. `share` is that of the first phase, the stiffer one.

    Source: Hashin and Shtrikman, J. Mech. Phys. Solids 11, 1963, 127-140, eq. 4.1 (space); Hashin,
    J. Mech. Phys. Solids 13, 1965, 119-134 (plane).
    """

    def phase(e: float) -> tuple[float, float]:
        bulk = e / (2 * (1 - poisson)) if dim == 2 else e / (3 * (1 - 2 * poisson))
        shear = e / (2 * (1 + poisson))
        return bulk, shear if dim == 2 else 4 / 3 * shear

    (k1, g1), (k2, g2) = phase(modulus_pa[0]), phase(modulus_pa[1])

    def with_(g: float) -> Tensor:
        return 1 / (share / (k1 + g) + (1 - share) / (k2 + g)) - g

    return with_(g2), with_(g1)
