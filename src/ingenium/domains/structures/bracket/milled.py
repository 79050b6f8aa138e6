"""Conventional milled brackets: a plate, an upright with the eye, and ribs."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.domains.structures.bracket.settings import BracketSettings
from ingenium.domains.structures.parts.bodies import Body, Cuboid, Cylinder, Prism
from ingenium.domains.structures.parts.part import MM, Part, filled

PLATES_MM = (6.0, 9.0, 12.0)
UPRIGHTS_MM = (6.0, 9.0, 15.0, 24.0)
RIBS = ((0.0, 0.0), (6.0, 0.5), (6.0, 0.8), (9.0, 0.5), (9.0, 0.8), (15.0, 0.65))
WINDOWS = (False, True)  # without or with a round hole that lightens the upright


@dataclass(frozen=True)
class MilledBracket:
    """Dimensions of one milled bracket, lengths in mm."""

    plate_mm: float
    upright_mm: float
    rib: tuple[float, float]  # thickness, and height as a share of that of the pin; 0 for none
    window: bool


def drawings() -> tuple[MilledBracket, ...]:
    """Return all 144 combinations of usual dimensions."""
    return tuple(
        MilledBracket(*measures) for measures in product(PLATES_MM, UPRIGHTS_MM, RIBS, WINDOWS)
    )


def milled(
    part: Part, settings: BracketSettings, drawn: Sequence[MilledBracket]
) -> Float64[Tensor, "n e"]:
    """Return the share of each cell that the metal of milled brackets fills."""
    return torch.stack([filled(part, *_bodies(settings, one)) for one in drawn])


def _bodies(
    settings: BracketSettings, one: MilledBracket
) -> tuple[tuple[Body, ...], tuple[Body, ...]]:
    """Bodies that are added, and bodies that are cut."""
    x, y, _ = settings.size_mm
    middle, half = y / 2, one.upright_mm / 2
    px, pz = settings.pin_mm
    top, wide = one.plate_mm, settings.eye_radius_mm
    plate = Cuboid((0.0, 0.0, 0.0), (x * MM, y * MM, top * MM))
    upright = Prism(
        1,
        _mm((6.0, 0.0), (x - 6.0, 0.0), (px + wide, pz), (px - wide, pz)),
        (middle - half) * MM,
        (middle + half) * MM,
    )
    bodies: list[Body] = [plate, upright]
    thick, high = one.rib[0], one.rib[1] * pz
    if thick:
        corners = _mm((6.0, 0.0), (y - 6.0, 0.0), (middle + half, high), (middle - half, high))
        low, deep = (px - thick / 2) * MM, thick * MM
        bodies.append(Prism(0, corners, low, low + deep))
    cut: list[Body] = []
    if one.window:
        radius = 0.26 * (pz - wide - top)
        at = (0.5 * (x / 2 + px) * MM, (top + 0.46 * (pz - wide - top)) * MM)
        cut.append(Cylinder(1, at, radius * MM, 0.0, y * MM))
    return tuple(bodies), tuple(cut)


def _mm(*corners: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    return tuple((a * MM, b * MM) for a, b in corners)
