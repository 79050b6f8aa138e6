"""The table of families: names at the command line and constructors with their settings.

A family is imported when it is built; its default settings are defined next to its class.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import torch

from ingenium.core.errors import InputError, choose
from ingenium.generators.admission import admit
from ingenium.generators.at import Maker
from ingenium.generators.field_families import FIELD_PLANS, FIELDS
from ingenium.generators.model import Family
from ingenium.generators.networks import is_field
from ingenium.generators.row_families import (
    CIRCUITS,
    CLASSICAL,
    COMPOSED,
    LATENT,
    LEARNED,
    PLANS,
    SPIKING,
    SPIKING_PLANS,
)
from ingenium.generators.tokens import named as on_tokens
from ingenium.generators.tokens.codec import Tokens, TwoKinds, kind_of
from ingenium.train.plan import Plan

FAMILIES: Mapping[str, Maker] = MappingProxyType(
    {**LEARNED, **COMPOSED, **LATENT, **CIRCUITS, **CLASSICAL, **SPIKING}
)
NAMES = (
    *FAMILIES,
    *(name for name in on_tokens.LEARNED if name not in FAMILIES),
    *on_tokens.TWO_KINDS,
)


def build(
    name: str, shape: tuple[int, ...], c: int, *, seed: int = 0, codec: object = None
) -> Family:
    """Build a family by its name, with initial weights fixed by `seed`.

    `codec` is that of the designs: a codec of tokens gives a family that proposes tokens, and one
    of two kinds a family that proposes tokens and numbers given them.

    Raises:
        InputError: if there is no such family, or it does not admit the designs.
    """
    choose(name, NAMES, "family")
    admit(name, shape, kind=kind_of(codec))
    if c < 1:
        raise InputError(
            f"a design of shape {shape} with at least one condition",
            c,
            "Give unconditional designs one condition that is always 0.",
        )
    with torch.random.fork_rng(devices=[]):  # libraries sample weights from the global state
        torch.manual_seed(seed)
        if isinstance(codec, Tokens) and name in on_tokens.LEARNED:
            return on_tokens.LEARNED[name](shape, c, codec)
        if isinstance(codec, TwoKinds) and name in on_tokens.TWO_KINDS:
            return on_tokens.TWO_KINDS[name](shape, c, codec)
        make = FIELDS.get(name, FAMILIES[name]) if is_field(shape) else FAMILIES[name]
        return make(shape, c)


def plan(
    name: str,
    *,
    shape: tuple[int, ...] = (),
    steps: int | None = None,
    seed: int = 0,
    codec: object = None,
) -> Plan:
    """Return the training plan of a family for designs of `shape`; `steps` overrides its own.

    Raises:
        InputError: if there is no such family.
    """
    choose(name, NAMES, "family")
    plans: Mapping[str, Plan] = {**(FIELD_PLANS if is_field(shape) else PLANS), **SPIKING_PLANS}
    if isinstance(codec, Tokens):
        plans = on_tokens.PLANS
    elif isinstance(codec, TwoKinds):
        plans = on_tokens.TWO_KINDS_PLANS
    own = replace(plans.get(name, Plan()), seed=seed)
    return own if steps is None else replace(own, steps=steps)
