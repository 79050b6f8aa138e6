"""Stress averaged over a length of the material, so that cell corners do not decide it.

At a corner that points into the metal the stress of a continuum is unbounded, and that of cells
grows as they shrink. A metal fails by the mean over a length of its own; the mean distortion energy
around a point is bounded at every corner, and is independent of the size of cells.

Shapes: n designs, l load cases, e cells, f displacements, q displacements of a cell.
Sources: Lazzarin and Zambardi, Int. J. Fracture 112, 2001, 275-298 (energy over a volume around a
    corner); Taylor, The Theory of Critical Distances, 2007, ch. 3 (lengths of metals, and that they
    must be short compared with the section).
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import torch
from jaxtyping import Bool, Float64
from scipy import ndimage
from scipy.fft import irfftn, next_fast_len, rfftn
from torch import Tensor

from ingenium.kits.solids.elastic.element import PAIRS, constitutive, strain
from ingenium.kits.solids.elastic.solver import Elastic

PARTS = 8  # subdivisions of a cell's edge, to sample a ball on cells
HALVES = 2  # subdivisions of cells, so that a wall of any number of cells has a middle
THIN = 0.6  # radii of the ball that does not fit into a neck; a wall of one cell takes none
LEAST = 1e-9  # least share of a ball that is metal


@dataclass(frozen=True, eq=False)
class CriticalVolume:
    """Root mean square of the von Mises stress over balls of metal of one radius.

    A neck, which is thinner than 1.2 radii or one cell wide, is averaged over its own metal only:
    the parts it joins, which carry the same force over a larger section, do not dilute it. In the
    plane balls are discs.
    """

    system: Elastic
    radius_m: float

    def peak_pa(
        self,
        modulus_pa: float,
        u: Float64[Tensor, "n l f"],
        metal: Float64[Tensor, "n e"],
        read: Bool[Tensor, "#n e"],
    ) -> Float64[Tensor, " n"]:
        """Return the largest stress over all load cases and read cells; 0 where none is read.

        `metal` is the share of each cell. Cells with less than half count as void: across a narrow
        slot they stretch freely. Cells that are not read are also left out of means.
        """
        reads = read.expand(metal.shape)
        rows = zip(u, metal, reads, strict=True)  # one at a time, to save memory
        peaks = [self.largest_pa(self.cell_pa2(modulus_pa, one), *rest) for one, *rest in rows]
        return torch.tensor(peaks, dtype=torch.float64)

    def cell_pa2(self, modulus_pa: float, u: Float64[Tensor, "l f"]) -> Float64[Tensor, "l e"]:
        """Return the mean square of the von Mises stress over each cell."""
        numbers = self.system.grid.cell_displacements
        rows = [((own @ self._square) * own).sum(-1) for own in (case[numbers] for case in u)]
        return modulus_pa**2 * torch.stack(rows)

    def largest_pa(
        self,
        cell_pa2: Float64[Tensor, "l e"],
        metal: Float64[Tensor, " e"],
        read: Bool[Tensor, " e"],
    ) -> float:
        """Return `peak_pa` of one design whose mean squares over each cell are known."""
        found = self.field_pa(cell_pa2, metal, read)
        return float(np.nanmax(found)) if np.isfinite(found).any() else 0.0

    def field_pa(
        self,
        cell_pa2: Float64[Tensor, "l e"],
        metal: Float64[Tensor, " e"],
        read: Bool[Tensor, " e"],
    ) -> Float64[np.ndarray, "l *cells"]:
        """Return the averaged stress at each cell; NaN where it is not read."""
        cells = self.system.grid.cells
        square = cell_pa2.view(-1, *cells).numpy()
        share, solid = metal.view(cells).numpy(), (metal >= 0.5).view(cells).numpy()
        here, neck = solid & read.view(cells).numpy(), self.necks(solid)
        found = np.full(square.shape, np.nan)
        for weight, reported in ((share * here, here & ~neck), (share * neck, here & neck)):
            if reported.any():
                found[:, reported] = self._mean(square, weight)[:, reported]
        return np.asarray(np.sqrt(found))

    def necks(self, solid: Bool[np.ndarray, "*cells"]) -> Bool[np.ndarray, "*cells"]:
        """Mark metal that is too thin for a ball of `THIN` radii and joins thicker metal.

        It may join one body at two places; a rim meets its body at one place and is no neck.
        """
        radius = max(HALVES, int(np.ceil(HALVES * THIN * self.radius_m / self.system.grid.cell_m)))
        fine = np.pad(solid, 1)
        for axis in range(solid.ndim):
            fine = fine.repeat(HALVES, axis)
        fits = ndimage.distance_transform_edt(fine) >= radius
        if not fits.any():
            return solid
        near = ndimage.distance_transform_edt(~fits) < radius
        thick = solid & _parts(near)[(slice(1, -1),) * solid.ndim]
        corners = np.ones((3,) * solid.ndim, dtype=bool)
        thin, count = ndimage.label(solid & ~thick, corners)
        neck = np.zeros(count + 1, dtype=bool)
        for number, place in enumerate(ndimage.find_objects(thin), start=1):
            around = tuple(slice(max(p.start - 1, 0), p.stop + 1) for p in place)
            own = ndimage.binary_dilation(thin[around] == number, corners)
            neck[number] = ndimage.label(own & thick[around], corners)[1] > 1
        found: Bool[np.ndarray, "*cells"] = neck[thin]
        return found

    def _mean(
        self, square: Float64[np.ndarray, "l *cells"], weight: Float64[np.ndarray, "*cells"]
    ) -> Float64[np.ndarray, "l *cells"]:
        """Weighted mean over a ball around each cell."""
        ball = self._ball(self.radius_m)
        sizes = list(zip(weight.shape, ball.shape, strict=True))
        full = [next_fast_len(a + b - 1, real=True) for a, b in sizes]
        axes = tuple(range(1, square.ndim))
        stack = np.concatenate([square * weight, weight[None]])
        turned = rfftn(stack, full, axes=axes) * rfftn(ball, full)
        whole = irfftn(turned, full, axes=axes)
        *sums, total = whole[(slice(None), *(slice(b // 2, b // 2 + a) for a, b in sizes))]
        return np.asarray(np.stack(sums).clip(0.0) / total.clip(LEAST))

    def _ball(self, radius_m: float) -> Float64[np.ndarray, "..."]:
        """Share of each cell around the middle one that lies in the ball."""
        grid = self.system.grid
        reach = int(np.ceil(radius_m / grid.cell_m - 0.5))
        lines = (np.arange((2 * reach + 1) * PARTS) + 0.5) / PARTS - reach - 0.5
        around = np.meshgrid(*[lines**2] * grid.dim, indexing="ij", sparse=True)
        inside = np.asarray(sum(around) <= (radius_m / grid.cell_m) ** 2, dtype=np.float64)
        for axis in range(grid.dim):
            parts = inside.reshape(*inside.shape[:axis], -1, PARTS, *inside.shape[axis + 1 :])
            inside = np.asarray(parts.mean(axis + 1))
        return inside

    @cached_property
    def _square(self) -> Float64[Tensor, "q q"]:
        """Quadratic form of a cell's displacements: mean square von Mises stress, unit modulus."""
        system, dim = self.system, self.system.grid.dim
        law = constitutive(dim, system.poisson, system.plane)
        own = _distortion(dim, system.poisson if system.plane == "strain" else 0.0)
        points = product((0.5 - 12**-0.5, 0.5 + 12**-0.5), repeat=dim)
        total = torch.zeros((2**dim * dim,) * 2, dtype=torch.float64)
        for point in points:
            stress = law @ strain(dim, system.grid.cell_m, torch.tensor(point, dtype=torch.float64))
            total += stress.T @ own @ stress
        mean: Tensor = total / 2**dim
        return mean


def _parts(fine: Bool[np.ndarray, "..."]) -> Bool[np.ndarray, "..."]:
    """Cells of which a part is marked."""
    for axis in range(fine.ndim):
        parts = fine.reshape(*fine.shape[:axis], -1, HALVES, *fine.shape[axis + 1 :])
        fine = np.asarray(parts.any(axis + 1))
    return fine


def _distortion(dim: int, across: float) -> Float64[Tensor, "s s"]:
    """Squared von Mises stress as a form of stresses; `across` is sz / (sx + sy) in the plane."""
    normal = torch.eye(3, dtype=torch.float64)[:, :dim]
    if dim == 2:
        normal[2] = across
    parts = [normal[a] - normal[b] for a, b in PAIRS[3]]
    out = torch.zeros((3, 3) if dim == 2 else (6, 6), dtype=torch.float64)
    out[:dim, :dim] = sum(torch.outer(p, p) for p in parts) / 2
    shears = range(dim, len(out))
    out[shears, shears] = 3.0
    return out
