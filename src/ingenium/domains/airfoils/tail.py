"""A trailing edge that bends: the section at each operating point, and what bending costs.

Behind the hinge the middle line follows a parabola that begins without a kink and ends at the
deflection, above 0 down; thickness is kept. To first order in the deflection the new chord is
turned back onto the axis, and what is left of the parabola is the nearest change of Kulfan
weights, the same for both surfaces: the section at a point is again one of 18 numbers.
"""

from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.domains.airfoils.cst import HALF, Arrays, Surfaces, basis, numbers_of, stations

DIGITS = 10  # of a chord, which files round to 9


def parabola(x: Float[Tensor, " p"], hinge: float) -> Float[Tensor, " p"]:
    """The middle line of a tail with a slope of 1 at its end, before the chord is turned back."""
    return -((x - hinge).clamp(0) ** 2) / (2 * (1 - hinge))


@cache
def bent(hinge: float) -> Float[Tensor, " 8"]:
    """Weights that a slope of 1 at the tail adds to both surfaces, the same in every process.

    The last bits of a fit hang on where its numbers lie in memory, so it is rounded.
    """
    x = stations(400)
    drop = parabola(x, hinge)
    left = drop - x * drop[-1]
    found: Tensor = torch.linalg.lstsq(basis(x), left[:, None]).solution
    return found[:, 0].round(decimals=DIGITS)


@dataclass(frozen=True)
class Tail:
    """The part behind the hinge.

    Energy and strain stand for two thin skins of one material and gauge over a core without
    stiffness: a proxy that ranks schedules, not what an actuator needs in newtons.
    """

    hinge: float  # chords from the nose

    def cases(self, arrays: tuple[Tensor, ...], points: int) -> Float[Tensor, "m 18"]:
        """Numbers of the section at each point, points running fastest."""
        slope = torch.deg2rad(arrays[4]).tan()
        added = slope[:, :, None] * bent(self.hinge)
        base = numbers_of(arrays[:4])[:, None].expand(-1, points, -1)
        zeros = torch.zeros_like(base[..., 16:])
        return (base + torch.cat([added, added, zeros], 2)).flatten(0, 1)

    def energy(self, arrays: Arrays, slope: Float[Tensor, "n p"]) -> Float[Tensor, "n p"]:
        """Of bending, over modulus, gauge of the skins and chord.

        Half of curvature squared times the skins' second moment, h squared over 2, integrated
        over the tail; Gere and Goodno, Mechanics of Materials, 2012, equation 9-80a.
        """
        s = self._behind(arrays)
        square = torch.trapezoid(s.thickness.square(), s.x, dim=1)
        return 0.25 * (slope / (1 - self.hinge)).square() * square[:, None]

    def strain(self, arrays: Arrays, slope: Float[Tensor, "n p"]) -> Float[Tensor, "n p"]:
        """Largest of the skins: curvature times half the thickness at the hinge or behind."""
        half = 0.5 * self._behind(arrays).thickness.amax(1)
        return (slope / (1 - self.hinge)).abs() * half[:, None]

    def _behind(self, arrays: Arrays) -> Surfaces:
        """The part that bends."""
        return Surfaces.of(arrays, torch.linspace(self.hinge, 1, HALF + 1, dtype=torch.float64))
