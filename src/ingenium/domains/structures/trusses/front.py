"""The exact front of mass and deflection of roof trusses.

A truss of this kind is statically determinate: areas do not change its forces, so that deflection
is a sum over groups of what each gives over its area, and mass one of what each weighs. For one
geometry the areas of the front then are known, and the front of all is the best of those over
kinds, panels and a fine row of depths.

Shapes: g groups, q points.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from ingenium.domains.structures.trusses.roof import KINDS, PANELS, Roof, layout


@dataclass(frozen=True, eq=False)
class Determinate:
    """One geometry: mass (kg) is `weight` times areas, deflection (m) `give` over areas."""

    weight: Float64[np.ndarray, " g"]
    give: Float64[np.ndarray, " g"]
    least: Float64[np.ndarray, " g"]  # areas that bear the load (m2)

    def front(
        self, prices: Float64[np.ndarray, " q"], most_m2: float
    ) -> tuple[Float64[np.ndarray, "q 2"], Float64[np.ndarray, "q g"]]:
        """Points of the front and their areas, from light to stiff.

        `prices` are of deflection in mass. Where a group gives nothing or lifts, its least area is
        best.
        """
        best = np.sqrt(prices[:, None] * np.maximum(self.give, 0.0) / self.weight)
        area = np.clip(best, self.least, most_m2)
        return np.stack([area @ self.weight, (self.give / area).sum(1)], 1), area


def determinate(roof: Roof, kind: int, panels: int, depth_m: float, least_m2: float) -> Determinate:
    """By equilibrium of the joints alone, and the principle of virtual forces."""
    own = layout(kind, panels)
    at = own.nodes * np.array([roof.span_m / panels, depth_m])
    way = at[own.bars[:, 1]] - at[own.bars[:, 0]]
    length = np.hypot(*way.T)
    joints = np.zeros((2 * len(at), len(length) + 3))  # forces of bars, then of the supports
    for bar, (one, other) in enumerate(own.bars):
        pull = way[bar] / length[bar]
        joints[2 * one : 2 * one + 2, bar] += pull
        joints[2 * other : 2 * other + 2, bar] -= pull
    joints[0, -3] = joints[1, -2] = joints[2 * panels + 1, -1] = 1.0
    loads = np.zeros((2 * len(at), 2))
    top = np.arange(panels + 1, 2 * panels + 2)
    loads[2 * top + 1, 0] = roof.load_n_m * roof.span_m / panels
    loads[2 * top[[0, -1]] + 1, 0] /= 2
    loads[panels + 1, 1] = 1.0  # one newton down in the middle
    force, virtual = np.linalg.solve(joints, loads)[: len(length)].T
    each = force * virtual * length / roof.modulus_pa
    factored = roof.factor * force
    pressed = np.maximum(-factored, 0.0)
    strong = np.abs(factored) / roof.yield_pa
    stout = length * np.sqrt(pressed / (np.pi**2 * roof.modulus_pa * roof.roundness))
    need = np.maximum(np.maximum(strong, stout), least_m2)
    groups = [own.group == g for g in range(4)]
    return Determinate(
        weight=np.array([roof.density_kg_m3 * length[g].sum() for g in groups]),
        give=np.array([each[g].sum() for g in groups]),
        least=np.array([need[g].max() for g in groups]),
    )


def exact_front(
    roof: Roof,
    *,
    depths_m: tuple[float, float],
    areas_m2: tuple[float, float],
    angles_deg: tuple[float, float],
    steps: int = 400,
) -> Float64[np.ndarray, "q 2"]:
    """Mass (kg) and deflection (m) that nothing within the limits betters, from light to stiff."""
    prices, points = np.geomspace(1e2, 1e8, 400), []
    for kind in range(len(KINDS)):
        for panels in PANELS:
            slopes = np.tan(np.deg2rad(angles_deg)) * roof.span_m / panels
            low, high = max(depths_m[0], slopes[0]), min(depths_m[1], slopes[1])
            for depth in np.linspace(low, high, steps) if low <= high else ():
                one = determinate(roof, kind, panels, float(depth), areas_m2[0])
                if one.least.max() <= areas_m2[1]:
                    points.append(one.front(prices, areas_m2[1])[0])
    every = np.concatenate(points)
    order = every[np.lexsort((every[:, 1], every[:, 0]))]
    below = np.minimum.accumulate(np.append(np.inf, order[:-1, 1]))
    found: np.ndarray = order[order[:, 1] < below]
    return found
