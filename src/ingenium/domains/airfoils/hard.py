"""Hard constraints of sections: surfaces that never cross, and an exact thickness."""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.spec import Fixed
from ingenium.domains.airfoils.cst import Arrays, basis, stations

LEAST_SHARE = 0.02  # of the thickness: least distance between paired weights
MOST_EDGE = 0.06  # chords; the thickest trailing edge of the known sections
_HALVINGS = 60
_LARGEST = 1e3  # largest distance between paired weights after scaling, over the thickness


def shaped(arrays: Arrays, thickness: Float[Tensor, " n"], fixed: Mapping[str, Fixed]) -> Arrays:
    """Project sections to a thickness around their mean lines, with a trailing edge in range.

    The distances between paired weights are scaled, and each is raised to a minimum: Bernstein
    polynomials of positive weights are positive, so the surfaces cannot cross. Sections that
    already satisfy the constraints are unchanged.
    """
    upper, lower, front, edge = arrays
    if "max_thickness" in fixed:
        thickness = torch.full_like(thickness, fixed["max_thickness"].value)
    edge = edge.clamp(0.0, MOST_EDGE)
    if "edge_thickness" in fixed:
        edge = torch.full_like(edge, fixed["edge_thickness"].value)
    edge = torch.minimum(edge, 0.5 * thickness)
    least = LEAST_SHARE * thickness[:, None]
    distance, middle = upper - lower, 0.5 * (upper + lower)
    distance = _scaled(distance, least, edge, thickness)
    return middle + 0.5 * distance, middle - 0.5 * distance, front, edge


def _scaled(
    distance: Float[Tensor, "n w"],
    least: Float[Tensor, "n 1"],
    edge: Float[Tensor, " n"],
    thickness: Float[Tensor, " n"],
) -> Float[Tensor, "n w"]:
    """Distances between paired weights, scaled by bisection to the required thickness."""
    x = stations()
    table, wedge = basis(x).T, edge[:, None] * x
    largest = distance.amax(1, keepdim=True)
    distance = torch.where(
        largest > least, distance, least
    )  # all too small: start from the minimum

    def thick(scale: Tensor) -> Tensor:
        return (torch.maximum(scale[:, None] * distance, least) @ table + wedge).amax(1)

    low = torch.zeros_like(thickness)
    high = _LARGEST * thickness / distance.amax(1)
    one = torch.ones_like(thickness)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        below = thick(middle) < thickness
        low, high = torch.where(below, middle, low), torch.where(below, high, middle)
    stays = (thick(one) - thickness).abs() <= 1e-13
    scale = torch.where(stays, one, 0.5 * (low + high))
    return torch.maximum(scale[:, None] * distance, least)
