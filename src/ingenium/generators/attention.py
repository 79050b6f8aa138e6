"""Attention among tokens, differentiable twice."""

import math

from jaxtyping import Float
from torch import Tensor, nn


class Attention(nn.Module):
    """Plain attention among tokens, written out so that it can be differentiated twice."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, h: Float[Tensor, "n s w"]) -> Float[Tensor, "n s w"]:
        q, k, v = self.qkv(h).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        weights = (q @ k.mT / math.sqrt(q.shape[-1])).softmax(dim=-1)
        out: Tensor = self.out((weights @ v).transpose(1, 2).flatten(2))
        return out
