"""Drawing tokens hot where much is open, and surely where little is."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.generators.tokens.drawing import Drawing


@dataclass(frozen=True)
class MinP(Drawing):
    """Only tokens with some share of the chance that the likeliest has (min-p).

    Where one token is nearly certain, the many that are wrong and that a higher temperature would
    bring up have no chance; where many are as likely, all keep theirs. So proposals can be warm,
    which makes them new, without the mistakes that warmth costs.

    Source: Nguyen et al., ICLR 2025, arXiv:2407.01082.
    """

    min_p: float = 0.0  # times the chance of the likeliest token, after the temperature

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.min_p < 1:
            raise InputError("a min_p from 0 to below 1", self.min_p, "Write 0.01.")

    def chances(self, logits: Float[Tensor, "n v"]) -> Float64[Tensor, "n v"]:
        """Of each token, up to a factor; 0 for those that are too unlikely."""
        chance: Tensor = super().chances(logits)
        refused = chance < self.min_p * chance.amax(-1, keepdim=True)
        return torch.where(refused, 0.0, chance)
