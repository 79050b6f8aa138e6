"""Limits and energies of neuromorphic chips, as their makers published them; none measured here.

Only what a chip's memory holds and what an operation takes is a part of the model: neither
routing, nor idle power, nor what a chip's neurons can compute at all.

Source: TrueNorth: Merolla et al., Science 345, 2014 (4,096 cores of 256 x 256 binary synapses,
26 pJ for a synaptic event). Loihi: Davies et al., IEEE Micro 38(1), 2018 (128 cores, 128 KB of
synaptic memory each, weights of 1 to 9 bits, 23.6 pJ for a synaptic operation). Loihi 2: Intel,
technology brief, 2021 (128 cores, 120 million synapses; no energy of an operation). SpiNNaker 2:
Höppner et al., arXiv:2103.08392, 2021 (128 KB of memory for a core, multipliers of 8 bits); 152
cores by the chapter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

KIB = 1024 * 8  # bits


@dataclass(frozen=True)
class Chip:
    """What one chip can hold, and what an operation takes on it."""

    name: str
    weight_bits: int  # most
    cores: int
    core_bits: int | None = None  # of memory for weights
    weights: int | None = None  # of the whole chip, where only that is told
    operation_pj: float | None = None

    def cores_for(self, weights: int, bits: int) -> int | None:
        """Cores whose memory holds so many weights; none where that is not told."""
        return None if self.core_bits is None else ceil(weights * bits / self.core_bits)

    def fits(self, weights: int, bits: int) -> bool:
        """Whether the chip takes weights of so many bits, and so many of them."""
        needed = self.cores_for(weights, bits)
        room = weights <= self.weights if self.weights is not None else True
        return bits <= self.weight_bits and room and (needed is None or needed <= self.cores)

    def holds(self, sizes: Mapping[str, int], bits: int) -> str:
        """Which networks of so many weights it holds, in a few words."""
        if bits > self.weight_bits:
            return f"takes no weights of {bits} bits (most: {self.weight_bits})"
        fit = sum(self.fits(weights, bits) for weights in sizes.values())
        cores = {name: self.cores_for(weights, bits) for name, weights in sizes.items()}
        told = ", ".join(f"{name} {n}" for name, n in cores.items() if n is not None)
        whole = f"; of {self.cores} cores takes {told}" if told else ""
        return f"holds {fit} of {len(sizes)} generators at {bits} bits{whole}"


CHIPS = (
    Chip("TrueNorth", 1, 4096, core_bits=256 * 256, operation_pj=26.0),
    Chip("Loihi", 9, 128, core_bits=128 * KIB, operation_pj=23.6),
    Chip("Loihi 2", 8, 128, weights=120_000_000),
    Chip("SpiNNaker 2", 8, 152, core_bits=128 * KIB),
)
