"""Autoregressive mixtures: the density of each step of a series given the steps before it."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from ingenium.generators.model import Model
from ingenium.generators.rows import (
    check_cond,
    check_rows,
    check_steer,
    finish,
)
from ingenium.sampling.noise import gaussian, uniform
from ingenium.sampling.steer import FREE, Steer


@dataclass(frozen=True)
class AutoregressiveSettings:
    """Network and mixture."""

    width: int = 128
    k: int = 6  # components of the mixture
    rank: int = 4  # of the link between channels
    floor: float = 0.02  # least deviation of a component


class Autoregressive(Model):
    """A recurrent network that gives each step a mixture of Gaussians over all channels.

    A series goes step by step over time, all channels of a step together; a vector goes variable by
    variable. Within a step the channels are correlated through the precision factor `I +
    strict_lower(U V')`, which makes the density exact at the cost of a product. The deviation of a
    component never falls below `floor`, so that values that repeat exactly (photovoltaics at night)
    have a finite density.

    Shapes: p channels of a step, t steps, k components of the mixture.
    Source: Graves, 2013, arXiv:1308.0850 (recurrent mixtures); Uria et al., JMLR 17(205), 2016
        (exact densities variable by variable); Pourahmadi, Biometrika 86, 1999 (unconstrained
        covariances by regression on the channels before).
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        settings: AutoregressiveSettings = AutoregressiveSettings(),
    ) -> None:
        super().__init__(shape, c)
        if len(shape) not in (1, 2):
            raise ValueError(
                f"expected one design of shape (d,) or (d, t), got {shape}; reshape it first"
            )
        self.p, self.t = (1, shape[0]) if len(shape) == 1 else shape
        self.settings = settings
        self.k, self.rank = settings.k, min(settings.rank, self.p - 1)
        width = settings.width
        self.start = nn.Sequential(nn.Linear(c, width), nn.SiLU(), nn.Linear(width, width))
        self.position = nn.Parameter(torch.randn(self.t, width) / math.sqrt(width))
        self.first = nn.Parameter(torch.zeros(self.p))
        self.step_in = nn.Linear(self.p, width)
        self.memory = nn.GRU(width, width, batch_first=True)
        self.out = 2 * self.rank * self.p + self.k * (2 * self.p + 1)
        self.mix = nn.Sequential(nn.LayerNorm(2 * width), nn.Linear(2 * width, width), nn.SiLU())
        self.head = nn.Linear(width, self.out)
        with torch.no_grad():
            self.head.weight.mul_(0.1)

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Negative log density for each number of a design (nats)."""
        return -self.log_density(x, cond) / (self.p * self.t)

    def log_density(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float[Tensor, " n"]:
        """Exact logarithm of the conditional density (nats).

        Raises:
            ValueError: if rows do not fit the family.
        """
        check_rows(x, cond, self.shape, self.c)
        steps = x.reshape(len(x), self.p, self.t).mT  # (n, t, p)
        before = torch.cat([self.first.expand(len(x), 1, -1), steps[:, :-1]], 1)
        condition = self.start(cond)
        hidden, _ = self.memory(self.embed(before, condition, self.position), condition[None])
        parts = self.parts(hidden, condition, self.position)
        return mixture_log_density(steps, *parts).sum(1)

    def embed(
        self,
        before: Float[Tensor, "n s p"],
        condition: Float[Tensor, "n w"],
        position: Float[Tensor, "s w"],
    ) -> Float[Tensor, "n s w"]:
        """Return the input of the recurrence at each step."""
        read: Tensor = self.step_in(before)
        return read + condition[:, None] + position

    def parts(
        self,
        hidden: Float[Tensor, "n s w"],
        condition: Float[Tensor, "n w"],
        position: Float[Tensor, "s w"],
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Log weights, means, deviations, and the factors U and V of each step's mixture."""
        place = (condition[:, None] + position).expand_as(hidden)
        raw = self.head(self.mix(torch.cat([hidden, place], -1)))
        k, p, r = self.k, self.p, self.rank
        logits, mean, spread, u, v = raw.split([k, k * p, k * p, r * p, r * p], -1)
        mean = mean.unflatten(-1, (k, p)) + torch.linspace(-1, 1, k).to(mean)[:, None]
        deviation = self.settings.floor + functional.softplus(spread.unflatten(-1, (k, p)) + 0.5)
        return (
            logits.log_softmax(-1),
            mean,
            deviation,
            u.unflatten(-1, (p, r)),
            v.unflatten(-1, (p, r)),
        )

    @torch.no_grad()
    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`, step by step.

        Raises:
            ValueError: if `cond` has the wrong width or `steer` requests guidance.
        """
        check_cond(cond, self.c)
        check_steer(steer, "autoregressive")
        n = len(cond)
        condition = self.start(cond)
        state, before = condition[None].contiguous(), self.first.expand(n, self.p)
        steps = []
        for place in self.position[:, None]:  # each step needs the one before
            hidden, state = self.memory(self.embed(before[:, None], condition, place), state)
            weight, mean, deviation, u, v = (q[:, 0] for q in self.parts(hidden, condition, place))
            point = uniform(cond.new_empty(n, 1), rng)
            chosen = (point > weight.exp().cumsum(-1)).sum(-1).clamp(max=self.k - 1)
            row = torch.arange(n, device=cond.device)
            eps = gaussian(cond.new_empty(n, self.p), rng) * deviation[row, chosen]
            before = mean[row, chosen] + unwhiten(eps, u, v)
            steps.append(before)
        return finish(torch.stack(steps, -1).reshape(n, *self.shape), steer)


def mixture_log_density(
    x: Float[Tensor, "n t p"],
    weight: Float[Tensor, "n t k"],
    mean: Float[Tensor, "n t k p"],
    deviation: Float[Tensor, "n t k p"],
    u: Float[Tensor, "n t p r"],
    v: Float[Tensor, "n t p r"],
) -> Float[Tensor, "n t"]:
    """Log density of each step under its mixture, with `W = I + strict_lower(U V')`."""
    distance = x[:, :, None] - mean
    lower = (u @ v.mT).tril(-1)
    white = (distance + distance @ lower.mT) / deviation
    each = -0.5 * white.square().sum(-1) - deviation.log().sum(-1)
    constant = 0.5 * x.shape[-1] * math.log(2 * math.pi)
    density: Tensor = torch.logsumexp(weight + each, -1) - constant
    return density


def unwhiten(
    eps: Float[Tensor, "n p"], u: Float[Tensor, "n p r"], v: Float[Tensor, "n p r"]
) -> Float[Tensor, "n p"]:
    """Solve `(I + strict_lower(U V')) y = eps` for each row."""
    lower = (u @ v.mT).tril(-1)
    column = torch.linalg.solve_triangular(
        lower, eps.unsqueeze(-1), upper=False, unitriangular=True
    )
    out: Tensor = column.squeeze(-1)
    return out


def autoregressive_of_rows(shape: tuple[int, ...], c: int) -> Autoregressive:
    """Build the family for vectors and series."""
    return Autoregressive(shape, c, AutoregressiveSettings(width=64 if len(shape) == 1 else 96))
