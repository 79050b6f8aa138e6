"""Sampler of configurations as a family, for specs and the loop."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.core.problem import Codec
from ingenium.domains.physics.lattice.laws import Sampler
from ingenium.generators.rows import check_cond, check_steer, finish
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan


class DrawnFields(nn.Module):
    """Family of the problem's own sampler; fitting does not change it.

    Its verifier weighs configurations by the same sampler, so the designs must not change it.
    """

    def __init__(
        self,
        sampler: Sampler,
        codec: Codec,
        couplings: Callable[[Float[Tensor, "n 1"]], Float[Tensor, " n"]],
        *,
        name: str,
    ) -> None:
        super().__init__()
        self.shape, self.c = tuple(codec.shape), 1
        self.sampler, self.codec, self.couplings, self.name = sampler, codec, couplings, name

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"], plan: Plan
    ) -> dict[str, list[float]]:
        """Do nothing: the sampler was trained on the law."""
        return {}

    @torch.no_grad()
    def propose(
        self, cond: Float[Tensor, "n c"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """Sample one configuration for each row of `cond`."""
        check_cond(cond, self.c)
        check_steer(steer, self.name)
        found = self.codec.encode(self.sampler.sample(self.couplings(cond), rng))
        return finish(found, steer)
