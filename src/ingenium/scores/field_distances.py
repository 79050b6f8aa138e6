"""Distances between the distributions of real and proposed fields, one a channel.

0 means equal, and the real designs set the scale, as in `distances`.
"""

import numpy as np
from jaxtyping import Float64
from numpy.typing import ArrayLike

from ingenium.core.errors import InputError
from ingenium.evaluate.arrays import as_pair
from ingenium.scores.distances import marginal_distance, profile_distance
from ingenium.scores.field_features import block_means


def volume_distance(real: ArrayLike, proposed: ArrayLike) -> Float64[np.ndarray, " k"]:
    """Wasserstein-1 distance of the mean over cells, in its standard deviations.

    Shapes: real (n, k, x, y[, z]), proposed (p, k, x, y[, z]).
    """
    a, b = as_fields(real, proposed)
    cells = tuple(range(2, a.ndim))
    return marginal_distance(a.mean(cells), b.mean(cells))


def block_distance(real: ArrayLike, proposed: ArrayLike) -> Float64[np.ndarray, " k"]:
    """Wasserstein-1 distance of each block mean, in standard deviations, averaged over blocks.

    Shapes: real (n, k, x, y[, z]), proposed (p, k, x, y[, z]).
    """
    a, b = (block_means(x) for x in as_fields(real, proposed))
    return profile_distance(a.reshape(*a.shape[:2], -1), b.reshape(*b.shape[:2], -1))


def edge_distance(real: ArrayLike, proposed: ArrayLike) -> Float64[np.ndarray, " k"]:
    """Wasserstein-1 distance of the differences of neighbouring cells, averaged over axes.

    Shapes: real (n, k, x, y[, z]), proposed (p, k, x, y[, z]).
    """
    a, b = as_fields(real, proposed)
    long = [axis for axis in range(2, a.ndim) if a.shape[axis] > 1]
    by_axis = [marginal_distance(np.diff(a, axis=i), np.diff(b, axis=i)) for i in long]
    distance: np.ndarray = np.mean(by_axis, 0) if by_axis else np.zeros(a.shape[1])
    return distance


def as_fields(
    real: ArrayLike, proposed: ArrayLike
) -> tuple[Float64[np.ndarray, "n k *cells"], Float64[np.ndarray, "p k *cells"]]:
    """Check real and proposed fields.

    Raises:
        InputError: for anything but fields of one kind with at least two cells.
    """
    a, b = as_pair(real, proposed)
    if a.ndim < 4 or a[0, 0].size < 2:
        raise InputError(
            "fields of shape (n, k, x, y) or (n, k, x, y, z) with at least two cells",
            f"shape {a.shape}",
            "See `distances` for vectors and series.",
        )
    return a, b
