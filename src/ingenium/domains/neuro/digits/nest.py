"""NEST cross-check of the network: another program, in an isolated environment.

Neurons are its `iaf_psc_delta` on a grid of the network's steps, one for each neuron and design,
with synapses a step long. NEST is under the GPL-2 and is never imported here.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.neuro.digits.verifier import DrawnVerifier, column
from ingenium.trust.environments.environment import Environment
from ingenium.trust.environments.limits import Limits

ENVIRONMENT = Environment(
    Path(__file__).parents[1] / "environments" / "nest",
    "neuro",
    Limits(memory_mb=6144, wall_s=60.0),
)
COMPARED = ("recognised", "synaptic_operations", "spikes", "raster", "delay")


@dataclass(frozen=True)
class NestVerifier:
    """Cross-check by NEST: counts its spikes and reads the images from its voltages."""

    own: DrawnVerifier
    name: ClassVar[str] = "NEST"
    tier: ClassVar[Literal["exact"]] = "exact"

    @property
    def version(self) -> str:
        """Version of NEST, with the digest of its lock file."""
        return ENVIRONMENT.version

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Quantities of the problem that follow from spikes."""
        return tuple(q for q in self.own.quantities if q.name in COMPARED)

    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n k"]:
        """Measure the quantities of each drive, from NEST's spikes."""
        rates, digit = arrays
        spikes, read = self.replay(rates, digit)
        image = self.own.drawer.images(read)
        looks = self.own.images.measure(image, digit)
        rows = []
        for i in range(len(rates)):
            one = tuple(s[:, i : i + 1] for s in spikes)
            rows.append(torch.cat([looks[i], self.own.counted(one)]))
        columns = [column(self.own, q.name) for q in self.quantities]
        return torch.stack(rows)[:, columns]

    def replay(
        self, rates: Float64[Tensor, "n m"], digit: Float64[Tensor, " n"]
    ) -> tuple[tuple[Tensor, ...], Tensor]:
        """Simulate the spikes of each layer (t, n, h) and the output voltages.

        Raises:
            MissingRoom: if the isolated environment of NEST does not exist.
        """
        network, rhythm = self.own.drawer.network, self.own.drawer.network.rhythm
        drive = self.own.drawer.drives(rates, digit)
        arrays = {"drive": drive.numpy()}
        for i, (w, b) in enumerate(zip(network.weights, network.biases, strict=True)):
            arrays |= {f"weight_{i}": w.numpy(), f"bias_{i}": b.numpy()}
        values = {"steps": rhythm.steps, "step_ms": rhythm.step_ms, "tau_ms": rhythm.tau_ms}
        found = ENVIRONMENT.ask("replay", arrays, values, designs=len(rates))
        layers = len(network.weights) - 1
        spikes = [torch.from_numpy(found[f"spikes_{i}"].astype(np.float64)) for i in range(layers)]
        return tuple(spikes), torch.from_numpy(found["read"])
