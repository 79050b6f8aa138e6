"""Thickness of almost all of a part's metal."""

import numpy as np
from jaxtyping import Bool, Float64
from scipy import ndimage

FINER = 2  # half cells give a wall of any number of cells an exact middle
RADII = np.arange(1.0, 8.5, 0.5)  # of the balls, in fine cells
THICKEST_CELLS = 2 * RADII[-1] / FINER  # larger thicknesses are reported as this
CORNER = 2.0  # radii from a ball to the tip of an edge of 60 degrees, which is not a thin wall
REST = 0.01  # share of the metal that may be thinner


def thickness_m(masks: Bool[np.ndarray, "n x y z"], cell_m: float) -> Float64[np.ndarray, " n"]:
    """Return the diameter of the largest ball that fits near all but a hundredth of the metal.

    Near means within a corner's reach of the ball. The share of the metal far from all balls is
    interpolated linearly between radii. Thicknesses above eight cells are reported as eight cells.

    Source: Serra, Image Analysis and Mathematical Morphology, 1982 (granulometry).
    """
    return np.array([_diameter(one) for one in masks]) * cell_m / FINER


def _diameter(mask: Bool[np.ndarray, "x y z"]) -> float:
    fine = np.pad(mask.repeat(FINER, 0).repeat(FINER, 1).repeat(FINER, 2), 1)
    inner = ndimage.distance_transform_edt(fine)
    last_radius, last_share = 0.0, 0.0
    for radius in RADII:
        fits = inner >= radius
        away = ndimage.distance_transform_edt(~fits)[fine] if fits.any() else np.array([np.inf])
        share = float((away > CORNER * radius).mean())
        if share > REST:
            step = (REST - last_share) / (share - last_share)
            return 2 * float(last_radius + step * (radius - last_radius))
        last_radius, last_share = float(radius), share
    return 2 * last_radius
