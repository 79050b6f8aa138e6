"""Common inputs of the arms, and the count of what the engine measures for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ingenium.comparison.by_rows.targets import RowTargets
from ingenium.core.designs import DESIGN
from ingenium.core.problem import Problem
from ingenium.core.spec import Spec
from ingenium.generators.inverse.family import InverseFamily, Path, Start
from ingenium.generators.inverse.novelty import Novelty
from ingenium.sampling.labels import LabelledRows, Labeller, measured

MOST_POINTS = 4096  # rows whose points are computed together


@dataclass(frozen=True, eq=False)
class RowAnswer:
    """Measured proposals of an arm for one target, in order.

    Shapes: n proposals, k quantities, m coordinates.
    """

    y: Float[Tensor, "n k"]  # in tolerances
    points: Float[Tensor, "n m"]


@dataclass(frozen=True, eq=False)
class RowDesk:
    """The problem, the rows, the fitted family and the targets.

    Shapes: r rows with an answer, d whitened numbers, k quantities.
    """

    labeller: Labeller
    family: InverseFamily
    rows: LabelledRows  # with an answer
    targets: RowTargets
    calls: int

    @property
    def problem(self) -> Problem:
        """Problem of the comparison."""
        return self.labeller.problem

    @cached_property
    def y(self) -> Float[Tensor, "r k"]:
        """Measured values of the rows, in tolerances."""
        return self.family.scale.of(self.rows.y).to(torch.float32)

    @cached_property
    def asked(self) -> Float[Tensor, "r g"]:
        """Requested quantities of the rows."""
        return self.y[:, self.targets.columns].contiguous()

    @cached_property
    def listed(self) -> Novelty:
        """Distances from the known designs alone."""
        return Novelty.of(self.problem, self.labeller.known)

    @cached_property
    def novelty(self) -> Novelty:
        """Distances from the known designs and all rows."""
        parts = []
        for i in range(0, len(self.rows), MOST_POINTS):
            index = torch.arange(i, min(i + MOST_POINTS, len(self.rows)))
            z = self.rows.z[index]
            parts.append(self.listed.of_arrays(self.path.arrays(z, self.own(index))))
        return self.listed.against(torch.cat(parts))

    @cached_property
    def path(self) -> Path:
        """Steps and projections of candidates."""
        bare = Novelty(self.problem, torch.zeros(1, 1), 0.0, plain=False)
        return Path(self.family, self.problem, Spec(self.problem.name), bare)

    @cached_property
    def fresh(self) -> Path:
        """The same, with the distances from all rows."""
        return Path(self.family, self.problem, Spec(self.problem.name), self.novelty)

    def nearest(self, target: int, n: int) -> Int[Tensor, " n"]:
        """Return the rows that are nearest to a target, by the largest difference."""
        off = (self.asked - self.targets.values[target].to(torch.float32)).abs().amax(1)
        return off.topk(n, largest=False).indices

    def own(self, rows: Int[Tensor, " n"]) -> xr.Dataset:
        """Return the conditions of rows: what was measured of each, else those of a known one."""
        return self._conditions(rows, {})

    def under(self, target: int, rows: Int[Tensor, " n"]) -> xr.Dataset:
        """Return the conditions of rows, with the requested values where a condition has one."""
        names = [self.family.names[i] for i in self.targets.columns]
        plain = self.targets.values[target] * self.family.tolerance[self.targets.columns]
        log = self.family.log[self.targets.columns] > 0
        values = torch.where(log, plain.exp(), plain).tolist()
        return self._conditions(rows, dict(zip(names, values, strict=True)))

    def _conditions(self, rows: Int[Tensor, " n"], asked: Mapping[str, float]) -> xr.Dataset:
        first = self.labeller.known.isel({DESIGN: np.zeros(len(rows), dtype=int)})
        given = dict(zip(self.labeller.given, self.rows.given[rows].T, strict=True))
        found = {}
        for c in self.problem.conditions:
            column = first[c.name].to_numpy()
            if c.name in given:
                column = given[c.name].to(torch.float64).numpy()
            elif c.measured is not None and c.measured in asked:
                column = np.full(len(rows), asked[c.measured])
            elif c.measured in self.family.names:
                at = self.family.names.index(c.measured)
                column = self.rows.y[rows, at].to(torch.float64).numpy()
            if c.choices is None:
                column = np.clip(column, c.lower, c.upper)
            found[c.name] = (DESIGN, column)
        return xr.Dataset(found, {DESIGN: np.arange(len(rows))})

    def start(self, target: int, rows: Int[Tensor, " n"]) -> Start:
        """Return rows as candidates for a target, projected."""
        under = self.under(target, rows)
        z = self.path.projected(self.rows.z[rows], under)
        return Start(z, under, self.targets.goal(target, len(rows)))

    def measured(self, z: Float[Tensor, "n d"], conditions: xr.Dataset) -> RowAnswer:
        """Measure designs by the engine."""
        return self.answer(self.path.arrays(z, conditions))

    def answer(self, arrays: tuple[Tensor, ...]) -> RowAnswer:
        """Measure designs of arrays by the engine."""
        y = self.family.scale.of(measured(self.problem, arrays)).to(torch.float32)
        return RowAnswer(y, self.listed.of_arrays(arrays))

    def new(self, answer: RowAnswer) -> tuple[Bool[Tensor, " n"], Bool[Tensor, " n"]]:
        """Mark designs that are new to all rows, and those new to the known designs."""
        return self.novelty.new(answer.points), self.listed.new(answer.points)
