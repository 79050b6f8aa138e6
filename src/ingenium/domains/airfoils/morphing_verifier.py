"""Measurements of a section whose tail bends at each operating point."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.airfoils.judge import XfoilVerifier
from ingenium.domains.airfoils.settings import MorphingSettings
from ingenium.domains.airfoils.tail import Tail
from ingenium.domains.airfoils.verifier import NeuralFoilVerifier

BENDING = (
    Quantity(
        "actuation_energy",
        "1",
        "energy of bending two thin skins, over modulus, gauge and chord, weighted mean; a proxy",
    ),
    Quantity("skin_strain", "1", "largest strain of the skins by bending; a proxy"),
    Quantity(
        "deflection_step", "degree", "largest change of deflection between points next in lift"
    ),
)


@dataclass(frozen=True)
class MorphingVerifier:
    """An engine at each point on the section as bent there, and the cost of bending."""

    engine: NeuralFoilVerifier | XfoilVerifier
    settings: MorphingSettings

    @property
    def name(self) -> str:
        """Name of the engine."""
        return self.engine.name

    @property
    def version(self) -> str:
        """Version of the engine."""
        return self.engine.version

    @property
    def tier(self) -> Literal["cheap", "exact"]:
        """Tier of the engine."""
        return self.engine.tier

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Quantities of a section, and those of bending."""
        return (*self.engine.quantities, *BENDING)

    def measure(self, *arrays: Tensor) -> Float[Tensor, "n k"]:
        """Measure all quantities; those of the shape are of the unbent section."""
        return torch.cat([self.engine.measure(*arrays), self.bending(arrays)], 1)

    def bending(self, arrays: tuple[Tensor, ...]) -> Float[Tensor, "n 3"]:
        """Return energy, strain and the largest step of deflection."""
        s, tail = self.settings, Tail(self.settings.hinge)
        slope = torch.deg2rad(arrays[4]).tan()
        weight = torch.tensor(s.weights, dtype=torch.float64)
        order = sorted(range(len(s.points)), key=lambda i: s.points[i].lift)
        step = arrays[4][:, order].diff(dim=1).abs()
        columns = [
            tail.energy(arrays[:4], slope) @ weight,
            tail.strain(arrays[:4], slope).amax(1),
            step.amax(1) if step.shape[1] else torch.zeros(len(step), dtype=torch.float64),
        ]
        return torch.stack(columns, 1)
