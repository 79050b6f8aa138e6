"""What else is known of a cell: scikit-fem's answer, that of its mesh, and closed forms."""

import math
from collections.abc import Mapping

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import to_dataset
from ingenium.core.errors import EngineError
from ingenium.core.problem import CrossCheck
from ingenium.core.quantity import Variable
from ingenium.domains.structures.cells.periodic import Periodic
from ingenium.domains.structures.cells.printed import Printer
from ingenium.domains.structures.cells.properties import AXES
from ingenium.domains.structures.cells.reference import Reference
from ingenium.domains.structures.cells.settings import CellSettings
from ingenium.domains.structures.cells.verifier import CellVerifier

SHARE, MOST = 0.1, {2: 8, 3: 1}  # of the designs of a run that are checked
COMPARED = ("poisson", "young", "bulk")
FINER = {2: 2, 3: 1}  # times, the grid on which the mesh is measured again


def cross_check(
    verifier: CellVerifier, solid: xr.DataArray, verdicts: xr.Dataset, seed: int
) -> CrossCheck | None:
    """Largest differences from scikit-fem on a random share of the designs that have an answer.

    By quantity, of the printed mesh with its cut corners, on a grid that is twice as fine for
    plane cells: what engine, grid and mesh do together. What the engine does alone, on the grid
    of the design, is told as `grid_poisson` and so on; composites have no mesh, and only this.
    """
    from importlib.metadata import version

    answered = np.flatnonzero(np.isfinite(verdicts["bulk"].to_numpy()))
    if not len(answered):
        return None
    count = min(math.ceil(SHARE * len(answered)), MOST[verifier.cell.dim])
    chosen = np.sort(np.random.default_rng(seed).choice(answered, count, replace=False))
    difference: dict[str, float] = {}
    for i in chosen:  # the reference takes one after another
        for name, value in _apart(verifier, solid.to_numpy()[i], verdicts, int(i)).items():
            difference[name] = max(difference.get(name, 0.0), value)
    share = count / len(answered)
    return CrossCheck("scikit-fem", version("scikit-fem"), share, count, difference)


def _apart(
    verifier: CellVerifier, share: np.ndarray, verdicts: xr.Dataset, row: int
) -> dict[str, float]:
    """Differences of one design."""
    judged = {k: float(verdicts[k].to_numpy()[row]) for k in COMPARED}
    grid = _solved(verifier, share >= 0.5)
    mesh = grid
    if verifier.settings.porous:
        printer = Printer(verifier.settings)
        try:
            mesh = _solved(verifier, printer.read(printer.mesh(share), FINER[share.ndim]))
        except EngineError:
            return {}  # no body: the export refuses it, too
    return {k: abs(mesh[k] - judged[k]) for k in COMPARED} | {
        f"grid_{k}": abs(grid[k] - judged[k]) for k in COMPARED
    }


def _solved(verifier: CellVerifier, share: np.ndarray) -> Mapping[str, float]:
    """Properties by scikit-fem, where a cell of the grid has its share of the modulus."""
    least, material = verifier.settings.second_modulus, verifier.settings.material
    modulus = material.modulus_pa * (least + (1 - least) * share.ravel())
    c = Reference(Periodic(share.shape, material.poisson)).stiffness(modulus)
    return {k: float(v) for k, v in verifier.moduli(torch.from_numpy(c)[None]).items()}


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
