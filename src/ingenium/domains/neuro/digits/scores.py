"""Fréchet distance of a set of images to real digits, by features of the reader.

Source: Heusel et al., NeurIPS 30, 2017, eq. 6 (Fréchet distance of normal distributions of a
network's features). The network is the reader here, so numbers compare with each other, but not
with those of other networks.
"""

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64

from ingenium.core.designs import DESIGN
from ingenium.domains.neuro.digits.reader import read

MOST = 5000  # images that are looked at


def frechet(a: Float64[np.ndarray, "n f"], b: Float64[np.ndarray, "m f"]) -> float:
    """Squared Fréchet distance of two normal distributions with the moments of two sets."""
    one, other = np.cov(a.T), np.cov(b.T)
    values, axes = np.linalg.eigh(one)
    root = (axes * np.sqrt(values.clip(0))) @ axes.T
    shared = np.sqrt(np.linalg.eigvalsh(root @ other @ root).clip(0)).sum()
    distance = np.square(a.mean(0) - b.mean(0)).sum()
    return float(distance + np.trace(one) + np.trace(other) - 2 * shared)


def scores(designs: xr.Dataset, held_out: xr.Dataset) -> dict[str, float]:
    """Score the distance to held-out digits, the share read as requested, and variety by digit."""
    designs = designs.isel({DESIGN: slice(0, MOST)})
    made, probability = read(_images(designs))
    real, _ = read(_images(held_out))
    requested = designs["label"].to_numpy().astype(int)
    condition = held_out["label"].to_numpy().astype(int)
    first, second = made.numpy(), real.numpy()
    spread = [
        first[requested == d].var(0).sum() / second[condition == d].var(0).sum()
        for d in range(10)
        if (requested == d).sum() > 1 and (condition == d).sum() > 1
    ]
    return {
        "frechet": frechet(first, second),
        "recognised_share": float((probability.argmax(1).numpy() == requested).mean()),
        "variety": float(np.mean(spread)) if spread else 0.0,
    }


def seen(designs: xr.Dataset) -> Float64[torch.Tensor, "n f"]:
    """Return the reader's features of images."""
    return read(_images(designs))[0]


def _images(designs: xr.Dataset) -> torch.Tensor:
    return torch.from_numpy(designs["image"].to_numpy().astype(np.float64))
