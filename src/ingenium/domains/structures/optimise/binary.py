"""Conversion of densities to solid and void cells."""

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.domains.structures.optimise.build import Build, below


def binary(
    density: Float64[Tensor, "n e"], volume_fraction: Float64[Tensor, " n"]
) -> Float64[Tensor, "n e"]:
    """Select the densest cells up to the volume; the first ones of a tie."""
    count = (volume_fraction * density.shape[1]).round().long()
    rank = density.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    return (rank < count[:, None]).double()


def standing(build: Build, solid: Float64[Tensor, "n e"]) -> Float64[Tensor, "n e"]:
    """Remove solid cells without support from below."""
    plan = build.stacked(solid)
    out = [plan[0]]
    for layer in plan[1:]:  # each layer rests on the previous one
        out.append(torch.minimum(layer, below(out[-1]).amax(0)))
    return build.flat(torch.stack(out))
