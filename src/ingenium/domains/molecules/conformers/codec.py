"""Conformers as numbers for a model: torsions as cosines and sines, and the local structure."""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.domains.molecules.conformers.torsions import Torsions

SCALE_ANGSTROM = 0.2  # deviation of a local structure from the base


@dataclass(frozen=True)
class ConformerCodec:
    """Codec of positions as cosines and sines of torsions, and the remaining local structure.

    The local structure is bonds, angles, rings and hydrogens: the positions of all atoms when every
    torsion equals that of the base.

    Shapes: n conformers, a atoms, m torsions, d = 2 m + 3 a numbers.
    """

    torsions: Torsions
    base: Float64[Tensor, "a 3"]  # framed; a local structure to start from

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one standardised design."""
        return (2 * len(self.torsions.quartets) + self.base.numel(),)

    @property
    def tolerance(self) -> float:
        """Accuracy of positions and of their frame, ten times the rounding."""
        return 1e-3

    @cached_property
    def _base_angles(self) -> Float64[Tensor, " m"]:
        return self.torsions.angles(self.base[None])[0]

    def encode(self, arrays: tuple[Tensor, ...]) -> Float64[Tensor, "n d"]:
        """Return numbers of conformers, invariant to their placement in space."""
        (position,) = arrays
        angles = self.torsions.angles(position)
        return self.joined(angles, self.local(position))

    def local(self, position: Float64[Tensor, "n a 3"]) -> Float64[Tensor, "n a 3"]:
        """Return local structures: the conformers with the torsions of the base, framed."""
        by = self._base_angles - self.torsions.angles(position)
        return self.torsions.framed(self.torsions.turned(position, by))

    def joined(
        self, angles: Float64[Tensor, "n m"], local: Float64[Tensor, "n a 3"]
    ) -> Float64[Tensor, "n d"]:
        """Combine torsions and local structures into numbers."""
        rest = ((local - self.base) / SCALE_ANGSTROM).flatten(1)
        return torch.cat([angles.cos(), angles.sin(), rest], 1)

    def decode(self, x: Float[Tensor, "n d"]) -> tuple[Float64[Tensor, "n a 3"]]:
        """Return conformers in their frame; cosine and sine are projected onto the circle."""
        x = x.to(torch.float64)
        m = len(self.torsions.quartets)
        angles = torch.atan2(x[:, m : 2 * m], x[:, :m])
        local = self.base + SCALE_ANGSTROM * x[:, 2 * m :].unflatten(1, self.base.shape)
        turned = self.torsions.turned(local, angles - self.torsions.angles(local))
        return (self.torsions.framed(turned),)
