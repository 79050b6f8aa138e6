"""A normal distribution under conditions: the smallest family with everything a family can have."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import MultivariateNormal

from ingenium.generators.model import Model
from ingenium.generators.rows import check_cond, check_rows, check_steer, finish
from ingenium.sampling.noise import gaussian
from ingenium.sampling.steer import FREE, Steer

GAIN = 10.0  # the spread has to travel further than weights in as many steps


class Gaussian(Model):
    """A normal distribution whose mean follows the conditions and whose spread does not.

    Shapes: n designs, d numbers of a design, c spec features.
    Source: Bishop, 1994, Mixture Density Networks, eq. 20, with one component and a full factor.
    """

    def __init__(self, shape: tuple[int, ...], c: int, *, width: int = 128) -> None:
        super().__init__(shape, c)
        d = math.prod(shape)
        self.mean = nn.Sequential(nn.Linear(c, width), nn.SiLU(), nn.Linear(width, d))
        self.factor = nn.Parameter(torch.zeros(d, d))

    @property
    def spread(self) -> Float[Tensor, "d d"]:
        """Lower triangle with a positive diagonal: the Cholesky factor of the covariance."""
        raw = GAIN * self.factor
        return raw.tril(-1) + raw.diagonal().exp().diag()

    def density(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float[Tensor, " n"]:
        """Logarithm of the density, with gradients (nats)."""
        normal = MultivariateNormal(self.mean(cond), scale_tril=self.spread)
        found: Tensor = normal.log_prob(x.flatten(1))
        return found

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Negative logarithm of the density for each number of a design (nats)."""
        return -self.density(x, cond) / len(self.factor)

    @torch.no_grad()
    def log_density(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float[Tensor, " n"]:
        """Logarithm of the conditional density of each row (nats).

        Raises:
            ValueError: if rows do not fit the family.
        """
        check_rows(x, cond, self.shape, self.c)
        return self.density(x, cond)

    @torch.no_grad()
    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`.

        Raises:
            ValueError: if `cond` has the wrong width, or `steer` requests guidance.
        """
        check_cond(cond, self.c)
        check_steer(steer, "gaussian")
        mean = self.mean(cond)
        x = mean + gaussian(mean, rng) @ self.spread.T
        return finish(x.reshape(-1, *self.shape), steer)
