"""Rasteriser of bars, rings, plates and smooth noise on a torus of unit size."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Bool, Float64

Points = Float64[np.ndarray, "*cells dim"]


@dataclass(frozen=True)
class Canvas:
    """Centres of a grid's cells; shapes are rasterised by their distance from them.

    Shapes: k bars, dim axes. Positions are in parts of the whole cell and may lie beyond it.
    """

    cells: tuple[int, ...]

    @property
    def dim(self) -> int:
        """Number of dimensions, 2 or 3."""
        return len(self.cells)

    @property
    def centres(self) -> Points:
        """Centres of the cells."""
        steps = [(np.arange(n) + 0.5) / n for n in self.cells]
        return np.stack(np.meshgrid(*steps, indexing="ij"), -1)

    def bars(
        self,
        start: Float64[np.ndarray, "k dim"],
        end: Float64[np.ndarray, "k dim"],
        width: float | Float64[np.ndarray, " k"],
    ) -> Bool[np.ndarray, "*cells"]:
        """Rasterise straight bars with round ends, repeated with the cell."""
        at = self.centres
        solid = np.zeros(self.cells, dtype=bool)
        half = np.broadcast_to(np.asarray(width, dtype=float) / 2, (len(start),))
        for a, b, r in zip(start, end, half, strict=True):
            along = b - a
            low = np.floor(np.minimum(a, b) - r).astype(int)
            high = np.floor(np.maximum(a, b) + r).astype(int)
            for shift in product(*(range(-h, -lo + 1) for lo, h in zip(low, high, strict=True))):
                off = at - (a + shift)
                t = np.clip(off @ along / max(along @ along, 1e-12), 0, 1)
                solid |= ((off - t[..., None] * along) ** 2).sum(-1) <= r**2
        return solid

    def rings(
        self, centre: Float64[np.ndarray, "k dim"], radius: float, width: float
    ) -> Bool[np.ndarray, "*cells"]:
        """Rasterise rings around points, full discs where the width is twice the radius."""
        away = [np.sqrt((self._nearest(c) ** 2).sum(-1)) for c in centre]
        near: np.ndarray = np.abs(np.stack(away) - radius) <= width / 2
        return np.asarray(near.any(0))

    def polygons(
        self,
        centre: Float64[np.ndarray, "k 2"],
        turn: Float64[np.ndarray, " k"],
        inner: float,
        sides: int,
        stretch: tuple[float, float] = (1.0, 1.0),
    ) -> Bool[np.ndarray, "*cells"]:
        """Rasterise regular polygons by the radius of their inner circle, rotated (radian).

        With `stretch` the cell has these lengths before it is pressed into the unit square.
        """
        solid = np.zeros(self.cells, dtype=bool)
        size = np.asarray(stretch)
        for c, angle in zip(centre, turn, strict=True):
            off = self._nearest(c) * size
            faces = angle + 2 * np.pi * np.arange(sides) / sides
            out = np.stack([off[..., 0] * np.cos(f) + off[..., 1] * np.sin(f) for f in faces])
            solid |= out.max(0) <= inner
        return solid

    def noise(self, rng: np.random.Generator, scale: float) -> Float64[np.ndarray, "*cells"]:
        """Return a smooth periodic Gaussian field with correlation length `scale`."""
        waves = np.meshgrid(*(np.fft.fftfreq(n, 1 / n) for n in self.cells), indexing="ij")
        power = np.exp(-2 * (np.pi * scale) ** 2 * sum(w**2 for w in waves))
        white = np.fft.fftn(rng.standard_normal(self.cells))
        field: np.ndarray = np.fft.ifftn(white * np.sqrt(power)).real
        return field

    def _nearest(self, centre: Float64[np.ndarray, " dim"]) -> Points:
        """Vector from the nearest image of a point to each centre."""
        off = self.centres - centre
        nearest: np.ndarray = off - np.round(off)
        return nearest
