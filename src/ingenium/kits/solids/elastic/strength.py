"""Material failure: the factor by which loads may grow before a part fails somewhere.

Shapes: n designs, l load cases, e cells, f displacements, s stress components.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float64
from torch import Tensor

from ingenium.core.errors import InputError


@dataclass(frozen=True)
class Strength:
    """Largest principal stresses that a material bears.

    Source: Rankine's criterion; Chen, Plasticity in Reinforced Concrete, 1982, section 5.2
        (tension cut-off of concrete).

    Raises:
        InputError: for a strength that is not above 0.
    """

    tension_pa: float
    compression_pa: float

    def __post_init__(self) -> None:
        if not (self.tension_pa > 0 and self.compression_pa > 0):
            raise InputError("strengths above 0 Pa", (self.tension_pa, self.compression_pa))

    def use(self, stress_pa: Float64[Tensor, "*n s"]) -> Float64[Tensor, "*n"]:
        """Share of the strength that a stress uses; above 1 the material fails."""
        least, most = principal_pa(stress_pa)
        return torch.maximum(most / self.tension_pa, -least / self.compression_pa).clamp(min=0.0)


def principal_pa(
    stress_pa: Float64[Tensor, "*n s"],
) -> tuple[Float64[Tensor, "*n"], Float64[Tensor, "*n"]]:
    """Least and largest principal stress of Voigt components xx, yy, (zz, yz, xz,) xy.

    Source: Smith, Commun. ACM 4(4), 1961 (eigenvalues of a symmetric 3 x 3 matrix).
    """
    if stress_pa.shape[-1] == 3:
        middle, half = (
            (stress_pa[..., 0] + stress_pa[..., 1]) / 2,
            stress_pa[..., 0] - stress_pa[..., 1],
        )
        radius = (half.square() / 4 + stress_pa[..., 2].square()).sqrt()
        return middle - radius, middle + radius
    x, y, z, yz, xz, xy = stress_pa.unbind(-1)
    mean = (x + y + z) / 3
    x, y, z = x - mean, y - mean, z - mean
    size = (
        (x.square() + y.square() + z.square()) / 6 + (yz.square() + xz.square() + xy.square()) / 3
    ).sqrt()
    third = x * (y * z - yz.square()) - xy * (xy * z - yz * xz) + xz * (xy * yz - y * xz)
    safe = size.clamp(min=1e-300)
    angle = (third / safe / safe / safe / 2).clamp(-1.0, 1.0).acos() / 3
    most = mean + 2 * size * angle.cos()
    least = mean + 2 * size * (angle + 2 * math.pi / 3).cos()
    return least, most


def failure_factor(
    use: Float64[Tensor, "n l e"],
    share: Float64[Tensor, "n e"],
    read: Bool[Tensor, " e"],
    below: float = 0.995,
) -> Float64[Tensor, "n l"]:
    """Return the multiple of each load case at which a share 1 - `below` of the material fails.

    Single cells at the steps of a grid are artefacts; so the most used share of the material is
    ignored. Only cells that are at least half filled count.
    """
    counted = torch.where(read & (share >= 0.5), share, 0.0)
    order = use.argsort(-1)
    material = counted[:, None].expand_as(use).gather(-1, order).cumsum(-1)
    reached = (material >= below * material[..., -1:]).to(torch.int8).argmax(-1, keepdim=True)
    return 1 / use.gather(-1, order).gather(-1, reached).squeeze(-1)
