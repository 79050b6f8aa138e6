"""Covariances of few rows, shrunk towards a multiple of the identity by their uncertainty."""

import numpy as np
from jaxtyping import Float64

BLOCK = 1000  # columns of a product in memory


def shrunk_covariance(
    x: Float64[np.ndarray, "n d"], *, centred: bool = False
) -> Float64[np.ndarray, "d d"]:
    """Return the covariance of rows, shrunk towards its mean variance; `centred` rows have mean 0.

    Source: Ledoit and Wolf, A well-conditioned estimator for large-dimensional covariance
        matrices, J. Multivariate Analysis 88, 2004, eq. 14.
    """
    n, d = x.shape
    x = x if centred else x - x.mean(0)
    share, plain = shrinkage(x, centred=True), np.dot(x.T, x) / n
    shrunk = (1.0 - share) * plain
    shrunk.flat[:: d + 1] += share * (np.trace(plain) / d)
    return np.asarray(shrunk)


def shrinkage(x: Float64[np.ndarray, "n d"], *, centred: bool = False) -> float:
    """Shrinkage intensity: variance of the covariance over its distance from the sphere."""
    n, d = x.shape
    if d == 1:
        return 0.0
    x = x if centred else x - x.mean(0)
    squares = x**2
    variance = squares.sum(0) / n
    mean, products, size = variance.sum() / d, 0.0, 0.0
    blocks = [slice(start, start + BLOCK) for start in range(0, d, BLOCK)]
    for rows in blocks:
        for columns in blocks:
            products += np.dot(squares.T[rows], squares[:, columns]).sum()
            size += (np.dot(x.T[rows], x[:, columns]) ** 2).sum()
    size /= n**2
    uncertainty = 1.0 / (d * n) * (products / n - size)
    distance = (size - 2.0 * mean * variance.sum() + d * mean**2) / d
    uncertainty = min(uncertainty, distance)
    return 0.0 if uncertainty == 0 else float(uncertainty / distance)
