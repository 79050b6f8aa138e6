"""Priors of eight latent numbers: circuits and classical models of equal size.

Each proposing model has 254 to 288 parameters; parts used only in training (an encoder, a critic, a
discriminating circuit) are not counted.
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from ingenium.domains.quantum.autoencoder.model import autoencoder
from ingenium.generators.at import Maker
from ingenium.generators.classical import Bootstrap
from ingenium.generators.copula import GaussianCopula
from ingenium.generators.gan import GAN, GANSettings
from ingenium.generators.tokens.latent_prior import LatentPrior
from ingenium.generators.vae import VAE, VAESettings
from ingenium.kits.circuits.adversarial import AdversarialSettings, CircuitGAN
from ingenium.kits.circuits.born import BornMachine, BornSettings
from ingenium.kits.circuits.mps import MatrixProduct, MatrixProductSettings
from ingenium.kits.circuits.noise import DeviceNoise
from ingenium.kits.circuits.outcomes import OutcomeFamily
from ingenium.kits.circuits.variational import CircuitVAE, CircuitVAESettings
from ingenium.train.plan import Plan

LATENT = 8
STEPS = 280  # of each, and as many slopes of its circuit
CIRCUITS = ("born", "qgan", "qvae")
_EACH = Plan(steps=STEPS, batch=128, ema_decay=0.99, held_out=0.05, check_every=28, patience=20)


def plans() -> Mapping[str, Plan]:
    """Training plans by family: the same steps and rows, each with its own tuned rate."""
    rates = {"born": 2e-2, "mps": 2e-2, "qgan": 2e-2, "qvae": 5e-3, "vae": 5e-3, "gan": 2e-3}
    return {k: Plan(**{**vars(_EACH), "learning_rate": v}) for k, v in rates.items()}


def inner(noise: DeviceNoise | None) -> Mapping[str, Maker]:
    """Model families of the latent numbers; circuits sample with the errors of a device."""
    own: dict[str, Maker] = {
        "qvae": lambda s, c: CircuitVAE(s, c, CircuitVAESettings(8, 4, width=3, noise=noise)),
        "qgan": lambda s, c: CircuitGAN(s, c, AdversarialSettings(6, 16, 4, noise=noise)),
        "born": lambda s, c: BornMachine(s, c, BornSettings(8, 12, noise=noise)),
        "mps": lambda s, c: MatrixProduct(s, c, MatrixProductSettings(8, 6)),
        "vae": lambda s, c: VAE(s, c, VAESettings(latent=8, width=4, depth=1)),
        "gan": lambda s, c: GAN(s, c, GANSettings(latent=8, width=6, depth=0, penalty=0.1)),
        "latent_bootstrap": Bootstrap,
        "latent_copula": GaussianCopula,
    }
    return MappingProxyType(own)


def families(noise: DeviceNoise | None) -> Mapping[str, Callable[[], LatentPrior]]:
    """Molecule generators with each prior, including two priors without training."""

    def made(maker: Maker) -> LatentPrior:
        return LatentPrior(autoencoder(), maker, 1)

    return {name: partial(made, maker) for name, maker in inner(noise).items()}


def parameters(family: object) -> int:
    """Count the parameters that propose latent numbers, without those for conditions."""
    if isinstance(family, GAN):
        return sum(p.numel() for p in family.make.parameters())
    if isinstance(family, VAE):
        return sum(p.numel() for p in family.decode.parameters()) + 3 * LATENT
    if isinstance(family, CircuitVAE):
        network = sum(p.numel() for p in family.decode.parameters())
        return network + family.turned.numel() + LATENT
    if isinstance(family, OutcomeFamily):
        return family.turned.numel()
    return 0


def epochs(steps: float, rows: int) -> float:
    """Epochs over the training rows, without held-out ones, in this many steps."""
    return steps * _EACH.batch / ((1 - _EACH.held_out) * rows)
