"""A family whose designs a rule chooses from what a search found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.generators.rows import check_cond, check_steer
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.unlearned import Unlearned
from ingenium.sampling.steer import FREE, Steer

LAST = 2**31  # count of numbers that seed designs


@dataclass
class TextChoices(Unlearned):
    """Family of texts that a rule chooses, each from its own random number.

    Shapes: n designs.
    """

    codec: TokenCodec
    c: int
    choose: Callable[[Random], Sequence[str]]
    name: str

    def __post_init__(self) -> None:
        self.shape = self.codec.shape

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """Propose a text for each row of `cond`."""
        check_cond(cond, self.c)
        check_steer(steer, self.name)
        numbers = torch.randint(LAST, (len(cond),), generator=rng).tolist()
        return self.codec.of_texts(["".join(self.choose(Random(n))) for n in numbers])
