"""Circuit Born machine: outcome probabilities are squared amplitudes."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.kits.circuits.circuit import QubitCircuit
from ingenium.kits.circuits.layers import layered
from ingenium.kits.circuits.noise import DeviceNoise, noisy_probabilities
from ingenium.kits.circuits.outcomes import OutcomeFamily, log
from ingenium.kits.circuits.statevector import probabilities
from ingenium.sampling.noise import uniform


@dataclass(frozen=True)
class BornSettings:
    """Settings of the circuit, its training loss, and the device for proposals."""

    qubits: int = 8
    layers: int = 6
    loss: Literal["likelihood", "mmd"] = "likelihood"
    noise: DeviceNoise | None = None  # for proposals; training is noiseless


class BornMachine(OutcomeFamily):
    """Layered circuit, trained by likelihood or by maximum mean discrepancy in a kernel.

    In simulation its probabilities are exact, so that both gradients have no shot noise.

    Shapes: n designs, a outcomes.
    Source: Liu and Wang, Phys. Rev. A 98:062324, 2018, arXiv:1804.04168 (and its kernel).
    """

    def __init__(
        self, shape: tuple[int, ...], c: int, settings: BornSettings = BornSettings()
    ) -> None:
        circuit = layered(settings.qubits, settings.layers)
        super().__init__(shape, c, settings.qubits, circuit.angles)
        self.settings = settings
        self.circuit: QubitCircuit = circuit
        with torch.no_grad():
            self.turned.normal_(0, 0.3)

    def chances(self, cond: Float[Tensor, "n {self.c}"]) -> tuple[Tensor, Int64[Tensor, " n"]]:
        """Probabilities of outcomes for each distinct row of conditions, and each row's index."""
        angles, row = self.under(cond)
        return probabilities(self.circuit, angles), row

    def log_chance(
        self, outcome: Int64[Tensor, " n"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float64[Tensor, " n"]:
        """Log probability of an outcome under each row of conditions."""
        chance, row = self.chances(cond)
        return log(chance[row, outcome])

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Negative log probability (nats), or the variable part of the squared discrepancy."""
        if self.settings.loss == "likelihood":
            return super().loss(x, cond, rng)
        chance, row = self.chances(cond)
        seen = chance @ self.kernel
        own = (seen * chance).sum(1)[row]
        return (own - 2 * seen[row, self.cells.outcome(x)]).to(torch.float32)

    @cached_property
    def kernel(self) -> Float64[Tensor, "a a"]:
        """Gaussian kernel of the number of bits in which two outcomes differ."""
        return kernel(self.qubits)

    @torch.no_grad()
    def sample(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Int64[Tensor, " n"]:
        """Sample an outcome for each row of conditions, on the device if one is named."""
        angles, row = self.under(cond)
        noise = self.settings.noise
        chance = (
            probabilities(self.circuit, angles)
            if noise is None
            else noisy_probabilities(self.circuit, angles, noise)
        )
        return chosen(chance[row], rng)


def chosen(chance: Float64[Tensor, "n a"], rng: torch.Generator) -> Int64[Tensor, " n"]:
    """Sample one outcome of each row."""
    total = chance.cumsum(1)
    at = uniform(chance.new_empty(len(chance), 1), rng) * total[:, -1:]
    return torch.searchsorted(total, at).clamp(max=chance.shape[1] - 1)[:, 0]


def kernel(qubits: int) -> Float64[Tensor, "a a"]:
    """Sum of three Gaussian kernels of the number of bits in which two outcomes differ.

    Raises:
        InputError: for too many outcomes for a table of pairs.
    """
    if qubits > 12:
        raise InputError("at most 12 qubits for mmd, which compares all outcomes", qubits)
    at = torch.arange(2**qubits)
    distance = at[:, None] ^ at
    bits = sum((distance >> q & 1 for q in range(qubits)), torch.zeros_like(distance)).to(
        torch.float64
    )
    widths = (0.25, 1.0, 4.0)
    return torch.stack([torch.exp(-bits / (2 * w)) for w in widths]).mean(0)
