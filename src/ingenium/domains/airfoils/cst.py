"""Wing sections in Kulfan's class and shape functions: 18 numbers, all lengths in chords.

Source: Kulfan, Universal Parametric Geometry Representation Method, J. Aircraft 45:142, 2008,
    doi:10.2514/1.29958; the extra term of the leading edge is from her note of 2020, as aerosandbox
    and NeuralFoil use it.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

WEIGHTS = 8  # on each surface
NUMBERS = 2 * WEIGHTS + 2
HALF = 100  # intervals along each surface in files and measurements
# Chords; a known section has a root mean square misfit of at most a third of it.
WORST_FIT = 0.01
Arrays = tuple[Tensor, ...]  # upper and lower weights, leading-edge weight, trailing edge


@cache
def stations(half: int = HALF) -> Float[Tensor, " x"]:
    """Return positions along the chord from nose to tail, dense at both ends."""
    return 0.5 * (1 - torch.cos(torch.linspace(0, math.pi, half + 1, dtype=torch.float64)))


def basis(x: Float[Tensor, " x"]) -> Float[Tensor, "x 8"]:
    """Return the height that a unit of each weight adds to a surface at `x`."""
    order = WEIGHTS - 1
    i = torch.arange(WEIGHTS, dtype=torch.float64)
    binomial = torch.tensor([math.comb(order, k) for k in range(WEIGHTS)], dtype=torch.float64)
    tall = x[:, None]
    return (tall.sqrt() * (1 - tall)) * binomial * tall**i * (1 - tall) ** (order - i)


def nose(x: Float[Tensor, " x"]) -> Float[Tensor, " x"]:
    """Return the height that a unit of the leading-edge weight adds to both surfaces."""
    return x * (1 - x) ** (WEIGHTS + 0.5)


@dataclass(frozen=True)
class Surfaces:
    """Heights of both surfaces at the stations.

    Shapes: n designs, x stations.
    """

    x: Float[Tensor, " x"]
    upper: Float[Tensor, "n x"]
    lower: Float[Tensor, "n x"]

    @classmethod
    def of(cls, arrays: Arrays, x: Float[Tensor, " x"] | None = None) -> "Surfaces":
        """Build the surfaces of designs."""
        upper, lower, front, edge = arrays
        x = stations() if x is None else x
        table, half_edge = basis(x).T, 0.5 * edge[:, None] * x
        camber = front[:, None] * nose(x)
        return cls(x, upper @ table + camber + half_edge, lower @ table + camber - half_edge)

    @property
    def thickness(self) -> Float[Tensor, "n x"]:
        """Distance from the lower to the upper surface."""
        return self.upper - self.lower

    @property
    def camber(self) -> Float[Tensor, "n x"]:
        """Height of the mean line."""
        return 0.5 * (self.upper + self.lower)

    @property
    def crossed(self) -> Tensor:
        """True where the surfaces meet between nose and tail, so that there is no section."""
        return (self.thickness[:, 1:-1] <= 0).any(1)


def nose_radius(arrays: Arrays) -> Float[Tensor, " n"]:
    """Return the radius at the leading edge, from both surfaces' mean.

    Source: Kulfan 2008, equation 7: the first weight is the root of twice the radius.
    """
    upper, lower, _, _ = arrays
    return 0.5 * (0.5 * (upper[:, 0] - lower[:, 0])).square()


def tail_angle(arrays: Arrays) -> Float[Tensor, " n"]:
    """Return the angle between the surfaces at the trailing edge, in degrees.

    Source: Kulfan 2008, equation 8, for the last weight; the trailing edge opens the wedge.
    """
    upper, lower, _, edge = arrays
    slope = torch.atan(upper[:, -1] - 0.5 * edge) - torch.atan(lower[:, -1] + 0.5 * edge)
    return torch.rad2deg(slope)


def outline(arrays: Arrays, half: int = HALF) -> Float[np.ndarray, "n p 2"]:
    """Points from the upper trailing edge round the nose to the lower one (Selig's order)."""
    s = Surfaces.of(arrays, stations(half))
    x = torch.cat([s.x.flip(0), s.x[1:]]).expand(len(s.upper), -1)
    return torch.stack([x, torch.cat([s.upper.flip(1), s.lower[:, 1:]], 1)], 2).numpy()


def fitted(points: Float[np.ndarray, "p 2"]) -> Float[np.ndarray, " 18"]:
    """Fit the section numbers to an outline in Selig's order with its chord from 0 to 1.

    Linear least squares on the points themselves; a negative trailing edge is set to 0.
    """
    x, y = np.clip(points[:, 0], 0, 1), points[:, 1]
    above = np.arange(len(x)) <= int(np.argmin(points[:, 0]))
    table = basis(torch.from_numpy(x)).numpy()
    columns = np.concatenate(
        [
            np.where(above[:, None], table, 0),
            np.where(above[:, None], 0, table),
            nose(torch.from_numpy(x)).numpy()[:, None],
            np.where(above, x / 2, -x / 2)[:, None],
        ],
        1,
    )
    found: np.ndarray = np.linalg.lstsq(columns, y, rcond=None)[0]
    if found[-1] < 0:
        found = np.append(np.linalg.lstsq(columns[:, :-1], y, rcond=None)[0], 0.0)
    return found


def misfits(
    points: Float[np.ndarray, "p 2"], numbers: Float[np.ndarray, " d"]
) -> Float[np.ndarray, " p"]:
    """Return the height of each point of an outline above its fit."""
    x = torch.from_numpy(np.clip(points[:, 0], 0, 1))
    s = Surfaces.of(arrays_of(torch.from_numpy(numbers[None])), x)
    above = np.arange(len(points)) <= int(np.argmin(points[:, 0]))
    height = np.where(above, s.upper[0].numpy(), s.lower[0].numpy())
    return points[:, 1] - height


def straightened(points: Float[np.ndarray, "p 2"]) -> Float[np.ndarray, "p 2"]:
    """Move, rotate and scale an outline so that its chord runs from (0, 0) to (1, 0).

    The leading edge is the point farthest from the middle of the trailing edge. An outline whose
    leftmost point is at (0, 0) and whose trailing edge is centred at (1, 0) is unchanged.
    """
    tail = 0.5 * (points[0] + points[-1])
    first = points[np.argmin(points[:, 0])]
    if np.abs(first).max() < 1e-9 and np.abs(tail - (1, 0)).max() < 1e-9:
        return points
    front = points[np.argmax(np.linalg.norm(points - tail, axis=1))]
    along = tail - front
    turn = np.array([[along[0], along[1]], [-along[1], along[0]]]) / (along @ along)
    straight: np.ndarray = (points - front) @ turn.T
    return straight


def arrays_of(numbers: Float[Tensor, "n 18"]) -> Arrays:
    """The arrays of designs from one row of numbers each."""
    return numbers[:, :WEIGHTS], numbers[:, WEIGHTS:-2], numbers[:, -2], numbers[:, -1]


def numbers_of(arrays: Arrays) -> Float[Tensor, "n 18"]:
    """One row of numbers for each design."""
    upper, lower, front, edge = arrays
    return torch.cat([upper, lower, front[:, None], edge[:, None]], 1)
