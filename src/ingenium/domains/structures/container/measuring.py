"""Verifier of a corner fitting: at room temperature, and in the cold of dry ice."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.structures.container.climate import Climate
from ingenium.domains.structures.container.contraction import forces_n
from ingenium.domains.structures.parts.measuring import MM, MPA, PartVerifier, meshed


@dataclass(frozen=True, eq=False)
class CornerVerifier(PartVerifier):
    """Verifier of a part at room temperature, and again cold, where it also shrinks.

    In the cold the metal is stiffer and stronger, and shrinks more than the frame that fixes its
    feet, so that each load adds to the stress of shrinking. Poisson's ratio is the same, so
    displacements under the loads are those at room temperature over the gain in stiffness, and
    those of shrinking do not depend on it. Isotropic shrinking lowers each normal stress equally,
    and leaves the von Mises stress unchanged.

    Shapes: n designs, l load cases, e cells, f displacements.
    """

    climate: Climate = field(default_factory=Climate)

    @property
    def responses(self) -> tuple[Quantity, ...]:
        """Quantities that `response` measures."""
        return (
            *super().responses,
            meshed("compliance_cold", "J", "largest compliance under a load case in the cold"),
            meshed("stress_cold", "MPa", "as stress, in the cold, with that of shrinking"),
            meshed("displacement_cold", "mm", "as displacement, in the cold, with shrinking"),
            meshed("strength_used", "1", "stress as a share of yield, at room temperature"),
            meshed("strength_used_cold", "1", "stress as a share of yield, in the cold"),
        )

    def response(self, flat: Float64[Tensor, "n e"]) -> list[Tensor]:
        """Return works, stress, displacement and frequency, and their values in the cold."""
        cold, yield_mpa = self.climate, self.part.material.yield_pa * MPA
        modulus = self.modulus_pa(flat)
        shrink = forces_n(self.elastic, modulus, cold.misfit)[:, None]
        load = self.part.load_n.expand(len(flat), -1, -1)
        u = self.elastic.solve(modulus, torch.cat([load, shrink], 1))
        warm = self.mechanics(flat, u[:, :-1])
        moved = u[:, :-1] / cold.stiffer + u[:, -1:]
        stress = self.peak_pa(flat, moved, cold.stiffer) * MPA
        used = warm[-3] / yield_mpa, stress / (yield_mpa * cold.stronger)
        return [*warm, warm[0] / cold.stiffer, stress, self.moved_m(moved) * MM, *used]
