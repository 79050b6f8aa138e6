"""Conditional Wasserstein adversarial model with a gradient penalty."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.generators.at import FIELD_WIDTH, latent_numbers
from ingenium.generators.latent import tilt
from ingenium.generators.model import Model
from ingenium.generators.networks import decoder, encoder
from ingenium.generators.rows import check_cond, check_steer, finish
from ingenium.sampling.noise import gaussian, uniform
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Turn


@dataclass(frozen=True)
class GANSettings:
    """Networks and their training."""

    latent: int = 32
    width: int = 64
    depth: int = 2
    penalty: float = 10.0
    repeats: int = 5  # steps of the critic for one of the maker
    draws: int = 4  # proposals for each held-out row
    heard: float = 1.0  # scale of the conditions, relative to the many more numbers of designs


class GAN(Model):
    """WGAN-GP: a critic estimates the distance to the data, a generator network reduces it.

    Shapes: m latent numbers.
    Source: Gulrajani et al., 2017, arXiv:1704.00028, algorithm 1.
    """

    def __init__(
        self, shape: tuple[int, ...], c: int, settings: GANSettings = GANSettings()
    ) -> None:
        super().__init__(shape, c)
        self.settings = settings
        self.latent = settings.latent
        width, depth = settings.width, settings.depth
        self.make: nn.Module = decoder(self.latent, shape, c, width=width, depth=depth)
        self.critic: nn.Module = encoder(shape, c, 1, width=width, depth=depth)

    def turns(self) -> tuple[Turn, ...]:
        """Alternate five steps of the critic and one of the generator network."""
        critic, maker = tuple(self.critic.parameters()), tuple(self.make.parameters())
        betas = (0.0, 0.9)
        return (
            Turn(critic, self.critic_loss, self.settings.repeats, betas),
            Turn(maker, self.loss, 1, betas),
        )

    def sample(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, "n *shape"]:
        """Sample designs from fresh noise."""
        noise = gaussian(cond.new_empty(len(cond), self.latent), rng)
        made: Tensor = self.make(noise, self.settings.heard * cond)
        return made

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Negative score of proposed designs by the critic."""
        score: Tensor = self.critic(self.sample(cond, rng), self.settings.heard * cond)
        return -score[:, 0]

    def critic_loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Score of proposed minus true designs, plus the penalty on the gradient between them."""
        with torch.no_grad():
            made = self.sample(cond, rng)
        place = uniform(cond.new_empty(len(x), *[1] * len(self.shape)), rng)
        between = torch.lerp(made, x, place).requires_grad_()
        condition = self.settings.heard * cond
        scores = self.critic(between, condition).sum()
        (slope,) = torch.autograd.grad(scores, between, create_graph=True)
        length: Tensor = (slope.flatten(1).square().sum(1) + 1e-12).sqrt()
        both = self.critic(torch.cat([made, x]), torch.cat([condition, condition]))[:, 0]
        gap: Tensor = both[: len(x)] - both[len(x) :]
        return gap + self.settings.penalty * (length - 1).square()

    @torch.no_grad()
    def held_out_loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Energy score of a few proposals for each row; it is least for the true distribution.

        Source: Gneiting and Raftery, J. American Statistical Association 102, 2007, eq. 22.
        """
        draws = self.settings.draws
        made = self.sample(cond.repeat_interleave(draws, 0), rng).flatten(1)
        made = made.reshape(len(x), draws, -1)
        to_truth: Tensor = torch.linalg.vector_norm(made - x.flatten(1)[:, None], dim=-1).mean(1)
        pairs = torch.linalg.vector_norm(made[:, :, None] - made[:, None], dim=-1)
        score: Tensor = to_truth - pairs.sum((1, 2)) / (2 * draws * (draws - 1))
        return score

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`; an energy tilts the noise it comes from.

        Raises:
            ValueError: if `cond` has the wrong width or `steer` has a weight.
        """
        check_cond(cond, self.c)
        check_steer(steer, "gan", energy=True)
        z = gaussian(cond.new_empty(len(cond), self.latent), rng)
        condition = self.settings.heard * cond
        z = tilt(z, lambda noise: self.make(noise, condition), steer, rng)
        with torch.no_grad():
            return finish(self.make(z, condition), steer)


def gan_of_rows(shape: tuple[int, ...], c: int) -> GAN:
    """Build the family for vectors and series."""
    # On few numbers a penalty of 10 stops the critic before it detects errors. A 2-D Gaussian
    # over 5 seeds: largest error of a mean 0.37 to 0.88 deviations with 10, 0.07 to 0.09 with 0.1.
    # Source: gan_toy.py of the authors, github.com/igul222/improved_wgan_training (0.1).
    penalty = 0.1 if len(shape) == 1 else 10.0
    return GAN(shape, c, GANSettings(latent=2 * latent_numbers(shape, 16), penalty=penalty))


def gan_of_fields(shape: tuple[int, ...], c: int) -> GAN:
    """Build the family for fields."""
    return GAN(shape, c, GANSettings(latent=32, width=FIELD_WIDTH))
