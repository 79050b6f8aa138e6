"""Shift of designs to exactly the requested volume."""

from collections.abc import Callable

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.domains.structures.optimise.bisection import root

Volume = Callable[[Float64[Tensor, "n e"]], Float64[Tensor, " n"]]


def to_volume(
    x: Float64[Tensor, "n e"], wanted: Float64[Tensor, " n"], volume: Volume
) -> Float64[Tensor, "n e"]:
    """Return the nearest variables in [0, 1] of the wanted volume: shifted equally and clipped.

    `volume` returns the volume fraction of the variables' part; it must not decrease as they grow.
    Without a filter this is the Euclidean projection on volume and box.
    """
    ends = torch.ones(len(x), dtype=torch.float64)
    shift = root(
        lambda s: wanted - volume((x + s[:, None]).clamp(0.0, 1.0)), -ends, ends, tolerance=1e-13
    )
    return (x + shift[:, None]).clamp(0.0, 1.0)
