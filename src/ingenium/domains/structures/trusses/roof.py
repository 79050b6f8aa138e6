"""The bars of a flat roof truss, and what it does under load by the direct stiffness method.

Both ends of the bottom chord rest on supports; the load is even along the top chord.

Shapes: n designs, b bars, f displacements, g groups of bars of one area.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from ingenium.core.quantity import Quantity

KINDS = ("pratt", "howe", "warren")  # where diagonals fall to the middle, rise to it, or take turns
GROUPS = ("bottom", "top", "posts", "diagonals")
PANELS = (4, 6, 8, 10, 12, 14, 16)


@dataclass(frozen=True)
class Roof:
    """Span, load, steel, and the hollow sections that bars are made of."""

    span_m: float = 24.0
    load_n_m: float = 20e3  # in service
    factor: float = 1.5  # of the load where strength and buckling are judged
    modulus_pa: float = 210e9
    yield_pa: float = 355e6
    density_kg_m3: float = 7850.0
    # second moment of area over the square of the area: 20 / (8 pi) for a tube 20 times as wide
    # as its wall is thick
    roundness: float = 20 / (8 * np.pi)


@dataclass(frozen=True, eq=False)
class RoofLayout:
    """Which bars there are; places along the span in panels, heights in depths."""

    nodes: Float64[np.ndarray, "j 2"]
    bars: Int64[np.ndarray, "b 2"]
    group: Int64[np.ndarray, " b"]


@cache
def layout(kind: int, panels: int) -> RoofLayout:
    """Bars of a kind of truss with an even number of panels."""
    at = np.arange(panels + 1.0)
    nodes = np.concatenate([np.stack([at, 0 * at], 1), np.stack([at, 0 * at + 1], 1)])
    low, high = np.arange(panels + 1), np.arange(panels + 1) + panels + 1
    left = np.arange(panels) < panels / 2
    turns = np.arange(panels) % 2 == 0
    falls = (left, ~left, np.where(left, turns, ~turns[::-1]))[kind]  # from the left upper end
    diagonals = np.where(
        falls[:, None],
        np.stack([high[:-1], low[1:]], 1),
        np.stack([low[:-1], high[1:]], 1),
    )
    parts = [
        np.stack([low[:-1], low[1:]], 1),
        np.stack([high[:-1], high[1:]], 1),
        np.stack([low, high], 1),
        diagonals,
    ]
    group = np.repeat(np.arange(4), [len(p) for p in parts])
    return RoofLayout(nodes, np.concatenate(parts), group)


def placed(
    own: RoofLayout, span_m: float, panels: int, depth_m: Float[Tensor, " n"]
) -> tuple[Float[Tensor, "n b"], Float[Tensor, "n b 2"]]:
    """Length (m) and direction of each bar."""
    at = torch.from_numpy(own.nodes) * torch.stack(
        [torch.full_like(depth_m, span_m / panels), depth_m], 1
    ).unsqueeze(1)
    way = at[:, own.bars[:, 1]] - at[:, own.bars[:, 0]]
    length = way.norm(dim=2)
    return length, way / length[..., None]


QUANTITIES = (
    Quantity("mass_kg", "kg", "mass of all bars"),
    Quantity("deflection_m", "m", "deflection of the middle of the bottom chord in service"),
    Quantity("stress_use", "1", "largest stress over yield, under the factored load"),
    Quantity("buckling_use", "1", "largest pressure over Euler's load, factored", rounding=1e-9),
    Quantity("angle_deg", "degree", "slope of the diagonals"),
    Quantity("joints", "1", "places where bars meet"),
)


@dataclass(frozen=True)
class RoofVerifier:
    """Trusses by the direct stiffness method.

    Source: McGuire et al., Matrix Structural Analysis, 2nd ed., 2000, ch. 3; Euler's load.
    """

    roof: Roof
    name: str = "direct-stiffness"
    version: str = "1"
    tier: Literal["exact"] = "exact"
    quantities: tuple[Quantity, ...] = QUANTITIES

    def measure(self, *arrays: Tensor) -> Float[Tensor, "n 6"]:
        """All quantities; designs of one layout are solved together."""
        kind, panels, depth, area = arrays
        found = torch.empty((len(kind), len(QUANTITIES)), dtype=torch.float64)
        for k, n in {(int(a), int(b)) for a, b in zip(kind, panels, strict=True)}:
            rows = (kind == k) & (panels == n)
            found[rows] = self._alike(k, n, depth[rows], area[rows])
        return found

    def _alike(
        self, kind: int, panels: int, depth: Float[Tensor, " n"], area: Float[Tensor, "n 4"]
    ) -> Float[Tensor, "n 6"]:
        roof, own = self.roof, layout(kind, panels)
        length, way = placed(own, roof.span_m, panels, depth)
        section = area[:, own.group]
        force, middle = self.solved(own, panels, (length, way), section)
        factored = roof.factor * force
        pressed = (-factored).clamp(min=0.0)
        euler = np.pi**2 * roof.modulus_pa * roof.roundness * (section / length).square()
        columns = [
            roof.density_kg_m3 * (section * length).sum(1),
            middle,
            (factored.abs() / section).amax(1) / roof.yield_pa,
            (pressed / euler).amax(1),
            torch.rad2deg(torch.atan2(depth, torch.tensor(roof.span_m / panels))),
            torch.full_like(depth, len(own.nodes)),
        ]
        return torch.stack(columns, 1)

    def solved(
        self,
        own: RoofLayout,
        panels: int,
        placed_bars: tuple[Float[Tensor, "n b"], Float[Tensor, "n b 2"]],
        section: Float[Tensor, "n b"],
    ) -> tuple[Float[Tensor, "n b"], Float[Tensor, " n"]]:
        """Force in each bar, above 0 where it is pulled (N), and deflection of the middle (m)."""
        roof, (length, way) = self.roof, placed_bars
        count = 2 * len(own.nodes)
        number = np.stack([2 * own.bars, 2 * own.bars + 1], 2)  # bar, end, axis
        stretch = torch.zeros((*length.shape, count), dtype=torch.float64)
        for end, sign in ((0, -1.0), (1, 1.0)):
            for axis in (0, 1):
                at = torch.from_numpy(number[:, end, axis]).expand_as(length)[..., None]
                stretch.scatter_(2, at, sign * way[..., axis : axis + 1])
        free = np.setdiff1d(np.arange(count), [0, 1, 2 * panels + 1])
        load = np.zeros(count)
        top = np.arange(panels + 1, 2 * panels + 2)
        share = np.ones(panels + 1)
        share[[0, -1]] = 0.5
        load[2 * top + 1] = -roof.load_n_m * roof.span_m / panels * share
        b = stretch[..., free]
        stiff = roof.modulus_pa * section / length
        matrix = torch.einsum("nbi,nb,nbj->nij", b, stiff, b)
        moved = torch.linalg.solve(matrix, torch.from_numpy(load[free]).expand(len(b), -1))
        force = stiff * torch.einsum("nbi,ni->nb", b, moved)
        return force, -moved[:, int(np.flatnonzero(free == panels + 1)[0])]
