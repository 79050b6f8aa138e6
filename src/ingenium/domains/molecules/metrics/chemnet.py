"""Features of ChemNet and the Fréchet distance between sets of them.

Source: Preuer et al., J. Chem. Inf. Model. 58:1736, 2018; weights and encoding are those of the
    package fcd_torch, which MOSES uses.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from ingenium.core.problem import Watch, silent
from ingenium.kits.chemistry.packages import package

LENGTH, FEATURES, BATCH = 350, 512, 256


def features(smiles: Sequence[str], watch: Watch = silent) -> Float[np.ndarray, "n 512"]:
    """Return activations of the penultimate layer for canonical SMILES."""
    encode = package("fcd_torch.utils").get_one_hot
    net, rows = _net(), []
    for start in range(0, len(smiles), BATCH):
        watch("features of ChemNet", start, len(smiles))
        text = np.stack([encode(s, LENGTH) for s in smiles[start : start + BATCH]])
        x = torch.from_numpy(text).transpose(1, 2) / text.shape[2]
        with torch.no_grad():
            rows.append(net(x.float()).numpy())
    return np.concatenate(rows) if rows else np.empty((0, FEATURES), np.float32)


@cache
def _net() -> nn.Module:
    weights = Path(str(package("fcd_torch").__file__)).parent / "ChemNet_v0.13_pretrained.pt"
    layers = torch.load(weights, weights_only=True)
    net: nn.Module = package("fcd_torch.utils").load_imported_model(layers)
    return net.eval()


def frechet(
    first: tuple[Float[np.ndarray, " d"], Float[np.ndarray, "d d"]],
    second: tuple[Float[np.ndarray, " d"], Float[np.ndarray, "d d"]],
) -> float:
    """Return the squared Fréchet distance of two Gaussians, each a mean and a covariance.

    The trace of the root of the product is that of a symmetric matrix with the same eigenvalues.

    Source: Dowson and Landau, J. Multivariate Analysis 12:450, 1982.
    """
    (mean, covariance), (other_mean, other) = first, second
    values, vectors = np.linalg.eigh(covariance)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    product = np.linalg.eigvalsh(root @ other @ root).clip(0)
    distance = mean - other_mean
    return float(
        distance @ distance + np.trace(covariance) + np.trace(other) - 2 * np.sqrt(product).sum()
    )


def gaussian(
    rows: Float[np.ndarray, "n d"],
) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, "d d"]]:
    """Return mean and covariance of features, in float64."""
    exact = rows.astype(np.float64)
    return exact.mean(0), np.cov(exact.T)
