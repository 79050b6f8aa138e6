"""Forces on a corner fitting in the tests of its container.

Source: ISO 1496-1:1990, Series 1 freight containers, part 1, tests 1 (stacking: 1.8 times the mass
    above, off the axis), 2 (lifting at the top corners: twice the gross mass), 9 and 10 (rigidity:
    150 kN across at the top of a frame, 75 kN along at each top corner, for 30.48 t of gross
    mass). Forces are taken in proportion to the gross mass.
"""

from dataclasses import dataclass
from math import radians, sqrt, tan
from typing import Literal

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.domains.structures.container.settings import ContainerSettings, Freight

G = 9.80665
CORNERS = 4
STACKING, LIFTING = 1.8, 2.0
RATED_KG = 30_480.0
ACROSS = 150e3 / (RATED_KG * G)  # of the weight, at the top of one frame of two posts
ALONG = 75e3 / (RATED_KG * G)  # of the weight, at each of two top corners
Face = Literal["seat", "under", "rail_x", "rail_y"]


@dataclass(frozen=True)
class LoadCase:
    """A load case: its place, and its force and moment about the middle of that face."""

    name: str
    face: Face
    force_n: tuple[float, float, float]
    moment_nm: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def wrench(self) -> Float64[Tensor, " 6"]:
        """Force and moment in one vector."""
        return torch.tensor((*self.force_n, *self.moment_nm), dtype=torch.float64)


def cases(settings: ContainerSettings) -> tuple[LoadCase, ...]:
    """Return stacking, lifting, and rigidity across and along."""
    freight = settings.freight
    weight = freight.gross_kg * G
    down = STACKING * freight.stacked * weight / CORNERS
    ex, ey = (1e-3 * a for a in settings.offset_mm)
    up = LIFTING * weight / CORNERS
    inward = up / tan(radians(freight.sling_deg)) / sqrt(2)
    return (
        LoadCase("stacking", "seat", (0.0, 0.0, -down), (-ey * down, ex * down, 0.0)),
        LoadCase("lifting", "under", (inward, inward, up)),
        _racking("across", 1, ACROSS * weight / 2, settings),
        _racking("along", 0, ALONG * weight / 2, settings),
    )


def _racking(name: str, axis: int, shear_n: float, settings: ContainerSettings) -> LoadCase:
    """Load of a rail when its frame is racked; post and rail bend about their middles.

    Two posts share the force. The lower half of the post restrains the fitting by `shear_n` at half
    its height; the rail, cut at its middle, balances it by shear.
    """
    freight: Freight = settings.freight
    span_m = (freight.length_m, freight.width_m)[axis]
    upright = shear_n * freight.height_m / span_m
    arm_m = span_m / 2 - 1e-3 * (settings.size_mm[axis] - settings.post_mm[axis])
    force, moment = [0.0, 0.0, upright], [0.0, 0.0, 0.0]
    force[axis] = shear_n
    moment[1 - axis] = arm_m * upright if axis == 1 else -arm_m * upright
    return LoadCase(
        name,
        "rail_x" if axis == 0 else "rail_y",
        (force[0], force[1], force[2]),
        (moment[0], moment[1], moment[2]),
    )
