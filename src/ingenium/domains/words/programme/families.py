"""Programmes that are written from what was read: whole, or in haste."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.generators.rows import check_cond, check_rows, check_steer
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan


@dataclass
class Formulations:
    """Any of some programmes, all equally often.

    Shapes: n designs.
    """

    codec: TokenCodec
    c: int
    listed: tuple[str, ...]

    def __post_init__(self) -> None:
        self.shape = self.codec.shape

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Nothing is learned."""
        check_rows(x, cond, self.shape, self.c)
        return {}

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One for each row of `cond`."""
        check_cond(cond, self.c)
        check_steer(steer, "formulations")
        chosen = torch.rand(len(cond), generator=rng, dtype=torch.float64) * len(self.listed)
        return self.codec.of_texts([self.listed[int(i)] for i in chosen])

    def state_dict(self) -> dict[str, Tensor]:
        """Of nothing."""
        return {"none": torch.zeros(1)}

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object:
        """Nothing."""
        return self
