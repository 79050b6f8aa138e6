"""Ensemble of small networks from whitened numbers of designs to what the engine measures."""

import math
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from ingenium.generators.rows import check_rows
from ingenium.train.plan import Plan, Turn
from ingenium.train.trainer import train

MEMBERS = 3
LAYERS = 3  # hidden; all but the first add to their input
KNEE = 0.1  # standard deviations of a quantity from which the loss grows linearly
ANSWERED = 0.1  # weight of the loss of the answered share


class ForwardEnsemble(nn.Module):
    """Small residual networks, which differ in their first weights, as one batched product.

    The last output of each network is the logit that the engine has an answer. Labels come as `k`
    numbers followed by `k` flags, 0 where the engine has no answer.

    Shapes: n designs, d numbers of a design, k quantities, m networks.
    Source: Lakshminarayanan et al., NeurIPS 2017, arXiv:1612.01474 (ensembles).
    """

    def __init__(self, d: int, k: int, width: int, members: int = MEMBERS) -> None:
        super().__init__()
        self.d, self.k, self.width, self.members = d, k, width, members
        sizes = [d, *[width] * LAYERS, k + 1]
        self.weights, self.offsets = nn.ParameterList(), nn.ParameterList()
        for i, o in pairwise(sizes):
            scale = 1 / math.sqrt(i)
            self.weights.append(nn.Parameter(torch.randn(members, i, o) * scale))
            self.offsets.append(nn.Parameter(torch.zeros(members, 1, o)))

    def forward(self, z: Float[Tensor, "n d"]) -> Float[Tensor, "m n _"]:
        """Standardised quantities and the logit of an answer, by each network."""
        return self._passed(z.expand(self.members, -1, -1), slice(None))

    def one(self, z: Float[Tensor, "n d"], member: int) -> Float[Tensor, "n _"]:
        """Answer of a single network; its slopes stand for those of all."""
        return self._passed(z[None], slice(member, member + 1))[0]

    def _passed(self, h: Float[Tensor, "m n d"], members: slice) -> Float[Tensor, "m n _"]:
        for i, (weight, offset) in enumerate(zip(self.weights, self.offsets, strict=True)):
            out = torch.baddbmm(offset[members], h, weight[members])
            if i < LAYERS:
                out = functional.silu(out)
                out = h + out if i else out
            h = out
        return h

    def loss(
        self, x: Float[Tensor, "n d"], cond: Float[Tensor, "n c"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Huber loss of the measured quantities, and cross entropy of whether there are any."""
        y, known = cond.split(self.k, 1)
        found = self(x)
        logit, found = found[..., -1], found[..., :-1]
        return row_loss(found, logit, y, known).mean(0)

    def held_out_loss(
        self, x: Float[Tensor, "n d"], cond: Float[Tensor, "n c"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Loss of the mean of the networks."""
        y, known = cond.split(self.k, 1)
        found = self(x).mean(0, keepdim=True)
        return row_loss(found[..., :-1], found[..., -1], y, known)[0]

    def turns(self) -> tuple[Turn, ...]:
        """Return one turn that trains all networks."""
        return (Turn(tuple(self.parameters()), self.loss),)

    def anneal(self, fraction: float) -> None:
        """Ignore the spent fraction."""

    def fit(
        self, x: Float[Tensor, "n d"], cond: Float[Tensor, "n c"], plan: Plan
    ) -> dict[str, list[float]]:
        """Train on labelled designs and return the losses at each check."""
        check_rows(x, cond, (self.d,), 2 * self.k)
        return train(self, x, cond, plan)


def row_loss(
    found: Float[Tensor, "m n k"],
    logit: Float[Tensor, "m n"],
    y: Float[Tensor, "n k"],
    known: Float[Tensor, "n k"],
) -> Float[Tensor, "m n"]:
    """Return the loss of each row and network."""
    off = functional.smooth_l1_loss(found, y.expand_as(found), reduction="none", beta=KNEE)
    count = known.sum(1).clamp_min(1)
    answered = known.amax(1).expand_as(logit)
    entropy = functional.binary_cross_entropy_with_logits(logit, answered, reduction="none")
    return (off * known).sum(-1) / count + ANSWERED * entropy


def trivial_loss(y: Float[Tensor, "n k"], known: Float[Tensor, "n k"]) -> float:
    """Loss of a model that knows nothing of a design: the medians, and the answered share."""
    masked = torch.where(known > 0, y, torch.nan)
    middle = masked.nanmedian(0).values.nan_to_num(0.0)
    share = float(known.amax(1).mean().clamp(1e-3, 1 - 1e-3))
    logit = torch.full((1, len(y)), math.log(share / (1 - share)))
    return float(row_loss(middle.expand(1, *y.shape), logit, y, known).mean())
