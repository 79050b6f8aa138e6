"""Parts of solid and void cells only."""

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.domains.structures.optimise.build import Build, below


def binary(
    density: Float64[Tensor, "n e"], volume_fraction: Float64[Tensor, " n"]
) -> Float64[Tensor, "n e"]:
    """The densest cells, as many as the volume takes; the first ones of a tie."""
    count = (volume_fraction * density.shape[1]).round().long()
    rank = density.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    return (rank < count[:, None]).double()


def standing(build: Build, solid: Float64[Tensor, "n e"]) -> Float64[Tensor, "n e"]:
    """What is left of solid cells when those that nothing carries are not printed."""
    plan = build.stacked(solid)
    out = [plan[0]]
    for layer in plan[1:]:  # each layer rests on the one before
        out.append(torch.minimum(layer, below(out[-1]).amax(0)))
    return build.flat(torch.stack(out))
