"""Problem: stiff placement of material in a box with given supports and loads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.digest import digest
from ingenium.core.field_comparison import FieldComparison
from ingenium.core.problem import Projection, Second, Section, Watch
from ingenium.core.quantity import Variable
from ingenium.core.seeds import BLOCK
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.structures.half_cells import FINE, HalfCells
from ingenium.domains.structures.possible import refuse_beyond
from ingenium.domains.structures.shapes import independent, report
from ingenium.domains.structures.shapes.box import VOLUME, open_box
from ingenium.domains.structures.shapes.files import NpzShape, VtkShape
from ingenium.domains.structures.shapes.repair import calls, repaired
from ingenium.domains.structures.shapes.settings import ShapeSettings
from ingenium.domains.structures.shapes.stl import StlShape
from ingenium.domains.structures.shapes.training import ALONGSIDE, Optimiser, dataset
from ingenium.domains.structures.shapes.verifier import ShapeVerifier, block_size
from ingenium.kits.solids.stocked_problem import StockedProblem
from ingenium.sampling.constraints import Box as Bounds
from ingenium.sampling.constraints import FixedSum, Together

HELD_OUT_EVERY = 5
FINER = "bilinear or trilinear finite elements, half cells"
FINER_SHARE, FINER_MOST = 0.25, {2: 16, 3: 1}  # of the accepted designs


class MinimumCompliance(StockedProblem):
    """Stiff shapes of a given volume in a box, for loads in given ranges."""

    name: ClassVar[str] = "structures.minimum_compliance"
    summary: ClassVar[str] = "topology optimisation: stiff shapes of a given volume, 2D and 3D"
    Settings: ClassVar[type] = ShapeSettings
    judged: ClassVar[str] = (
        "The cells of the box that the mesh fills; it must be the mesh of these cells."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Stress is a mean over balls of radius `stress_m`, at the same distance from loads and "
        "supports.",
        "Responses are those of the cells; limits must be satisfied including the error that half "
        "cells show.",
        "Buckling, fatigue, yield beyond the limit and printing are not judged.",
    )
    validity = ("pieces", "unheld_load")
    default_family: ClassVar[str] = "gaussian_process"
    steered_family: ClassVar[str] = "flow_matching"
    licence = "designs made by ingenium's own optimiser; free of third-party rights"

    def __init__(self, settings: ShapeSettings) -> None:
        """Open the box; everything in the settings must be consistent."""
        self.box = open_box(settings)
        grid, self.settings = self.box.grid, self.box.settings
        self.conditions = self.box.conditions
        self.variables = (
            Variable("density", grid.axes, "1", "share of each cell that is material", 0.0, 1.0),
            *(
                Variable(
                    f"requested_{c.name}", (), c.unit, f"{c.long_name}, as asked", given=c.name
                )
                for c in self.conditions
            ),
        )
        self.sizes = dict(zip(grid.axes, grid.cells, strict=True))
        self.limits = (
            Limit("volume_excess", at_most=1e-9, unit="1"),
            Limit("pieces", at_most=1, unit="1"),
            Limit("unheld_load", at_most=0, unit="1"),
        )
        self.tiers = (ShapeVerifier(self.box),)
        halves = HalfCells(self.tiers[0], self._half, FINER)
        finer = Second(halves, FINER_SHARE, FINER_MOST[grid.dim])
        reference = independent.ShapeReference(self.box)
        self.second = Second(reference, independent.SHARE, finer=finer)
        self.system = digest(asdict(self.settings))
        self.codec = Channels.between(((0.0, 1.0),), grid.cells)
        # The first is the default; a mesh has no grey cells.
        forms = (NpzShape, VtkShape) if settings.grey else (StlShape, NpzShape, VtkShape)
        self.formats = {form.name: form(self.box, self.variables) for form in forms}
        self.batch_size = block_size(self.box, BLOCK)
        self.optimiser = Optimiser(self.box)

    def _half(self) -> ShapeVerifier:
        own = self.settings
        cells = tuple(FINE * n for n in own.grid.cells)
        return ShapeVerifier(open_box(replace(own, cells=cells, cell_m=own.cell_m / FINE)))

    def known(self, watch: Watch) -> xr.Dataset:
        """Return SIMP shapes for loads and volumes spread over their ranges."""
        stored = dataset(self.box).complete(watch)
        requested = torch.from_numpy(stored["asked"]).unbind(1)
        solid = torch.from_numpy(stored["solid"]).double().view(-1, *self.box.grid.cells)
        coords = {
            c.name: (DESIGN, a.numpy()) for c, a in zip(self.conditions, requested, strict=True)
        }
        held = np.arange(len(solid)) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
        known = to_dataset((solid, *requested), self.variables, coords | self.labels())
        return known.assign_coords(held_out=(DESIGN, held))

    def allow(self, limits: Sequence[Limit]) -> None:
        """Refuse a volume or a mass outside the range of the setup.

        Raises:
            InputError: with the limit.
        """
        grid, own = self.box.grid, self.settings
        whole = grid.cell_volume_m3 * grid.n_cells * own.material.density_kg_m3
        low, high = own.volume_fraction[0] - 1 / grid.n_cells, own.volume_fraction[1]
        can = {"volume": (low, high), "mass": (low * whole, high * whole)}
        refuse_beyond(limits, can, "write another limit, or volume_fraction under [setup].")

    def labels(self) -> dict[str, Any]:
        """Return the centres of the cells (m)."""
        grid = self.box.grid
        return {a: (np.arange(n) + 0.5) * grid.cell_m for a, n in self.sizes.items()}

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Impose the requested volume exactly, and the passive cells."""
        cells, box = self.box.grid.cells, self.box
        lower, upper = box.solid.double().view(cells), 1 - box.void.double().view(cells)
        total = self.box.requested(conditions)[VOLUME] * box.grid.n_cells
        onto = Together(
            (Bounds(lower, upper), FixedSum(total, torch.ones(cells, dtype=torch.bool)))
        )
        return lambda arrays: (onto.project(arrays[0]), *arrays[1:])

    def repair(self, arrays: tuple[Tensor, ...], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Take some steps of SIMP from each proposal, and make it solid and void."""
        density, *given = arrays
        shape = repaired(self.optimiser, self.box.requested(conditions), density.flatten(1))
        return (shape.view_as(density), *given)

    def comparison(self) -> FieldComparison:
        """Count repair solves; the bare problem omits steps, unless they create the shape."""
        own = self.settings
        facts = FieldComparison(repair_calls=float(calls(own.refine_steps)))  # of the whole box
        if own.levels.pixels or own.manufacture.heeded:
            return facts
        return replace(facts, bare=lambda: MinimumCompliance(replace(own, refine_steps=0)))

    def steerable(self) -> Mapping[str, Callable[..., Float[Tensor, " n"]]]:
        """Compliance, with its exact gradient by the adjoint."""
        return {"compliance": ShapeVerifier(self.box).compliance}

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report shapes with loads and supports, and their comparison with SIMP."""
        solves = self.settings.refine_steps + ALONGSIDE
        return report.sections(self.box, self.optimiser, self.verifier, solves, designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """The whole box, as solved by scikit-fem."""
        return independent.known_answers(self.box, self.variables)
