"""Verifier of a configuration: its action and observables, and its acceptance.

Shapes: n configurations, k quantities.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.physics.lattice.ensemble import counts, lots
from ingenium.domains.physics.lattice.laws import Law, Sampler

WEIGHING = (
    Quantity("action", "1", "of the configuration at its coupling", rounding=1e-9),
    Quantity("log_density", "1", "of the sampler there, recomputed (nats)", rounding=1e-7),
    Quantity("log_weight", "1", "law over density, both normalised (nats)", rounding=1e-7),
    Quantity("lot", "1", "number in (0, 1) that the bits of the configuration draw"),
    Quantity("retained", "1", "log weight above that of the lot; kept from 0 on", rounding=1e-7),
    Quantity("count", "1", "what it counts in means: the weight where that is above 1"),
)


@dataclass(frozen=True)
class LawVerifier:
    """Observables, the density of the sampler and the weight, from the configuration alone."""

    law: Law
    sampler: Sampler
    name: ClassVar[str] = "action and density"
    version: ClassVar[str] = "1"
    tier: ClassVar[Literal["exact"]] = "exact"

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Quantities of the law, and the weight of the configuration."""
        return (*self.law.quantities, *WEIGHING)

    @torch.no_grad()
    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n k"]:
        """Measure all quantities of each configuration."""
        *own, coupling = arrays
        field = own[0]
        action = self.law.action(field, coupling)
        density = self.sampler.log_density(field, coupling)
        weight = -action - density - self.log_z(coupling)
        lot = lots(*(a.numpy() for a in arrays))
        count = counts(weight.numpy(), lot)
        alongside = [action, density, weight, torch.from_numpy(lot)]
        alongside += [weight - torch.from_numpy(np.log(lot)), torch.from_numpy(count)]
        return torch.cat([self.law.measure(field), torch.stack(alongside, 1)], 1)

    def log_z(self, coupling: Float64[Tensor, " n"]) -> Float64[Tensor, " n"]:
        """Log normalisation at each coupling: exact, or estimated from the sampler's weights."""
        known = [self.law.log_z(b) for b in coupling.tolist()]
        both = zip(known, coupling.tolist(), strict=True)
        found = [self.sampler.log_z(b) if z is None else z for z, b in both]
        return torch.tensor(found, dtype=torch.float64)

    def column(self, name: str) -> int:
        """Return the index of a quantity."""
        return [q.name for q in self.quantities].index(name)
