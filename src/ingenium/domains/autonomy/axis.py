"""Polygonal barrier for a position and its rate, which the next action can always maintain.

Shapes: n copies, a axes (positions and actions of a machine), j sides of a polygon, v corners of a
    box of parameters.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float64

from ingenium.core.errors import InputError
from ingenium.domains.autonomy.hull import BoxHull
from ingenium.operate.plant import Barrier

SIDES = 12  # of the curve of braking, on either side
BRAKES = np.geomspace(1.0, 0.02, 40)  # shares of the full brake that are tried
SPARE = 1e-9  # margin above rounding errors


@dataclass(frozen=True, eq=False)
class AxisBarrier:
    """Polygon of sides normal · (position, rate) <= bound, invariant for every machine of a hull.

    Source: Blanchini, Automatica 35:1747, 1999 (a polyhedral set is invariant if its corners are).
    """

    normals: Float64[np.ndarray, "j 2"]
    bounds: Float64[np.ndarray, " j"]
    moves: Float64[np.ndarray, "v 2 2"]
    drives: Float64[np.ndarray, "v 2"]
    spare: Float64[np.ndarray, "v j"]  # margin of a bound for a load, and for other machines
    uncertainty: float  # uncertainty of a position reading, reserved at its ends
    reach: float  # of the action about the position, or about 0
    follows: bool  # whether that reach is about the position

    @classmethod
    def of(
        cls,
        hull: BoxHull,
        position: tuple[float, float],
        rate: float,
        reach: float,
        *,
        load: float,
        uncertainty: float,
        follows: bool = False,
    ) -> "AxisBarrier":
        """Return the largest proved polygon of its kind, for a load of either sign up to `load`.

        The rows for the machines of the hull have margins for the machines between them, so that
        the proof covers every machine of the box, for a known state. Readings may be off by
        `uncertainty`, which is reserved at both ends of the position.

        Raises:
            InputError: where no polygon is invariant: the limits exclude each other.
        """
        machines = hull.machines
        moves = np.array([m.dynamics for m in machines])
        drives = np.array([m.drive for m in machines])
        loads = np.array([m.load for m in machines])
        far = max(map(abs, position))
        most = (far, rate, reach + far if follows else reach, load)
        inner = position[0] + uncertainty, position[1] - uncertainty
        brake = float(drives[:, 1].min() / machines[0].period_s) * reach
        for share in BRAKES:
            normals, bounds = _polygon(inner, rate, share * brake)
            spare = np.abs(loads @ normals.T) * load + hull.beyond(normals, most)
            found = cls(normals, bounds, moves, drives, spare, uncertainty, reach, follows)
            if found.retained():
                return found
        raise InputError(
            f"limits that an action of at most {reach:g} can keep under a load of {load:g}",
            f"positions from {position[0]:g} to {position[1]:g} and rates up to {rate:g}",
            "Widen the position, allow a higher rate, lower the load, or use a stronger actuator.",
        )

    def retained(self) -> bool:
        """Return True if each corner of the polygon has an action that keeps every machine inside.

        Then each point has one: it is a mean of corners, and the mean of their actions keeps it,
        since all rows are linear in point and action.
        """
        x = _corners(self.normals, self.bounds)
        low, high = self._room(x[:, None, :1], x[:, None, 1:])
        centre = x[:, :1] if self.follows else np.zeros_like(x[:, :1])
        low, high = np.maximum(low, centre - self.reach), np.minimum(high, centre + self.reach)
        return bool((low + SPARE <= high).all())

    def rows(
        self, position: Float64[np.ndarray, "n a"], rate: Float64[np.ndarray, "n a"]
    ) -> Barrier:
        """Return the bounds of each axis's next action, lowest and highest.

        Where noise puts a reading slightly outside, the action that leads inside most.
        """
        low, high = self._room(position[..., None], rate[..., None])
        centre = position if self.follows else np.zeros_like(position)
        low = np.clip(low, centre - self.reach, centre + self.reach)
        high = np.clip(high, centre - self.reach, centre + self.reach)
        a = position.shape[1]
        rows = np.concatenate([np.eye(a), -np.eye(a)])
        rows = np.broadcast_to(rows, (len(position), 2 * a, a))
        lost = ~self.inside(position, rate).all(1) | (low > high + SPARE).any(1)
        return Barrier(rows, np.concatenate([high, -low], 1), lost)

    def inside(
        self, position: Float64[np.ndarray, "n a"], rate: Float64[np.ndarray, "n a"]
    ) -> Bool[np.ndarray, "n a"]:
        """Mask of axes inside the polygon, up to the uncertainty of readings."""
        both = np.stack([position, rate], -1)
        found: np.ndarray = (both @ self.normals.T <= self.bounds + self.uncertainty + SPARE).all(
            -1
        )
        return found

    def _room(
        self, position: Float64[np.ndarray, "n a 1"], rate: Float64[np.ndarray, "n a 1"]
    ) -> tuple[Float64[np.ndarray, "n a"], Float64[np.ndarray, "n a"]]:
        """Lowest and highest action of each axis that keep all machines inside."""
        x = np.concatenate([position, rate], -1)
        below, above = self._rows_by_sign
        high = (above[1] - x @ above[0]).min(-1)
        low = (below[1] - x @ below[0]).max(-1)
        return low, high

    @cached_property
    def _rows_by_sign(self) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
        """Rows that bound an action from below and from above: slope over the state, and offset."""
        push = np.einsum("jk,vk->vj", self.normals, self.drives).ravel()
        slope = np.einsum("jk,vkl->vjl", self.normals, self.moves).reshape(-1, 2)
        end = (self.bounds - self.spare).ravel()
        signs = (push < 0, push > 0)
        return tuple(((slope[k] / push[k, None]).T, end[k] / push[k]) for k in signs)  # type: ignore[return-value]


def _polygon(
    position: tuple[float, float], rate: float, brake: float
) -> tuple[Float64[np.ndarray, "j 2"], Float64[np.ndarray, " j"]]:
    """Polygon within position and rate, under the curve of braking to a stop at the end."""
    left, right = position
    middle, half = (left + right) / 2, (right - left) / 2
    top = min(rate, float(np.sqrt(2 * brake * half)))
    speeds = top * np.linspace(0, 1, SIDES + 1)
    ends = half - speeds**2 / (2 * brake)  # of positions about the middle
    points = list(zip(ends, speeds, strict=True))
    sides = [((1.0, 0.0), half), ((-1.0, 0.0), half), ((0.0, 1.0), top), ((0.0, -1.0), top)]
    for (x1, v1), (x2, v2) in pairwise(points):
        normal = np.array([v2 - v1, x1 - x2])
        normal /= np.hypot(*normal)
        bound = float(normal @ (x1, v1))
        sides += [(tuple(normal), bound), (tuple(-normal), bound)]
    normals = np.array([n for n, _ in sides])
    return normals, np.array([b for _, b in sides]) + normals[:, 0] * middle


def _corners(
    normals: Float64[np.ndarray, "j 2"], bounds: Float64[np.ndarray, " j"]
) -> Float64[np.ndarray, "c 2"]:
    """Return the corners: intersections of two sides that satisfy all others."""
    found = []
    for i in range(len(normals)):
        for k in range(i):
            pair = normals[[i, k]]
            if abs(np.linalg.det(pair)) < 1e-12:
                continue
            point = np.linalg.solve(pair, bounds[[i, k]])
            if (normals @ point <= bounds + 1e-9).all():
                found.append(point)
    return np.array(found)
