"""Conditional Wasserstein adversarial model with a gradient penalty."""

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.generators.latent import tilt
from ingenium.generators.model import Model
from ingenium.generators.networks import decoder, encoder
from ingenium.generators.rows import check_cond, check_steer, finish
from ingenium.sampling.noise import gaussian, uniform
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Turn

DRAWS = 4  # proposals for each held-out row


class GAN(Model):
    """WGAN-GP: a critic measures the distance to the data, a maker of designs shrinks it.

    Shapes: m latent numbers.
    Source: Gulrajani et al., 2017, arXiv:1704.00028, algorithm 1.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        *,
        latent: int = 32,
        width: int = 96,
        depth: int = 2,
        penalty: float = 10.0,
    ) -> None:
        super().__init__(shape, c)
        self.latent, self.penalty = latent, penalty
        self.repeats = 5
        self.make = decoder(latent, shape, c, width=width, depth=depth)
        self.critic = encoder(shape, c, 1, width=width, depth=depth)

    def turns(self) -> tuple[Turn, ...]:
        """Five steps of the critic, one of the maker."""
        critic, maker = tuple(self.critic.parameters()), tuple(self.make.parameters())
        betas = (0.0, 0.9)
        return (
            Turn(critic, self.critic_loss, self.repeats, betas),
            Turn(maker, self.loss, 1, betas),
        )

    def draw(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, "n *shape"]:
        """Designs from fresh noise."""
        made: Tensor = self.make(gaussian(cond.new_empty(len(cond), self.latent), rng), cond)
        return made

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """What the critic holds against made designs."""
        score: Tensor = self.critic(self.draw(cond, rng), cond)
        return -score[:, 0]

    def critic_loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Score of made over true designs, and how far the slope between them is from 1."""
        with torch.no_grad():
            made = self.draw(cond, rng)
        place = uniform(cond.new_empty(len(x), *[1] * len(self.shape)), rng)
        between = torch.lerp(made, x, place).requires_grad_()
        scores = self.critic(between, cond).sum()
        (slope,) = torch.autograd.grad(scores, between, create_graph=True)
        length = (slope.flatten(1).square().sum(1) + 1e-12).sqrt()
        gap = (self.critic(made, cond) - self.critic(x, cond))[:, 0]
        return gap + self.penalty * (length - 1).square()

    @torch.no_grad()
    def held_out_loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Energy score of a few proposals for each row; it is least for the true distribution.

        Source: Gneiting and Raftery, J. American Statistical Association 102, 2007, eq. 22.
        """
        made = self.draw(cond.repeat_interleave(DRAWS, 0), rng).flatten(1)
        made = made.unflatten(0, (len(x), DRAWS))
        to_truth = torch.linalg.vector_norm(made - x.flatten(1)[:, None], dim=-1).mean(1)
        pairs = torch.linalg.vector_norm(made[:, :, None] - made[:, None], dim=-1)
        return to_truth - pairs.sum((1, 2)) / (2 * DRAWS * (DRAWS - 1))

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`; an energy tilts the noise it comes from.

        Raises:
            ValueError: if `cond` has the wrong width or `steer` asks for a weight.
        """
        check_cond(cond, self.c)
        check_steer(steer, "gan", energy=True)
        z = gaussian(cond.new_empty(len(cond), self.latent), rng)
        z = tilt(z, lambda noise: self.make(noise, cond), steer, rng)
        with torch.no_grad():
            return finish(self.make(z, cond), steer)
