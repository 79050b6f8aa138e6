"""Families of random spatial cells: lattices, auxetic ones, surfaces.

Source: Gibson and Ashby, Cellular Solids, 1997, ch. 5 (strut lattices); Evans, Nkansah and
Hutchinson, Acta Metallurgica et Materialia 42, 1994, 1289, and Yang et al., Int. J. Solids and
Structures 69-70, 2015, 475 (re-entrant cells in space); Chen et al., Composite Structures 160,
2017, 1102 (wavy bars, here in space); Schoen, NASA TN D-5541, 1970 (periodic minimal surfaces).
"""

from collections.abc import Mapping
from itertools import product
from types import MappingProxyType

import numpy as np

from ingenium.domains.structures.cells.drawing import Canvas
from ingenium.domains.structures.cells.plane_families import Draw, Drawn, above

BENDS = 8  # straight pieces of a wave


def cubic(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Draw bars along the edges, each axis with its own width."""
    return canvas.bars(np.zeros((3, 3)), np.eye(3), rng.uniform(0.15, 0.4, 3))


def body_centred(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Draw bars along the space diagonals, with or without those of the edges."""
    ends = np.array([[1, 1, 1], [-1, 1, 1], [1, -1, 1], [1, 1, -1]], dtype=float)
    solid = canvas.bars(np.zeros((4, 3)), ends, rng.uniform(0.12, 0.25))
    return solid | cubic(canvas, rng) if rng.random() < 0.4 else solid


def face_centred(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Draw bars along the face diagonals; with those of the octahedron it is the octet truss."""
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
    """Draw upright walls in a chequerboard, alternately half a cell higher, with slanting ties."""
    return reentrant_of(canvas, rng.uniform(0.35, 0.43), rng.uniform(0.12, 0.16))


def reentrant_of(canvas: Canvas, h: float, width: float) -> Drawn:
    """Draw one with walls of twice a length, in cells.

    Slender bars that rotate at constant length give a Poisson ratio of 1 - 4 h under tension along
    z, and of -1 between x and y: a slanting bar spans 1 / 2 sideways and 2 h - 1 / 2 upwards.
    """
    low, high = ((0.0, 0.0), (0.5, 0.5)), ((0.5, 0.0), (0.0, 0.5))
    start = [[x, y, -h] for x, y in low] + [[x, y, 0.5 - h] for x, y in high]
    end = [[x, y, h] for x, y in low] + [[x, y, 0.5 + h] for x, y in high]
    for x, y in low:
        for right, up in ((0.5, 0.0), (-0.5, 0.0), (0.0, 0.5), (0.0, -0.5)):
            start += [[x, y, h], [x, y, -h]]
            end += [[x + right, y + up, 0.5 - h], [x + right, y + up, h - 0.5]]
    return canvas.bars(np.array(start), np.array(end), width)


def waves(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Draw waves along all axes: at crossings bars rotate together, against the next crossing."""
    return waves_of(canvas, rng.uniform(0.1, 0.15), rng.uniform(0.12, 0.15))


def waves_of(canvas: Canvas, high: float, width: float) -> Drawn:
    """Draw one with waves of a height, in cells."""
    along = np.linspace(0, 1, BENDS + 1)
    wave = high * np.sin(2 * np.pi * along)
    start, end = [], []
    for i, j in product((0, 1), repeat=2):
        side = wave if i == j else -wave
        for axis in range(3):
            line = np.empty((BENDS + 1, 3))
            line[:, axis] = along
            line[:, (axis + 1) % 3], line[:, (axis + 2) % 3] = i / 2 + side, j / 2 - side
            start.append(line[:-1])
            end.append(line[1:])
    return canvas.bars(np.concatenate(start), np.concatenate(end), width)


def minimal_surface(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Draw a gyroid, Schwarz's primitive or diamond: the sheet, or the volume on one side."""
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
    """Draw smooth noise above a level, with or without the mirrors of a cube's faces."""
    field = canvas.noise(rng, rng.uniform(0.08, 0.16))
    if rng.random() < 0.5:
        for axis in range(3):
            field = field + np.flip(field, axis)
    return above(field, rng.uniform(0.3, 0.7))


FAMILIES: Mapping[str, Draw] = MappingProxyType(
    {
        f.__name__: f
        for f in (cubic, body_centred, face_centred, reentrant, waves, minimal_surface, smooth)
    }
)
