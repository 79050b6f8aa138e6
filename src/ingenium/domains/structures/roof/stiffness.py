"""Direct stiffness analysis of roof trusses under their loads, and Eurocode 3 on their bars.

Shapes: n designs, b bars, f displacements, g groups of bars of one section.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.structures.roof.hollow import SECTIONS
from ingenium.domains.structures.roof.layout import (
    KINDS,
    PANELS,
    RoofLayout,
    joints_m,
    layout,
)
from ingenium.domains.structures.roof.settings import GRAVITY_M_S2, RoofSettings

QUANTITIES = (
    Quantity("mass", "kg", "mass of all bars"),
    Quantity("cost", "EUR", "steel and joints"),
    Quantity("deflection", "mm", "deflection of the middle of the lower chord in service"),
    Quantity("strength_used", "1", "largest force over what its section bears, factored"),
    Quantity("buckling_used", "1", "largest pressure over what its bar bears, factored"),
    Quantity("angle", "degree", "slope of the diagonals"),
    Quantity("brace_width", "1", "widest brace over the narrowest chord"),
    Quantity("height", "m", "between the middles of the chords"),
    Quantity("joints", "1", "places where bars meet"),
)
CHORDS = 2  # of the groups; the others are braces


@dataclass(frozen=True)
class TrussStiffness:
    """Verifier of trusses by direct stiffness; pinned joints, loads at joints, own weight.

    Source: McGuire et al., Matrix Structural Analysis, 2nd ed., 2000, ch. 3; EN 1993-1-1:2005,
        6.2.3 (tension), 6.2.4 and 6.3.1 (compression, over the whole length of a bar, partial
        factors of 1); EN 1993-1-8:2005, table 7.8 (braces no wider than their chord).
    """

    roof: RoofSettings
    name: str = "direct-stiffness"
    version: str = "2"
    tier: Literal["exact"] = "exact"
    quantities: tuple[Quantity, ...] = QUANTITIES

    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n 9"]:
        """Measure all quantities; designs of one layout are solved together."""
        kind, panels, depth, profile = (a.numpy() for a in arrays)
        found = np.full((len(kind), len(QUANTITIES)), np.nan)
        drawn = np.isfinite(depth) & np.isfinite(profile).all(1)
        for k in range(len(KINDS)):
            for n in PANELS:
                rows = (kind == k) & (panels == n) & drawn
                if rows.any():
                    found[rows] = self._alike(layout(k, n), depth[rows], profile[rows].astype(int))
        return torch.from_numpy(found)

    def _alike(self, own: RoofLayout, depth: np.ndarray, profile: np.ndarray) -> np.ndarray:
        roof = self.roof
        force, middle, length = self.solved(own, depth, profile)
        section = profile[:, own.group]
        area = SECTIONS.area_m2[section]
        mass = roof.density_kg_m3 * (area * length).sum(1)
        factored = roof.permanent_factor * force[..., 1] + roof.factored_n_m * force[..., 0]
        squash = area * roof.yield_pa
        slender = length / SECTIONS.radius_m[section] / np.pi
        slender *= np.sqrt(roof.yield_pa / roof.modulus_pa)
        pressed = np.maximum(-factored, 0.0) / (reduction(slender, roof.imperfection) * squash)
        width = SECTIONS.width_m[profile]
        columns = [
            mass,
            roof.steel_eur_kg * mass + roof.joint_eur * len(own.joints),
            1e3 * (middle[:, 1] + roof.service_n_m * middle[:, 0]),
            (np.abs(factored) / squash).max(1),
            pressed.max(1),
            np.rad2deg(np.arctan2(depth, roof.span_m / own.panels)),
            width[:, CHORDS:].max(1) / width[:, :CHORDS].min(1),
            depth,
            np.full_like(depth, len(own.joints)),
        ]
        return np.stack(columns, 1)

    def solved(
        self, own: RoofLayout, depth: Float64[np.ndarray, " n"], profile: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return forces (n, b, 2), positive in tension, deflections (n, 2), lengths (n, b).

        The two loads are one newton a metre on the upper chord, and the truss's own weight.
        """
        at = joints_m(own, self.roof.span_m, depth)
        way = at[:, own.bars[:, 1]] - at[:, own.bars[:, 0]]
        length = np.linalg.norm(way, axis=2)
        area = SECTIONS.area_m2[profile[:, own.group]]
        stretch = np.zeros((*length.shape, len(own.joints), 2))
        bar = np.arange(len(own.bars))
        for end, sign in ((0, -1.0), (1, 1.0)):
            stretch[:, bar, own.bars[:, end]] += sign * way / length[..., None]
        free = np.setdiff1d(np.arange(2 * len(own.joints)), own.held)
        b = stretch.reshape(*length.shape, -1)[..., free]
        stiff = self.roof.modulus_pa * area / length
        matrix = np.einsum("nbi,nb,nbj->nij", b, stiff, b, optimize=True)
        load = np.stack([self._roof_n(own, len(depth)), self._own_n(own, area * length)], 2)
        moved = np.linalg.solve(matrix, load[:, free])
        force = stiff[..., None] * (b @ moved)
        return force, -moved[:, int(np.flatnonzero(free == own.middle)[0])], length

    def _roof_n(self, own: RoofLayout, count: int) -> np.ndarray:
        load = np.zeros(2 * len(own.joints))
        load[1::2] = -own.shares * self.roof.span_m / own.panels
        return np.broadcast_to(load, (count, len(load)))

    def _own_n(self, own: RoofLayout, volume_m3: np.ndarray) -> np.ndarray:
        """Half of each bar's weight at both of its ends."""
        load = np.zeros((len(volume_m3), 2 * len(own.joints)))
        weight = self.roof.density_kg_m3 * GRAVITY_M_S2 * volume_m3
        for end in (0, 1):
            np.add.at(load.T, 2 * own.bars[:, end] + 1, -weight.T / 2)
        return load


def reduction(slenderness: np.ndarray, imperfection: float) -> np.ndarray:
    """Return the share of its squash load that a bar bears before it buckles.

    Source: EN 1993-1-1:2005, eq. 6.49.
    """
    half = 0.5 * (1 + imperfection * np.maximum(slenderness - 0.2, 0.0) + slenderness**2)
    root = np.sqrt(np.maximum(half**2 - slenderness**2, 0.0))
    return np.asarray(np.minimum(1 / (half + root), 1.0))
