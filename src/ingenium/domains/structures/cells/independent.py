"""What else is known of a cell: scikit-fem's answer, and layers that have a closed form."""

import math
from collections.abc import Mapping

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import to_dataset
from ingenium.core.problem import CrossCheck
from ingenium.core.quantity import Variable
from ingenium.domains.structures.cells.properties import AXES, moduli
from ingenium.domains.structures.cells.reference import Reference
from ingenium.domains.structures.cells.settings import CellSettings
from ingenium.domains.structures.cells.verifier import CellVerifier

SHARE, MOST = 0.1, {2: 8, 3: 1}  # of the designs of a run that are checked
COMPARED = ("poisson", "bulk")


def cross_check(
    verifier: CellVerifier, solid: xr.DataArray, verdicts: xr.Dataset, seed: int
) -> CrossCheck | None:
    """Largest differences from scikit-fem on a random share of the designs that have an answer."""
    from importlib.metadata import version

    answered = np.flatnonzero(np.isfinite(verdicts["bulk"].to_numpy()))
    if not len(answered):
        return None
    count = min(math.ceil(SHARE * len(answered)), MOST[verifier.cell.dim])
    chosen = np.sort(np.random.default_rng(seed).choice(answered, count, replace=False))
    reference, least = Reference(verifier.cell), verifier.settings.second_modulus
    material = verifier.settings.material
    difference = dict.fromkeys(COMPARED, 0.0)
    for i in chosen:  # the reference takes one after another
        relative = np.where(solid.to_numpy()[i].ravel() >= 0.5, 1.0, least)
        c = torch.from_numpy(reference.stiffness(material.modulus_pa * relative))
        truth = moduli(c[None])
        for name in COMPARED:
            apart = abs(float(truth[name]) - float(verdicts[name].to_numpy()[i]))
            difference[name] = max(difference[name], apart)
    share = count / len(answered)
    return CrossCheck("scikit-fem", version("scikit-fem"), share, count, difference)


def known_answers(
    settings: CellSettings, variables: tuple[Variable, ...]
) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
    """The material itself, and layers across x, which are a mixture by volume along y.

    Source: Jones, Mechanics of Composite Materials, 1999, eq. 3.7 (exact for equal Poisson ratios).
    """
    material, cells = settings.material, settings.cells
    nu, e, dim = material.poisson, material.modulus_pa, len(cells)
    bulk = e / (2 * (1 - nu)) if dim == 2 else e / (3 * (1 - 2 * nu))
    whole = {"poisson": nu, "bulk": bulk, "share": 1.0, "bulk_of_bound": 1.0}
    whole |= {f"young_{a}": e for a in AXES[:dim]} | {
        f"strength_{a}": material.yield_pa for a in AXES[:dim]
    }
    layers = torch.zeros(1, *cells, dtype=torch.float64)
    layers[:, : cells[0] // 2] = 1
    share = (cells[0] // 2) / cells[0]
    mixed = e * (share + (1 - share) * settings.second_modulus)
    along = {"young_y": mixed, "poisson_yx": nu, "share": share, "carried_axes": dim - 1.0}
    return (
        (to_dataset((torch.ones_like(layers),), variables, {}), whole, 1e-8),
        (to_dataset((layers,), variables, {}), along, 1e-6),
    )
