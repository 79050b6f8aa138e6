"""The proposal of a round as the store contains it: designs, and which of them are measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float, Int

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.evidence import design_digests
from ingenium.core.problem import Problem

DIGEST, FRESH, CUT, AUDITED, CHEAP = "digest", "fresh", "cut", "audited", "cheap"
AFTER, SIZE, MOST = "after", "size", "most"


class Cut(IntEnum):
    """Reason why the exact tier does not measure a design."""

    NOT = 0
    HOPELESS = 1  # predicted to violate a limit even within the error of the screen
    OUTRANKED = 2  # the screen put others of its round before it
    DEFERRED = 3  # the strategy requested the cheap tier alone


@dataclass(frozen=True)
class Proposal:
    """The designs of a round as arrays by name.

    Shapes: n designs, k quantities of the cheap tier.
    """

    number: int
    arrays: Mapping[str, np.ndarray]
    batch_size: int  # designs that are measured together, if the arrays do not state it

    @classmethod
    def of(cls, problem: Problem, number: int, designs: xr.Dataset) -> "Proposal":
        """Build it with the digest of each design, and the coordinates that a strategy added."""
        arrays = to_arrays(designs, problem.variables) if designs.sizes[DESIGN] else ()
        named = zip(problem.variables, arrays, strict=bool(arrays))
        stored = {f"variable.{v.name}": a.numpy() for v, a in named}
        inside = {DESIGN, *problem.labels()}
        for name, coord in designs.coords.items():
            if name not in inside and coord.dims[:1] == (DESIGN,):
                values = coord.to_numpy()
                stored[f"coord.{name}"] = values.astype(str) if values.dtype == object else values
        digests = design_digests(problem, designs)
        width = max(map(len, digests), default=1)
        stored[DIGEST] = np.array(digests, f"<U{width}")
        return cls(number, stored, problem.batch_size)

    def noted(self, arrays: Mapping[str, np.ndarray]) -> "Proposal":
        """Return a copy with more arrays."""
        return Proposal(self.number, {**self.arrays, **arrays}, self.batch_size)

    def designs(self, problem: Problem) -> xr.Dataset:
        """Return the designs with their coordinates, numbered in order of proposal."""
        arrays = [torch.from_numpy(self.arrays[f"variable.{v.name}"]) for v in problem.variables]
        coords = {}
        for key, values in self.arrays.items():
            kind, _, name = key.partition(".")
            if kind == "coord":
                coords[name] = ((DESIGN, *(f"{name}_axis" for _ in values.shape[1:])), values)
        return to_dataset(arrays, problem.variables, problem.labels() | coords)

    @cached_property
    def digests(self) -> list[str]:
        """Digest of each design."""
        found: list[str] = self.arrays[DIGEST].tolist()
        return found

    @property
    def fresh(self) -> Bool[np.ndarray, " n"]:
        """Designs that were not measured before and are not in flight for another round."""
        return self.arrays[FRESH]

    @property
    def cut(self) -> Int[np.ndarray, " n"]:
        """Decision of the screen for each design, a value of `Cut`."""
        return self.arrays.get(CUT, np.zeros(len(self.fresh), dtype=np.int8))

    @property
    def audited(self) -> Bool[np.ndarray, " n"]:
        """Designs that are measured whatever the screen decides."""
        return self.arrays.get(AUDITED, np.zeros(len(self.fresh), dtype=bool))

    @property
    def cheap(self) -> Float[np.ndarray, "n k"] | None:
        """Values of the cheap tier, if there is one; NaN for designs that are not new."""
        return self.arrays.get(CHEAP)

    @property
    def after(self) -> int | None:
        """Number of parts measured before this proposal; None in old files."""
        return int(self.arrays[AFTER]) if AFTER in self.arrays else None

    @property
    def most(self) -> int | None:
        """Largest number of designs, where a time limit set one."""
        return int(self.arrays[MOST]) if MOST in self.arrays else None

    @cached_property
    def sent(self) -> Int[np.ndarray, " m"]:
        """Rows of the designs that the exact tier measures for this round."""
        passed = (self.cut == Cut.NOT) | self.audited
        return np.flatnonzero(self.fresh & passed)

    @property
    def sent_digests(self) -> list[str]:
        """Digests of the designs that the exact tier measures for this round."""
        return [self.digests[row] for row in self.sent.tolist()]

    @cached_property
    def awaited(self) -> set[str]:
        """Digests of the designs that must be measured before the round can end."""
        out = np.flatnonzero(self.fresh & (self.cut != Cut.NOT) & ~self.audited)
        return set(self.digests) - {self.digests[row] for row in out.tolist()}

    @property
    def size(self) -> int:
        """Number of designs that are measured together."""
        return int(self.arrays[SIZE]) if SIZE in self.arrays else self.batch_size

    @property
    def parts(self) -> int:
        """Number of parts that are measured separately."""
        return -(-len(self.sent) // self.size)

    def part(self, part: int) -> Int[np.ndarray, " m"]:
        """Return the rows of one part, which are measured together."""
        return self.sent[part * self.size : (part + 1) * self.size]
