"""Beams with targets of mass and deflection, repaired to both in closed form."""

from collections.abc import Mapping
from copy import copy
from typing import Any, ClassVar

import torch
import xarray as xr
from torch import Tensor

from ingenium.core.designs import DESIGN
from ingenium.core.field_comparison import FieldComparison
from ingenium.core.problem import Projection, SearchDefaults
from ingenium.core.quantity import Condition
from ingenium.core.spec import Fixed, Limit
from toy import DENSITY_KG_M3, MODULUS_PA, Cantilever, Settings


class WishedBeam(Cantilever):
    """A cantilever without limits of its own, with its measured values as targets."""

    name: ClassVar[str] = "toy.wished_beam"
    searches: ClassVar[SearchDefaults] = SearchDefaults("random")

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.conditions = (
            Condition("mass", "mass", None, 1.0, 500.0, "kg", measured="mass_kg"),
            Condition(
                "deflection", "of the tip", None, 1e-5, 1.0, "m", middle=3e-3, log=True,
                measured="deflection_m",
            ),
            Condition("duty", "how hard it is loaded", choices=("light", "heavy")),
        )  # fmt: skip
        self.limits = (Limit("stress_pa", at_most=1e12),)
        self.repair_calls = 1.0

    def data(self) -> xr.Dataset:
        """The known beams with their measurements."""
        known = super().data()
        length = 1.0
        area = known["width_m"] * known["height_m"]
        inertia = area * known["height_m"] ** 2 / 12
        deflection = known["tip_load_n"] * length**3 / (3 * MODULUS_PA * inertia)
        return known.assign_coords(
            mass=(DESIGN, (DENSITY_KG_M3 * length * area).to_numpy()),
            deflection=(DESIGN, deflection.to_numpy()),
        )

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        return lambda arrays: arrays

    def repair(self, arrays: tuple[Tensor, ...], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """The section of that mass and deflection under the same load."""
        if not self.repair_calls:
            return arrays
        _, _, load = arrays
        mass, deflection = (
            torch.as_tensor(conditions[k].to_numpy().copy()) for k in ("mass", "deflection")
        )
        area = mass / DENSITY_KG_M3
        height = (4 * load / (MODULUS_PA * area * deflection)).sqrt()
        return area / height, height, load

    def comparison(self) -> FieldComparison:
        return FieldComparison(repair_calls=self.repair_calls, bare=self._bare)

    def _bare(self) -> "WishedBeam":
        bare = copy(self)
        bare.repair_calls = 0.0
        return bare

    def fixable(self) -> Any:
        return ()
