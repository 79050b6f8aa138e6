"""Optimality criteria update, for batches of designs."""

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.domains.structures.optimise.bisection import root
from ingenium.domains.structures.optimise.volume import Volume


def oc_update(
    x: Float64[Tensor, "n e"],
    slope: Float64[Tensor, "n e"],
    volume_slope: Float64[Tensor, "n e"],
    wanted: Float64[Tensor, " n"],
    volume: Volume,
    move: float,
) -> Float64[Tensor, "n e"]:
    """Return variables after one step, of the wanted volume as far as `move` permits.

    Positive slopes of the objective, which only come from rounding and filters, count as 0.

    Source: Andreassen et al., Struct. Multidisc. Optim. 43, 2011, eq. 3; the multiplier is found
        in its logarithm, to rounding.
    """
    counts = volume_slope > 0  # passive cells do not
    gain = torch.where(counts, -slope / torch.where(counts, volume_slope, 1.0), 0.0)
    pull = x * gain.clamp(min=0.0).sqrt()
    low, high = (x - move).clamp(min=0.0), (x + move).clamp(max=1.0)

    def at(log_price: Float64[Tensor, " n"]) -> Float64[Tensor, "n e"]:
        return torch.clamp(pull * torch.exp(-log_price / 2)[:, None], low, high)

    most = 2 * pull.amax(1).clamp(min=1e-150).log()
    # at `most` + 46 everything is at its lower bound unless it is within 1e-10 of 0 already
    price = root(lambda p: volume(at(p)) - wanted, most - 160.0, most + 46.0)
    return at(price)
