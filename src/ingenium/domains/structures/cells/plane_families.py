"""Families of random plane cells: auxetic ones, honeycombs and noise.

Hexagonal nets have cells of 2 by the root of 3; they are scaled into a square.

Source: Gibson and Ashby, Cellular Solids, 1997, ch. 4 (honeycombs, re-entrant ones); Grima and
Evans, J. Materials Science Letters 19, 2000, 1563 (rotating squares) and Grima and Evans, J.
Materials Science 41, 2006, 3193 (triangles); Prall and Lakes, Int. J. Mechanical Sciences 39, 1997,
305 and Alderson et al., Composites Science and Technology 70, 2010, 1042 (chiral nets).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from jaxtyping import Bool, Float64

from ingenium.domains.structures.cells.drawing import Canvas

Field = Float64[np.ndarray, "*cells"]
Drawn = Bool[np.ndarray, "*cells"]
Draw = Callable[[Canvas, np.random.Generator], Drawn]
ROOT = 3**0.5


def reentrant(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Draw bow ties, with an upright wall longer than half the cell."""
    return _honeycomb(canvas, rng, wall=rng.uniform(0.55, 0.85))


def honeycomb(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Draw convex hexagons."""
    return _honeycomb(canvas, rng, wall=rng.uniform(0.15, 0.45))


def _honeycomb(canvas: Canvas, rng: np.random.Generator, *, wall: float) -> Drawn:
    """Upright walls on two columns with slanting ties; sometimes two cells or a cross bar."""
    h = wall / 2
    start = [[0, -h], [0.5, 0.5 - h], [0, h], [0, h], [0, -h], [0, -h]]
    end = [[0, h], [0.5, 0.5 + h], [0.5, 0.5 - h], [-0.5, 0.5 - h], [0.5, h - 0.5], [-0.5, h - 0.5]]
    width = np.repeat([rng.uniform(0.06, 0.14), rng.uniform(0.06, 0.14)], [2, 4])
    a, b = np.array(start), np.array(end)
    if rng.random() < 0.15:  # a bar through the middle of the hexagons
        a, b, width = np.vstack([a, [0, 0]]), np.vstack([b, [1, 0]]), np.append(width, width[0])
    return canvas.bars(a, b, width)


def star(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Draw four-pointed stars, joined at their points."""
    tip, waist = rng.uniform(0.3, 0.5), rng.uniform(0.08, 0.2)
    tips = np.array([[tip, 0], [0, tip], [-tip, 0], [0, -tip]])
    waists = np.array([[waist, waist], [-waist, waist], [-waist, -waist], [waist, -waist]])
    start = np.vstack([tips, tips, tips])
    end = np.vstack([waists, np.roll(waists, 1, 0), tips / tip * 0.5])
    return canvas.bars(start, end, rng.uniform(0.06, 0.13))


def rotating_squares(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Draw four squares, rotated in alternating directions, that touch at their corners."""
    turn = rng.uniform(0.12, 0.65)
    side = 0.5 / (np.cos(turn) + np.sin(turn))
    centre = np.array([[0.25, 0.25], [0.75, 0.75], [0.25, 0.75], [0.75, 0.25]])
    way = np.array([1, 1, -1, -1]) * turn
    return canvas.polygons(centre, way, side / 2 + rng.uniform(0.01, 0.04), 4)


def rotating_triangles(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Draw triangles of a twisted kagome net that touch at their corners."""
    turn = rng.uniform(0.15, 0.85)
    outer = 0.5 / ROOT / np.cos(turn)
    up = np.array([[0, 0], [0.5, 0.5]])
    down = up + np.array([0.0, 1 / ROOT / ROOT])
    centre = np.vstack([up, down]) * np.array([1, 1])
    way = np.repeat([-np.pi / 2 + turn, np.pi / 2 - turn], 2)
    inner = outer / 2 + rng.uniform(0.02, 0.07)
    return canvas.polygons(centre, way, inner, 3, (1.0, ROOT))


def tetrachiral(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Draw one ring with four tangential bars."""
    r = rng.uniform(0.1, 0.28)
    start = np.array([[0, r], [-r, 0]])
    end = np.array([[1, -r], [r, 1]])
    return _nodes(canvas, rng, np.zeros((1, 2)), r, (start, end))


def antitetrachiral(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Draw four rings; each bar touches both its rings on the same side."""
    r = rng.uniform(0.07, 0.16)
    nodes = np.array([[0, 0], [0.5, 0], [0, 0.5], [0.5, 0.5]])
    sign = np.array([1, -1, -1, 1])[:, None]
    right, up = np.array([0.5, 0]), np.array([0, 0.5])
    sides = nodes + sign * np.array([0, r]), nodes - sign * np.array([r, 0])
    # along x the next ring has its own bar on its other side: the bar is straight
    start = np.vstack([sides[0], sides[1]])
    end = np.vstack([sides[0] + right, sides[1] + up])
    return _nodes(canvas, rng, nodes, r, (start, end))


def hexachiral(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Draw rings of a triangular net with six tangential bars."""
    r = rng.uniform(0.12, 0.3)
    return _chiral_net(canvas, rng, r, np.array([[0, 0], [0.5, ROOT / 2]]), (0, 60, 120))


def trichiral(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Draw rings of a honeycomb net with three tangential bars."""
    r = rng.uniform(0.08, 0.18)
    away = 1 / ROOT
    low = np.array([[0, 0], [0.5, ROOT / 2]])
    centres = np.vstack([low, low + np.array([0, away])])
    start, end = [], []
    for node in low:
        for angle in np.deg2rad([90, 210, 330]):
            way = np.array([np.cos(angle), np.sin(angle)])
            side = np.array([-way[1], way[0]]) * r
            start.append(node + side)
            end.append(node + away * way - side)
    return _pressed(canvas, rng, centres, r, (np.array(start), np.array(end)))


def _chiral_net(
    canvas: Canvas,
    rng: np.random.Generator,
    r: float,
    nodes: np.ndarray,
    degrees: tuple[int, ...],
) -> Drawn:
    start, end = [], []
    for node in nodes:
        for angle in np.deg2rad(degrees):
            way = np.array([np.cos(angle), np.sin(angle)])
            side = np.array([-way[1], way[0]]) * r
            start.append(node + side)
            end.append(node + way - side)
    return _pressed(canvas, rng, nodes, r, (np.array(start), np.array(end)))


def _pressed(
    canvas: Canvas,
    rng: np.random.Generator,
    nodes: np.ndarray,
    r: float,
    bars: tuple[np.ndarray, np.ndarray],
) -> Drawn:
    """A net with a cell of 1 by the root of 3, scaled into the square."""
    size = np.array([1, ROOT])
    press = (r + r / ROOT) / 2
    return _nodes(canvas, rng, nodes / size, press, (bars[0] / size, bars[1] / size))


def _nodes(
    canvas: Canvas,
    rng: np.random.Generator,
    nodes: np.ndarray,
    r: float,
    bars: tuple[np.ndarray, np.ndarray],
) -> Drawn:
    """Rings or discs and the bars between them."""
    width = rng.uniform(0.06, 0.11)
    ring = canvas.rings(nodes, r, width)
    if rng.random() < 0.3:
        ring = canvas.rings(nodes, r / 2, r + width)
    solid: np.ndarray = ring | canvas.bars(*bars, width)
    return solid


def above(field: Field, share: float) -> Drawn:
    """Return the part of the cell where a field is largest."""
    solid: np.ndarray = field >= np.quantile(field, 1 - share)
    return solid


def smooth(canvas: Canvas, rng: np.random.Generator) -> Drawn:
    """Draw smooth noise above a level, with or without mirrors and quarter turns."""
    field = canvas.noise(rng, rng.uniform(0.04, 0.1))
    kind = rng.integers(4)
    if kind in (1, 2):
        field = field + field[::-1]
        field = field + field[:, ::-1]
    if kind in (2, 3):
        turns = [np.rot90(field, k) for k in range(4)]
        field = sum(turns[1:], start=turns[0])
    share = rng.uniform(0.3, 0.75)
    return above(field, share)


FAMILIES: Mapping[str, Draw] = MappingProxyType(
    {
        f.__name__: f
        for f in (
            reentrant,
            honeycomb,
            star,
            rotating_squares,
            rotating_triangles,
            tetrachiral,
            antitetrachiral,
            hexachiral,
            trichiral,
            smooth,
        )
    }
)
