"""Limits and energies of neuromorphic chips, as their makers published them; none measured here.

Only what a chip's memory holds and what an operation takes is a part of the model: neither
routing, nor idle power, nor what a chip's neurons can compute at all.

Source: TrueNorth: Merolla et al., Science 345, 2014 (4,096 cores of 256 x 256 binary synapses,
26 pJ for a synaptic event). Loihi: Davies et al., IEEE Micro 38(1), 2018 (128 cores, 128 KB of
synaptic memory each, weights of 1 to 9 bits, 23.6 pJ for a synaptic operation). Loihi 2: Intel,
technology brief, 2021 (128 cores, 120 million synapses; no energy of an operation). SpiNNaker 2:
Höppner et al., arXiv:2103.08392, 2021 (128 KB of memory for a core, multipliers of 8 bits); 152
cores by the chapter. Arithmetic: Horowitz, ISSCC 2014, figure 1.1.9 (45 nm, 0.9 V).
"""

from dataclasses import dataclass
from math import ceil

KIB = 1024 * 8  # bits
PJ = 1e-12
MULTIPLY_ADD_PJ = {"float32": 3.7 + 0.9, "int8": 0.2 + 0.03}  # without any memory


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

    def design_j(self, operations: float) -> float | None:
        """Energy of so many operations; none where the makers do not tell it."""
        return None if self.operation_pj is None else operations * self.operation_pj * PJ


CHIPS = (
    Chip("TrueNorth", 1, 4096, core_bits=256 * 256, operation_pj=26.0),
    Chip("Loihi", 9, 128, core_bits=128 * KIB, operation_pj=23.6),
    Chip("Loihi 2", 8, 128, weights=120_000_000),
    Chip("SpiNNaker 2", 8, 152, core_bits=128 * KIB),
)


def arithmetic_j(multiply_adds: float, kind: str) -> float:
    """Energy of arithmetic alone, at 45 nm, in `float32` or `int8`."""
    return multiply_adds * MULTIPLY_ADD_PJ[kind] * PJ
