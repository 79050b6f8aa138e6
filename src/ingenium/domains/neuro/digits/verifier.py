"""Verifier of a digit: its recognition and, where a network generates it, the network's cost.

Shapes: n designs, k quantities, m rates.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Literal

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.neuro.digits.data import LEVELS, digits, held_out
from ingenium.domains.neuro.digits.drawer import Drawer
from ingenium.domains.neuro.digits.reader import read
from ingenium.kits.spikes.chips import Chip, DesignWork
from ingenium.kits.spikes.layered import LayeredRun

ROWS = 64  # designs in a batch, to limit memory
LOOKS = (
    Quantity("recognised", "1", "probability of the digit asked for, by the reader", rounding=1e-9),
    Quantity("ink", "1", "mean grey level", rounding=1e-12),
    Quantity(
        "nearest_distance",
        "1",
        "root mean square from the nearest known digit (grey)",
        rounding=1e-7,
    ),
)


@dataclass(frozen=True)
class ImageVerifier:
    """Reader of images of digits."""

    name: ClassVar[str] = "digit reader"
    version: ClassVar[str] = "1"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = LOOKS

    @cached_property
    def _known(self) -> tuple[Tensor, Tensor]:
        grey, _ = digits()
        known = torch.from_numpy(grey[~held_out()] / LEVELS).flatten(1)
        return known, known.square().sum(1)

    @torch.no_grad()
    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n 3"]:
        """Measure the recognition of each image, its ink, and its distance from a copy."""
        parts = zip(*(a.split(ROWS) for a in arrays), strict=True)
        return torch.cat([self._part(image, digit) for image, digit in parts])

    def _part(self, image: Tensor, digit: Tensor) -> Tensor:
        whole = (digit == digit.round()) & (digit >= 0) & (digit <= 9)
        at = torch.where(whole, digit, 0.0).to(torch.int64)
        right = read(image)[1].gather(1, at[:, None])[:, 0]
        flat, (known, square) = image.flatten(1), self._known
        # by a product of matrices which is nearest, then how near, to the last bit
        nearest = known[(square - 2 * flat @ known.T).argmin(1)]
        distance = (nearest - flat).square().mean(1).sqrt()
        found = torch.stack([right, flat.mean(1), distance], 1)
        return torch.where(whole[:, None], found, torch.nan)


@dataclass(frozen=True)
class DrawnVerifier:
    """Runs the generating network on each drive, counts, and reads its images.

    The raster number identifies a set of spikes: each spike adds its step times the number of its
    neuron.
    """

    drawer: Drawer
    chip: Chip
    bits: int
    images: ImageVerifier = field(default_factory=ImageVerifier)
    name: ClassVar[str] = "spiking network and digit reader"
    version: ClassVar[str] = "1"
    tier: ClassVar[Literal["exact"]] = "exact"

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Quantities of the image, of its spikes, and of the network on the chip."""
        energy = f"of an image on {self.chip.name}, by published energies: a model"
        own = (Quantity("energy", "J", energy, shown="nJ"),) if self.chip.operation_pj else ()
        cores = (Quantity("cores", "1", f"of {self.chip.name} that hold it"),)
        return (
            *LOOKS,
            Quantity("synaptic_operations", "1", "of an image: spikes times the links they pass"),
            Quantity("spikes", "1", "of an image"),
            Quantity("raster", "1", "number that any other spike changes"),
            Quantity("delay", "s", "until the last spike has arrived", shown="ms"),
            Quantity("weight_bits", "1", "of each weight"),
            Quantity("fan_in", "1", "most inputs of a neuron"),
            *(cores if self.cores is not None else ()),
            *own,
        )

    @property
    def cores(self) -> int | None:
        """Number of the chip's cores that hold neurons and weights."""
        network = self.drawer.network
        weights = sum(w.numel() for w in network.weights)
        return self.chip.neuron_cores(sum(network.sizes[1:]), weights, self.bits)

    @property
    def fixed(self) -> dict[str, float]:
        """Quantities that depend on the network alone."""
        network = self.drawer.network
        found = {"weight_bits": float(self.bits), "fan_in": float(max(network.sizes[:-1]))}
        return found if self.cores is None else found | {"cores": float(self.cores)}

    def run(self, rates: Float64[Tensor, "n m"], digit: Float64[Tensor, " n"]) -> LayeredRun:
        """Simulate the spikes and voltages of each drive."""
        whole = torch.where((digit >= 0) & (digit <= 9), digit, 0.0)
        return self.drawer.network.run(self.drawer.drives(rates, whole))

    @torch.no_grad()
    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n k"]:
        """Measure all quantities of each drive."""
        rates, digit = arrays
        both = zip(rates, digit, strict=True)
        # one by one: the last bits of a product of matrices, and with them a spike, may change
        # with the size of a batch
        runs = [self.run(r[None], d[None]) for r, d in both]
        image = self.drawer.images(torch.cat([run.read for run in runs]))
        looks = self.images.measure(image, digit)
        counts = [self.counted(run.spikes) for run in runs]
        found = torch.cat([looks, torch.stack(counts)], 1)
        return torch.where(looks[:, :1].isnan(), torch.nan, found)

    def counted(self, spikes: tuple[Tensor, ...]) -> Float64[Tensor, " k"]:
        """Count all quantities that are not about the image, from one design's spikes (t, 1, h)."""
        network, rhythm = self.drawer.network, self.drawer.network.rhythm
        fan_out = [(w != 0).sum(0).to(torch.float64) for w in network.weights[1:]]
        pairs = zip(spikes, fan_out, strict=True)
        operations = float(sum(float((s[:, 0].sum(0) * f).sum()) for s, f in pairs))
        sent = float(sum(float(s.sum()) for s in spikes))
        moments, number = [], 1
        raster = 0.0
        for s in spikes:
            steps, _, neurons = s.nonzero(as_tuple=True)
            moments += [float(steps.max()) if len(steps) else 0.0]
            raster += float(((steps + 1) * (neurons + number)).sum())
            number += s.shape[-1]
        last = max(moments) + 2 if sent else 0.0  # the step that ends it, and one of the way
        found = [operations, sent, raster, last * rhythm.step_ms / 1000]
        found += [self.fixed["weight_bits"], self.fixed["fan_in"]]
        found += [self.fixed["cores"]] if "cores" in self.fixed else []
        multiplies = float(network.weights[0].numel())
        updates = float(rhythm.steps * sum(network.sizes[1:]))
        energy = self.chip.energy_j(DesignWork(multiplies, operations, updates, sent))
        found += [] if energy is None else [energy]
        return torch.tensor(found, dtype=torch.float64)


def column(verifier: DrawnVerifier, name: str) -> int:
    """Return the index of a quantity."""
    return [q.name for q in verifier.quantities].index(name)
