"""Reinforcement learning of a generator of tokens from rewards, anchored to its prior."""

import copy
import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.core.errors import InputError
from ingenium.generators.tokens.autoregressive import TokenAutoregressive


@dataclass(frozen=True)
class ReinforcementSettings:
    """Weight of the rewards, and settings of the optimiser."""

    worth: float = 120.0  # weight in nats of a reward of 1 relative to the prior; small ones anchor
    learning_rate: float = 2e-3
    clip_norm: float = 1.0

    def __post_init__(self) -> None:
        if not (self.worth >= 0 and self.learning_rate > 0 and self.clip_norm > 0):
            raise InputError("worth >= 0, learning_rate > 0 and clip_norm > 0", self)


class Reinforcement:
    """An agent that starts as a copy of a prior and is trained towards rewarded designs.

    The loss is the squared difference of its log density from that of the prior plus `worth` times
    the reward. On designs that the agent proposes this minimises the divergence to the normalised
    density prior * exp(worth * reward), which is the optimum: `worth` limits how far rewards lead
    away from the prior.

    Source: Olivecrona et al., J. Cheminform. 9:48, 2017 (REINVENT); Fialková et al., J. Chem. Inf.
        Model. 62:2046, 2022 (why it is a policy gradient).
    """

    def __init__(
        self,
        prior: TokenAutoregressive,
        settings: ReinforcementSettings = ReinforcementSettings(),
    ) -> None:
        self.prior, self.agent = prior, copy.deepcopy(prior)
        self.settings = settings
        self.parameters = [p for p in self.agent.parameters() if p.requires_grad]
        rate = settings.learning_rate
        self.optimiser = torch.optim.Adam(self.parameters, lr=rate)

    def learn(
        self,
        x: Float[Tensor, "n *shape"],
        cond: Float[Tensor, "n c"],
        reward: Float[Tensor, " n"],
    ) -> float:
        """Take one step on rewarded designs; return the loss before it, in squared nats.

        Raises:
            InputError: for rewards that are not finite.
        """
        if not bool(reward.isfinite().all()):
            raise InputError("finite rewards", "others", "Give failed designs a reward of 0.")
        with torch.no_grad():
            wanted = self.settings.worth * reward - self.prior.surprise(x, cond)
        loss = (wanted + self.agent.surprise(x, cond)).square().mean()
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters, self.settings.clip_norm)
        self.optimiser.step()
        return float(loss.detach())

    @torch.no_grad()
    def divergence(self, cond: Float[Tensor, "n c"], rng: torch.Generator) -> tuple[float, float]:
        """Estimate the divergence of agent from prior (nats) and its standard error by sampling."""
        x = self.agent.propose(cond, rng)
        distance = self.prior.surprise(x, cond) - self.agent.surprise(x, cond)
        return float(distance.mean()), float(distance.std()) / math.sqrt(len(x))
