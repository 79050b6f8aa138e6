"""Families on the latent numbers of a convolutional autoencoder of fields."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from ingenium.core.errors import InputError
from ingenium.generators.model import Family, Model
from ingenium.generators.networks import decoder, encoder
from ingenium.generators.rows import check_cond, check_rows, check_steer, finish
from ingenium.sampling.noise import gaussian
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

STAGES = ("autoencoder", "inner")


@dataclass(frozen=True)
class AutoencoderSettings:
    """Network and weights of the loss."""

    latent: int = 32
    width: int = 32
    depth: int = 2
    price: float = 1e-3  # of the divergence of a latent number, in squared errors of a design


class Autoencoder(Model):
    """Autoencoder of designs to latent numbers with a little noise, without conditions.

    The weighted divergence maintains the noise, so that near latent numbers decode to near designs.
    The noise is far too small to sample from: another family proposes latent numbers.

    Shapes: m latent numbers.
    Source: Rombach et al., 2022, arXiv:2112.10752, sec. 3.1 (slight penalty towards a normal).
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        settings: AutoencoderSettings = AutoencoderSettings(),
    ) -> None:
        super().__init__(shape, c)
        self.settings = settings
        m, width, depth = settings.latent, settings.width, settings.depth
        self.to_latent = encoder(shape, 0, 2 * m, width=width, depth=depth)
        self.to_design = decoder(m, shape, 0, width=width, depth=depth)

    def posterior(
        self, x: Float[Tensor, "n *shape"]
    ) -> tuple[Float[Tensor, "n m"], Float[Tensor, "n m"]]:
        """Mean and deviation of the latent numbers of each design."""
        mean, raw = self.to_latent(x, x.new_empty(len(x), 0)).chunk(2, dim=1)
        return mean, 1e-3 + functional.softplus(raw - 1.0)

    def decode(self, z: Float[Tensor, "n m"]) -> Float[Tensor, "n *shape"]:
        """Return the designs of latent numbers."""
        out: Tensor = self.to_design(z, z.new_empty(len(z), 0))
        return out

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Squared error for each number of the design, plus weighted divergence for each latent."""
        mean, spread = self.posterior(x)
        wrong = (self.decode(mean + spread * gaussian(mean, rng)) - x).square().flatten(1).mean(1)
        divergence = 0.5 * (mean.square() + spread.square() - 1) - spread.log()
        return wrong + self.settings.price * divergence.mean(1)

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """Decode standard normal latent numbers, whatever the conditions.

        Raises:
            ValueError: if `cond` has the wrong width or `steer` requests guidance.
        """
        check_cond(cond, self.c)
        check_steer(steer, "an autoencoder alone")
        z = gaussian(cond.new_empty(len(cond), self.settings.latent), rng)
        with torch.no_grad():
            return finish(self.decode(z), steer)


class LatentFields(nn.Module):
    """A family on the standardised latent numbers of an autoencoder.

    First the autoencoder learns designs, then the inner family learns their latent numbers under
    the conditions, each for as many steps as the plan has. Gradients pass from the output to the
    latent numbers. Such designs have no density; that of the latent numbers is
    `inner.log_density`.

    Shapes: n designs, m latent numbers.
    Source: Rombach et al., 2022, arXiv:2112.10752.
    """

    centre: Tensor  # (m,)
    spread: Tensor  # (m,) of the latent numbers of the training designs

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        inner: Callable[[tuple[int, ...], int], Family],
        settings: AutoencoderSettings = AutoencoderSettings(),
    ) -> None:
        """Set up a family for designs of `shape`; `inner` builds that of the latent numbers."""
        super().__init__()
        if settings.latent < 1 or settings.price < 0:
            raise InputError("at least 1 latent number and a price of at least 0", settings)
        self.shape: tuple[int, ...] = shape
        self.c = c
        self.autoencoder = Autoencoder(shape, c, settings)
        self.inner = inner((settings.latent,), c)
        self.register_buffer("centre", torch.zeros(settings.latent))
        self.register_buffer("spread", torch.ones(settings.latent))

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Fit the autoencoder, then the inner family; the losses are named after both.

        Raises:
            ValueError: if rows or plan do not fit.
        """
        check_rows(x, cond, self.shape, self.c)
        first = self.autoencoder.fit(x, cond, _stage(plan, 0))
        with torch.no_grad():
            latent = torch.cat([self.autoencoder.posterior(part)[0] for part in x.split(256)])
        self.centre.copy_(latent.mean(0))
        self.spread.copy_(latent.std(0).clamp(min=1e-6))
        second = self.inner.fit((latent - self.centre) / self.spread, cond, _stage(plan, 1))
        return {f"{STAGES[0]}_{k}": v for k, v in first.items()} | second

    def decode(
        self, latent: Float[Tensor, "n m"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float[Tensor, "n *shape"]:
        """Return the designs of standardised latent numbers; conditions have no effect."""
        return self.autoencoder.decode(self.centre + self.spread * latent)

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`.

        Raises:
            ValueError: if `cond` has the wrong width, or guidance is requested that the inner
                family does not support.
        """
        check_cond(cond, self.c)
        outer = steer.energy
        energy = None if outer is None else lambda latent: outer(self.decode(latent, cond))
        latent = self.inner.propose(cond, rng, replace(steer, project=None, energy=energy))
        with torch.no_grad():
            return finish(self.decode(latent, cond), steer)


def _stage(plan: Plan, number: int) -> Plan:
    """Plan of one of the two stages: own checkpoint, half of the time."""
    progress, folder = plan.progress, plan.checkpoint

    def watch(step: int, steps: int, loss: float) -> None:
        if progress is not None:
            progress(number * steps + step, len(STAGES) * steps, loss)

    return replace(
        plan,
        seconds=None if plan.seconds is None else plan.seconds / len(STAGES),
        checkpoint=None if folder is None else folder / STAGES[number],
        progress=None if progress is None else watch,
    )
