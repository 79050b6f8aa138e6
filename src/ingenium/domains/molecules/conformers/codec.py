"""Conformers as numbers for a model: torsions on their circles, and the local structure."""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.domains.molecules.conformers.torsions import Torsions

SCALE_ANGSTROM = 0.2  # by which a local structure differs from the base


@dataclass(frozen=True)
class ConformerCodec:
    """Positions to cosines and sines of the torsions, and what is left when those are set to zero.

    The rest is the local structure: bonds, angles, rings and hydrogens, as places of all atoms
    when every torsion is as in the base.

    Shapes: n conformers, a atoms, m torsions, d = 2 m + 3 a numbers.
    """

    torsions: Torsions
    base: Float64[Tensor, "a 3"]  # framed; a local structure to start from

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one standardised design."""
        return (2 * len(self.torsions.quartets) + self.base.numel(),)

    @property
    def tolerance(self) -> float:
        """Positions are kept to a tenth of this, and so is the frame that they lie in."""
        return 1e-3

    @cached_property
    def _base_angles(self) -> Float64[Tensor, " m"]:
        return self.torsions.angles(self.base[None])[0]

    def encode(self, arrays: tuple[Tensor, ...]) -> Float64[Tensor, "n d"]:
        """Numbers of conformers, wherever they lie in space."""
        (position,) = arrays
        angles = self.torsions.angles(position)
        return self.joined(angles, self.local(position))

    def local(self, position: Float64[Tensor, "n a 3"]) -> Float64[Tensor, "n a 3"]:
        """Local structures: the conformers with the torsions of the base, framed."""
        by = self._base_angles - self.torsions.angles(position)
        return self.torsions.framed(self.torsions.turned(position, by))

    def joined(
        self, angles: Float64[Tensor, "n m"], local: Float64[Tensor, "n a 3"]
    ) -> Float64[Tensor, "n d"]:
        """Numbers of torsions on local structures."""
        rest = ((local - self.base) / SCALE_ANGSTROM).flatten(1)
        return torch.cat([angles.cos(), angles.sin(), rest], 1)

    def decode(self, x: Float[Tensor, "n d"]) -> tuple[Float64[Tensor, "n a 3"]]:
        """Conformers in their frame; a cosine and sine off the circle give its nearest point."""
        x = x.to(torch.float64)
        m = len(self.torsions.quartets)
        angles = torch.atan2(x[:, m : 2 * m], x[:, :m])
        local = self.base + SCALE_ANGSTROM * x[:, 2 * m :].unflatten(1, self.base.shape)
        turned = self.torsions.turned(local, angles - self.torsions.angles(local))
        return (self.torsions.framed(turned),)
