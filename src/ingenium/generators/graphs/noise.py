"""Noise on kinds: with some probability a kind is resampled from the frequencies of kinds.

Shapes: n rows, k kinds; `...` any places of a row.
Source: Austin et al., NeurIPS 2021, arXiv:2107.03006 (discrete diffusion); Vignac et al., ICLR
    2023, arXiv:2209.14734, eq. 6 (marginal transitions); Nichol and Dhariwal, ICML 2021,
    arXiv:2102.09672 (cosine schedule).
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ingenium.sampling.noise import uniform

OFFSET = 0.008  # of the schedule at its start


def retained(t: Float[Tensor, "*t"]) -> Float[Tensor, "*t"]:
    """Probability that a kind was never resampled up to a time in [0, 1]; falls from 1 to 0."""
    angle = (t + OFFSET) / (1 + OFFSET) * math.pi / 2
    return (angle.cos() / math.cos(OFFSET / (1 + OFFSET) * math.pi / 2)).square().clamp(0, 1)


def sampled(chances: Float[Tensor, "*rows k"], rng: torch.Generator) -> Int[Tensor, "*rows"]:
    """Sample a kind for each place."""
    edges = chances.cumsum(-1)
    point = uniform(chances.new_empty(chances.shape[:-1]), rng) * edges[..., -1]
    return (edges <= point[..., None]).sum(-1).clamp(max=chances.shape[-1] - 1)


def noised(
    ids: Int[Tensor, "n p"],
    share: Float[Tensor, " n"],
    frequent: Float[Tensor, " k"],
    rng: torch.Generator,
) -> Int[Tensor, "n p"]:
    """Resample each kind from the frequencies, except with probability `share`."""
    anew = sampled(frequent.expand(*ids.shape, -1), rng)
    stays = uniform(share.new_empty(ids.shape), rng) < share[:, None]
    return torch.where(stays, ids, anew)


def before(
    ids: Int[Tensor, "n p"],
    first: Float[Tensor, "n p k"],
    shares: tuple[float, float],
    frequent: Float[Tensor, " k"],
) -> Float[Tensor, "n p k"]:
    """Probabilities of each kind at an earlier time.

    With q(j|i) the chance to go from i to j between the two times, Bayes gives for each first kind
    q(j|i) q(i|first) / q(j|first), summed over all first kinds.

    Args:
        ids: kinds at the later time.
        first: probabilities of the kinds before all noise.
        shares: probabilities that a kind was never resampled, up to the earlier and the later time.
        frequent: relative frequencies of the kinds.
    """
    earlier, later = shares
    own = torch.nn.functional.one_hot(ids, len(frequent)).to(first)
    there = frequent[ids][..., None]  # of the kind at the later time
    odds = first / (later * own + (1 - later) * there)
    going = later / earlier
    onward = going * own + (1 - going) * there
    back = earlier * odds + (1 - earlier) * frequent * odds.sum(-1, keepdim=True)
    chances = onward * back
    return chances / chances.sum(-1, keepdim=True)
