"""Training that also asks physics: L = L_gen + sum of lambda L_term."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.core.errors import InputError
from ingenium.generators.denoising import Denoising
from ingenium.generators.gan import GAN
from ingenium.generators.model import Model
from ingenium.generators.rows import check_rows
from ingenium.generators.vae import VAE
from ingenium.sampling.noise import gaussian
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan, Turn
from ingenium.train.trainer import train

Penalty = Callable[[Float[Tensor, "n *shape"], Float[Tensor, "n c"]], Float[Tensor, " n"]]
LEVEL_MEAN, LEVEL_STD = -0.5, 1.4  # of log sigma, as in EDM


@dataclass(frozen=True)
class Term:
    """What physics holds against a design, and its price in the loss.

    `penalty(x, cond)` gives each row of standardised designs and conditions a finite value that is
    0 where nothing is wrong, and can be differentiated: the residual of an equation (L_phys), or
    the squared distance of a measured property from the one asked for (L_prop).
    """

    penalty: Penalty
    price: float  # lambda


@dataclass(frozen=True)
class InformedSettings:
    """How much physics is asked."""

    rows: int = 16  # of a batch that physics judges; an engine is dearer than a network


class Informed(nn.Module):
    """A family whose training adds prices on the physics of what it would propose.

    A term judges the family's one-step estimate of the clean design: of a denoising family the
    expected design at a random noise level, weighted by `1 / (1 + sigma^2)`, for where there is
    much noise the expected design is a blur and not a design; of a VAE or GAN what it makes of
    fresh noise. Proposals are those of the family; physics at the time of sampling is the gradient
    guidance of `Steer.energy`.

    The family's own loss draws the same numbers whatever the prices, so that losses and designs of
    a sweep over prices differ by the prices alone; with all prices 0 the fit is that of the family
    to the bit.

    Shapes: n designs, `*shape` axes of one design, c spec features.
    Source: Bastek, Sun and Kochmann, ICLR 2025, arXiv:2403.14404, eq. 10 (residual of the estimated
        clean design, weighted by the noise level); Raissi, Perdikaris and Karniadakis, J. Comput.
        Phys. 378, 2019, for the sum of losses.
    """

    def __init__(
        self,
        family: Model,
        terms: tuple[Term, ...],
        settings: InformedSettings = InformedSettings(),
    ) -> None:
        """A family to be fitted under `terms`.

        Raises:
            InputError: if the family cannot tell what it would propose in one step, or a setting
                makes no sense.
        """
        super().__init__()
        if not isinstance(family, Denoising | VAE | GAN):
            raise InputError(
                "a denoising family, a VAE or a GAN",
                type(family).__name__,
                "Give FlowMatching(shape, c), or steer another family when proposing.",
            )
        if any(term.price < 0 for term in terms) or settings.rows < 1:
            raise InputError("prices of at least 0 on at least 1 row", (terms, settings))
        self.shape, self.c = family.shape, family.c
        self.family: Denoising | VAE | GAN = family
        self.terms = tuple(term for term in terms if term.price > 0)
        self.settings = settings

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Train the family on all rows under `plan`; the held-out loss includes the terms.

        Raises:
            ValueError: if rows or plan do not fit.
        """
        check_rows(x, cond, self.shape, self.c)
        return train(self, x, cond, plan)

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`, by the family."""
        return self.family.propose(cond, rng, steer)

    def turns(self) -> tuple[Turn, ...]:
        """Those of the family; the one that learns to propose also learns from the terms."""
        own = []
        for turn in self.family.turns():
            loss = self.loss if turn.loss == self.family.loss else turn.loss
            own.append(Turn(turn.parameters, loss, turn.repeats, turn.betas))
        return tuple(own)

    def anneal(self, fraction: float) -> None:
        """As the family does."""
        self.family.anneal(fraction)

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """The loss of the family and, on the first rows of a batch, the terms."""
        return self._informed(self.family.loss(x, cond, rng), x, cond, rng)

    def held_out_loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """What the family watches and the terms."""
        own = self.family.held_out_loss(x, cond, rng)
        with torch.no_grad():
            return self._informed(own, x, cond, rng)

    def _informed(
        self, own: Float[Tensor, " n"], x: Tensor, cond: Tensor, rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Batches come in random order, so their first rows stand for all of them."""
        if not self.terms:
            return own
        rows = min(len(x), self.settings.rows)
        wrong = self.penalty(x[:rows], cond[:rows], _aside(rng)).to(own)
        alongside: Tensor = torch.cat([wrong * (len(x) / rows), own.new_zeros(len(x) - rows)])
        return own + alongside

    def penalty(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """All terms at their prices, of what the family would propose instead of each row."""
        estimate, weight = self._estimate(x, cond, rng)
        total = torch.stack([t.price * t.penalty(estimate, cond) for t in self.terms]).sum(0)
        return total * weight.to(total)

    def _estimate(
        self, x: Tensor, cond: Tensor, rng: torch.Generator
    ) -> tuple[Float[Tensor, "n *shape"], Float[Tensor, " n"]]:
        """A clean design a row, differentiable in the weights of the family, and its weight."""
        family = self.family
        if isinstance(family, Denoising):
            level = gaussian(x.flatten(1)[:, 0], rng)
            sigma = (LEVEL_MEAN + LEVEL_STD * level).exp()
            noisy = x + sigma.view(-1, *[1] * len(self.shape)) * gaussian(x, rng)
            return family.denoise(noisy, sigma, cond), 1 / (1 + sigma.square())
        ones = torch.ones_like(cond[:, 0])
        if isinstance(family, GAN):
            return family.sample(cond, rng), ones
        centre, width = family.believed(cond)
        made: Tensor = family.decode(centre + width * gaussian(centre, rng), cond)
        return made, ones


def _aside(rng: torch.Generator) -> torch.Generator:
    """A generator whose draws follow from the state of another, which stays as it is."""
    seed = torch.randint(2**62, (), generator=rng.clone_state())
    return torch.Generator().manual_seed(int(seed))


def through(
    terms: tuple[Term, ...], decode: Callable[[Tensor, Tensor], Tensor]
) -> tuple[Term, ...]:
    """The terms on latent numbers: those of the designs that `decode(latent, cond)` gives.

    With them the inner family of `Components` or `LatentFields` can be an informed one.
    """

    def of_latent(penalty: Penalty) -> Penalty:
        return lambda latent, cond: penalty(decode(latent, cond), cond)

    return tuple(replace(term, penalty=of_latent(term.penalty)) for term in terms)
