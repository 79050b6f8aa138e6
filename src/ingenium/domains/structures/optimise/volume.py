"""Bring designs to the volume that was asked for, exactly."""

from collections.abc import Callable

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.domains.structures.optimise.bisection import root

Volume = Callable[[Float64[Tensor, "n e"]], Float64[Tensor, " n"]]


def to_volume(
    x: Float64[Tensor, "n e"], wanted: Float64[Tensor, " n"], volume: Volume
) -> Float64[Tensor, "n e"]:
    """The nearest variables in [0, 1] of the wanted volume: all shifted by one number and clipped.

    `volume` gives the volume fraction of the part that the variables make; it must not fall as
    they grow. Without a filter this is the Euclidean projection on volume and box.
    """
    ends = torch.ones(len(x), dtype=torch.float64)
    shift = root(
        lambda s: wanted - volume((x + s[:, None]).clamp(0.0, 1.0)), -ends, ends, tolerance=1e-13
    )
    return (x + shift[:, None]).clamp(0.0, 1.0)
