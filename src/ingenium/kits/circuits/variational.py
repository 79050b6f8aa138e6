"""Variational autoencoder whose latent bits are sampled by a circuit."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor, nn
from torch.nn import functional

from ingenium.core.errors import InputError
from ingenium.generators.model import Model
from ingenium.generators.networks import decoder, encoder
from ingenium.generators.rows import check_cond, check_steer, finish
from ingenium.kits.circuits.born import chosen
from ingenium.kits.circuits.layers import layered
from ingenium.kits.circuits.noise import DeviceNoise, noisy_probabilities
from ingenium.kits.circuits.outcomes import log
from ingenium.kits.circuits.statevector import probabilities
from ingenium.sampling.noise import gaussian, uniform
from ingenium.sampling.steer import FREE, Steer


@dataclass(frozen=True)
class CircuitVAESettings:
    """Settings of the networks and the circuit."""

    qubits: int = 8
    layers: int = 4
    width: int = 16
    depth: int = 1
    soft: float = 0.5  # temperature of the bits in training
    floor: float = 0.02  # least deviation of a number
    noise: DeviceNoise | None = None  # for proposals; training is noiseless


class CircuitVAE(Model):
    """Autoencoder with latent bits, whose prior is a Born machine.

    The divergence from the prior is an exact sum over all outcomes; bits are relaxed for the
    gradient.

    Shapes: n designs, d numbers, q qubits, a outcomes, m different conditions.
    Source: Khoshaman et al., Quantum Sci. Technol. 4:014001, 2018, arXiv:1802.05779 (there the
        prior is a quantum Boltzmann machine); Maddison et al., 2017, arXiv:1611.00712 (bits).
    """

    bits: Tensor

    def __init__(
        self, shape: tuple[int, ...], c: int, settings: CircuitVAESettings = CircuitVAESettings()
    ) -> None:
        super().__init__(shape, c)
        if len(shape) != 1:
            raise InputError("designs of numbers (d,) for latent bits of qubits", shape)
        self.settings, q = settings, settings.qubits
        self.circuit = layered(q, settings.layers)
        width, depth = settings.width, settings.depth
        self.encode = encoder(shape, c, q, width=width, depth=depth)
        self.decode = decoder(q, shape, c, width=width, depth=depth)
        self.turned = nn.Parameter(0.3 * torch.randn(self.circuit.angles))
        self.hears = nn.Parameter(0.1 * torch.randn(c, self.circuit.angles))
        self.raw_deviation = nn.Parameter(torch.zeros(shape))
        at = torch.arange(2**q)
        table = torch.stack([at >> i & 1 for i in range(q)], 1)
        self.register_buffer("bits", table.to(torch.float32), persistent=False)

    @property
    def deviation(self) -> Float[Tensor, "*shape"]:
        """Deviation of each number around the decoded mean."""
        return self.settings.floor + functional.softplus(self.raw_deviation)

    def prior(
        self, cond: Float[Tensor, "n {self.c}"], noise: DeviceNoise | None = None
    ) -> tuple[Float64[Tensor, "m a"], Int64[Tensor, " n"]]:
        """Probabilities of all latent bits for each distinct row, and the index of each row."""
        each, row = cond.unique(dim=0, return_inverse=True)
        angles = (self.turned + each @ self.hears).to(torch.float64)
        if noise is None:
            return probabilities(self.circuit, angles), row
        return noisy_probabilities(self.circuit, angles, noise), row

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Negative evidence bound with relaxed bits (nats)."""
        logits = self.encode(x, cond)
        at = uniform(torch.empty_like(logits), rng).clamp(1e-6, 1 - 1e-6)
        soft = torch.sigmoid((logits + torch.logit(at)) / self.settings.soft)
        return self.divergence(logits, cond) - self.likelihood(x, soft, cond)

    @torch.no_grad()
    def held_out_loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Negative evidence bound with whole bits (nats)."""
        logits = self.encode(x, cond)
        hard = (uniform(torch.empty_like(logits), rng) < torch.sigmoid(logits)).to(x.dtype)
        return self.divergence(logits, cond) - self.likelihood(x, hard, cond)

    def divergence(
        self, logits: Float[Tensor, "n q"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float[Tensor, " n"]:
        """Divergence of the encoder from the prior, over all outcomes."""
        chance, row = self.prior(cond)
        on, off = functional.logsigmoid(logits), functional.logsigmoid(-logits)
        read = on @ self.bits.T + off @ (1 - self.bits).T  # log chance of each outcome
        distance = read - log(chance).to(read.dtype)[row]
        return (read.exp() * distance).sum(1)

    def likelihood(
        self,
        x: Float[Tensor, "n *shape"],
        bits: Float[Tensor, "n q"],
        cond: Float[Tensor, "n {self.c}"],
    ) -> Float[Tensor, " n"]:
        """Log density of designs given latent bits (nats)."""
        off = (x - self.decode(2 * bits - 1, cond)) / self.deviation
        each = -0.5 * (off.square() + math.log(2 * math.pi)) - self.deviation.log()
        total: Tensor = each.flatten(1).sum(1)
        return total

    @torch.no_grad()
    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """Propose one design for each row of `cond`, with bits from the device if one is named.

        Raises:
            ValueError: if `cond` has the wrong width or `steer` requests something unsupported.
        """
        check_cond(cond, self.c)
        check_steer(steer, "latent bits")
        chance, row = self.prior(cond, self.settings.noise)
        bits = 2 * self.bits[chosen(chance[row], rng)] - 1
        mean = self.decode(bits, cond)
        return finish(mean + self.deviation * gaussian(mean, rng), steer)
