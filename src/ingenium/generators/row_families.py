"""Families on vectors and series by their names, and their training plans there.

Their default settings are defined next to their classes.
"""

from collections.abc import Mapping
from types import MappingProxyType

from ingenium.generators.at import Maker, MakerAt
from ingenium.generators.model import Family
from ingenium.train.plan import Plan

LEARNED: Mapping[str, Maker] = MappingProxyType(
    {
        "vae": MakerAt("ingenium.generators.vae:vae_of_rows"),
        "gan": MakerAt("ingenium.generators.gan:gan_of_rows"),
        "flow": MakerAt("ingenium.generators.flow:Flow"),
        "diffusion": MakerAt("ingenium.generators.diffusion:diffusion_of_rows"),
        "flow_matching": MakerAt("ingenium.generators.flow_matching:flow_matching_of_rows"),
        "autoregressive": MakerAt("ingenium.generators.autoregressive:autoregressive_of_rows"),
        "energy": MakerAt("ingenium.generators.energy:EnergyModel"),
    }
)
CIRCUITS: Mapping[str, Maker] = MappingProxyType(
    {
        "born": MakerAt("ingenium.kits.circuits.born:BornMachine"),
        "mps": MakerAt("ingenium.kits.circuits.mps:MatrixProduct"),
        "qgan": MakerAt("ingenium.kits.circuits.adversarial:CircuitGAN"),
        "qvae": MakerAt("ingenium.kits.circuits.variational:CircuitVAE"),
    }
)  # of 8 qubits, 6 for the qgan; feasible in simulation
CLASSICAL: Mapping[str, Maker] = MappingProxyType(
    {
        "random": MakerAt("ingenium.generators.classical:RandomProposal"),
        "bootstrap": MakerAt("ingenium.generators.classical:Bootstrap"),
        "nearest_neighbours": MakerAt("ingenium.generators.classical:NearestNeighbours"),
        "nearest_known": MakerAt("ingenium.generators.classical:NearestKnown"),
        "gaussian_copula": MakerAt("ingenium.generators.copula:GaussianCopula"),
        "gaussian_process": MakerAt("ingenium.generators.gaussian_process:GaussianProcess"),
    }
)
SPIKING: Mapping[str, Maker] = MappingProxyType(
    {
        "spiking_vae": MakerAt("ingenium.kits.spikes.families:spiking_vae"),
        "spiking_gan": MakerAt("ingenium.kits.spikes.families:spiking_gan"),
        "fully_spiking_gan": MakerAt("ingenium.kits.spikes.families:fully_spiking_gan"),
        "spiking_diffusion": MakerAt("ingenium.kits.spikes.families:SpikingDiffusion"),
    }
)
COMPONENTS = MakerAt("ingenium.generators.components:Components")
PRINCIPAL = MakerAt("ingenium.generators.principal:Principal")
LATENT_FIELDS = MakerAt("ingenium.generators.latent_fields:LatentFields")


def _principal(inner: Maker | None) -> Maker:
    """Family on principal components given the conditions; for series with real residuals."""

    def make(shape: tuple[int, ...], c: int) -> Family:
        return (COMPONENTS if len(shape) > 2 else PRINCIPAL)(shape, c, inner)

    return make


COMPOSED: Mapping[str, Maker] = MappingProxyType(
    {f"principal_{name}": _principal(make) for name, make in LEARNED.items()}
    | {"residual_bootstrap": _principal(None)}
)


def _latent_fields(inner: Maker) -> Maker:
    """Family on the latent numbers of an autoencoder of fields."""
    return lambda shape, c: LATENT_FIELDS(shape, c, inner)


LATENT: Mapping[str, Maker] = MappingProxyType(
    {f"latent_{name}": _latent_fields(LEARNED[name]) for name in ("diffusion", "flow_matching")}
)  # families that model an autoencoder's numbers well; a flow and a VAE on them were far off
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
_SPIKES = Plan(steps=1200, batch=32, learning_rate=2e-3, ema_decay=0.995)
_SPIKES_PLAYED = Plan(steps=600, batch=32, learning_rate=5e-4, ema_decay=0.99)
SPIKING_PLANS: Mapping[str, Plan] = MappingProxyType(
    {
        "spiking_vae": _SPIKES,
        "spiking_gan": _SPIKES_PLAYED,
        "fully_spiking_gan": _SPIKES_PLAYED,
        "spiking_diffusion": _SPIKES,
    }
)  # as many steps as of ordinary ones on fields
