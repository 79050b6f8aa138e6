"""Variational, adversarial and diffusion models with spiking networks.

Their training objectives are those of the ordinary models; only the networks differ.

Shapes: n designs, `*shape` axes of one design, c spec features.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingenium.generators.at import latent_numbers
from ingenium.generators.denoising import Denoising
from ingenium.generators.diffusion import DiffusionSettings
from ingenium.generators.gan import GAN, GANSettings
from ingenium.generators.vae import VAE, VAESettings
from ingenium.kits.spikes.networks import (
    SpikingDecoder,
    SpikingEncoder,
    SpikingSettings,
    SpikingTrunk,
    sharpened,
)
from ingenium.sampling.noise import gaussian

VAE_OWN, GAN_OWN = VAESettings(), GANSettings()
LEVELS_OWN, SPIKES_OWN = DiffusionSettings(), SpikingSettings()
CLEAREST = 5.0  # weight of a design that hardly has noise


class SpikingVAE(VAE):
    """VAE with spiking networks: latent numbers become rates; its divergence weight rises.

    Source: Kamata, Mukuta and Harada, Fully Spiking Variational Autoencoder, AAAI 36, 2022.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        settings: VAESettings = VAE_OWN,
        spiking: SpikingSettings = SPIKES_OWN,
    ) -> None:
        super().__init__(shape, c, settings)
        self.encode = SpikingEncoder(shape, c, 2 * self.latent, spiking)
        self.decode = SpikingDecoder(self.latent, shape, c, spiking)

    def anneal(self, fraction: float) -> None:
        """Raise the divergence weight, and sharpen the slope of spikes."""
        super().anneal(fraction)
        sharpened(self, fraction)


class SpikingGAN(GAN):
    """GAN with a spiking generator and an ordinary critic (hybrid), or a spiking one (`full`).

    Spikes have no slope, so that in the full pair the gradient penalty keeps the surrogate's slope
    near 1, and there is no guaranteed Wasserstein distance.

    Source: Kotariya and Ganguly, Spiking-GAN, IJCNN 2022; penalty: as of `GAN`.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        settings: GANSettings = GAN_OWN,
        spiking: SpikingSettings = SPIKES_OWN,
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


class CleanDiffusion(Denoising):
    """Diffusion whose network predicts the clean design.

    It has no skip connection, for networks too narrow to pass noise through: with EDM's own
    preconditioning they would have to reproduce each number's noise.

    Source: Salimans and Ho, 2022, arXiv:2202.00512, eq. 9 (weights of a prediction of x); levels
        and solver: as of `Diffusion`.
    """

    def __init__(
        self, shape: tuple[int, ...], c: int, settings: DiffusionSettings = LEVELS_OWN
    ) -> None:
        super().__init__(shape, c, settings)
        self.settings = settings

    def level(self, sigma: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
        """Encode a noise level as a quarter of its logarithm."""
        return sigma.log() / 4

    def denoise(
        self,
        x: Float[Tensor, "n *shape"],
        sigma: Float[Tensor, " n"],
        cond: Float[Tensor, "n {self.c}"],
        conditioned: Bool[Tensor, " n"] | None = None,
    ) -> Float[Tensor, "n *shape"]:
        """Return the expected clean design of each row at its own noise level."""
        inner = (sigma.square() + 1).sqrt().view(-1, *[1] * len(self.shape))
        clean: Tensor = self.network(x / inner, cond, self.level(sigma), conditioned)
        return clean

    def error(
        self, x: Tensor, cond: Tensor, rng: torch.Generator, conditioned: Tensor | None
    ) -> Float[Tensor, " n"]:
        """Squared error of the clean design, weighted by a bounded signal-to-noise ratio."""
        own = self.settings
        sigma = (own.level_mean + own.level_std * gaussian(x.flatten(1)[:, 0], rng)).exp()
        noisy = x + sigma.view(-1, *[1] * (x.ndim - 1)) * gaussian(x, rng)
        off = (self.denoise(noisy, sigma, cond, conditioned) - x).square().flatten(1).mean(-1)
        return off * (1 + sigma.square().reciprocal()).clamp_max(CLEAREST)


class SpikingDiffusion(CleanDiffusion):
    """Diffusion by a spiking denoiser, in which the timing of neurons encodes the noise level.

    It has no density: spikes make the denoised design jump.

    Source: Cao et al., Spiking Denoising Diffusion Probabilistic Models, WACV 2024.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        settings: DiffusionSettings = LEVELS_OWN,
        spiking: SpikingSettings = SPIKES_OWN,
    ) -> None:
        super().__init__(shape, c, settings)
        low, high = self.level(torch.tensor([settings.least, settings.most])).tolist()
        self.network = SpikingTrunk(shape, c, spiking, (low, high))

    def anneal(self, fraction: float) -> None:
        """Sharpen the slope of spikes."""
        sharpened(self, fraction)


def spiking_vae(shape: tuple[int, ...], c: int) -> SpikingVAE:
    """Return a VAE with a rate for each number of a vector, at most 16."""
    return SpikingVAE(shape, c, VAESettings(latent=latent_numbers(shape, 16)))


def spiking_gan(shape: tuple[int, ...], c: int) -> SpikingGAN:
    """Return a spiking generator with an ordinary critic, under the penalty of the ordinary GAN."""
    return SpikingGAN(shape, c, _played(shape))


def fully_spiking_gan(shape: tuple[int, ...], c: int) -> SpikingGAN:
    """Return a spiking generator with a spiking critic."""
    return SpikingGAN(shape, c, _played(shape), full=True)


def _played(shape: tuple[int, ...]) -> GANSettings:
    return GANSettings(latent=32, penalty=0.1 if len(shape) == 1 else 10.0)
