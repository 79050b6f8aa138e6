"""Periodic cells that studies ask of a generator and of its rivals, with what they measure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float64, Int64

from ingenium.core.designs import to_arrays
from ingenium.core.digest import dataset_digest
from ingenium.core.problem import silent
from ingenium.core.resolving import resolve, sample_conditions
from ingenium.core.seeds import BLOCK, block_rng
from ingenium.core.spec import GeneratorChoice, Spec
from ingenium.domains.structures.cells.drawing import Canvas
from ingenium.domains.structures.cells.inverse import Wanted
from ingenium.domains.structures.cells.settings import CellSettings
from ingenium.domains.structures.cells.solid import to_solid
from ingenium.domains.structures.cells.unit_cell import POISSON, SHARE, YOUNG, UnitCell
from ingenium.domains.structures.optimise.descent import Descent
from ingenium.domains.structures.optimise.projection import Projection
from ingenium.generators.fitted import fit
from ingenium.generators.generator import Generator
from ingenium.runs.loop import training

CELLS = (32, 32)
NOISE = 0.1  # length of correlation of the noise that the optimiser starts from
ROUGH = 0.12  # its spread
SPACED = 200  # known cells whose nearest others say how densely they lie

Cells = Bool[np.ndarray, "n x y"]


@dataclass(frozen=True, eq=False)
class Asker:
    """An opened problem, what is asked of it, and the designs to learn from."""

    problem: UnitCell
    spec: Spec
    known: xr.Dataset

    @classmethod
    def of(cls, spec: Spec, designs: int, refine_steps: int) -> "Asker":
        """Cells of polyamide on the usual grid."""
        problem = UnitCell(CellSettings(CELLS, designs=designs, refine_steps=refine_steps))
        return cls(problem, resolve(spec, problem), training(problem))

    @property
    def data(self) -> str:
        """Digest of the designs to learn from."""
        return dataset_digest(self.known)

    def proposed(self, choice: GeneratorChoice, seed: int, n: int) -> tuple[Cells, dict[str, Any]]:
        """Designs of a fitted family for the targets of a seed, repaired as the problem does.

        Beside them the record of its losses by step; empty where it has none.
        """
        fitted = fit(self.problem, self.known, choice, watch=silent)
        spec = replace(self.spec, generator=choice)
        generator = Generator(self.problem, fitted.family, spec, self.known)
        made = generator.propose_block(seed, 0, range(min(n, BLOCK)))
        return self._solid(made), fitted.meta.get("curve", {})

    def wanted(self, seed: int, n: int) -> Wanted:
        """The conditions that the designs of a seed are proposed under."""
        rng = block_rng(seed, 0, "conditions")
        drawn = sample_conditions(self.spec, self.problem.conditions, self.known, BLOCK, rng)
        columns = (torch.from_numpy(drawn[c].to_numpy()[:n]) for c in (POISSON, YOUNG, SHARE))
        return Wanted(*columns)

    def optimised(self, seed: int, n: int, steps: int) -> Cells:
        """Topology optimisation from smooth noise, for the same conditions."""
        wanted, rng = self.wanted(seed, n), np.random.default_rng(seed)
        noise = np.stack([Canvas(CELLS).noise(rng, NOISE) for _ in range(n)])
        start = wanted.share[:, None, None] + torch.from_numpy(ROUGH * noise / noise.std())
        sharp = Projection(beta_most=16.0, every=max(1, steps // 5))
        share = self.problem.inverse.run(
            start.flatten(1).clamp(0.0, 1.0), wanted, Descent(steps, 0.2, sharp)
        )
        return to_solid(share.view(n, *CELLS), wanted.share).numpy()

    def measured(self, solid: Cells) -> Mapping[str, Float64[np.ndarray, " n"]]:
        """What the exact engine says, by quantity."""
        values = self.problem.exact.measure(torch.from_numpy(solid.astype(np.float64))).numpy()
        names = [q.name for q in self.problem.quantities]
        return {name: values[:, i] for i, name in enumerate(names)}

    def novelty(self, solid: Cells) -> Float64[np.ndarray, " n"]:
        """Share of cells that differ from the nearest known design, wherever both begin."""
        return nearest(solid, self._own)

    @cached_property
    def spacing(self) -> float:
        """From which share of cells that differ a design is new."""
        return spacing(self._own)

    @cached_property
    def _own(self) -> Cells:
        return self._solid(self.known)

    def _solid(self, designs: xr.Dataset) -> Cells:
        (share,) = to_arrays(designs, self.problem.variables)
        return share.numpy() >= 0.5


def distance(first: Bool[np.ndarray, "m x y"], others: Cells) -> Float64[np.ndarray, "m n"]:
    """Share of cells that differ, rolled over the borders to where they differ least."""
    size = first[0].size
    a, b = np.fft.rfft2(first.astype(float)), np.fft.rfft2(others.astype(float))
    common = np.stack([np.fft.irfft2(np.conj(x) * b, first.shape[1:]).max((1, 2)) for x in a])
    total = first.sum((1, 2))[:, None] + others.sum((1, 2))[None]
    return np.asarray((total - 2 * common).clip(min=0) / size)


def nearest(solid: Cells, known: Bool[np.ndarray, "m x y"]) -> Float64[np.ndarray, " n"]:
    """Share of cells in which each design differs from the nearest known one."""
    return np.asarray(distance(solid, known).min(1))


def spacing(known: Cells) -> float:
    """Median share of cells in which known designs differ from their nearest; at least a cell."""
    near = np.sort(distance(known[:SPACED], known), axis=1)[:, 1]
    pixel: float = 1 / known[0].size
    return max(float(np.median(near)), pixel)


def distinct(solid: Cells, least: float = 0.05) -> Int64[np.ndarray, " m"]:
    """Designs that differ from all earlier ones by more than a share of their cells."""
    retained: list[int] = []
    for i in range(len(solid)):  # each depends on those kept before it
        if not retained or distance(solid[i : i + 1], solid[retained]).min() > least:
            retained.append(i)
    return np.array(retained, dtype=np.int64)
