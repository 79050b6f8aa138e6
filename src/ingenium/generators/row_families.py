"""Families on vectors and series: the settings and budgets with which they are built there."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from ingenium.generators.autoregressive import Autoregressive, AutoregressiveSettings
from ingenium.generators.classical import (
    Bootstrap,
    NearestKnown,
    NearestNeighbours,
    RandomProposal,
)
from ingenium.generators.components import Components
from ingenium.generators.copula import GaussianCopula
from ingenium.generators.diffusion import Diffusion, DiffusionSettings
from ingenium.generators.energy import EnergyModel
from ingenium.generators.flow import Flow
from ingenium.generators.flow_matching import FlowMatching, FlowMatchingSettings
from ingenium.generators.gan import GAN, GANSettings
from ingenium.generators.gaussian_process import GaussianProcess
from ingenium.generators.latent_fields import LatentFields
from ingenium.generators.model import Family
from ingenium.generators.principal import Principal
from ingenium.generators.vae import VAE, VAESettings
from ingenium.kits.circuits.adversarial import CircuitGAN
from ingenium.kits.circuits.born import BornMachine
from ingenium.kits.circuits.mps import MatrixProduct
from ingenium.kits.circuits.variational import CircuitVAE
from ingenium.train.plan import Plan

FEW = 64  # numbers of a design

Maker = Callable[[tuple[int, ...], int], Family]


def _latent(shape: tuple[int, ...], most: int) -> int:
    """A latent number for each variable of a vector, and `most` for a series."""
    return min(shape[0], most) if len(shape) == 1 else most


def _vae(shape: tuple[int, ...], c: int) -> VAE:
    # A design of many numbers would not feel the price of a latent one at 1; at 4 one of few
    # numbers leaves its latent ones unused, and with them what its numbers have in common.
    beta = 1.0 if math.prod(shape) <= FEW else 4.0
    return VAE(shape, c, VAESettings(latent=_latent(shape, 16), beta=beta))


def _gan(shape: tuple[int, ...], c: int) -> GAN:
    # On few numbers a penalty of 10 stops the critic before it sees what is wrong. A 2-D Gaussian
    # over 5 seeds: largest error of a mean 0.37 to 0.88 deviations with 10, 0.07 to 0.09 with 0.1.
    # Source: gan_toy.py of the authors, github.com/igul222/improved_wgan_training (0.1).
    penalty = 0.1 if len(shape) == 1 else 10.0
    return GAN(shape, c, GANSettings(latent=2 * _latent(shape, 16), penalty=penalty))


def _diffusion(shape: tuple[int, ...], c: int) -> Diffusion:
    return Diffusion(shape, c, DiffusionSettings(width=128 if len(shape) == 1 else 96))


def _flow_matching(shape: tuple[int, ...], c: int) -> FlowMatching:
    return FlowMatching(shape, c, FlowMatchingSettings(width=128 if len(shape) == 1 else 96))


def _autoregressive(shape: tuple[int, ...], c: int) -> Autoregressive:
    return Autoregressive(shape, c, AutoregressiveSettings(width=64 if len(shape) == 1 else 96))


LEARNED: Mapping[str, Maker] = MappingProxyType(
    {
        "vae": _vae,
        "gan": _gan,
        "flow": Flow,
        "diffusion": _diffusion,
        "flow_matching": _flow_matching,
        "autoregressive": _autoregressive,
        "energy": EnergyModel,
    }
)
CIRCUITS: Mapping[str, Maker] = MappingProxyType(
    {"born": BornMachine, "mps": MatrixProduct, "qgan": CircuitGAN, "qvae": CircuitVAE}
)  # of 8 qubits, 6 of the qgan; what classical computers simulate
CLASSICAL: Mapping[str, Maker] = MappingProxyType(
    {
        "random": RandomProposal,
        "bootstrap": Bootstrap,
        "nearest_neighbours": NearestNeighbours,
        "nearest_known": NearestKnown,
        "gaussian_copula": GaussianCopula,
        "gaussian_process": GaussianProcess,
    }
)


def _principal(inner: Maker | None) -> Maker:
    """Principal components of what the conditions leave open; series with real residuals."""

    def make(shape: tuple[int, ...], c: int) -> Family:
        family = Components if len(shape) > 2 else Principal
        return family(shape, c, inner)

    return make


COMPOSED: Mapping[str, Maker] = MappingProxyType(
    {f"principal_{name}": _principal(make) for name, make in LEARNED.items()}
    | {"residual_bootstrap": _principal(None)}
)


def _latent_fields(inner: Maker) -> Maker:
    """Latent numbers of an autoencoder of fields."""
    return lambda shape, c: LatentFields(shape, c, inner)


LATENT: Mapping[str, Maker] = MappingProxyType(
    {f"latent_{name}": _latent_fields(LEARNED[name]) for name in ("diffusion", "flow_matching")}
)  # those that draw an autoencoder's numbers well; a flow and a VAE on them were far off
PLANS: Mapping[str, Plan] = MappingProxyType(
    {
        "autoregressive": Plan(steps=1500, learning_rate=3e-3),
        "gan": Plan(steps=1000, learning_rate=5e-4),
        "born": Plan(steps=600, learning_rate=2e-2, ema_decay=0.99),
        "mps": Plan(steps=600, learning_rate=2e-2, ema_decay=0.99),
        "qgan": Plan(steps=600, learning_rate=1e-2, ema_decay=0.99),
        "qvae": Plan(steps=1500, learning_rate=5e-3, ema_decay=0.99),
    }
)
