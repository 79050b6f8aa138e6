"""Scaling of walls to the requested relative density of a lattice."""

import numpy as np
from jaxtyping import Float64

from ingenium.domains.structures.lattices.layout import STEEPEST, Layout, frames, relative_density
from ingenium.domains.structures.lattices.solid import body_density

HALVINGS = 60
ROUNDS, NEAR = 4, 2e-4  # rounds of scaling a body, and its final relative error of density


def admissible(
    layout: Layout,
    amplitude: Float64[np.ndarray, "n x y"],
    wall_m: Float64[np.ndarray, "n x y"],
    web_m: Float64[np.ndarray, "n x y"],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Clip fields to printable ones: walls in bounds, webs in bounds or absent (0)."""
    least, most = layout.thinnest_m, layout.thickest_m
    web = np.where(web_m < least / 2, 0.0, np.clip(web_m, least, most))
    return np.clip(amplitude, -STEEPEST, STEEPEST), np.clip(wall_m, least, most), web


def proportioned(
    layout: Layout,
    amplitude: Float64[np.ndarray, "n x y"],
    wall_m: Float64[np.ndarray, "n x y"],
    web_m: Float64[np.ndarray, "n x y"],
    density: Float64[np.ndarray, " n"],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scale admissible walls and webs together to the frame's density (bisection).

    A density beyond the range of printable walls is met as closely as possible. Fields that have
    the density already are unchanged.

    Shapes: n designs, x columns and y rows of cells.
    """
    shape, wall, web = admissible(layout, amplitude, wall_m, web_m)
    there = web > 0

    def scaled(factor: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        own = factor[:, None, None]
        least, most = layout.thinnest_m, layout.thickest_m
        return np.clip(own * wall, least, most), there * np.clip(own * web, least, most)

    low, high = np.full(len(shape), 1e-3), np.full(len(shape), 1e3)
    for _ in range(HALVINGS):
        middle = np.sqrt(low * high)
        heavy = relative_density(layout, shape, *scaled(middle)) > density
        low, high = np.where(heavy, low, middle), np.where(heavy, middle, high)
    is_so = np.abs(relative_density(layout, shape, wall, web) / density - 1) < 1e-12
    factor = np.where(is_so, 1.0, np.sqrt(low * high))
    return shape, *scaled(factor)


def printed(
    layout: Layout,
    amplitude: Float64[np.ndarray, "n x y"],
    wall_m: Float64[np.ndarray, "n x y"],
    web_m: Float64[np.ndarray, "n x y"],
    density: Float64[np.ndarray, " n"],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scale fields so that the body, not the frame, has the density; else like `proportioned`.

    Shapes: n designs, x columns and y rows of cells.
    """
    out = admissible(layout, amplitude, wall_m, web_m)
    far = np.arange(len(density))
    for _ in range(ROUNDS):
        own = np.array([body_density(f) for f in frames(layout, *(a[far] for a in out))])
        off = np.abs(own / density[far] - 1) > NEAR
        far, own = far[off], own[off]
        if not len(far):
            break
        shape, wall, web = (a[far] for a in out)
        aim = density[far] * relative_density(layout, shape, wall, web) / own
        nearer = proportioned(layout, shape, wall, web, aim)
        for whole, part in zip(out, nearer, strict=True):
            whole[far] = part
    return out
