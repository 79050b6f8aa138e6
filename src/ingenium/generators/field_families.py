"""Families on fields by their names, and their training plans there."""

from collections.abc import Mapping
from types import MappingProxyType

from ingenium.generators.at import Maker, MakerAt
from ingenium.train.plan import Plan

FIELDS: Mapping[str, Maker] = MappingProxyType(
    {
        "vae": MakerAt("ingenium.generators.vae:vae_of_fields"),
        "gan": MakerAt("ingenium.generators.gan:gan_of_fields"),
        "diffusion": MakerAt("ingenium.generators.diffusion:diffusion_of_fields"),
        "flow_matching": MakerAt("ingenium.generators.flow_matching:flow_matching_of_fields"),
        "autoregressive": MakerAt(
            "ingenium.generators.field_autoregressive:autoregressive_of_fields"
        ),
        "energy": MakerAt("ingenium.generators.energy:energy_of_fields"),
    }
)  # families that are built differently than on vectors and series

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
