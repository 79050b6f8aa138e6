"""Known cells: random members of families, measured, in resumable pieces."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from ingenium.core.designs import DESIGN
from ingenium.core.recipe import Recipe
from ingenium.domains.structures.cells import auxetic_families, plane_families, spatial_families
from ingenium.domains.structures.cells.drawing import Canvas
from ingenium.domains.structures.cells.feature import gaps, walls
from ingenium.domains.structures.cells.settings import HELD_OUT_EVERY, CellSettings
from ingenium.domains.structures.cells.topology import connection
from ingenium.domains.structures.cells.verifier import CellVerifier

PIECE = {2: 200, 3: 10}  # designs in a piece of the dataset
TRIES = 20  # attempts for one design before the next family is used
MOST = 0.9  # share of the cell that may be solid
PACKAGED = {  # written by `ingenium make cells`
    2: Path(__file__).with_name("plane.npz"),
    3: Path(__file__).with_name("spatial.npz"),
}
RETAINED = ("poisson", "young", "share")  # measured values that become conditions


def families(dim: int) -> Mapping[str, plane_families.Draw]:
    """Return the families by name."""
    if dim == 3:
        return spatial_families.FAMILIES
    return {**plane_families.FAMILIES, **auxetic_families.FAMILIES}


def dataset(settings: CellSettings, verifier: CellVerifier) -> Recipe:
    """Return the recipe of random cells that carry load along all axes, with measured values."""
    canvas = Canvas(settings.cells)
    size = PIECE[canvas.dim]
    columns = [q.name for q in verifier.quantities]

    def make(piece: int) -> dict[str, np.ndarray]:
        rng = np.random.default_rng([settings.seed, piece])
        count = min(size, settings.wanted_designs - piece * size)
        solid, kind = drawn(canvas, rng, count, settings.feature_cells)
        values = verifier.measure(torch.from_numpy(solid.astype(np.float64))).numpy()
        retained = {name: values[:, columns.index(name)] for name in RETAINED}
        return {"solid": solid, "kind": kind, **retained}

    under = {k: getattr(settings, k) for k in ("cells", "feature_cells", "second_modulus", "seed")}
    under |= {k: getattr(settings.material, k) for k in ("modulus_pa", "poisson")}
    return Recipe(
        "unit_cell",
        [under, sorted(families(canvas.dim)), verifier.version],
        make,
        -(-settings.wanted_designs // size),
        PACKAGED[canvas.dim],
        settings.wanted_designs,
    )


def drawn(
    canvas: Canvas, rng: np.random.Generator, count: int, feature_cells: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Sample cells of all families in turn, without loose pieces, with axes in random order.

    They are not shifted periodically: generators learn better from aligned cells.
    """
    known = families(canvas.dim)
    names, solid, kinds = list(known), list[np.ndarray](), list[str]()
    turn = int(rng.integers(len(names)))
    while len(solid) < count:
        name = names[turn % len(names)]
        turn += 1
        for _ in range(TRIES):  # one by one: most families need one try
            found = _one(canvas, rng, name, feature_cells)
            if found is not None:
                solid.append(found)
                kinds.append(name)
                break
    return np.stack(solid), np.array(kinds)


def _one(
    canvas: Canvas, rng: np.random.Generator, name: str, feature_cells: int
) -> np.ndarray | None:
    """A cell of a family, if it carries load along all axes and has no thinner wall or gap."""
    field = families(canvas.dim)[name](canvas, rng)
    main, _, axes = connection(torch.from_numpy(field[None]))
    if axes[0] < canvas.dim or main.double().mean() > MOST:
        return None
    if feature_cells > 1 and min(walls(main).item(), gaps(main).item()) < feature_cells:
        return None
    solid = main[0].numpy()
    if len(set(canvas.cells)) == 1:
        solid = solid.transpose(rng.permutation(canvas.dim))
    return np.ascontiguousarray(solid)


def held_out(count: int, seed: int) -> tuple[str, np.ndarray]:
    """Return a random fifth of the designs."""
    order = np.random.default_rng([seed, count]).permutation(count)
    return DESIGN, order < count // HELD_OUT_EVERY
