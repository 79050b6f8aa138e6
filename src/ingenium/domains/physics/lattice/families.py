"""A sampler of configurations as a family, so that a spec names it and the loop asks it."""

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
    """Configurations of a sampler that the problem has made; fitting leaves it as it is.

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
        """Nothing: what it draws from was learned from the law."""
        return {}

    @torch.no_grad()
    def propose(
        self, cond: Float[Tensor, "n c"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One configuration for each row of `cond`."""
        check_cond(cond, self.c)
        check_steer(steer, self.name)
        found = self.codec.encode(self.sampler.draw(self.couplings(cond), rng))
        return finish(found, steer)
