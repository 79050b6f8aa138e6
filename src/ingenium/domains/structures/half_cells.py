"""Discretisation error of designs, by measurement on cells of half the size."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.quantity import Quantity
from ingenium.core.verify import Verifier
from ingenium.kits.solids.elastic.richardson import extrapolated

FINE = 2  # half cells along one cell


@dataclass(frozen=True, eq=False)
class HalfCells:
    """Extrapolation of mesh-dependent quantities from cells and half cells to size zero.

    Shapes: n designs, k quantities.
    """

    own: Verifier
    half: Callable[[], Verifier]  # on cells of half the size; raises if these are too many
    name: str
    tier: ClassVar[Literal["exact"]] = "exact"

    @property
    def version(self) -> str:
        """Release of the engine."""
        return self.own.version

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Quantities that depend on the size of the cells."""
        return tuple(q for q in self.own.quantities if q.beyond)

    @cached_property
    def finer(self) -> Verifier:
        """Verifier on half cells.

        Raises:
            InputError: if they are too many for this machine.
        """
        return self.half()

    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n k"]:
        """Extrapolate the quantities of designs; NaN where half cells are too many."""
        columns = [i for i, q in enumerate(self.own.quantities) if q.beyond]
        coarse = self.own.measure(*arrays)[:, columns]
        try:
            return extrapolated(coarse, self.halved(*arrays)[:, columns])
        except InputError:
            return torch.full_like(coarse, torch.nan)

    def halved(self, share: Tensor, *others: Tensor) -> Float64[Tensor, "n k"]:
        """Measure all quantities on half cells, each a part of its own cell."""
        for axis in range(1, share.ndim):
            share = share.repeat_interleave(FINE, axis)
        return self.finer.measure(share, *others)
