"""Independent measurements by scikit-fem, which shares no code with the engine."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.quantity import Quantity, Variable
from ingenium.domains.structures.shapes.box import DesignBox
from ingenium.domains.structures.shapes.verifier import ShapeVerifier
from ingenium.kits.solids.elastic.reference import ScikitFem, work_j

SHARE = 0.05  # of the designs


@dataclass(frozen=True, eq=False)
class ShapeReference(ScikitFem):
    """Compliance of density fields by scikit-fem."""

    box: DesignBox

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """First quantity of the engine."""
        return ShapeVerifier(self.box).quantities[:1]

    def measure(
        self, density: Float64[Tensor, "n ..."], *given: Float64[Tensor, " n"]
    ) -> Float64[Tensor, "n 1"]:
        """Measure the mean work of the cases on each design (J)."""
        load = self.box.loading.forces(self.box.numbers(given), len(density))
        moduli = ShapeVerifier(self.box).moduli(density.flatten(1))
        return work_j(self.box.elastic, moduli, load).mean(1, keepdim=True)


def known_answers(
    box: DesignBox, variables: tuple[Variable, ...]
) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
    """The box with all possible cells solid, under the middle of each condition."""
    numbers = {c.name: np.array([(c.lower + c.upper) / 2]) for c in box.conditions}
    solid = (~box.void).double().view(1, *box.grid.cells)
    arrays = (solid, *(torch.from_numpy(v) for v in numbers.values()))
    whole = to_dataset(arrays, variables, {k: (DESIGN, v) for k, v in numbers.items()})
    return ((whole, {"compliance": float(ShapeReference(box).measure(*arrays))}, 1e-7),)
