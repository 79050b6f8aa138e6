"""Families on tokens by their names, and their training plans there."""

from collections.abc import Mapping
from types import MappingProxyType

from ingenium.generators.at import MakerAt
from ingenium.train.plan import Plan

LEARNED: Mapping[str, MakerAt] = MappingProxyType(
    {
        "autoregressive": MakerAt("ingenium.generators.tokens.families:transformer"),
        "lstm": MakerAt("ingenium.generators.tokens.families:recurrent"),
        **{
            name: MakerAt(f"ingenium.generators.tokens.families:{name}")
            for name in (
                "vae",
                "masked_diffusion",
                "fragment_vae",
                "graph_diffusion",
                "selfies_autoregressive",
                "selfies_lstm",
                "selfies_vae",
                "selfies_masked_diffusion",
            )
        },
    }
)
ONLY = tuple(
    name for name in LEARNED if name not in ("autoregressive", "vae")
)  # families that designs of numbers do not have
ADMITTED = (*LEARNED, "random", "bootstrap", "nearest_neighbours")
PLANS: Mapping[str, Plan] = MappingProxyType(
    {
        "autoregressive": Plan(steps=3000, batch=128, learning_rate=1e-3),
        "lstm": Plan(steps=3000, batch=128, learning_rate=2e-3),
        "vae": Plan(steps=3000, batch=128, learning_rate=2e-3),
        "masked_diffusion": Plan(steps=4000, batch=128, learning_rate=1e-3),
        "fragment_vae": Plan(steps=3000, batch=128, learning_rate=2e-3),
        "graph_diffusion": Plan(steps=6000, batch=64, learning_rate=1e-3),
        "selfies_autoregressive": Plan(steps=3000, batch=128, learning_rate=1e-3),
        "selfies_lstm": Plan(steps=3000, batch=128, learning_rate=2e-3),
        "selfies_vae": Plan(steps=3000, batch=128, learning_rate=2e-3),
        "selfies_masked_diffusion": Plan(steps=4000, batch=128, learning_rate=1e-3),
    }
)
TWO_KINDS: Mapping[str, MakerAt] = MappingProxyType(
    {
        f"tokens_{name}": MakerAt(f"ingenium.generators.tokens.two_kinds:tokens_{name}")
        for name in ("flow_matching", "flow", "diffusion", "gan")
    }
)  # on tokens, then numbers
TWO_KINDS_PLANS: Mapping[str, Plan] = MappingProxyType(
    {name: Plan(steps=1000) for name in TWO_KINDS}
)
TWO_KINDS_ADMITTED = (*TWO_KINDS, "random", "bootstrap", "nearest_neighbours")
