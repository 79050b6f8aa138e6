"""Adversarial circuits: a generating circuit against a discriminating one."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64
from torch import Tensor
from torch.nn import functional

from ingenium.kits.circuits.born import BornMachine, BornSettings
from ingenium.kits.circuits.layers import layered
from ingenium.kits.circuits.noise import DeviceNoise
from ingenium.kits.circuits.statevector import basis_states, expectation, run
from ingenium.train.plan import Turn

SHARP = 4.0  # logit of an expectation of 1, at first


@dataclass(frozen=True)
class AdversarialSettings:
    """Settings of both circuits."""

    qubits: int = 6
    layers: int = 4  # layers of the generating circuit
    judging: int = 4  # layers of the discriminator
    noise: DeviceNoise | None = None  # for proposals; training is noiseless


class CircuitGAN(BornMachine):
    """Born machine whose loss is the output of a discriminating circuit.

    The discriminator starts in the outcome that it judges and reads one qubit. Both expectations
    are exact over all outcomes, without shot noise.

    Shapes: a outcomes.
    Source: Dallaire-Demers and Killoran, Phys. Rev. A 98:012324, 2018, arXiv:1804.08641; Zoufal,
        Lucchi and Woerner, npj Quantum Information 5:103, 2019.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        settings: AdversarialSettings = AdversarialSettings(),
    ) -> None:
        own = BornSettings(settings.qubits, settings.layers, noise=settings.noise)
        super().__init__(shape, c, own)
        self.judge = layered(settings.qubits, settings.judging)
        self.judged = torch.nn.Parameter(0.3 * torch.randn(self.judge.angles))
        self.sharp = torch.nn.Parameter(torch.tensor([SHARP, 0.0]))

    def turns(self) -> tuple[Turn, ...]:
        """Return the discriminator, then the generator."""
        betas = (0.5, 0.9)
        return (
            Turn((self.judged, self.sharp), self.judge_loss, 1, betas),
            Turn((self.turned, self.hears), self.loss, 1, betas),
        )

    def logits(self) -> Float64[Tensor, " a"]:
        """Logit of the discriminator for each outcome: above 0 for data."""
        start = basis_states(self.judge)
        angles = self.judged.to(torch.float64)[None]
        read = expectation(run(self.judge, angles, start), "Z", (0,))
        return self.sharp[0] * read + self.sharp[1]

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Expected loss of generated outcomes under the discriminator."""
        with torch.no_grad():
            against = functional.softplus(-self.logits())
        chance, row = self.chances(cond)
        return (chance @ against)[row].to(torch.float32)

    def judge_loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Cross-entropy of the discriminator on true and generated outcomes (nats)."""
        with torch.no_grad():
            chance, row = self.chances(cond)
        logits = self.logits()
        true = functional.softplus(-logits)[self.cells.outcome(x)]
        made = (chance @ functional.softplus(logits))[row]
        return (true + made).to(torch.float32)

    @torch.no_grad()
    def held_out_loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Negative log probability of held-out cells, exact in simulation (nats)."""
        return -self.log_chance(self.cells.outcome(x), cond).to(torch.float32)
