"""Checks and scaling of designs, common to all measures.

Designs are vectors `(n, d)`, series `(n, d, t)` or fields `(n, k, x, y[, z])`, which are accepted
wherever vectors and series both are. In shapes, `n` counts real designs, `p` proposed ones and `m`
the members of an ensemble: proposals under the conditions of one real design.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from numpy.typing import ArrayLike

from ingenium.core.errors import InputError

# A label of each design; a group is resampled as a whole and left out as a whole.
Groups = np.ndarray | Sequence[int | str]


def as_designs(x: ArrayLike, name: str) -> Float64[np.ndarray, "n d *t"]:
    """Check designs and return them as float64.

    Raises:
        InputError: for another shape, no designs, or values that are not finite.
    """
    array = np.asarray(x, dtype=np.float64)
    if not 2 <= array.ndim <= 5 or array.size == 0:
        raise InputError(
            f"{name}: designs of shape (n, d), (n, d, t) or (n, k, x, y[, z]), nothing of length 0",
            f"shape {array.shape}",
            "Write x[:, None] for a single variable.",
        )
    _require_finite(array, name)
    return array


def as_pair(
    real: ArrayLike, proposed: ArrayLike
) -> tuple[Float64[np.ndarray, "n d *t"], Float64[np.ndarray, "p d *t"]]:
    """Check real and proposed designs of one kind.

    Raises:
        InputError: if either is no batch of designs, or they differ in more than their number.
    """
    a, b = as_designs(real, "real"), as_designs(proposed, "proposed")
    if a.shape[1:] != b.shape[1:]:
        raise InputError(
            "real and proposed designs of one shape",
            f"{a.shape[1:]} and {b.shape[1:]}",
            "Decode both with the codec of one problem.",
        )
    return a, b


def as_ensemble(
    ensemble: ArrayLike, observed: ArrayLike
) -> tuple[Float64[np.ndarray, "m n d *t"], Float64[np.ndarray, "n d *t"]]:
    """Check an ensemble and the observed designs.

    Raises:
        InputError: for fewer than two members, or members that do not match the observed designs.
    """
    y = as_designs(observed, "observed")
    x = np.asarray(ensemble, dtype=np.float64)
    if x.ndim != y.ndim + 1 or x.shape[1:] != y.shape or len(x) < 2:
        raise InputError(
            f"an ensemble of shape (m, {', '.join(map(str, y.shape))}) with m of at least 2",
            f"shape {x.shape}",
            "Propose m designs under the conditions of each observed one; the member comes first.",
        )
    _require_finite(x, "ensemble")
    return x, y


def as_groups(groups: Groups | None, n: int) -> np.ndarray:
    """Return the number of each design's group, counted from 0; without groups each is its own.

    Raises:
        InputError: if there is not one label a design.
    """
    if groups is None:
        return np.arange(n)
    labels = np.asarray(groups)
    if labels.shape != (n,):
        raise InputError(
            f"one group label for each of {n} designs",
            f"shape {labels.shape}",
            "Give for instance the week of each day.",
        )
    return np.unique(labels, return_inverse=True)[1]


def flat(x: Float64[np.ndarray, "n d *t"]) -> Float64[np.ndarray, "n cells"]:
    """Return each design as one row of its `d`, `d * t` or more cells."""
    return x.reshape(len(x), -1)


@dataclass(frozen=True)
class Standard:
    """Mean and standard deviation of each channel, usually of the training designs.

    Shapes: `mean` and `std` are (d,) for vectors, (d, 1) for series, (k, 1, 1[, 1]) for fields, so
        that they broadcast over any axes in front. A constant channel has scale 1.
    """

    mean: Float64[np.ndarray, "d *one"]
    std: Float64[np.ndarray, "d *one"]

    @classmethod
    def of(cls, x: Float64[np.ndarray, "n d *t"]) -> "Standard":
        """Compute mean and standard deviation over designs, and over time or cells."""
        axes = (0, *range(2, x.ndim))
        mean, std = x.mean(axes), x.std(axes)
        std = np.where(std > 1e-12 * np.maximum(1.0, np.abs(mean)), std, 1.0)
        shape = (-1, *[1] * (x.ndim - 2))
        return cls(mean.reshape(shape), std.reshape(shape))

    def apply(self, x: Float64[np.ndarray, "*shape"]) -> Float64[np.ndarray, "*shape"]:
        """Standardise designs or ensembles."""
        scaled: np.ndarray = (x - self.mean) / self.std
        return scaled


def _require_finite(x: np.ndarray, name: str) -> None:
    finite = np.isfinite(x)
    if not finite.all():
        where = np.argwhere(~finite)[0].tolist()
        raise InputError(
            f"{name}: finite numbers",
            f"{int((~finite).sum())} that are not, the first at {where}",
            "Leave failed designs out before comparing.",
        )
