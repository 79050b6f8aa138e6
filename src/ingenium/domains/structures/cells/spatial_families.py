"""Families of spatial cells, each drawn with random measures: lattices, auxetic ones, surfaces.

Source: Gibson and Ashby, Cellular Solids, 1997, ch. 5 (strut lattices); Evans, Nkansah and
Hutchinson, Acta Metallurgica et Materialia 42, 1994, 1289 (re-entrant cells in space); Schoen,
NASA TN D-5541, 1970 (periodic minimal surfaces).
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from ingenium.domains.structures.cells.drawing import Canvas
from ingenium.domains.structures.cells.plane_families import Draw, Drawn, above


def cubic(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Bars along the edges, each axis with its own width."""
    return canvas.bars(np.zeros((3, 3)), np.eye(3), rng.uniform(0.15, 0.4, 3))


def body_centred(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Bars along the diagonals of space, with or without those of the edges."""
    ends = np.array([[1, 1, 1], [-1, 1, 1], [1, -1, 1], [1, 1, -1]], dtype=float)
    solid = canvas.bars(np.zeros((4, 3)), ends, rng.uniform(0.12, 0.25))
    return solid | cubic(canvas, rng) if rng.random() < 0.4 else solid


def face_centred(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Bars along the diagonals of the faces; with those of the octahedron it is the octet truss."""
    ends = np.array([[1, 1, 0], [1, -1, 0], [1, 0, 1], [1, 0, -1], [0, 1, 1], [0, 1, -1]], float)
    width = rng.uniform(0.1, 0.22)
    solid = canvas.bars(np.zeros((6, 3)), ends, width)
    if rng.random() < 0.5:
        middle = np.array([[0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
        a, b = middle[[0, 0, 1]], middle[[1, 2, 2]]
        mirrored = [(a * s, b * s) for s in ([1, 1, 1], [-1, 1, 1], [1, -1, 1], [1, 1, -1])]
        for start, end in mirrored:
            solid = solid | canvas.bars(start, end, width)
    return solid


def reentrant(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Upright walls on a chess board, every other one half a cell higher, tied by slanting bars."""
    h, width = rng.uniform(0.28, 0.42), rng.uniform(0.14, 0.22)
    low, high = ((0.0, 0.0), (0.5, 0.5)), ((0.5, 0.0), (0.0, 0.5))
    start = [[x, y, -h] for x, y in low] + [[x, y, 0.5 - h] for x, y in high]
    end = [[x, y, h] for x, y in low] + [[x, y, 0.5 + h] for x, y in high]
    for x, y in low:
        for right, up in ((0.5, 0.0), (-0.5, 0.0), (0.0, 0.5), (0.0, -0.5)):
            start += [[x, y, h], [x, y, -h]]
            end += [[x + right, y + up, 0.5 - h], [x + right, y + up, h - 0.5]]
    return canvas.bars(np.array(start), np.array(end), width)


def minimal_surface(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Gyroid, Schwarz's primitive or diamond: the sheet, or what lies on one side."""
    x, y, z = (2 * np.pi * canvas.centres[..., a] for a in range(3))
    sin, cos = np.sin, np.cos
    field = (
        sin(x) * cos(y) + sin(y) * cos(z) + sin(z) * cos(x),
        cos(x) + cos(y) + cos(z),
        cos(x) * cos(y) * cos(z) - sin(x) * sin(y) * sin(z),
    )[rng.integers(3)]
    if rng.random() < 0.5:
        return above(-np.abs(field), rng.uniform(0.3, 0.6))
    return above(-field, rng.uniform(0.25, 0.6))


def smooth(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Smooth noise above a level, with or without the mirrors of a cube's faces."""
    field = canvas.noise(rng, rng.uniform(0.08, 0.16))
    if rng.random() < 0.5:
        for axis in range(3):
            field = field + np.flip(field, axis)
    return above(field, rng.uniform(0.3, 0.7))


FAMILIES: Mapping[str, Draw] = MappingProxyType(
    {f.__name__: f for f in (cubic, body_centred, face_centred, reentrant, minimal_surface, smooth)}
)
