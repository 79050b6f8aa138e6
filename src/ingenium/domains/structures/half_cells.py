"""Designs measured again on cells of half the size: what the mesh is off."""

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

FINE = 2  # cells along one


@dataclass(frozen=True, eq=False)
class HalfCells:
    """Quantities that the size of the cells enters, continued from half cells to none.

    Shapes: n designs, k quantities.
    """

    own: Verifier
    half: Callable[[], Verifier]  # on cells of half the size; raises where they are too many
    name: str
    tier: ClassVar[Literal["exact"]] = "exact"

    @property
    def version(self) -> str:
        """Release of the engine."""
        return self.own.version

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What the size of the cells enters."""
        return tuple(q for q in self.own.quantities if q.beyond)

    @cached_property
    def finer(self) -> Verifier:
        """The verifier on half cells.

        Raises:
            InputError: if they are too many for this machine.
        """
        return self.half()

    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n k"]:
        """Of shares of cells and what else designs have; NaN where half cells are too many."""
        columns = [i for i, q in enumerate(self.own.quantities) if q.beyond]
        coarse = self.own.measure(*arrays)[:, columns]
        try:
            return extrapolated(coarse, self.halved(*arrays)[:, columns])
        except InputError:
            return torch.full_like(coarse, torch.nan)

    def halved(self, share: Tensor, *others: Tensor) -> Float64[Tensor, "n k"]:
        """All quantities on half cells, each a part of its own cell."""
        for axis in range(1, share.ndim):
            share = share.repeat_interleave(FINE, axis)
        return self.finer.measure(share, *others)
