"""Independent checks of a cell: scikit-fem, its printed mesh, and closed forms."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.core.designs import to_dataset
from ingenium.core.errors import EngineError
from ingenium.core.problem import Second
from ingenium.core.quantity import Quantity, Variable
from ingenium.domains.structures.cells.periodic import Periodic
from ingenium.domains.structures.cells.printed import CellPrinter
from ingenium.domains.structures.cells.properties import AXES
from ingenium.domains.structures.cells.reference import ReferenceHomogenisation
from ingenium.domains.structures.cells.settings import CellSettings
from ingenium.domains.structures.cells.verifier import CellVerifier
from ingenium.kits.solids.elastic.reference import ScikitFem

SHARE, MOST = 0.1, {2: 8, 3: 1}  # of the designs of a run that are checked
COMPARED = ("poisson", "young", "bulk")
FINER = {2: 2, 3: 1}  # refinement of the grid on which the mesh is measured


@dataclass(frozen=True, eq=False)
class CellReference(ScikitFem):
    """Properties of the printed mesh with its cut corners, and of the design's own grid.

    The mesh of plane cells is voxelised on a grid twice as fine, which shows the joint error of
    engine, grid and mesh. The error of the engine alone is reported as `grid_poisson` and so on;
    composites have no mesh, and only these quantities.
    """

    exact: CellVerifier

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Quantities of the mesh, then of the grid."""
        mesh = [q for q in self.exact.quantities if q.name in COMPARED]
        return (*mesh, *(replace(q, name=f"grid_{q.name}") for q in mesh))

    @property
    def second(self) -> Second:
        """Cross-check of a share of the designs."""
        against = {f"grid_{name}": name for name in COMPARED}
        return Second(self, SHARE, MOST[self.exact.cell.dim], against)

    def measure(self, share: Float[Tensor, "n *cells"]) -> Float64[Tensor, "n 6"]:
        """Measure all quantities; NaN for a cell without a body, which the export refuses, too."""
        return torch.stack([self._one(cell) for cell in share.numpy()])  # one solve each

    def _one(self, share: np.ndarray) -> Float64[Tensor, " 6"]:
        grid = self._solved(share >= 0.5)
        mesh = grid
        if self.exact.settings.porous:
            printer = CellPrinter(self.exact.settings)
            try:
                mesh = self._solved(printer.read(printer.mesh(share), FINER[share.ndim]))
            except EngineError:
                mesh = torch.full_like(grid, torch.nan)
        return torch.cat([mesh, grid])

    def _solved(self, share: np.ndarray) -> Float64[Tensor, " 3"]:
        """Properties of a grid whose cells have their share of the modulus."""
        least, material = self.exact.settings.second_modulus, self.exact.settings.material
        modulus = material.modulus_pa * (least + (1 - least) * share.ravel())
        c = ReferenceHomogenisation(Periodic(share.shape, material.poisson)).stiffness(modulus)
        found = self.exact.moduli(torch.from_numpy(c)[None])
        return torch.cat([found[q.name] for q in self.exact.quantities if q.name in COMPARED])


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
