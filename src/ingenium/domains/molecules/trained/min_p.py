"""Min-p sampling of tokens: high temperature where many tokens are likely, safe elsewhere."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.generators.tokens.drawing import Drawing


@dataclass(frozen=True)
class MinP(Drawing):
    """Sampling only of tokens with a minimum share of the likeliest token's probability (min-p).

    Where one token is nearly certain, the unlikely ones that a higher temperature would promote are
    excluded; where many are equally likely, all remain. So a high temperature can give novel
    proposals without additional mistakes.

    Source: Nguyen et al., ICLR 2025, arXiv:2407.01082.
    """

    min_p: float = 0.0  # times the probability of the likeliest token, after the temperature

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.min_p < 1:
            raise InputError("a min_p from 0 to below 1", self.min_p, "Write 0.01.")

    def chances(self, logits: Float[Tensor, "n v"]) -> Float64[Tensor, "n v"]:
        """Return the unnormalised probability of each token; 0 for those that are too unlikely."""
        chance: Tensor = super().chances(logits)
        refused = chance < self.min_p * chance.amax(-1, keepdim=True)
        return torch.where(refused, 0.0, chance)
