"""Published limits and energies of neuromorphic chips and of processors; none measured here.

A model: counted operations times published energies. Memory, operations, updates of neurons and
messages within a tile are a part of it; routing beyond a tile, idle power, input and output, and
what a chip's neurons can compute at all are not.

Source: TrueNorth: Merolla et al., Science 345, 2014 (4,096 cores of 256 x 256 binary synapses,
26 pJ for a synaptic event). Loihi: Davies et al., IEEE Micro 38(1), 2018, table 2 (128 cores, 128
KB of synaptic memory each, weights of 1 to 9 bits; 23.6 pJ for a synaptic operation, 81 pJ for the
update of a neuron that is active, 1.7 pJ for a spike within a tile; 1,024 neurons a core and 4,096
inputs of a core). Loihi 2: Intel, technology brief, 2021 (128 cores, 120 million synapses, 8,192
neurons a core; no energy of an operation). SpiNNaker 2: Höppner et al., arXiv:2103.08392, 2021
(128 KB of memory for a core, multipliers of 8 bits); 152 cores by the chapter. Arithmetic at 45 nm:
Horowitz, ISSCC 2014, figure 1.1.9 (32-bit floats: 3.7 pJ to multiply, 0.9 pJ to add). GPU: NVIDIA
A100 datasheet, 2021 (400 W at 19.5 TFLOPS in single precision: the least, when it is never idle).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

KIB = 1024 * 8  # bits


@dataclass(frozen=True)
class DesignWork:
    """Operations of a network for one design."""

    multiplies: float = 0.0  # multiply-accumulates of numbers
    accumulates: float = 0.0  # additions of a weight, caused by a spike
    updates: float = 0.0  # of a neuron in a step
    spikes: float = 0.0  # messages


@dataclass(frozen=True)
class Chip:
    """Capacity of a chip, and energy of an operation on it."""

    name: str
    weight_bits: int  # most
    cores: int
    core_bits: int | None = None  # of memory for weights
    weights: int | None = None  # of the whole chip, where only that is published
    operation_pj: float | None = None
    update_pj: float = 0.0
    message_pj: float = 0.0
    core_neurons: int | None = None

    def cores_for(self, weights: int, bits: int) -> int | None:
        """Return the cores whose memory holds the weights; None where that is unpublished."""
        return None if self.core_bits is None else ceil(weights * bits / self.core_bits)

    def fits(self, weights: int, bits: int) -> bool:
        """Return True if the chip holds this many weights of this many bits."""
        needed = self.cores_for(weights, bits)
        room = weights <= self.weights if self.weights is not None else True
        return bits <= self.weight_bits and room and (needed is None or needed <= self.cores)

    def neuron_cores(self, neurons: int, weights: int, bits: int) -> int | None:
        """Return the cores for neurons and incoming weights; None for unpublished memory."""
        for_memory = self.cores_for(weights, bits)
        if for_memory is None or self.core_neurons is None:
            return for_memory
        return max(for_memory, ceil(neurons / self.core_neurons))

    def energy_j(self, work: DesignWork) -> float | None:
        """Energy of a design's work, with multiplications as operations; None where unpublished."""
        if self.operation_pj is None:
            return None
        operations = self.operation_pj * (work.accumulates + work.multiplies)
        return 1e-12 * (operations + self.update_pj * work.updates + self.message_pj * work.spikes)

    def holds(self, sizes: Mapping[str, int], bits: int) -> str:
        """Describe the networks that fit, by their numbers of weights."""
        if bits > self.weight_bits:
            return f"takes no weights of {bits} bits (most: {self.weight_bits})"
        fit = sum(self.fits(weights, bits) for weights in sizes.values())
        cores = {name: self.cores_for(weights, bits) for name, weights in sizes.items()}
        reported = ", ".join(f"{name} {n}" for name, n in cores.items() if n is not None)
        whole = f"; of {self.cores} cores takes {reported}" if reported else ""
        return f"holds {fit} of {len(sizes)} generators at {bits} bits{whole}"


CHIPS = (
    Chip("TrueNorth", 1, 4096, core_bits=256 * 256, operation_pj=26.0, core_neurons=256),
    Chip(
        "Loihi",
        9,
        128,
        core_bits=128 * KIB,
        operation_pj=23.6,
        update_pj=81.0,
        message_pj=1.7,
        core_neurons=1024,
    ),
    Chip("Loihi 2", 8, 128, weights=120_000_000, core_neurons=8192),
    Chip("SpiNNaker 2", 8, 152, core_bits=128 * KIB),
)


@dataclass(frozen=True)
class Arithmetic:
    """Processor modelled by its arithmetic alone, without memory or control."""

    name: str
    multiply_pj: float  # a multiply-accumulate
    add_pj: float

    def energy_j(self, work: DesignWork) -> float:
        """Energy of a design's work; the update of a neuron is a multiply-accumulate."""
        multiplied = self.multiply_pj * (work.multiplies + work.updates)
        return 1e-12 * (multiplied + self.add_pj * work.accumulates)


FLOATS_45NM = Arithmetic("arithmetic at 45 nm", 4.6, 0.9)
GPU = Arithmetic("GPU (A100)", 2 * 400 / 19.5, 400 / 19.5)  # two operations, one
