"""Cost of one image: operations of the generating network, counted while it runs.

Energies are counts times published energies: a model of arithmetic or of a chip, not a measurement.
"""

from copy import deepcopy

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.generators.model import Model
from ingenium.kits.spikes import operations
from ingenium.kits.spikes.chips import CHIPS, FLOATS_45NM, GPU, DesignWork

DRAWN = 64  # images that are counted
DRAWING = ("decode", "make", "network")  # attributes of a family that hold its generating network


def drawing(family: object) -> str | None:
    """Return the attribute of a family that holds its generating network; None if it has none."""
    return next((k for k in DRAWING if isinstance(getattr(family, k, None), nn.Module)), None)


def rounded(family: Model, bits: int) -> Model:
    """Return a copy whose generating network has weights of this many bits."""
    made, name = deepcopy(family), drawing(family)
    if name is not None:
        setattr(made, name, operations.at_bits(getattr(family, name), bits))
    return made


def costs(family: object, cond: Float[Tensor, "n c"]) -> dict[str, float]:
    """Cost of an image by a family with a layered network; empty for others."""
    name = drawing(family)
    if not isinstance(family, Model) or name is None:
        return {}
    condition = cond[:DRAWN]
    found = operations.count(
        getattr(family, name), lambda: family.propose(condition, torch.Generator().manual_seed(0))
    )
    each = {k: v / len(condition) for k, v in found.items()}
    synaptic = each.get("synaptic", 0.0)
    work = DesignWork(
        each["effective"] - synaptic, synaptic, each.get("updates", 0.0), each.get("spikes", 0.0)
    )
    own = {
        "weights": float(found["weights"]),
        "operations": each["effective"],
        "spikes": work.spikes,
        "arithmetic_nj": 1e9 * FLOATS_45NM.energy_j(work),
    }
    if not synaptic:
        return own | {"home_nj": 1e9 * GPU.energy_j(work)}
    loihi = next(c for c in CHIPS if c.name == "Loihi")
    return own | {"home_nj": 1e9 * (loihi.energy_j(work) or 0.0)}
