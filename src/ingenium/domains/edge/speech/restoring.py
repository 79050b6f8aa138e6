"""Base class of deterministic families that restore speech: a network or a filter.

Shapes: n recordings, s samples.
"""

from abc import abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.generators.rows import check_cond, check_steer, finish
from ingenium.sampling.steer import FREE, Steer


class Restores:
    """Family whose proposals are the speech in its conditions."""

    c: int
    together: int = 32  # recordings

    @abstractmethod
    def restored(self, cond: Float[Tensor, "n s"]) -> Float[Tensor, "n s"]:
        """Restore speech from the noisy recording."""

    @torch.no_grad()
    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """Return the restored speech of each recording; nothing is sampled.

        Raises:
            ValueError: if `cond` has the wrong width or `steer` requests something unsupported.
        """
        check_cond(cond, self.c)
        check_steer(steer, "what restores speech, which draws nothing")
        return finish(self.restored(cond), steer)
