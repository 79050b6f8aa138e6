"""Variational, adversarial and diffusion models whose networks spike.

What they learn is what the ordinary ones learn; only their networks are others.

Shapes: n designs, `*shape` axes of one design, c spec features.
"""

from collections.abc import Mapping
from types import MappingProxyType

import torch

from ingenium.generators.diffusion import Diffusion, DiffusionSettings
from ingenium.generators.gan import GAN, GANSettings
from ingenium.generators.row_families import Maker
from ingenium.generators.spiking.networks import (
    SpikingDecoder,
    SpikingEncoder,
    SpikingSettings,
    SpikingTrunk,
    sharpened,
)
from ingenium.generators.vae import VAE, VAESettings
from ingenium.spiking.layered import Rhythm
from ingenium.train.plan import Plan


class SpikingVAE(VAE):
    """A VAE of spikes: latent numbers become rates, and the price of their divergence rises.

    Source: Kamata, Mukuta and Harada, Fully Spiking Variational Autoencoder, AAAI 36, 2022.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        settings: VAESettings = VAESettings(),
        spiking: SpikingSettings = SpikingSettings(),
    ) -> None:
        super().__init__(shape, c, settings)
        self.encode = SpikingEncoder(shape, c, 2 * self.latent, spiking)
        self.decode = SpikingDecoder(self.latent, shape, c, spiking)

    def anneal(self, fraction: float) -> None:
        """Raise the price, and sharpen the slope of spikes."""
        super().anneal(fraction)
        sharpened(self, fraction)


class SpikingGAN(GAN):
    """A maker of spikes against an ordinary critic (hybrid), or one of spikes (`full`).

    A step of spikes has no slope, so that in the full pair the gradient penalty holds the
    surrogate's slope near 1, and no distance of Wasserstein's is promised.

    Source: Kotariya and Ganguly, Spiking-GAN, IJCNN 2022; penalty: as of `GAN`.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        settings: GANSettings = GANSettings(),
        spiking: SpikingSettings = SpikingSettings(),
        *,
        full: bool = False,
    ) -> None:
        super().__init__(shape, c, settings)
        self.make = SpikingDecoder(self.latent, shape, c, spiking)
        if full:
            self.critic = SpikingEncoder(shape, c, 1, spiking)

    def anneal(self, fraction: float) -> None:
        """Sharpen the slope of spikes."""
        sharpened(self, fraction)


class SpikingDiffusion(Diffusion):
    """A denoiser of spikes, to which the noise level is told by when timing neurons spike.

    Source: Cao et al., Spiking Denoising Diffusion Probabilistic Models, WACV 2024; levels,
        weights and solver: as of `Diffusion`.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        settings: DiffusionSettings = DiffusionSettings(),
        spiking: SpikingSettings = SpikingSettings(),
    ) -> None:
        super().__init__(shape, c, settings)
        low, high = self.level(torch.tensor([settings.least, settings.most])).tolist()
        self.network = SpikingTrunk(shape, c, spiking, (low, high))

    def anneal(self, fraction: float) -> None:
        """Sharpen the slope of spikes."""
        sharpened(self, fraction)


def _vae(shape: tuple[int, ...], c: int) -> SpikingVAE:
    return SpikingVAE(shape, c, VAESettings(latent=min(16, shape[0] if len(shape) == 1 else 16)))


def _gan(full: bool) -> Maker:
    def make(shape: tuple[int, ...], c: int) -> SpikingGAN:
        penalty = 0.1 if len(shape) == 1 else 10.0  # as of the ordinary one
        return SpikingGAN(shape, c, GANSettings(latent=32, penalty=penalty), full=full)

    return make


def _diffusion(shape: tuple[int, ...], c: int) -> SpikingDiffusion:
    return SpikingDiffusion(shape, c)


SPIKING: Mapping[str, Maker] = MappingProxyType(
    {
        "spiking_vae": _vae,
        "spiking_gan": _gan(full=False),
        "fully_spiking_gan": _gan(full=True),
        "spiking_diffusion": _diffusion,
    }
)
SPIKING_PLANS: Mapping[str, Plan] = MappingProxyType(
    {
        "spiking_vae": Plan(steps=1500, learning_rate=2e-3, ema_decay=0.995),
        "spiking_gan": Plan(steps=1000, learning_rate=5e-4, ema_decay=0.99),
        "fully_spiking_gan": Plan(steps=1000, learning_rate=5e-4, ema_decay=0.99),
        "spiking_diffusion": Plan(steps=1500, learning_rate=2e-3, ema_decay=0.995),
    }
)
