"""Independent analysis of trusses without stiffness: equilibrium and virtual forces.

A truss of this kind is statically determinate: sections do not affect bar forces.

Shapes: n designs, j joints, b bars, g groups of bars of one section.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.structures.roof.hollow import SECTIONS
from ingenium.domains.structures.roof.layout import GROUPS, joints_m, layout
from ingenium.domains.structures.roof.settings import GRAVITY_M_S2, RoofSettings
from ingenium.domains.structures.roof.stiffness import QUANTITIES

COMPARED = ("mass", "deflection", "strength_used", "buckling_used")


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """One truss without sections."""

    roof: RoofSettings
    kind: int
    panels: int
    depth_m: float

    @cached_property
    def length_m(self) -> Float64[np.ndarray, " b"]:
        """Length of the bars."""
        own = layout(self.kind, self.panels)
        at = joints_m(own, self.roof.span_m, np.array([self.depth_m]))[0]
        return np.asarray(np.hypot(*(at[own.bars[:, 1]] - at[own.bars[:, 0]]).T))

    @cached_property
    def influence(self) -> Float64[np.ndarray, "b j"]:
        """Force in each bar, positive in tension, from a newton down at each joint."""
        own = layout(self.kind, self.panels)
        at = joints_m(own, self.roof.span_m, np.array([self.depth_m]))[0]
        pull = (at[own.bars[:, 1]] - at[own.bars[:, 0]]) / self.length_m[:, None]
        count = len(self.length_m)
        joints = np.zeros((2 * len(at), count + len(own.held)))  # bars, then supports
        for bar, (one, other) in enumerate(own.bars):
            joints[2 * one : 2 * one + 2, bar] += pull[bar]
            joints[2 * other : 2 * other + 2, bar] -= pull[bar]
        joints[list(own.held), count + np.arange(len(own.held))] = 1.0
        loads = np.zeros((2 * len(at), len(at)))
        loads[2 * np.arange(len(at)) + 1, np.arange(len(at))] = 1.0
        return np.asarray(np.linalg.solve(joints, loads)[:count])

    @cached_property
    def group(self) -> np.ndarray:
        """Group of each bar."""
        return layout(self.kind, self.panels).group

    @cached_property
    def carried(self) -> Float64[np.ndarray, " b"]:
        """Bar forces for one newton a metre of roof."""
        own = layout(self.kind, self.panels)
        return np.asarray(self.influence @ own.shares * self.roof.span_m / self.panels)

    @cached_property
    def virtual(self) -> Float64[np.ndarray, " b"]:
        """Bar forces for one newton down in the middle of the lower chord."""
        return np.asarray(self.influence[:, self.panels // 2])

    def own_n(self, area_m2: Float64[np.ndarray, " b"]) -> Float64[np.ndarray, " b"]:
        """Return bar forces from the truss's own weight."""
        own = layout(self.kind, self.panels)
        weight = self.roof.density_kg_m3 * GRAVITY_M_S2 * area_m2 * self.length_m
        at = np.bincount(own.bars.ravel(), np.repeat(weight / 2, 2), len(own.joints))
        return np.asarray(self.influence @ at)

    def allowed(self, force_n: Float64[np.ndarray, " b"]) -> np.ndarray:
        """Return a mask (g, s) of sections that bear the factored forces of each group's bars."""
        fits = self.use(force_n, np.arange(len(SECTIONS))[:, None]) <= 1  # s, b
        return np.stack([fits[:, self.group == g].all(1) for g in range(len(GROUPS))])

    def use(self, force_n: np.ndarray, section: np.ndarray) -> np.ndarray:
        """Return the utilisation of each bar, in tension or compression."""
        strong = SECTIONS.area_m2[section] * self.roof.yield_pa
        euler = self.roof.modulus_pa * SECTIONS.inertia_m4[section] * (np.pi / self.length_m) ** 2
        share = ayrton_perry(strong / euler, self.roof.imperfection)
        return np.asarray(np.where(force_n < 0, -force_n / (strong * share), force_n / strong))


def ayrton_perry(square: np.ndarray, imperfection: float) -> np.ndarray:
    """Return mean stress over yield at which the outermost fibre of a bowed bar yields.

    `square` is the squash load over Euler's: the smaller root of (1 - x)(1 - x square) = bow x.

    Source: Ayrton and Perry, The Engineer 62, 1886; EN 1993-1-1:2005, 6.3.1.2 (the bow).
    """
    bow = imperfection * np.maximum(np.sqrt(square) - 0.2, 0.0)
    middle = 1 + bow + square
    return np.asarray((middle - np.sqrt(middle**2 - 4 * square)) / (2 * square))


@dataclass(frozen=True)
class TrussEquilibrium:
    """Verifier of trusses one by one, by equilibrium and virtual forces.

    Source: McGuire et al., Matrix Structural Analysis, 2nd ed., 2000, ch. 7.
    """

    roof: RoofSettings
    name: str = "joint equilibrium and virtual forces"
    version: str = "1"
    tier: Literal["exact"] = "exact"
    quantities: tuple[Quantity, ...] = tuple(q for q in QUANTITIES if q.name in COMPARED)

    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n 4"]:
        """Measure mass, deflection, and utilisation of strength and of buckling."""
        rows = [self._one(*one) for one in zip(*(a.numpy() for a in arrays), strict=True)]
        return torch.from_numpy(np.array(rows).reshape(-1, len(COMPARED)))

    def _one(self, kind: float, panels: float, depth: float, profile: np.ndarray) -> list[float]:
        if not np.isfinite([kind, panels, depth, *profile]).all():
            return [np.nan] * len(COMPARED)
        roof, one = self.roof, Equilibrium(self.roof, int(kind), int(panels), float(depth))
        section = profile.astype(int)[one.group]
        area = SECTIONS.area_m2[section]
        own = one.own_n(area)
        service = own + roof.service_n_m * one.carried
        factored = roof.permanent_factor * own + roof.factored_n_m * one.carried
        sag = (service * one.virtual * one.length_m / (roof.modulus_pa * area)).sum()
        used = one.use(factored, section)
        return [
            float(roof.density_kg_m3 * area @ one.length_m),
            float(1e3 * sag),
            float((np.abs(factored) / (roof.yield_pa * area)).max()),
            float(np.where(factored < 0, used, 0.0).max()),
        ]
