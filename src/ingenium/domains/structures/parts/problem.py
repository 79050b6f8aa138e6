"""Base class of problems on printed parts: known designs, repair, files and report."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
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
from ingenium.core.problem import (
    Problem,
    Projection,
    SearchDefaults,
    Second,
    Section,
    Watch,
    silent,
)
from ingenium.core.quantity import Variable
from ingenium.core.recipe import Recipe
from ingenium.core.spec import Fixed, Limit, Objective
from ingenium.domains.structures.optimise.volume import to_volume
from ingenium.domains.structures.parts import finer, independent, known, part_conditions
from ingenium.domains.structures.parts.making import HELD_OUT_EVERY, PartSettings
from ingenium.domains.structures.parts.measuring import MM, STRESS_M, PartVerifier
from ingenium.domains.structures.parts.part import Part
from ingenium.domains.structures.parts.part_conditions import Question
from ingenium.domains.structures.parts.printed import PartFiles, Printer, without_hollows
from ingenium.domains.structures.parts.refine import Refine, refine
from ingenium.domains.structures.parts.report import AIMS, Others, report
from ingenium.domains.structures.parts.thickness import THICKEST_CELLS
from ingenium.domains.structures.possible import refuse_beyond
from ingenium.kits.solids.elastic.reference import Reference
from ingenium.kits.solids.elastic.solver import Elastic

PACKAGED = {"measured": "designs_measured.npz", "milled_measured": "milled_measured.npz"}
EXACT, ROUGH = 1e-5, 1e-2  # residual of a measurement (work to 1e-10), and of a step (to 1e-5)
VARIABLE = Variable("density", ("x", "y", "z"), "1", "share of each cell that is metal", 0.0, 1.0)


class PartProblem(Problem):
    """Printed parts between holes, supports and loads; subclasses set these and measurements.

    Each folder contains `designs.npz`, `designs_measured.npz` and `milled_measured.npz`.
    """

    judged: ClassVar[str] = (
        "The share of each cell of the grid inside the mesh; STL and 3MF must agree."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Stress is a mean over balls of metal of 3 mm radius, 3 mm off bolts, feet and pin.",
        "Responses are those of the grid; limits must be satisfied including the error that half "
        "cells show.",
        "`min_feature` ignores the thinnest hundredth of the metal; a neck shows in the stress.",
        "Fatigue, buckling, residual stress, roughness and heat treatment are not judged.",
    )
    validity = ("pieces", "missing")
    default_family: ClassVar[str] = "principal_flow_matching"
    searches: ClassVar[SearchDefaults] = SearchDefaults(objectives=(Objective("mass", "minimise"),))
    stem: ClassVar[str]  # prefix of its recipes' names
    folder: ClassVar[Path]  # of the files in the package
    volumes: ClassVar[tuple[float, float]]  # share of the space that can be requested
    drawings: ClassVar[int]  # number of parts designed for milling
    reported: ClassVar[tuple[str, ...]]  # quantities in the table of the report
    licence = "the designs were made by this package"
    batch_size = 8

    def __init__(self, settings: PartSettings) -> None:
        """Build the part; no design is solved before it is needed."""
        self.making = settings.making
        self.under = known.under(settings)
        self.part, self.coarse = self.parts()
        self.question = Question(self.part, _elastic(self.part, ROUGH))
        self.printer = Printer(self.part)
        self.variables = (VARIABLE,)
        self.conditions = part_conditions.conditions(self.part.cases, self.volumes)
        x, y, z = self.part.grid.cells
        self.sizes = {"x": x, "y": y, "z": z}
        self.limits = (Limit("pieces", at_most=1), Limit("missing", at_most=0.02))
        self.exact = self.measuring(self.part, _elastic(self.part, EXACT))
        self.tiers = (self.exact,)
        halves = finer.FinerPart(self.exact, self._half, finer.NAME, self.printer)
        reference = independent.PartReference(self.exact)
        self.second = Second(reference, independent.SHARE, finer=Second(halves, finer.SHARE))
        self.formats = {"stl+3mf": PartFiles(self.printer, self.variables)}
        self.codec = Channels.between(((0.0, 1.0),), (x, y, z))
        self.system = digest(asdict(settings))

    def comparison(self) -> FieldComparison:
        """Count repair calls: one solve of all load cases for each step."""
        return FieldComparison(repair_calls=float(self.making.repair_steps))

    @abstractmethod
    def parts(self) -> tuple[Part, Part]:
        """Return the part on its grid, and on cells of twice the size where its features allow."""

    @abstractmethod
    def halved(self) -> Part:
        """Return the part on cells of half the size."""

    @abstractmethod
    def measuring(self, part: Part, elastic: Elastic) -> PartVerifier:
        """Return the verifier of the part on one of its grids, with an engine of that grid."""

    @abstractmethod
    def milled(self, rows: slice) -> Float[Tensor, "n e"]:
        """Return the share of each cell of parts designed for milling, by their numbers."""

    def _half(self) -> PartVerifier:
        part = self.halved()
        return self.measuring(part, _elastic(part, EXACT))

    def allow(self, limits: Sequence[Limit]) -> None:
        """Refuse a mass that the space cannot have, and walls thicker than can be measured.

        Raises:
            InputError: with the limit.
        """
        metal = self.part.grid.cell_volume_m3 * self.part.material.density_kg_m3
        least, most = (float(share.sum()) * metal for share in (self.part.lower, self.part.upper))
        thickest = THICKEST_CELLS * self.part.grid.cell_m * MM
        can = {"mass": (least, most), "min_feature": (0.0, thickest)}
        refuse_beyond(limits, can, "write another limit, or another space.")

    def labels(self) -> dict[str, Any]:
        """Return the middles of the cells along each axis."""
        step = self.part.grid.cell_m
        return {
            axis: (axis, (np.arange(n) + 0.5) * step, {"units": "m"})
            for axis, n in self.sizes.items()
        }

    def prepare(self, watch: Watch = silent) -> None:
        """Compute known designs and measure milled ones; a stopped computation resumes."""
        for dataset in self.stocks:
            dataset.complete(watch)

    def ship(self, watch: Watch = silent) -> None:
        """Write the files of the package."""
        for dataset in self.stocks:
            dataset.ship(watch)

    @property
    def stocks(self) -> tuple[Recipe, Recipe, Recipe]:
        """Recipes of known designs, of their measurements, and of those of milled parts."""
        return self._dataset, self._known_measured, self._milled_measured

    @cached_property
    def _dataset(self) -> Recipe:
        maker = known.Maker(
            coarse=Question(self.coarse, _elastic(self.coarse, ROUGH)),
            fine=self.question,
            printer=self.printer,
            conditions=self.conditions,
            making=self.making,
        )
        return maker.dataset(self.stem, self.under, self.folder / "designs.npz")

    @cached_property
    def _known_measured(self) -> Recipe:
        count = self.making.designs
        return self._measuring(f"{self.stem}_measured", count, lambda rows: self._density[rows])

    @cached_property
    def _milled_measured(self) -> Recipe:
        count = min(self.making.milled, self.drawings)
        return self._measuring("milled_measured", count, self.milled)

    def _measuring(self, name: str, count: int, of: Callable[[slice], Tensor]) -> Recipe:
        """Measurements of many parts, a few at a time."""
        batch_size = self.making.at_once

        def piece(number: int) -> Mapping[str, np.ndarray]:
            own = slice(number * batch_size, min((number + 1) * batch_size, count))
            return {"measured": self._measured(of(own)).numpy()}

        depends = [self.under, STRESS_M, [(q.name, q.unit) for q in self.quantities]]
        file = self.folder / PACKAGED[name.removeprefix(f"{self.stem}_")]
        return Recipe(name, depends, piece, -(-count // batch_size), file, count)

    def _measured(self, flat: Float[Tensor, "n e"]) -> Float[Tensor, "n k"]:
        """Quantities of designs, NaN for those that have no surface."""
        whole = (flat > 0).any(1) & flat.isfinite().all(1)
        out = torch.full((len(flat), len(self.quantities)), torch.nan, dtype=torch.float64)
        if whole.any():
            out[whole] = self.exact.measure(flat[whole].unflatten(1, self.part.grid.cells))
        return out

    @cached_property
    def _made(self) -> dict[str, np.ndarray]:
        return self._dataset.complete()

    @cached_property
    def _density(self) -> Float[Tensor, "n e"]:
        """All known designs, 0 everywhere where there is no surface."""
        levels = self._made["density"]
        return torch.from_numpy(levels / known.LEVELS)

    @cached_property
    def _known(self) -> xr.Dataset:
        found = self._made
        whole = (found["density"] > 0).any(1)
        density = self._density[torch.from_numpy(whole)]
        reported = {
            c.name: (DESIGN, found["conditions"][whole, i]) for i, c in enumerate(self.conditions)
        }
        designs = to_dataset(
            [density.unflatten(1, self.part.grid.cells)], self.variables, self.labels() | reported
        )
        held = np.arange(len(density)) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
        return designs.assign_coords(held_out=(DESIGN, held))

    def data(self) -> xr.Dataset:
        """Return the known designs; every eighth is held out."""
        return self._known

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Impose required and forbidden space, and the volume, exactly."""
        lower, upper = self.part.lower, self.part.upper
        wanted = torch.as_tensor(conditions["volume_fraction"].to_numpy(), dtype=torch.float64)

        def held(x: Tensor) -> Tensor:
            return torch.minimum(torch.maximum(x, lower), upper)

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            flat = arrays[0].flatten(1)
            moved = held(to_volume(flat, wanted, lambda y: held(y).mean(1)))
            return (moved.reshape(arrays[0].shape),)

        return onto

    def repair(self, arrays: tuple[Tensor, ...], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Take some optimiser steps, voxelise the printed surface, and fill closed hollows."""
        question, support = self.question.of(conditions)
        steps = Refine(self.making.repair_steps)
        flat = question.impose(arrays[0].flatten(1))
        repaired = refine(question, self.part.build, support, steps, flat) if steps.steps else flat
        printed = without_hollows(self.printer.printed(repaired).reshape(arrays[0].shape))
        return (printed,)

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report a gallery, Pareto planes, cuts and a table of the accepted parts."""
        return report(self.exact, self.printer, self.others, self.reported, designs, verdicts)

    @cached_property
    def others(self) -> Others:
        """Measurements of known designs and of milled parts."""
        names = [q.name for q in self.quantities]
        aims = [names.index(name) for name in AIMS]
        learned, drawn = (dataset.complete()["measured"][:, aims] for dataset in self.stocks[1:])
        return Others(learned, drawn)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Work on a milled part, by scikit-fem."""
        flat = self.milled(slice(1))
        reference = Reference(self.exact.elastic)
        truth = independent.Independent(self.exact, reference, flat[0]).work_j
        reported = {c.name: (DESIGN, [c.lower]) for c in self.conditions}
        arrays = [flat.unflatten(1, self.part.grid.cells)]
        one = to_dataset(arrays, self.variables, self.labels() | reported)
        cases = (f"compliance_{case}" for case in self.part.cases)
        return ((one, dict(zip(cases, truth.tolist(), strict=True)), 1e-6),)


def _elastic(part: Part, tolerance: float) -> Elastic:
    return Elastic(part.grid, part.fixed, part.material.poisson, tolerance=tolerance)
