"""Verifier of the stiffness and strength of a core between two rigid plates.

Shapes: n designs, y rows, s struts, f freedoms (three a node), k quantities.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from ingenium import __version__
from ingenium.core.quantity import Quantity
from ingenium.domains.structures.lattices.material import Ductile
from ingenium.domains.structures.panels.layout import TOPOLOGIES, CoreLayout

AT_ONCE = 64  # designs whose matrices are in memory together
PRESSED, SHEARED = (0.0, -1.0), (1.0, 0.0)  # of the upper plate, against the lower one


@dataclass(frozen=True)
class CoreVerifier:
    """Plane frame of elastic struts with rigid joints, by the direct stiffness method.

    Struts are clamped to two rigid plates. Struts that cross are not joined at the crossing. The
    core fails where the first strut yields at its edge, or reaches its Euler load between hinges,
    which is conservative.

    Source: McGuire et al., Matrix Structural Analysis, 2nd ed., 2000, ch. 4; ASTM C365 and C273
        (moduli of sandwich cores across and in shear).
    """

    layout: CoreLayout
    material: Ductile
    name: ClassVar[str] = "elastic plane frame with rigid joints"
    version: ClassVar[str] = __version__
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = (
        Quantity("modulus", "Pa", "modulus across the panel"),
        Quantity("shear_modulus", "Pa", "modulus in shear of the upper against the lower plate"),
        Quantity("strength", "Pa", "pressure at which the first strut yields or buckles"),
        Quantity("relative_density", "1", "area of the struts over the box"),
        Quantity("mass", "kg", "of the core without plates"),
    )

    def measure(
        self, letters: Float64[Tensor, "n y"], row_m: Float64[Tensor, "n y"]
    ) -> Float64[Tensor, "n k"]:
        """Measure all quantities of each design; NaN for letters of no topology."""
        parts = zip(letters.split(AT_ONCE), row_m.split(AT_ONCE), strict=True)
        return torch.cat([self._some(*part) for part in parts])

    def _some(
        self, letters: Float64[Tensor, "n y"], row_m: Float64[Tensor, "n y"]
    ) -> Float64[Tensor, "n k"]:
        """Measure a batch that fits into the memory budget."""
        layout, metal = self.layout, self.material
        known = torch.tensor([ord(letter) for letter in TOPOLOGIES], dtype=torch.float64)
        sound = (letters[..., None] == known).any(-1).all(1) & (row_m > 0).all(1)
        safe = torch.where(sound[:, None], letters, known[0])
        t = layout.thickness_m(safe, torch.where(sound[:, None], row_m, layout.thinnest_m))
        pressed, sheared = (self._response(t, way) for way in (PRESSED, SHEARED))
        area = layout.width_m * layout.depth_m
        stress = -pressed[1] / area  # for a unit displacement
        density = (t * layout.plan.length_m).sum(1) / (layout.width_m * layout.height_m)
        mass = density * area * layout.height_m * metal.density_kg_m3
        found = [
            stress * layout.height_m,
            sheared[0] / area * layout.height_m,
            stress * self._travel(t, pressed[2]),
            density,
            mass,
        ]
        return torch.where(sound[:, None], torch.stack(found, 1), float("nan"))

    def _response(
        self, t: Float64[Tensor, "n s"], way: tuple[float, float]
    ) -> tuple[Float64[Tensor, " n"], Float64[Tensor, " n"], Float64[Tensor, "n s 6"]]:
        """Force on the upper plate along and across, and displacements of each strut's ends."""
        depth, e = self.layout.depth_m, self.material.modulus_pa
        along, across = self._unit
        own = e * depth * (t[..., None] * along + t[..., None] ** 3 / 12 * across)
        at, size = self._freedoms, 3 * len(self.layout.plan.node_m)
        place = (size * at[:, :, None] + at[:, None]).flatten()
        k = t.new_zeros(len(t), size**2).index_add(1, place, own.flatten(1))
        k = k.unflatten(1, (size, size))
        free, top = self._free, self._top
        u = torch.zeros(len(t), size, dtype=torch.float64)
        u[:, top[:, 0]], u[:, top[:, 1]] = way
        if len(free):
            load = -torch.einsum("nfg,ng->nf", k[:, free], u)
            inner = torch.linalg.solve(k[:, free][:, :, free], load)
            u = u.index_add(1, free, inner)
        force = torch.einsum("nfg,ng->nf", k, u)
        return force[:, top[:, 0]].sum(1), force[:, top[:, 1]].sum(1), u[:, at]

    def _travel(
        self, t: Float64[Tensor, "n s"], ends: Float64[Tensor, "n s 6"]
    ) -> Float64[Tensor, " n"]:
        """Travel of the upper plate until the first strut yields or buckles."""
        e, length = self.material.modulus_pa, self.layout.plan.length_m
        u = torch.einsum("sab,nsb->nsa", self._turn, ends)  # along and across the strut
        strain = (u[..., 3] - u[..., 0]) / length
        sway = (u[..., 4] - u[..., 1]) / length
        bend = [(4 * u[..., a] + 2 * u[..., b] - 6 * sway) / length for a, b in ((2, 5), (5, 2))]
        curved = torch.stack(bend).abs().amax(0)
        stress = e * (strain.abs() + curved * t / 2)
        yields = self.material.yield_pa / stress.clamp(min=1e-12)
        euler = math.pi**2 * t**2 / (12 * length**2)  # strain
        buckles = euler / (-strain).clamp(min=1e-15)
        least = torch.minimum(yields, buckles)
        return torch.where(t > 0, least, torch.inf).amin(1)

    @cached_property
    def _turn(self) -> Float64[Tensor, "s 6 6"]:
        """Rotation from the plane's axes to those of each strut."""
        plan = self.layout.plan
        run = torch.from_numpy(plan.node_m[plan.strut[:, 1]] - plan.node_m[plan.strut[:, 0]])
        c, s = (run / plan.length_m[:, None]).T
        turn = torch.zeros(len(run), 6, 6, dtype=torch.float64)
        for at in (0, 3):
            turn[:, at, at], turn[:, at, at + 1] = c, s
            turn[:, at + 1, at], turn[:, at + 1, at + 1] = -s, c
            turn[:, at + 2, at + 2] = 1.0
        return turn

    @cached_property
    def _unit(self) -> tuple[Float64[Tensor, "s 36"], Float64[Tensor, "s 36"]]:
        """Stiffness of each strut along (for EA = 1) and across (for EI = 1), in the plane."""
        length = self.layout.plan.length_m
        along = torch.zeros(len(length), 6, 6, dtype=torch.float64)
        across = torch.zeros_like(along)
        for a, b, sign in ((0, 0, 1.0), (3, 3, 1.0), (0, 3, -1.0), (3, 0, -1.0)):
            along[:, a, b] = sign / length
        sway, turn = torch.tensor([1.0, 0.0, -1.0, 0.0]), torch.tensor([0.0, 1.0, 0.0, 1.0])
        own = torch.tensor([[0.0, 0, 0, 0], [0, 4, 0, 2], [0, 0, 0, 0], [0, 2, 0, 4]])
        rows = torch.tensor([1, 2, 4, 5])
        swayed = 12 / length[:, None, None] ** 3 * torch.outer(sway, sway)
        both = 6 / length[:, None, None] ** 2 * (torch.outer(sway, turn) + torch.outer(turn, sway))
        across[:, rows[:, None], rows] = swayed + both + own / length[:, None, None]
        turned = (self._turn.transpose(1, 2) @ k @ self._turn for k in (along, across))
        first, second = (k.flatten(1) for k in turned)
        return first, second

    @cached_property
    def _freedoms(self) -> Int64[Tensor, "s 6"]:
        """Degrees of freedom of the two ends of each strut."""
        ends = torch.from_numpy(self.layout.plan.strut)
        return (3 * ends[:, :, None] + torch.arange(3)).flatten(1)

    @cached_property
    def _top(self) -> Tensor:
        """Degrees of freedom of the nodes at the upper plate: along and across."""
        nodes = np.flatnonzero(np.isclose(self.layout.plan.node_m[:, 1], self.layout.height_m))
        return torch.from_numpy(3 * nodes[:, None] + np.arange(2))

    @cached_property
    def _free(self) -> Tensor:
        """Degrees of freedom of the nodes between the plates."""
        y, height = self.layout.plan.node_m[:, 1], self.layout.height_m
        nodes = np.flatnonzero((y > 1e-9) & (y < height * (1 - 1e-9)))
        return torch.from_numpy((3 * nodes[:, None] + np.arange(3)).ravel())
