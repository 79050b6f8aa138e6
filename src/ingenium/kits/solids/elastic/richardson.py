"""What finite elements would say on cells of no size, from two sizes."""

from jaxtyping import Float64
from torch import Tensor

ORDER = 1  # of the error in the size of the cells, where corners and steps of cells decide it


def extrapolated(
    coarse: Float64[Tensor, "*n"], half: Float64[Tensor, "*n"]
) -> Float64[Tensor, "*n"]:
    """Values continued from cells and cells of half the size to none.

    Source: Roache, Verification and Validation in Computational Science and Engineering, 1998,
        ch. 5 (Richardson's extrapolation).
    """
    limit: Tensor = half + (half - coarse) / (2**ORDER - 1)
    return limit
