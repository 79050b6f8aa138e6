"""Training of circuits towards a target by the gradient of their divergence, with pruning.

Shapes: n designs, p angles, a outcomes.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from ingenium.domains.quantum.distribution.template import Template
from ingenium.domains.quantum.distribution.verifier import divergence
from ingenium.kits.circuits.statevector import probabilities

RATE = 0.1
BETAS, TINY = (0.9, 0.999), 1e-8  # of Adam
FROM, TO = 0.2, 0.6  # of the steps, between which gates are taken away
STILL = 0.01  # turns below it are left out at the end (rad)


@dataclass(frozen=True, eq=False)
class CircuitTraining:
    """Adam on all angles of a batch of circuits; each has a budget of two-qubit gates.

    Between a fifth and three fifths of the steps the pairs of smallest angle are pruned down to the
    budget; then the rest converges. Rows do not influence each other.

    Source: Kingma and Ba, 2015, arXiv:1412.6980; Zhu and Gupta, 2017, arXiv:1710.01878 (gradual
        pruning); Sim et al., Quantum Sci. Technol. 6:025019, 2021 (pruning of circuits).
    """

    template: Template
    target: Float64[Tensor, " a"]

    def run(
        self, angles: Float64[Tensor, "n p"], budget: Int64[Tensor, " n"], steps: int
    ) -> Float64[Tensor, "n p"]:
        """Return angles in (-pi, pi] with at most `budget` two-qubit gates in each row."""
        at = angles.clone()
        retained = torch.ones_like(at, dtype=torch.bool)
        first, second = torch.zeros_like(at), torch.zeros_like(at)
        for k in range(steps):
            retained &= self.wanted(at, budget, (k / steps - FROM) / (TO - FROM))
            at = torch.where(retained, at, 0.0)
            slope = torch.where(retained, self.slope(at), 0.0)
            first = torch.lerp(slope, first, BETAS[0])
            second = torch.lerp(slope.square(), second, BETAS[1])
            rate = RATE * 0.5 * (1 + math.cos(math.pi * k / steps))
            size = (second / (1 - BETAS[1] ** (k + 1))).sqrt() + TINY
            at = at - rate * first / (1 - BETAS[0] ** (k + 1)) / size
        retained &= self.wanted(at, budget, 1.0)
        at = wrapped(torch.where(retained, at, 0.0))
        return self.template.early(torch.where(at.abs() < STILL, 0.0, at))

    def slope(self, angles: Float64[Tensor, "n p"]) -> Float64[Tensor, "n p"]:
        """Gradient of the divergence, clipped to a length of 1."""
        with torch.enable_grad():
            at = angles.detach().requires_grad_()
            lost = divergence(probabilities(self.template.circuit, at), self.target)
            (slope,) = torch.autograd.grad(lost.sum(), at)
        length: Tensor = slope.norm(dim=1, keepdim=True)
        return slope / length.clamp(min=1.0)

    def wanted(
        self, angles: Float64[Tensor, "n p"], budget: Int64[Tensor, " n"], share: float
    ) -> Tensor:
        """Mask of the angles that stay when this share of the surplus pairs is pruned."""
        pairs = self.template.of_pairs
        turns = wrapped(angles[:, pairs]).abs()
        count = turns.shape[1]
        surplus = (count - budget).clamp(min=0).to(torch.float64)
        stay = count - (surplus * min(max(share, 0.0), 1.0)).floor().to(torch.int64)
        rank = turns.argsort(1, descending=True).argsort(1)
        out = torch.ones_like(angles, dtype=torch.bool)
        out[:, pairs] = rank < stay[:, None]
        return out


def wrapped(angles: Float64[Tensor, "*n"]) -> Float64[Tensor, "*n"]:
    """Wrap angles to -pi..pi; a whole turn only changes the sign of all amplitudes."""
    return torch.remainder(angles + math.pi, 2 * math.pi) - math.pi
