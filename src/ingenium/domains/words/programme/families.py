"""Programmes written from the understood task: complete, or with an omission."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.generators.rows import check_cond, check_steer
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.unlearned import Unlearned
from ingenium.sampling.steer import FREE, Steer


@dataclass
class Formulations(Unlearned):
    """Uniform choice among some programmes.

    Shapes: n designs.
    """

    codec: TokenCodec
    c: int
    listed: tuple[str, ...]

    def __post_init__(self) -> None:
        self.shape = self.codec.shape

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """Propose one programme for each row of `cond`."""
        check_cond(cond, self.c)
        check_steer(steer, "formulations")
        chosen = torch.rand(len(cond), generator=rng, dtype=torch.float64) * len(self.listed)
        return self.codec.of_texts([self.listed[int(i)] for i in chosen])
