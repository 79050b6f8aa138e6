"""Vectors read back to cubes, and checks of what they deposit.

Shapes: m vectors; x, y, z cells.
"""

from typing import NamedTuple, no_type_check

import numpy as np
from jaxtyping import Bool, Float64
from numba import njit
from scipy import ndimage

from ingenium.domains.printing.builds.hatching import SUPPORT, Hatch, ScanVectors
from ingenium.kits.solids.printing.checks import trapped_m3

FULL = 0.5
THIN = 0.02  # share of a cell below which it counts as void of the nominal part
AROUND = ndimage.generate_binary_structure(2, 2)


class Deposit(NamedTuple):
    """Shares of cells that vectors fill, of the part and of supports."""

    part: Float64[np.ndarray, "x y z"]
    support: Float64[np.ndarray, "x y z"]
    cell_m: float


def deposited(
    vectors: ScanVectors, hatch: Hatch, cells: tuple[int, int, int], cell_um: float
) -> Deposit:
    """Spread the volume of each vector, length by hatch by layer, over the cells along it."""
    part, support = np.zeros(cells), np.zeros(cells)
    width = np.array([hatch.core_um, hatch.skin_um, hatch.support_um])
    _spread(vectors.layer, vectors.region, vectors.ends_um, width, hatch.layer_um, cell_um,
            part, support)  # fmt: skip
    return Deposit(part, support, 1e-6 * cell_um)


@njit(cache=True, nogil=True)
@no_type_check  # compiled: no annotation is executed
def _spread(layer, region, ends, width, layer_um, cell, part, support):
    nx, ny, nz = part.shape
    for i in range(len(layer)):
        x, y = float(ends[i, 0]), float(ends[i, 1])
        dx, dy = ends[i, 2] - x, ends[i, 3] - y
        long = np.sqrt(dx * dx + dy * dy)
        n = max(1, int(np.ceil(4 * long / cell)))
        each = long * width[region[i]] * layer_um / cell**3 / n
        low, high = layer[i] * layer_um / cell, (layer[i] + 1) * layer_um / cell
        into = support if region[i] == SUPPORT else part
        for k in range(int(low), min(int(np.ceil(high - 1e-9)), nz)):
            share = (min(high, k + 1.0) - max(low, float(k))) / (high - low)
            for j in range(n):
                at = (j + 0.5) / n
                a, b = int((x + at * dx) / cell), int((y + at * dy) / cell)
                if 0 <= a < nx and 0 <= b < ny:
                    into[a, b, k] += share * each


def wrong_share(own: Deposit, nominal: Float64[np.ndarray, "x y z"]) -> tuple[float, float]:
    """Return the shares of the part's full cells that stay empty, and of what lies outside it."""
    full, void = nominal > 1 - THIN, nominal < THIN
    missing = (full & (_smooth(own.part) < FULL)).sum() / max(full.sum(), 1)
    outside = own.part[void].sum() / max(nominal.sum(), 1e-12)
    return float(missing), float(outside)


def _smooth(share: Float64[np.ndarray, "x y z"]) -> Float64[np.ndarray, "x y z"]:
    """Average over neighbours in a layer: lines pass cells unevenly."""
    return np.asarray(ndimage.uniform_filter(share, (3, 3, 1), mode="nearest"))


def hanging_m2(own: Deposit, bridge_m: float) -> float:
    """Return the area of deposited cells with nothing below them nor below a neighbour.

    45 degrees, as in the kit's check. Supports bridge gaps between their walls up to `bridge_m`.
    The lowest layer of cells stands on the plate.
    """
    part = own.part >= FULL
    stands = part | bridged(own.support > 0, bridge_m / own.cell_m)
    carried = ndimage.binary_dilation(stands[:, :, :-1], AROUND[:, :, None])
    hangs = part[:, :, 1:] & ~carried
    # A face that is cut by the border of cells begins in a layer that is partly filled.
    return float(hangs.sum() * own.cell_m**2)


def bridged(support: Bool[np.ndarray, "x y z"], gap: float) -> Bool[np.ndarray, "x y z"]:
    """Close gaps within layers, up to a width in cells."""
    reach = max(1, round(gap / 2))
    wide = np.ones((2 * reach + 1, 2 * reach + 1, 1), dtype=bool)
    padded = np.pad(support, ((reach, reach), (reach, reach), (0, 0)))
    closed = ndimage.binary_closing(padded, wide)
    return np.asarray(closed[reach:-reach, reach:-reach] | support)


def trapped_m3_of(own: Deposit, escape_m: float) -> float:
    """Return the volume of powder that cannot leave the part once supports are removed."""
    return float(trapped_m3((own.part >= FULL)[None], own.cell_m, escape_m=escape_m)[0])
