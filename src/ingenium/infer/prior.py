"""The generator as a prior over designs.

Shapes: n designs, d normal numbers of a design.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.problem import Problem
from ingenium.core.seeds import BLOCK, one_thread
from ingenium.generators.generator import Generator
from ingenium.infer.question import Arrays, Nearby

MOST_TRIES = 1000  # of a sample, until it is feasible


@runtime_checkable
class Invertible(Protocol):
    """A family that maps standard normal numbers to designs, smoothly."""

    def from_noise(
        self, z: Float[Tensor, "n d"], cond: Float[Tensor, "n c"]
    ) -> Float[Tensor, "n *shape"]:
        """Map normal numbers to designs under conditions."""
        ...


@dataclass(frozen=True, eq=False)
class Particles:
    """Designs as rows of the prior with their normal numbers."""

    rows: Int64[Tensor, " n"]
    z: Float64[Tensor, "n d"]

    def take(self, index: Int64[Tensor, " k"]) -> "Particles":
        """Select particles, some perhaps repeatedly."""
        return Particles(self.rows[index], self.z[index])


@dataclass(frozen=True, eq=False)
class Prior:
    """Rows that a generator proposed, and the density around or between them.

    With `nearby` a design is a proposed one, moved by normal numbers; with a family that maps
    normal numbers to designs it is their image under the conditions of a row; otherwise it is one
    of the rows, and d is 0.
    """

    generator: Generator
    rows: xr.Dataset  # proposed, with their conditions
    nearby: Nearby | None

    @classmethod
    def of(cls, generator: Generator, n: int, seed: int, nearby: Nearby | None) -> "Prior":
        """Generate at least n rows, in whole blocks."""
        blocks = [generator.propose_block(seed, i) for i in range(-(-n // BLOCK))]
        return cls(generator, xr.concat(blocks, DESIGN), nearby)

    @property
    def problem(self) -> Problem:
        """Problem of the designs."""
        return self.generator.problem

    @cached_property
    def arrays(self) -> Arrays:
        """Variables of the rows."""
        return to_arrays(self.rows, self.problem.variables)

    @cached_property
    def conditions(self) -> xr.Dataset:
        """Conditions of the rows."""
        found = self.rows[[c.name for c in self.problem.conditions]]
        return found.drop_vars(DESIGN, errors="ignore")

    @cached_property
    def features(self) -> Float[Tensor, "n c"]:
        """Conditions of the rows as model inputs."""
        return self.problem.features(self.conditions.reset_coords())

    def must_be_smooth(self) -> None:
        """Raise for methods that move normal numbers.

        Raises:
            InputError: for a prior of single designs.
        """
        if not self.smooth:
            raise InputError(
                "a generator that makes designs of normal numbers, or a problem that moves them",
                f"{type(self.generator.family).__name__} on {self.problem.name}",
                'Write family = "flow" under [generator], or the method importance or mixture.',
            )

    @property
    def count(self) -> int:
        """Number of rows."""
        return len(self.arrays[0])

    @property
    def smooth(self) -> bool:
        """True if designs move smoothly with normal numbers."""
        return self.d > 0

    @property
    def d(self) -> int:
        """Number of normal numbers of a design."""
        if self.nearby is not None:
            return self.nearby.d
        family = self.generator.family
        return int(np.prod(family.shape)) if isinstance(family, Invertible) else 0

    def start(self, n: int, rng: torch.Generator) -> Particles:
        """Sample feasible particles: each row once before any is repeated.

        Raises:
            InputError: where hardly any sample is feasible.
        """
        order = [
            torch.randperm(self.count, generator=rng) for _ in range(max(1, -(-n // self.count)))
        ]
        z = torch.randn(n, self.d, generator=rng, dtype=torch.float64)
        found = Particles(torch.cat(order)[:n], z)
        admits = None if self.nearby is None else self.nearby.admits
        if admits is None:
            return found
        for _ in range(MOST_TRIES):
            out = torch.nonzero(~admits(self.designs(found)))[:, 0]
            if not len(out):
                return found
            found.rows[out] = torch.randint(self.count, (len(out),), generator=rng)
            found.z[out] = torch.randn(len(out), self.d, generator=rng, dtype=torch.float64)
        raise InputError("a prior with feasible samples", f"{len(out)} of {n} infeasible samples")

    def designs(self, particles: Particles) -> Arrays:
        """Return the arrays of particles; differentiable in their normal numbers."""
        with torch.set_grad_enabled(particles.z.requires_grad):
            return self._designs(particles)

    def _designs(self, particles: Particles) -> Arrays:
        rows = particles.rows
        if self.nearby is not None:
            return self.nearby.move(tuple(a[rows] for a in self.arrays), particles.z)
        family = self.generator.family
        if not isinstance(family, Invertible):
            return tuple(a[rows] for a in self.arrays)
        with one_thread():
            x = family.from_noise(particles.z.to(torch.float32), self.features[rows])
        under = self.under(rows)
        onto = self.problem.project(self.generator.spec.fixed, under)
        return onto(self.problem.decode(x.to(torch.float64), under))

    def under(self, rows: Int64[Tensor, " n"]) -> xr.Dataset:
        """The conditions of rows."""
        own = {DESIGN: rows.numpy()}
        return self.conditions.reset_coords().isel(own, missing_dims="ignore")  # perhaps none

    def dataset(self, arrays: Arrays, rows: Int64[Tensor, " n"]) -> xr.Dataset:
        """Return designs with the conditions of their rows."""
        under = self.under(rows)
        coords = {c.name: under[c.name] for c in self.problem.conditions}
        return to_dataset(arrays, self.problem.variables, self.problem.labels() | coords)
