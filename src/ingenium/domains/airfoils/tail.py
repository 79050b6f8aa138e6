"""A bending trailing edge: the section at each operating point, and the cost of bending.

Behind the hinge the mean line follows a parabola that begins without a kink and ends at the
deflection, positive down; the thickness does not change. To first order in the deflection the new
chord is rotated back onto the axis, and the rest of the parabola is fitted by a change of Kulfan
weights, the same for both surfaces: the section at a point again has 18 numbers.
"""

from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.domains.airfoils.cst import HALF, Arrays, Surfaces, basis, numbers_of, stations

DIGITS = 10  # decimals of a chord; files round to 9


def parabola(x: Float[Tensor, " p"], hinge: float) -> Float[Tensor, " p"]:
    """Return the mean line of a tail with slope 1 at its end, before the chord is rotated back."""
    return -((x - hinge).clamp(0) ** 2) / (2 * (1 - hinge))


@cache
def bent(hinge: float) -> Float[Tensor, " 8"]:
    """Return the weights that slope 1 at the tail adds to both surfaces, the same in every process.

    The last bits of a fit depend on memory alignment, so it is rounded.
    """
    x = stations(400)
    drop = parabola(x, hinge)
    left = drop - x * drop[-1]
    found: Tensor = torch.linalg.lstsq(basis(x), left[:, None]).solution
    return found[:, 0].round(decimals=DIGITS)


@dataclass(frozen=True)
class Tail:
    """Bending part of a section, behind the hinge.

    Energy and strain are those of two thin skins of one material and gauge over a core without
    stiffness: a proxy that ranks schedules, not what an actuator needs in newtons.
    """

    hinge: float  # chords from the nose

    def cases(self, arrays: tuple[Tensor, ...], points: int) -> Float[Tensor, "m 18"]:
        """Return the numbers of the section at each point, points running fastest."""
        slope = torch.deg2rad(arrays[4]).tan()
        added = slope[:, :, None] * bent(self.hinge)
        base = numbers_of(arrays[:4])[:, None].expand(-1, points, -1)
        zeros = torch.zeros_like(base[..., 16:])
        return (base + torch.cat([added, added, zeros], 2)).flatten(0, 1)

    def energy(self, arrays: Arrays, slope: Float[Tensor, "n p"]) -> Float[Tensor, "n p"]:
        """Return the bending energy over modulus, skin thickness and chord.

        It is half of curvature squared times the skins' second moment, h squared over 2, integrated
        over the tail; Gere and Goodno, Mechanics of Materials, 2012, equation 9-80a.
        """
        s = self._behind(arrays)
        square = torch.trapezoid(s.thickness.square(), s.x, dim=1)
        return 0.25 * (slope / (1 - self.hinge)).square() * square[:, None]

    def strain(self, arrays: Arrays, slope: Float[Tensor, "n p"]) -> Float[Tensor, "n p"]:
        """Return the largest skin strain: curvature times half the thickness behind the hinge."""
        half = 0.5 * self._behind(arrays).thickness.amax(1)
        return (slope / (1 - self.hinge)).abs() * half[:, None]

    def _behind(self, arrays: Arrays) -> Surfaces:
        return Surfaces.of(arrays, torch.linspace(self.hinge, 1, HALF + 1, dtype=torch.float64))
