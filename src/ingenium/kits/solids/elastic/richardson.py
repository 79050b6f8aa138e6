"""Extrapolation of finite-element results from two cell sizes to size zero."""

from jaxtyping import Float64
from torch import Tensor

ORDER = 1  # of the error in the cell size, where corners and cell steps dominate it


def extrapolated(
    coarse: Float64[Tensor, "*n"], half: Float64[Tensor, "*n"]
) -> Float64[Tensor, "*n"]:
    """Extrapolate values from cells and cells of half the size to size zero.

    Source: Roache, Verification and Validation in Computational Science and Engineering, 1998,
        ch. 5 (Richardson's extrapolation).
    """
    limit: Tensor = half + (half - coarse) / (2**ORDER - 1)
    return limit
