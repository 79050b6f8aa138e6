"""Families on fields: the settings and budgets with which they are built there."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ingenium.generators.autoregressive import AutoregressiveSettings
from ingenium.generators.diffusion import Diffusion, DiffusionSettings
from ingenium.generators.energy import EnergyModel, EnergySettings
from ingenium.generators.field_autoregressive import FieldAutoregressive
from ingenium.generators.flow_matching import FlowMatching, FlowMatchingSettings
from ingenium.generators.gan import GAN, GANSettings
from ingenium.generators.model import Family
from ingenium.generators.vae import VAE, VAESettings
from ingenium.train.plan import Plan

WIDTH = 32  # of features of patches; twice as many where it is coarse


def _vae(shape: tuple[int, ...], c: int) -> VAE:
    return VAE(shape, c, VAESettings(latent=32, width=WIDTH, beta=4.0))


def _gan(shape: tuple[int, ...], c: int) -> GAN:
    return GAN(shape, c, GANSettings(latent=32, width=WIDTH))


def _diffusion(shape: tuple[int, ...], c: int) -> Diffusion:
    return Diffusion(shape, c, DiffusionSettings(width=WIDTH))


def _flow_matching(shape: tuple[int, ...], c: int) -> FlowMatching:
    return FlowMatching(shape, c, FlowMatchingSettings(width=WIDTH))


def _energy(shape: tuple[int, ...], c: int) -> EnergyModel:
    return EnergyModel(shape, c, EnergySettings(width=WIDTH))


def _autoregressive(shape: tuple[int, ...], c: int) -> FieldAutoregressive:
    return FieldAutoregressive(shape, c, AutoregressiveSettings(width=128))


FIELDS: Mapping[str, Callable[[tuple[int, ...], int], Family]] = MappingProxyType(
    {
        "vae": _vae,
        "gan": _gan,
        "diffusion": _diffusion,
        "flow_matching": _flow_matching,
        "autoregressive": _autoregressive,
        "energy": _energy,
    }
)  # those that are built in another way than on vectors and series

_OWN = Plan(steps=1200, batch=32, ema_decay=0.995)
_LATENT = Plan(steps=1000, batch=32, ema_decay=0.995)  # of each of two stages
FIELD_PLANS: Mapping[str, Plan] = MappingProxyType(
    {
        "vae": _OWN,
        "gan": Plan(steps=600, batch=32, learning_rate=5e-4, ema_decay=0.99),
        "diffusion": _OWN,
        "flow_matching": _OWN,
        "autoregressive": Plan(steps=1000, batch=32, learning_rate=2e-3, ema_decay=0.995),
        "energy": Plan(steps=800, batch=32, ema_decay=0.995),
    }
    | {f"latent_{name}": _LATENT for name in ("diffusion", "flow_matching")}
)
