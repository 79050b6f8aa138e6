"""Support structures below parts, as columns down to the plate or to the part itself."""

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.domains.structures.optimise.build import Build, below


def support(build: Build, density: Float64[Tensor, "n e"]) -> Float64[Tensor, "n e"]:
    """Return the support density of each cell; exact for solid and void, with slopes between.

    An unsupported cell needs a column under it, down to the next solid cell or to the plate.

    Shapes: n designs, e cells.
    Source: after Langelaar, Struct. Multidisc. Optim. 57, 2018 (supports with the part), with
        columns for its free layout.
    """
    part = build.stacked(density)
    column = torch.zeros_like(part[0])
    out = [column]
    for height in range(len(part) - 1, 0, -1):  # each column continues from the layer above
        need = (part[height] - below(part[height - 1]).amax(0)).clamp(min=0.0)
        column = torch.maximum(need, column) * (1 - part[height - 1])
        out.append(column)
    return build.flat(torch.stack(out[::-1]))
