"""Families of digit generators of one size, spiking and non-spiking.

Both kinds have equally many weights in each layer, are fully connected and take conditions as
inputs, so that they differ by spikes alone. Convolutions are not compared.
"""

from collections.abc import Callable, Mapping
from itertools import pairwise
from types import MappingProxyType

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from ingenium.domains.neuro.digits.data import SIDE
from ingenium.domains.neuro.digits.drawer import Drawer
from ingenium.generators.diffusion import DiffusionSettings
from ingenium.generators.gan import GAN, GANSettings
from ingenium.generators.model import Family
from ingenium.generators.rows import check_cond, check_steer, finish
from ingenium.generators.vae import VAE, VAESettings
from ingenium.kits.spikes.families import (
    CleanDiffusion,
    SpikingDiffusion,
    SpikingGAN,
    SpikingVAE,
)
from ingenium.kits.spikes.layered import Rhythm
from ingenium.kits.spikes.networks import TIMING, SpikingSettings
from ingenium.sampling.noise import gaussian
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

SHAPE, D, C = (1, SIDE, SIDE), SIDE * SIDE, 10
RHYTHM = Rhythm(steps=12, step_ms=1.0, tau_ms=8.0)
DRAWS = SpikingSettings(width=128, rhythm=RHYTHM)  # decoders, encoders and critics
CLEANS = SpikingSettings(width=72, rhythm=RHYTHM)  # denoisers, whose inputs are images
VAE_SETTINGS = VAESettings(latent=16, beta=2.0, drawn=False)
GAN_SETTINGS = GANSettings(latent=32, repeats=2, heard=4.0)
DIFFUSION_SETTINGS = DiffusionSettings(width=32, depth=1, level_mean=0.3, most=20.0)


class Plain(nn.Module):
    """Stack of rectified layers, as many as a spiking stack has."""

    def __init__(self, entering: int, out: int, like: SpikingSettings) -> None:
        super().__init__()
        sizes = [entering, *[like.width] * like.depth, out]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes[:-1]))
        self.leave = nn.Linear(sizes[-2], out)

    def forward(self, x: Float[Tensor, "n i"]) -> Float[Tensor, "n o"]:
        """Return one vector for each row."""
        for layer in self.layers:
            x = functional.silu(layer(x))
        out: Tensor = self.leave(x)
        return out


class PlainFields(nn.Module):
    """Network from vectors or fields and conditions to fields of a shape, or to vectors."""

    def __init__(
        self, entering: int, out: int, like: SpikingSettings, shape: tuple[int, ...] | None
    ) -> None:
        super().__init__()
        self.inner, self.shape = Plain(entering + C, out, like), shape

    def forward(self, x: Tensor, cond: Tensor) -> Tensor:
        """Return one output for each row."""
        out: Tensor = self.inner(torch.cat([x.flatten(1), cond], 1))
        return out if self.shape is None else out.unflatten(1, self.shape)


class PlainDenoiser(nn.Module):
    """Denoiser of the same layers; it takes the noise level as Fourier features."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = Plain(D + C + TIMING + 1, D, CLEANS)
        nn.init.zeros_(self.inner.leave.weight)
        nn.init.zeros_(self.inner.leave.bias)

    def forward(
        self, x: Tensor, cond: Tensor, level: Tensor, conditioned: Tensor | None = None
    ) -> Tensor:
        """Denoise each row; `conditioned` masks the conditions."""
        condition = cond if conditioned is None else cond * conditioned[:, None]
        angle = level[:, None] * torch.tensor([1.0, 2.0, 4.0, 8.0])
        waves = torch.cat([level[:, None], angle.sin(), angle.cos()], 1)
        out: Tensor = self.inner(torch.cat([x.flatten(1), condition, waves], 1)).unflatten(1, SHAPE)
        return out


def _vae() -> VAE:
    made = VAE(SHAPE, C, VAE_SETTINGS)
    made.encode = PlainFields(D, 2 * made.latent, DRAWS, None)
    made.decode = PlainFields(made.latent, D, DRAWS, SHAPE)
    return made


def _gan() -> GAN:
    made = GAN(SHAPE, C, GAN_SETTINGS)
    made.make = PlainFields(made.latent, D, DRAWS, SHAPE)
    made.critic = PlainFields(D, 1, DRAWS, None)
    return made


def _diffusion() -> CleanDiffusion:
    made = CleanDiffusion(SHAPE, C, DIFFUSION_SETTINGS)
    made.network = PlainDenoiser()
    return made


def _hybrid() -> SpikingGAN:
    made = SpikingGAN(SHAPE, C, GAN_SETTINGS, DRAWS)
    made.critic = PlainFields(D, 1, DRAWS, None)  # that of the ordinary pair
    return made


FAMILIES: Mapping[str, Callable[[], Family]] = MappingProxyType(
    {
        "vae": _vae,
        "gan": _gan,
        "diffusion": _diffusion,
        "spiking_vae": lambda: SpikingVAE(SHAPE, C, VAE_SETTINGS, DRAWS),
        "spiking_gan": _hybrid,
        "fully_spiking_gan": lambda: SpikingGAN(SHAPE, C, GAN_SETTINGS, DRAWS, full=True),
        "spiking_diffusion": lambda: SpikingDiffusion(SHAPE, C, DIFFUSION_SETTINGS, CLEANS),
    }
)


_PLANS = {
    "vae": Plan(steps=800, learning_rate=2e-3, ema_decay=0.995),
    "gan": Plan(steps=800, learning_rate=3e-3, ema_decay=0.99),
    "diffusion": Plan(steps=1250, learning_rate=2e-3, ema_decay=0.995),
}
BUDGETS: Mapping[str, Plan] = MappingProxyType(
    {name: _PLANS[name.split("_")[-1]] for name in FAMILIES}
)  # the same for those that spike and those that do not


class RatePrior(nn.Module):
    """Prior over rates that ships with the network, for each digit; nothing is fitted.

    Shapes: n designs, d numbers from -1 to 1.
    """

    centre: Tensor
    spread: Tensor

    def __init__(self, drawer: Drawer) -> None:
        super().__init__()
        self.shape, self.c = (drawer.rates.shape[1],), C
        self.register_buffer("centre", drawer.centre.float())
        self.register_buffer("spread", drawer.spread.float())

    def fit(
        self, x: Float[Tensor, "n d"], cond: Float[Tensor, "n c"], plan: Plan
    ) -> dict[str, list[float]]:
        """Do nothing: the prior was trained with the network."""
        return {}

    @torch.no_grad()
    def propose(
        self, cond: Float[Tensor, "n c"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n d"]:
        """One design for each row of `cond`.

        Raises:
            ValueError: if `cond` has the wrong width, or `steer` requests guidance.
        """
        check_cond(cond, self.c)
        check_steer(steer, "spiking_vae")
        at = cond.argmax(1)
        logit = self.centre[at] + self.spread[at] * gaussian(self.centre[at], rng)
        return finish(2 * torch.sigmoid(logit) - 1, steer)
