"""Effective stiffness of periodic cells, exact and differentiable with respect to their moduli."""

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import Any

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.domains.structures.cells.condensation import Torus
from ingenium.kits.solids.elastic.element import PAIRS, Plane, stiffness

LARGEST = 2e9  # bytes of the matrices of one cell


@dataclass(frozen=True)
class Periodic:
    """A grid of bilinear (2D) or trilinear (3D) elements that repeats along every axis.

    It is solved directly, so the contrast of the moduli does not matter. Numbers of cells with
    small prime factors are fast.

    Shapes: n designs, e cells (last axis fastest), s strains in Voigt order (shear doubled),
    q displacements of an element.

    Raises:
        InputError: for grids that are not plane or spatial, or too large to factor.
    """

    cells: tuple[int, ...]
    poisson: float = 0.3
    plane: Plane = "stress"

    def __post_init__(self) -> None:
        if len(self.cells) not in (2, 3) or min(self.cells) < 2:
            raise InputError(
                "two or three numbers of cells of at least 2",
                list(self.cells),
                "Write cells = [32, 32] or cells = [16, 16, 16].",
            )
        if self.memory_bytes > LARGEST:
            raise InputError(
                f"a cell whose matrices take at most {LARGEST / 1e9:g} GB",
                f"{list(self.cells)}, which takes {self.memory_bytes / 1e9:.3g} GB",
                "Write numbers with small factors, such as 32, 48 or 63 (16 in 3D).",
            )

    @property
    def dim(self) -> int:
        """Number of dimensions, 2 or 3."""
        return len(self.cells)

    @property
    def strains(self) -> int:
        """Number of strain components, s."""
        return self.dim + len(PAIRS[self.dim])

    @property
    def memory_bytes(self) -> float:
        """Approximate memory of the matrices of one cell."""
        inside = prod(self._torus.leaf)
        faces = 2 * prod(self.cells) // min(self.cells)
        return 8.0 * 4 * (max(inside, faces) * self.dim) ** 2

    @cached_property
    def unit_stiffness(self) -> Float64[Tensor, "q q"]:
        """Stiffness of an element of unit size and modulus."""
        return stiffness(self.dim, self.poisson, plane=self.plane)

    @cached_property
    def affine(self) -> Float64[Tensor, "q s"]:
        """Displacements of an element's nodes under each unit strain."""
        node = torch.tensor(list(product((0, 1), repeat=self.dim)), dtype=torch.float64)
        out = torch.zeros(len(node), self.dim, self.strains, dtype=torch.float64)
        for axis in range(self.dim):
            out[:, axis, axis] = node[:, axis]
        for row, (a, b) in enumerate(PAIRS[self.dim], start=self.dim):
            out[:, a, row], out[:, b, row] = node[:, b] / 2, node[:, a] / 2
        return out.flatten(0, 1)

    def stiffness(self, modulus_pa: Float64[Tensor, "n e"]) -> Float64[Tensor, "n s s"]:
        """Return the effective stiffness (Pa); NaN where a modulus is not a positive number.

        Its gradient is exact and costs no second solve: the slope of an entry with respect to the
        modulus of a cell is the mutual energy of the two strains in the cell.
        """
        return _Stiffness.apply(self, modulus_pa)  # type: ignore[no-any-return,no-untyped-call]

    def displacements(self, modulus_pa: Float64[Tensor, "n e"]) -> Float64[Tensor, "n e q s"]:
        """Return element displacements under each unit strain, in sizes of an element."""
        # One by one: the boxes of a design are the batch, its matrices stay in the cache of the
        # processor, and its bits cannot depend on the other designs.
        return torch.stack([self._one(m) for m in modulus_pa.detach()])

    def slopes(self, displacement: Float64[Tensor, "n e q s"]) -> Float64[Tensor, "n e s s"]:
        """Return the derivative of the effective stiffness by the modulus of each element.

        These are the mutual energies of unit strains, so weighted by the moduli they sum to the
        stiffness.
        """
        energy = displacement.mT @ (self.unit_stiffness @ displacement)
        return (energy + energy.mT) / (2 * displacement.shape[1])

    @cached_property
    def _torus(self) -> Torus:
        return Torus(self.cells, self.strains)

    @cached_property
    def _bordered(self) -> Float64[Tensor, "m m"]:
        """Unit stiffness of an element, bordered by the forces under unit strains."""
        k, a = self.unit_stiffness, self.affine
        return torch.cat([torch.cat([k, k @ a], 1), torch.cat([a.T @ k, a.T @ k @ a], 1)])

    def _one(self, modulus: Float64[Tensor, " e"]) -> Float64[Tensor, "e q s"]:
        if not bool((modulus.isfinite() & (modulus > 0)).all()):
            return modulus.new_full((len(modulus), len(self.affine), self.strains), torch.nan)
        inside = self._torus.solve(modulus / modulus.max(), self._bordered)
        return inside[:, : len(self.affine)] + self.affine


class _Stiffness(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, cell: Periodic, modulus: Tensor) -> Tensor:
        # One design at a time: the displacements of all would be large, and a product over several
        # designs sums in another order than that of one.
        slopes = [cell.slopes(cell.displacements(m[None])) for m in modulus]
        ctx.save_for_backward(torch.cat(slopes))
        own = zip(modulus, slopes, strict=True)
        return torch.cat([torch.einsum("ne,nest->nst", m[None], each) for m, each in own])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, Tensor]:
        (slopes,) = ctx.saved_tensors
        return None, torch.einsum("nest,nst->ne", slopes, grads[0])
