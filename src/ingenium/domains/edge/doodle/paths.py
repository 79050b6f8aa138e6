"""Conversion of SVG paths to polylines on a grid, as a pen would draw the icon.

Shapes: p points of a stroke, each (x, y) in units of the icon's box.
Source: SVG 1.1, W3C Recommendation, 2011, section 8.3 (commands) and F.6.5 (centre of an arc);
Douglas and Peucker, Cartographica 10:112, 1973 (fewer points).
"""

import math
import re
from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float64

PARTS = re.compile(r"[A-Za-z]|[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?")
COUNT = {"m": 2, "l": 2, "h": 1, "v": 1, "c": 6, "s": 4, "q": 4, "t": 2, "a": 7, "z": 0}
CURVE = 12  # pieces of a curve or an arc, before simplification
Point = complex


def polylines(d: str) -> list[Float64[np.ndarray, "p 2"]]:
    """Convert a path to strokes; each begins where the pen is set down."""
    strokes: list[list[Point]] = []
    at, start, handle, before = 0j, 0j, 0j, ""
    for letter, numbers in _commands(d):
        kind, base = letter.lower(), at if letter.islower() else 0j
        if kind == "m":
            at = start = base + complex(*numbers)
            strokes.append([at])
        elif kind == "z":
            strokes[-1].append(start)
            at = start
        else:
            if not strokes or strokes[-1][-1] != at:
                strokes.append([at])
            reflected = 2 * at - handle if before in _SMOOTH[kind] else at
            points, handle = _segment(kind, numbers, at, base, reflected)
            strokes[-1] += points
            at = points[-1]
        before = kind
    return [np.array([(z.real, z.imag) for z in s]) for s in strokes if len(s) > 1]


_SMOOTH = {"s": "cs", "t": "qt"} | dict.fromkeys("lhvcqa", "")


def _commands(d: str) -> Iterator[tuple[str, list[float]]]:
    """Yield each command with its own numbers; repeated numbers repeat the command."""
    parts, i = PARTS.findall(d), 0
    while i < len(parts):
        letter = parts[i]
        i += 1
        count = COUNT[letter.lower()]
        if count == 0:
            yield letter, []
            continue
        first = True
        while i < len(parts) and not parts[i].isalpha():
            again = {"m": "l", "M": "L"}.get(letter, letter)
            yield (letter if first else again), [float(p) for p in parts[i : i + count]]
            i, first = i + count, False


def _segment(
    kind: str, numbers: Sequence[float], at: Point, base: Point, reflected: Point
) -> tuple[list[Point], Point]:
    """Return the points after the first of one command, and its last handle."""
    if kind == "h":
        end = complex(numbers[0] + base.real, at.imag)
        return [end], end
    if kind == "v":
        end = complex(at.real, numbers[0] + base.imag)
        return [end], end
    if kind == "a":
        end = base + complex(numbers[5], numbers[6])
        return _arc(at, end, numbers), end
    given = [base + complex(*numbers[i : i + 2]) for i in range(0, len(numbers), 2)]
    if kind == "l":
        return given, given[-1]
    if kind in "st":
        given.insert(0, reflected)
    nodes = [at, *given]
    steps = (i / CURVE for i in range(1, CURVE + 1))
    order = len(nodes) - 1
    curve = [
        sum(math.comb(order, k) * (1 - t) ** (order - k) * t**k * z for k, z in enumerate(nodes))
        for t in steps
    ]
    return [complex(z) for z in curve], nodes[-2]


def _arc(start: Point, end: Point, numbers: Sequence[float]) -> list[Point]:
    """Return points of an elliptic arc, from its ends, radii and flags."""
    rx, ry, tilt = abs(numbers[0]), abs(numbers[1]), math.radians(numbers[2])
    if start == end or not rx or not ry:
        return [end]
    turn = complex(math.cos(tilt), math.sin(tilt))
    half = (start - end) / 2 / turn
    x, y = half.real / rx, half.imag / ry
    grow = max(1.0, math.hypot(x, y))
    rx, ry, x, y = rx * grow, ry * grow, x / grow, y / grow
    away = math.sqrt(max(0.0, 1 / (x * x + y * y) - 1)) * (1 if numbers[3] != numbers[4] else -1)
    centre = complex(away * y, -away * x)  # in a circle of radius 1
    first = math.atan2(y - centre.imag, x - centre.real)
    sweep = math.atan2(-y - centre.imag, -x - centre.real) - first
    if numbers[4] and sweep < 0:
        sweep += 2 * math.pi
    if not numbers[4] and sweep > 0:
        sweep -= 2 * math.pi
    middle = (start + end) / 2
    found = []
    for i in range(1, CURVE + 1):
        z = centre + complex(
            math.cos(first + sweep * i / CURVE), math.sin(first + sweep * i / CURVE)
        )
        found.append(middle + complex(z.real * rx, z.imag * ry) * turn)
    return [*found[:-1], end]


def fewer(stroke: Float64[np.ndarray, "p 2"], tolerance: float) -> Float64[np.ndarray, "q 2"]:
    """Simplify a polyline so that no dropped point is off by more than `tolerance`."""
    if len(stroke) < 3:
        return stroke
    a, b = stroke[0], stroke[-1]
    along = b - a
    length = float(np.hypot(*along))
    rest = stroke - a
    if length < 1e-9:
        off = np.hypot(rest[:, 0], rest[:, 1])
    else:
        off = np.abs(rest[:, 0] * along[1] - rest[:, 1] * along[0]) / length
    worst = int(off.argmax())
    if off[worst] <= tolerance:
        return np.stack([a, b])
    left, right = fewer(stroke[: worst + 1], tolerance), fewer(stroke[worst:], tolerance)
    return np.concatenate([left[:-1], right])
