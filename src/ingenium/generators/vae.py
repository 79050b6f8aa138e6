"""Conditional variational autoencoder."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from ingenium.generators.at import FEW, FIELD_WIDTH, latent_numbers
from ingenium.generators.latent import tilt
from ingenium.generators.model import Model
from ingenium.generators.networks import decoder, encoder
from ingenium.generators.rows import check_cond, check_rows, check_steer, finish
from ingenium.sampling.noise import gaussian
from ingenium.sampling.steer import FREE, Steer

GAIN = 10.0  # the deviations have to travel further than weights in as many steps


@dataclass(frozen=True)
class VAESettings:
    """Network and weight of the divergence."""

    latent: int = 16
    width: int = 64
    depth: int = 3
    beta: float = 1.0  # final weight of the divergence
    rise: float = 0.3  # share of the budget over which the weight rises
    floor: float = 0.02  # least deviation of a variable
    drawn: bool = True  # sample the deviation of proposals; else they are the decoded mean


class VAE(Model):
    """Beta-VAE with a learned deviation of each variable, sampled in every proposal.

    The prior of the latent numbers is a normal whose mean and deviation depend on the conditions,
    so that proposals decode latent numbers like those of designs. The weight of the divergence
    rises from 0 to `beta` over the first `rise` of the budget, so that the latent numbers are used
    before they are penalised.

    Shapes: m latent numbers.
    Source: Kingma and Welling, 2014, arXiv:1312.6114; Sohn et al., 2015, NeurIPS 28
        (conditional prior); Higgins et al., ICLR 2017 (beta); Bowman
        et al., 2016, arXiv:1511.06349 (annealing); Rybkin et al., 2021, arXiv:2006.13202
        (learned deviation).
    """

    def __init__(
        self, shape: tuple[int, ...], c: int, settings: VAESettings = VAESettings()
    ) -> None:
        super().__init__(shape, c)
        self.settings = settings
        self.latent = settings.latent
        self.priced = 1.0  # share of beta in force
        self.encode: nn.Module = encoder(
            shape, c, 2 * self.latent, width=settings.width, depth=settings.depth
        )
        self.decode: nn.Module = decoder(
            self.latent, shape, c, width=settings.width, depth=settings.depth
        )
        self.prior = nn.Linear(c, 2 * self.latent)
        nn.init.zeros_(self.prior.weight)
        nn.init.zeros_(self.prior.bias)
        self.raw_deviation = nn.Parameter(torch.zeros(shape))

    @property
    def deviation(self) -> Float[Tensor, "*shape"]:
        """Deviation of each variable around the decoded mean."""
        return self.settings.floor + functional.softplus(GAIN * self.raw_deviation)

    def anneal(self, fraction: float) -> None:
        """Raise the weight of the divergence linearly, then hold it."""
        self.priced = min(1.0, fraction / self.settings.rise)

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Negative evidence bound for each number of a design, at the present weight (nats)."""
        return self.bound(x, cond, rng, self.settings.beta * self.priced)

    def held_out_loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Negative evidence bound at the final weight, so that checks compare (nats)."""
        return self.bound(x, cond, rng, self.settings.beta)

    def bound(
        self,
        x: Float[Tensor, "n *shape"],
        cond: Float[Tensor, "n {self.c}"],
        rng: torch.Generator,
        price: float,
    ) -> Float[Tensor, " n"]:
        mean, spread = self.posterior(x, cond)
        z = mean + spread * gaussian(mean, rng)
        centre, width = self.believed(cond)
        distance, narrow = (mean - centre) / width, spread / width
        divergence = 0.5 * (distance.square() + narrow.square() - 1) - narrow.log()
        return (price * divergence.sum(1) - self.likelihood(x, z, cond)) / math.prod(self.shape)

    def believed(
        self, cond: Float[Tensor, "n {self.c}"]
    ) -> tuple[Float[Tensor, "n m"], Float[Tensor, "n m"]]:
        """Prior mean and deviation of the latent numbers under each condition."""
        centre, raw = self.prior(cond).chunk(2, dim=1)
        return centre, (0.5 * GAIN * raw).clamp(-4, 4).exp()

    def posterior(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"]
    ) -> tuple[Float[Tensor, "n m"], Float[Tensor, "n m"]]:
        """Mean and deviation of the latent numbers of each design."""
        mean, raw = self.encode(x, cond).chunk(2, dim=1)
        return mean, 1e-3 + functional.softplus(raw + 0.5)

    def likelihood(
        self,
        x: Float[Tensor, "n *shape"],
        z: Float[Tensor, "n m"],
        cond: Float[Tensor, "n {self.c}"],
    ) -> Float[Tensor, " n"]:
        """Log density of designs given latent numbers (nats)."""
        distance = (x - self.decode(z, cond)) / self.deviation
        each = -0.5 * (distance.square() + math.log(2 * math.pi)) - self.deviation.log()
        total: Tensor = each.flatten(1).sum(1)
        return total

    @torch.no_grad()
    def log_density(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], *, draws: int = 64
    ) -> Float[Tensor, " n"]:
        """Lower bound (in expectation) of the log density, by importance weighting (nats).

        The samples of a row are the same at every call, whatever rows come with it.

        Source: Burda et al., 2016, arXiv:1509.00519, eq. 8.

        Raises:
            ValueError: if rows do not fit the family.
        """
        check_rows(x, cond, self.shape, self.c)
        rng = torch.Generator().manual_seed(0)
        mean, spread = self.posterior(x, cond)
        centre, width = self.believed(cond)
        noise = gaussian(mean.new_empty(len(x), draws, self.latent), rng)
        weights = []
        for eps in noise.unbind(1):  # one at a time, or memory for designs would grow with them
            z = mean + spread * eps
            standard = (z - centre) / width
            odds = 0.5 * (eps.square() - standard.square()) + (spread / width).log()
            weights.append(self.likelihood(x, z, cond) + odds.sum(1))
        return torch.stack(weights).logsumexp(0) - math.log(draws)

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`; an energy tilts latent numbers and deviations.

        Raises:
            ValueError: if `cond` has the wrong width or `steer` has a weight.
        """
        check_cond(cond, self.c)
        check_steer(steer, "vae", energy=True)
        centre, width = self.believed(cond)
        size = self.latent + math.prod(self.shape)

        def design(z: Float[Tensor, "n s"]) -> Float[Tensor, "n *shape"]:
            off = z[:, self.latent :].reshape(-1, *self.shape)
            decoded: Tensor = self.decode(centre + width * z[:, : self.latent], cond)
            return decoded + self.deviation * off if self.settings.drawn else decoded

        z = tilt(gaussian(cond.new_empty(len(cond), size), rng), design, steer, rng)
        with torch.no_grad():
            return finish(design(z), steer)


def vae_of_rows(shape: tuple[int, ...], c: int) -> VAE:
    """Build the family for vectors and series."""
    # A weight of 1 has no effect on a design of many numbers; at 4 a design of few
    # numbers leaves its latent ones unused, and with them the correlations of its numbers.
    beta = 1.0 if math.prod(shape) <= FEW else 4.0
    return VAE(shape, c, VAESettings(latent=latent_numbers(shape, 16), beta=beta))


def vae_of_fields(shape: tuple[int, ...], c: int) -> VAE:
    """Build the family for fields."""
    return VAE(shape, c, VAESettings(latent=32, width=FIELD_WIDTH, beta=4.0))
