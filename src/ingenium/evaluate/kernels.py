"""Kernels of Gaussian processes: a smooth part with level and lengths, and noise.

It imports scikit-learn: import it inside functions that fit a process.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from ingenium.core.errors import MissingExtra

try:
    from sklearn.gaussian_process.kernels import (
        ConstantKernel,
        Kernel,
        Matern,
        NormalizedKernelMixin,
        WhiteKernel,
    )
except ModuleNotFoundError as error:
    raise MissingExtra("compare", "scikit-learn") from error

Bounds = tuple[float, float]
WIDE: Bounds = (1e-5, 1e5)


def smooth(
    lengths: float | Sequence[float] | np.ndarray,
    noise: float,
    *,
    nu: float = 2.5,
    within: Bounds = WIDE,
    level: Bounds = WIDE,
    noise_within: Bounds = WIDE,
) -> Any:
    """Matern kernel with one length for each number of a row or one for all, level and noise.

    At an infinite `nu` it is the squared exponential.
    """
    return ConstantKernel(1.0, level) * Matern(lengths, within, nu=nu) + WhiteKernel(
        noise, noise_within
    )


def of_bits(noise: float, noise_within: Bounds) -> Any:
    """Tanimoto kernel of rows of bits or counts, with noise."""
    return Tanimoto() + WhiteKernel(noise, noise_within)


class Tanimoto(NormalizedKernelMixin, Kernel):  # type: ignore[misc]
    """Share of the bits that two rows have in common; it has no parameters.

    Source: Ralaivola et al., Neural Networks 18:1093, 2005 (it is a kernel).
    """

    def __init__(self) -> None:
        """Declare no parameters; scikit-learn reads them from this signature."""

    def __call__(
        self,
        X: Float[np.ndarray, "n d"],  # noqa: N803
        Y: Float[np.ndarray, "m d"] | None = None,  # noqa: N803
        eval_gradient: bool = False,
    ) -> Any:
        """Return the covariance of rows; scikit-learn names the arguments."""
        other = X if Y is None else Y
        common = X @ other.T
        whole = X.sum(1)[:, None] + other.sum(1) - common
        found = np.asarray(common / np.maximum(whole, 1.0), dtype=np.float64)
        return (found, np.empty((*found.shape, 0))) if eval_gradient else found

    def is_stationary(self) -> bool:
        """Return False: it does not depend on the difference of rows alone."""
        return False
