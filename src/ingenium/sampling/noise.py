"""Random numbers from a generator, on the device of the tensors."""

import torch
from jaxtyping import Float
from torch import Tensor


def gaussian(like: Float[Tensor, "n *shape"], rng: torch.Generator) -> Float[Tensor, "n *shape"]:
    """Standard normal noise of the shape, type and device of `like`, sampled where `rng` lives."""
    return torch.randn(like.shape, generator=rng, device=rng.device, dtype=like.dtype).to(like)


def uniform(like: Float[Tensor, "n *shape"], rng: torch.Generator) -> Float[Tensor, "n *shape"]:
    """Uniform noise in [0, 1) of the shape, type and device of `like`."""
    return torch.rand(like.shape, generator=rng, device=rng.device, dtype=like.dtype).to(like)
