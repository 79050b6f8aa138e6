"""What makes speech of what was heard, and draws nothing: a network or a filter.

Shapes: n recordings, s samples.
"""

from abc import abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.generators.rows import check_cond, check_steer, finish
from ingenium.sampling.steer import FREE, Steer


class Restores:
    """A family whose proposals are the speech in its conditions."""

    c: int
    together: int = 32  # recordings

    @abstractmethod
    def restored(self, cond: Float[Tensor, "n s"]) -> Float[Tensor, "n s"]:
        """Speech, of what was heard."""

    @torch.no_grad()
    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """The speech of each recording; nothing is drawn.

        Raises:
            ValueError: if `cond` has the wrong width or `steer` asks for what cannot be followed.
        """
        check_cond(cond, self.c)
        check_steer(steer, "what restores speech, which draws nothing")
        return finish(self.restored(cond), steer)
