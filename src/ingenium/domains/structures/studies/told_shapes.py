"""Shapes told by five properties: how they are made, measured and written as few numbers."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64, Int64
from scipy import ndimage
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.problem import Watch
from ingenium.domains.structures.shapes.box import DesignBox, open_box
from ingenium.domains.structures.shapes.settings import Load, Passive, ShapeSettings, Support
from ingenium.domains.structures.shapes.solid import to_solid
from ingenium.domains.structures.shapes.training import stock
from ingenium.domains.structures.shapes.verifier import ShapeVerifier
from ingenium.generators.components import principal_axes

CELLS, CELL_M = (24, 12), 0.05
PLATE = 2  # columns of cells at the free end that are always solid
MEMBER_CELLS = 2.0  # radius of the filter, so about the least width of a member
PROPERTIES = (
    "compliance_shear",
    "compliance_pull",
    "compliance_bend",
    "peak_von_mises",
    "volume",
)
VOLUME = PROPERTIES.index("volume")  # the last one, which every shape has
REACH = 3.0  # cells from the outline beyond which distances are all the same
GROUP = 8  # numbers of a shape that go together, coarse ones first
NUMBERS = 8 * GROUP  # of a shape in the space where families work
SHUFFLE = 202  # seed of the order in which shapes are split


@dataclass(frozen=True, eq=False)
class ToldShapes:
    """Shapes that bear the loads, with the logarithms of their properties.

    Shapes: n designs, m proposals, e cells, k properties, h held-out and t tuning targets, p rest.
    """

    box: DesignBox  # with the loads under which the properties are measured
    solid: Float64[Tensor, "n e"]
    properties: Float64[Tensor, "n k"]
    held: Int64[Tensor, " h"]  # targets of the study
    tuning: Int64[Tensor, " t"]  # targets by which settings were chosen
    pool: Int64[Tensor, " p"]  # what families learn from

    def own(self, size: int, seed: int) -> Int64[Tensor, " s"]:
        """The first so many of the pool, in an order of the seed.

        Raises:
            InputError: if there are not so many.
        """
        if size > len(self.pool):
            raise InputError(f"at most {len(self.pool)} shapes to learn from", size)
        rng = torch.Generator().manual_seed(seed)
        return self.pool[torch.randperm(len(self.pool), generator=rng)[:size]]

    def measured(
        self, height: Float64[Tensor, "m e"]
    ) -> tuple[Float64[Tensor, "m k"], Bool[Tensor, " m"]]:
        """Properties of proposals, solid where the height is above 0, and which bear the loads.

        None lies beyond the known range: where there is no way for the load, compliance and stress
        count as the worst known, since the true ones tell only how soft void was made.
        """
        height = torch.where(self.box.solid, torch.inf, height)
        volume = (height > 0).double().mean(1)
        found, bears = properties(self.box, to_solid(self.box, height.clamp(-9, 9), volume))
        found[~bears, :VOLUME] = torch.inf
        low, high = self.properties.amin(0), self.properties.amax(0)
        return found.minimum(high).maximum(low), bears


def settings(count: int) -> ShapeSettings:
    """Cantilevers for a load on a plate at the free end and one at a point of it."""
    x, y = (n * CELL_M for n in CELLS)
    plate = Passive("solid", (x - PLATE * CELL_M, 0.0), (x, y))
    loads = (
        Load("plate", "plate", (x, y / 2), angle_deg=(-90.0, 0.0), spread_m=(0.0, y), force_n=1.0),
        Load("tip", "tip", (x, 0.0), (x, y), angle_deg=(-150.0, -30.0), force_n=1.0),
    )
    return ShapeSettings(
        preset="cantilever",
        cells=CELLS,
        passive=(plate,),
        supports=(Support(face="left"),),
        loads=loads,
        volume_fraction=(0.35, 0.6),
        filter_cells=MEMBER_CELLS,
        designs=count,
    )


def told_shapes(count: int, held: int, tuning: int, watch: Watch) -> ToldShapes:
    """Shapes of the optimiser, measured under three loads that none was made for."""
    asked = settings(count)
    x, y = (n * CELL_M for n in CELLS)
    loads = (
        Load("shear", "shear", (x, y / 2), spread_m=(0.0, y), force_n=1.0),
        Load("pull", "pull", (x, y / 2), angle_deg=(0.0, 0.0), spread_m=(0.0, y), force_n=1.0),
        Load("top", "bend", (x, y), angle_deg=(0.0, 0.0), force_n=1.0),
        Load("bottom", "bend", (x, 0.0), angle_deg=(180.0, 180.0), force_n=1.0),
    )
    box = open_box(replace(asked, loads=loads))
    kept = stock(open_box(asked)).complete(watch)
    solid = torch.from_numpy(kept["solid"]).double()
    found, bears = properties(box, solid)
    solid, found = solid[bears], found[bears]
    order = torch.randperm(len(solid), generator=torch.Generator().manual_seed(SHUFFLE))
    parts = order.tensor_split((held, held + tuning))
    return ToldShapes(box, solid, found, *parts)


def properties(
    box: DesignBox, solid: Float64[Tensor, "n e"]
) -> tuple[Float64[Tensor, "n k"], Bool[Tensor, " n"]]:
    """Logarithms of the five properties, and which shapes have a way for all of the load."""
    verifier, volume = ShapeVerifier(box), solid.mean(1)
    found = verifier.measure(solid.view(-1, *CELLS), volume)
    names = [q.name for q in verifier.quantities]
    own = found[:, [names.index(p) for p in PROPERTIES]].log()
    bears = (found[:, names.index("unheld_load")] == 0) & own.isfinite().all(1)
    own[:, VOLUME] = volume.log()  # which is known where the engine has no answer, too
    return own, bears


@dataclass(frozen=True, eq=False)
class Outlines:
    """Shapes as the leading principal components of the distance to their outline.

    Distances change smoothly where cells jump, so that near numbers are near shapes. Components
    are divided by the root of their deviation, so that small ones count less than large ones but
    are not lost among them.

    Shapes: n designs, e cells, d components.
    """

    centre: Float64[Tensor, " e"]
    axes: Float64[Tensor, "d e"]
    scale: Float64[Tensor, " d"]

    @classmethod
    def of(cls, solid: Float64[Tensor, "n e"]) -> "Outlines":
        """Those of training shapes; their numbers have a mean square of 1."""
        height = heights(solid)
        centre = height.mean(0)
        most = min(NUMBERS, (len(solid) - 1) // GROUP * GROUP)
        scores, axes = principal_axes(height - centre, most)
        scale = scores.std(0).sqrt()
        return cls(centre, axes, scale * (scores / scale).square().mean().sqrt())

    def encode(self, solid: Float64[Tensor, "n e"]) -> Float[Tensor, "n d"]:
        """Numbers of shapes."""
        return (((heights(solid) - self.centre) @ self.axes.T) / self.scale).float()

    def decode(self, numbers: Float[Tensor, "n d"]) -> Float64[Tensor, "n e"]:
        """Signed distances, above 0 in the solid."""
        return self.centre + (numbers.double() * self.scale) @ self.axes


def heights(solid: Float64[Tensor, "n e"]) -> Float64[Tensor, "n e"]:
    """Signed distances of cells from the outline, above 0 in the solid, in units of the reach."""
    rows = []
    for own in solid.numpy() > 0.5:  # the transform takes one image
        filled = np.pad(own.reshape(CELLS), 1, mode="edge")
        inside, outside = (ndimage.distance_transform_edt(f) for f in (filled, ~filled))
        rows.append((np.where(filled, inside - 0.5, 0.5 - outside))[1:-1, 1:-1].ravel())
    return torch.from_numpy(np.stack(rows)).clamp(-REACH, REACH) / REACH
