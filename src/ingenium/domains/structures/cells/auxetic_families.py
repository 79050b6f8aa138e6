"""Families of auxetic plane cells with chevrons, waves or slender holes.

Source: Larsen, Sigmund and Bouwstra, J. Microelectromechanical Systems 6, 1997, 99 (arrowheads);
Chen et al., Composite Structures 160, 2017, 1102 (wavy bars); Bertoldi et al., Advanced Materials
22, 2010, 361 (holes that alternate between horizontal and vertical).
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from ingenium.domains.structures.cells.drawing import Canvas
from ingenium.domains.structures.cells.plane_families import Draw, Drawn

BENDS = 16  # straight pieces of a wave


def arrowhead(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Draw two chevrons that point the same way, a flat and a steep one, between the same feet."""
    h = rng.uniform(0.15, 0.6)
    ends = np.array([[0.5, h], [-0.5, h], [0.5, h + 1], [-0.5, h + 1]])
    width = np.repeat(rng.uniform(0.063, 0.12, 2), 2)
    return canvas.bars(np.zeros((4, 2)), ends, width)


def wavy(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Draw waves along both axes, so that neighbouring crossings rotate against each other."""
    high = rng.uniform(0.06, 0.13)
    along = np.linspace(0, 1, BENDS + 1)
    wave = high * np.sin(2 * np.pi * along)
    lines = []
    for line, sign in ((0.0, 1), (0.5, -1)):
        lines += [
            np.stack([along, line + sign * wave], 1),
            np.stack([line - sign * wave, along], 1),
        ]
    start, end = (np.concatenate([x[i : BENDS + i] for x in lines]) for i in (0, 1))
    return canvas.bars(start, end, rng.uniform(0.063, 0.12))


def slender_holes(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Draw four elliptic holes that alternate between horizontal and vertical."""
    bridge = rng.uniform(0.063, 0.1)
    ratio = rng.uniform(0.15, 0.5)
    long = (0.5 - bridge) / (1 + ratio)
    solid = np.ones(canvas.cells, dtype=bool)
    for x, y, lies in ((0, 0, True), (0.5, 0.5, True), (0.5, 0, False), (0, 0.5, False)):
        off = canvas.centres - np.array([x, y])
        off -= np.round(off)
        half = np.array([long, ratio * long])
        solid &= ((off / (half if lies else half[::-1])) ** 2).sum(-1) > 1
    return solid


FAMILIES: Mapping[str, Draw] = MappingProxyType(
    {f.__name__: f for f in (arrowhead, wavy, slender_holes)}
)
