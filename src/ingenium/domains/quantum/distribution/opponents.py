"""Classical models of the same target: a tensor network and a small neural network.

Shapes: a outcomes, q bits.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float64, Int64
from torch import Tensor, nn

from ingenium.core.seeds import one_thread
from ingenium.domains.quantum.distribution.verifier import variation
from ingenium.kits.circuits.mps import MatrixProduct, MatrixProductSettings

STEPS, RATE = 600, 3e-2


@dataclass(frozen=True)
class Opponent:
    """Classical model of the target, trained on its exact divergence as circuits are."""

    name: str
    parameters: int
    chance: Float64[Tensor, " a"]
    variation: float


class Nade(nn.Module):
    """Network that gives the probability of each bit, given those before it.

    Shapes: q bits, h hidden units.
    Source: Larochelle and Murray, AISTATS 2011 (neural autoregressive distribution estimator).
    """

    def __init__(self, qubits: int, hidden: int) -> None:
        super().__init__()
        self.read = nn.Parameter(0.3 * torch.randn(hidden, qubits, dtype=torch.float64))
        self.tell = nn.Parameter(0.3 * torch.randn(qubits, hidden, dtype=torch.float64))
        self.start = nn.Parameter(torch.zeros(hidden, dtype=torch.float64))
        self.even = nn.Parameter(torch.zeros(qubits, dtype=torch.float64))

    def log_chance(self, outcome: Int64[Tensor, " n"]) -> Float64[Tensor, " n"]:
        """Logarithm of the probability of each outcome."""
        qubits = len(self.even)
        bits = torch.stack([outcome >> i & 1 for i in range(qubits)], 1).to(torch.float64)
        seen = torch.cumsum(bits[:, :, None] * self.read.T, 1) - bits[:, :, None] * self.read.T
        logits = (torch.sigmoid(self.start + seen) * self.tell).sum(2) + self.even
        return -nn.functional.softplus(torch.where(bits > 0, -logits, logits)).sum(1)


def opponents(
    target: Float64[Tensor, " a"], parameters: int, seed: int, *, steps: int = STEPS
) -> tuple[Opponent, ...]:
    """Train a matrix-product Born machine and a network of about `parameters` parameters each."""
    qubits = int(math.log2(len(target)))
    bonds = range(1, 2 ** (qubits // 2) + 1)
    bond = min(bonds, key=lambda b: abs(_numbers(qubits, b) - parameters))
    hidden = max(1, (parameters - qubits) // (2 * qubits + 1))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        product = MatrixProduct((1,), 1, MatrixProductSettings(qubits, bond))
        network = Nade(qubits, hidden)
    nothing = torch.zeros(len(target), 1)
    return (
        fitted(
            f"matrix product, bond {bond}",
            product,
            lambda at: product.log_chance(at, nothing),
            target,
            product.turned.numel(),
            steps=steps,
        ),
        fitted(
            f"network of {hidden} hidden units",
            network,
            network.log_chance,
            target,
            sum(p.numel() for p in network.parameters()),
            steps=steps,
        ),
    )


def _numbers(qubits: int, bond: int) -> int:
    """Return the number of parameters of a matrix product."""
    cuts = [min(bond, 2 ** min(i, qubits - i)) for i in range(qubits + 1)]
    return sum(2 * a * b for a, b in itertools.pairwise(cuts))


def fitted(
    name: str,
    model: nn.Module,
    log_chance: Callable[[Int64[Tensor, " n"]], Tensor],
    target: Float64[Tensor, " a"],
    parameters: int,
    *,
    steps: int = STEPS,
) -> Opponent:
    """Fit a model to the target by gradient descent on its divergence."""
    at = torch.arange(len(target))
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    with one_thread(), torch.enable_grad():
        for _ in range(steps):
            lost = -(target * log_chance(at)).sum()
            optimiser.zero_grad()
            lost.backward()
            optimiser.step()
            schedule.step()
    with torch.no_grad():
        chance = log_chance(at).exp().to(torch.float64)
    return Opponent(name, parameters, chance, float(variation(chance[None], target)[0]))
