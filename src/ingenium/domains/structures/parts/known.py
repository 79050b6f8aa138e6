"""Known designs of a part: optimised from even conditions and random starts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64
from scipy import ndimage
from torch import Tensor

from ingenium.core.designs import DESIGN
from ingenium.core.quantity import Condition
from ingenium.core.recipe import Recipe
from ingenium.domains.structures.parts.making import Making, PartSettings
from ingenium.domains.structures.parts.part_conditions import Question, spread
from ingenium.domains.structures.parts.printed import Printer
from ingenium.domains.structures.parts.refine import Refine, refine

LEVELS = 15  # densities are stored in this many steps
LUMPS = 1.5  # size of the lumps of a random start, in coarse cells
CONTRAST = 0.8  # standard deviation of its logarithm


@dataclass(frozen=True, eq=False)
class Maker:
    """Generator of the known designs of a part in pieces; each depends on its number only.

    Shapes: n designs, e cells, c conditions.
    """

    coarse: Question  # on cells of twice the size, where the part allows
    fine: Question
    printer: Printer
    conditions: Sequence[Condition]
    making: Making

    def dataset(self, name: str, settings: object, packaged: Path) -> Recipe:
        """Return the recipe of all pieces, cached under the settings that they depend on."""
        pieces = -(-self.making.designs // self.making.at_once)
        return Recipe(name, settings, self.piece, pieces, packaged, self.making.designs)

    def piece(self, number: int) -> Mapping[str, np.ndarray]:
        """Return densities, 0 where there is no surface, and conditions of one piece's designs."""
        first = number * self.making.at_once
        rows = range(first, min(first + self.making.at_once, self.making.designs))
        reported = spread(self.conditions, self.making.designs, self.making.seed)[rows]
        density = self.made(reported, rows).nan_to_num(0.0)
        levels = np.rint(density.numpy() * LEVELS).astype(np.uint8)
        return {"density": levels, "conditions": reported}

    def made(
        self, reported: Float64[np.ndarray, "n c"], rows: Sequence[int]
    ) -> Float64[Tensor, "n e"]:
        """Optimise designs for conditions; the number of each seeds its random start."""
        table = xr.Dataset(
            {c.name: (DESIGN, reported[:, i]) for i, c in enumerate(self.conditions)}
        )
        requested, support = self.coarse.of(table)
        start = requested.uniform() * torch.stack([self._lumps(row) for row in rows])
        rough = Refine(self.making.coarse_steps, sharp=(1.0, 8.0), radius_cells=1.5)
        found = refine(requested, self.coarse.part.build, support, rough, start.clamp(max=1.0))
        requested, support = self.fine.of(table)
        smooth = Refine(self.making.steps)
        start = refined(found, self.coarse.part.grid.cells, self.fine.part.grid.cells)
        return self.printer.printed(refine(requested, self.fine.part.build, support, smooth, start))

    def _lumps(self, row: int) -> Float64[Tensor, " e"]:
        """A random field around 1, so that designs of similar conditions differ."""
        cells = self.coarse.part.grid.cells
        noise = np.random.default_rng([self.making.seed, row]).standard_normal(cells)
        smooth = ndimage.gaussian_filter(noise, LUMPS)
        return torch.from_numpy(np.exp(CONTRAST * smooth / smooth.std())).flatten()


def refined(
    density: Float64[Tensor, "n e"], cells: Sequence[int], fine: Sequence[int]
) -> Float64[Tensor, "n e2"]:
    """Resample densities to finer cells of the same space."""
    field = density.reshape(-1, *cells)
    for axis, (few, many) in enumerate(zip(cells, fine, strict=True), start=1):
        field = field.repeat_interleave(many // few, axis)
    return field.flatten(1)


def under(settings: PartSettings) -> dict[str, object]:
    """Return the settings that designs depend on, as plain data."""
    table: dict[str, object] = {k: v for k, v in asdict(settings).items() if k != "bead_mm"}
    own = {k: getattr(settings.making, k) for k in ("at_once", "coarse_steps", "steps", "seed")}
    return table | {"making": own}
