"""Training lattices: classical ones and random graded ones, each crushed by the engine.

Shapes: n designs, x columns and y rows of cells.
"""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from scipy.ndimage import gaussian_filter

from ingenium.core.recipe import Recipe
from ingenium.domains.structures.lattices.crushing import ENGINE
from ingenium.domains.structures.lattices.layout import STEEPEST, Layout
from ingenium.domains.structures.lattices.proportion import printed, proportioned
from ingenium.domains.structures.lattices.verifier import CrushVerifier

PIECE = 16
PACKAGED = Path(__file__).with_name("known.npz")  # written by `ingenium make lattices`
DENSITIES = (0.08, 0.2)
CLASSICAL = {"hexagons": 0.25, "bricks": 0.0, "bow-ties": -0.25}  # amplitude


def classical(layout: Layout, density: float) -> Mapping[str, tuple[np.ndarray, ...]]:
    """Return uniform lattices, with and without webs, by name; one design each."""
    one = np.ones((1, *layout.cells))
    out = {}
    for name, amplitude in CLASSICAL.items():
        for suffix, web in (("", 0.0), (" with webs", 1.0)):
            t = one * layout.thinnest_m * 2
            out[name + suffix] = printed(layout, amplitude * one, t, web * t, np.array([density]))
    return out


def graded(layout: Layout, count: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Sample smooth fields from uniform to strongly graded, at random densities."""
    cells = layout.cells

    def field(low: float, high: float) -> np.ndarray:
        rough = rng.normal(size=(count, *cells))
        smooth = np.stack(
            [gaussian_filter(r, rng.uniform(0.5, 3.0), mode="nearest") for r in rough]
        )
        smooth -= smooth.mean((1, 2), keepdims=True)
        smooth /= smooth.std((1, 2), keepdims=True) + 1e-12
        level = rng.uniform(low, high, (count, 1, 1))
        out: np.ndarray = level + rng.uniform(0, 0.3, (count, 1, 1)) * (high - low) * smooth
        return out

    thickness = layout.thinnest_m * 2
    web = field(-0.5, 1.5)
    return proportioned(
        layout,
        field(-STEEPEST, STEEPEST),
        thickness * field(0.6, 1.6).clip(0.2),
        thickness * np.where(web > 0.3, web, 0.0),
        rng.uniform(*DENSITIES, count),
    )


def dataset(verifier: CrushVerifier, count: int) -> Recipe:
    """Return the recipe of graded lattices with their measurements."""

    def make(piece: int) -> dict[str, np.ndarray]:
        rows = min(PIECE, count - piece * PIECE)
        fields = graded(verifier.layout, rows, np.random.default_rng([piece, 207]))
        measured = verifier.measure(
            torch.from_numpy(fields[0]),
            torch.from_numpy(fields[1]),
            torch.from_numpy(fields[2]),
            torch.ones(rows, dtype=torch.float64),
        ).numpy()
        names = [q.name for q in verifier.quantities]
        columns = {k: measured[:, names.index(k)] for k in ("specific_energy", "relative_density")}
        return dict(zip(("amplitude", "wall_m", "web_m"), fields, strict=True)) | columns

    under = [asdict(verifier.layout), asdict(verifier.material), asdict(verifier.crushing), count]
    return Recipe("lattice", [*under, ENGINE], make, -(-count // PIECE), PACKAGED)
