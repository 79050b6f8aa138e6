"""Shaded pictures of meshes: a z-buffer with two lights, shadow and ambient occlusion.

The picture has an alpha channel, so that it suits light and dark backgrounds.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64
from scipy import ndimage

from ingenium.core.errors import InputError
from ingenium.kits.solids.printing.mesh import Trimesh
from ingenium.kits.solids.printing.raster import cover, snapped

Image = Float64[np.ndarray, "a b"]
Images = Float64[np.ndarray, "a b 3"]
Points = Float64[np.ndarray, "p 3"]
Corners = Float64[np.ndarray, "t 3 3"]

GOLDEN = math.pi * (3 - math.sqrt(5))
CREASE_COS = math.cos(math.radians(40))  # faces that turn more from a corner's normal stay flat
LARGEST_PX = 2000
SHADOW_PX = 700
TAPS = 10  # of the shadow at each point
TURNS, STEPS = 10, 5  # of the horizon


@dataclass(frozen=True)
class Look:
    """View direction, lighting and size of a picture."""

    azimuth_deg: float = -55.0  # of the eye around z, from x
    elevation_deg: float = 24.0  # of the eye above the plate
    width_px: int = 760
    height_px: int = 560
    colour: tuple[float, float, float] = (0.70, 0.755, 0.80)
    finer: int = 2  # pixels along a pixel, averaged at the end
    ground: bool = True  # a soft shadow on the plate
    margin: float = 0.06

    def __post_init__(self) -> None:
        largest = max(self.width_px, self.height_px) * self.finer
        if min(self.width_px, self.height_px) < 8 or largest > LARGEST_PX * 2 or self.finer < 1:
            raise InputError(
                f"a picture between 8 and {LARGEST_PX} pixels",
                f"{self.width_px} x {self.height_px}, each refined {self.finer} times",
            )


class _Pixels(NamedTuple):
    """Depth and triangle of each pixel."""

    depth: Image  # towards the eye; minus infinity in the background
    triangle: Int64[np.ndarray, "a b"]
    weight: Images


def render(
    mesh: Trimesh, look: Look | None = None, *, colours: Float64[np.ndarray, "v 3"] | None = None
) -> Float64[np.ndarray, "a b 4"]:
    """Render red, green, blue and alpha of a parallel projection, top row first.

    Args:
        mesh: closed, faces outward; z points up.
        look: the eye and the size.
        colours: of each vertex, instead of one for all.

    Raises:
        InputError: for a mesh without extent.
    """
    look = look or Look()
    corners = np.asarray(mesh.vertices[mesh.faces], dtype=np.float64)
    span = float(np.linalg.norm(np.ptp(corners.reshape(-1, 3), axis=0)))
    if not (span > 0 and math.isfinite(span)):
        raise InputError("a mesh of some extent", span)
    turn = _eye(look)
    scale, shift = _fit(corners, turn, look)
    seen = _rasterise(corners @ turn.T * scale + shift, _shape(look))
    hit = seen.triangle >= 0
    depth = np.where(hit, seen.depth, _plate_depth(corners, turn, scale, shift, look))
    place = (_pixels(depth) - shift) / scale @ turn
    facing = np.broadcast_to(np.array([0.0, 0.0, 1.0]), place.shape).copy()
    facing[hit] = _unit(_blend(_corner_normals(mesh), seen, hit))
    plain = np.isfinite(depth)
    light = _lit(turn)
    shade, open_sky = np.ones(hit.shape), _open_sky(depth, 0.06 * span * scale, look.finer)
    shade[plain] = _shadow(corners, place[plain], facing[plain], light, span)
    base = np.broadcast_to(np.array(look.colour), (int(hit.sum()), 3))
    if colours is not None:
        base = _blend(np.asarray(colours[mesh.faces], dtype=np.float64), seen, hit)
    picture = np.zeros((*hit.shape, 4))
    picture[hit, :3] = _shaded(base, facing[hit], turn, light, shade[hit], open_sky[hit])
    picture[hit, 3] = 1.0
    floor = plain & ~hit
    dark = np.where(floor, 0.50 * (1 - open_sky) + 0.26 * (1 - shade), 0.0)
    known = ndimage.gaussian_filter(floor.astype(np.float64), 2)  # so that edges stay dark
    dark = ndimage.gaussian_filter(dark, 2) / np.maximum(known, 1e-6)
    picture[floor, 3] = dark[floor] * _fading(place[floor], corners, span)
    return _averaged(picture, look.finer)


def _shape(look: Look) -> tuple[int, int]:
    return look.width_px * look.finer, look.height_px * look.finer


def _eye(look: Look) -> Float64[np.ndarray, "3 3"]:
    """Rows: to the right, up, and to the eye."""
    a, e = math.radians(look.azimuth_deg), math.radians(look.elevation_deg)
    return np.array(
        [
            [-math.sin(a), math.cos(a), 0.0],
            [-math.sin(e) * math.cos(a), -math.sin(e) * math.sin(a), math.cos(e)],
            [math.cos(e) * math.cos(a), math.cos(e) * math.sin(a), math.sin(e)],
        ]
    )


def _fit(
    corners: Corners, turn: Float64[np.ndarray, "3 3"], look: Look
) -> tuple[float, Float64[np.ndarray, " 3"]]:
    """Scale and shift that centre the part in the picture."""
    flat = corners.reshape(-1, 3) @ turn.T
    low, high = flat.min(0), flat.max(0)
    size = np.array(_shape(look))
    room = size * (1 - 2 * look.margin)
    scale = float((room / np.maximum(high - low, 1e-12)[:2]).min())
    middle = np.append(size / 2, 0.0) - scale * np.append((low + high)[:2] / 2, 0.0)
    return scale, middle


def _plate_depth(
    corners: Corners,
    turn: Float64[np.ndarray, "3 3"],
    scale: float,
    shift: Float64[np.ndarray, " 3"],
    look: Look,
) -> Image:
    """Depth of the plate below the part at each pixel; minus infinity if it is hidden."""
    shape = _shape(look)
    if not look.ground or turn[2, 2] < 0.05:
        return np.full(shape, -np.inf)
    low = float(corners[..., 2].min())
    up = (np.arange(shape[1]) + 0.5 - shift[1]) / scale
    depth = (low - turn[1, 2] * up) / turn[2, 2] * scale
    return np.broadcast_to(depth, shape)


def _pixels(depth: Image) -> Images:
    """Middle of each pixel and its depth."""
    first, second = np.indices(depth.shape) + 0.5
    return np.stack([first, second, np.where(np.isfinite(depth), depth, 0.0)], -1)


def _rasterise(corners: Corners, shape: tuple[int, int]) -> _Pixels:
    """The nearest triangle of each pixel; of a closed mesh, only those that face the eye."""
    side, other = corners[:, 1, :2] - corners[:, 0, :2], corners[:, 2, :2] - corners[:, 0, :2]
    front = np.flatnonzero(side[:, 0] * other[:, 1] > side[:, 1] * other[:, 0])
    hits = cover(snapped(corners[front, :, :2]), shape)
    shown = front[hits.triangle]
    depth = np.einsum("hi,hi->h", hits.weight, corners[shown, :, 2])
    pixel = hits.point[:, 0] * shape[1] + hits.point[:, 1]
    order = np.lexsort((depth, pixel))
    last = order[np.append(np.diff(pixel[order]) > 0, True)] if len(order) else order
    flat = np.full(shape[0] * shape[1], -np.inf)
    triangle = np.full(len(flat), -1)
    weight = np.zeros((len(flat), 3))
    flat[pixel[last]] = depth[last]
    triangle[pixel[last]] = shown[last]
    weight[pixel[last]] = hits.weight[last]
    return _Pixels(flat.reshape(shape), triangle.reshape(shape), weight.reshape(*shape, 3))


def _blend(values: Corners, seen: _Pixels, hit: Bool[np.ndarray, "a b"]) -> Points:
    """Corner values at each pixel that shows the part."""
    blended: Points = np.einsum("pi,pic->pc", seen.weight[hit], values[seen.triangle[hit]])
    return blended


def _unit(x: Float64[np.ndarray, "*s 3"]) -> Float64[np.ndarray, "*s 3"]:
    return np.asarray(x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-12))


def _corner_normals(mesh: Trimesh) -> Corners:
    """Normals, smooth over a vertex, but flat where a face deviates by more than a crease."""
    corners = np.asarray(mesh.vertices[mesh.faces], dtype=np.float64)
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    summed = np.stack(
        [
            np.bincount(mesh.faces.ravel(), np.repeat(flat[:, a], 3), len(mesh.vertices))
            for a in range(3)
        ],
        1,
    )
    smooth, face = _unit(summed)[mesh.faces], _unit(flat)[:, None]
    near = (smooth * face).sum(-1, keepdims=True) > CREASE_COS
    return np.where(near, smooth, face)


def _lit(turn: Float64[np.ndarray, "3 3"]) -> Float64[np.ndarray, " 3"]:
    """Direction to the main light: over the left shoulder of the eye."""
    right, up, eye = turn
    return _unit(-0.55 * right + 0.75 * up + 0.62 * eye)


def _shadow(
    corners: Corners,
    place: Points,
    facing: Points,
    light: Float64[np.ndarray, " 3"],
    span: float,
) -> Float64[np.ndarray, " p"]:
    """Share of the main light that reaches each point, soft at its edge."""
    aside = _unit(np.cross(light, [0.0, 0.0, 1.0]))
    turn = np.stack([aside, np.cross(light, aside), light])
    scale = SHADOW_PX / (1.05 * span)
    middle = corners.reshape(-1, 3).min(0) / 2 + corners.reshape(-1, 3).max(0) / 2
    shift = np.array([SHADOW_PX / 2, SHADOW_PX / 2, 0.0])
    depth = _rasterise((corners - middle) @ turn.T * scale + shift, (SHADOW_PX, SHADOW_PX)).depth
    look = ((place + facing * (0.006 * span) - middle) @ turn.T) * scale + shift
    depth, rows = np.pad(depth, 8, constant_values=-np.inf), SHADOW_PX + 16
    lit = np.zeros(len(look))
    for k in range(TAPS):  # a disc of taps softens the edge
        radius = 5.0 * math.sqrt((k + 0.5) / TAPS)
        x = np.clip(look[:, 0] + (8 + radius * math.cos(k * GOLDEN)), 0, rows - 1).astype(int)
        y = np.clip(look[:, 1] + (8 + radius * math.sin(k * GOLDEN)), 0, rows - 1).astype(int)
        lit += depth[x, y] < look[:, 2] + 2.0
    return lit / TAPS


def _open_sky(depth: Image, reach: float, finer: int) -> Image:
    """Share of the sky that each pixel sees between the horizons on its two sides.

    Source: Bavoil and Sainz, Image-Space Horizon-Based Ambient Occlusion, SIGGRAPH 2008.
    """
    coarse = depth[::finer, ::finer].astype(np.float32) / finer
    known = np.where(np.isfinite(coarse), coarse, -1e6)
    hidden = np.zeros(known.shape, dtype=np.float32)
    for k in range(TURNS):
        angle = math.pi * (k + 0.3) / TURNS
        for far in (0.3 * reach, reach):  # near objects darken more
            ahead, behind = (_horizon(known, angle + s, far / finer) for s in (0, math.pi))
            hidden += np.clip(ahead + behind - 0.08, 0.0, 1.2)  # a plane's two horizons cancel
    sky = ndimage.gaussian_filter(np.exp(-0.42 * hidden / TURNS), 1.2)
    return np.asarray(sky.repeat(finer, 0).repeat(finer, 1), dtype=np.float64)


def _horizon(
    depth: Float32[np.ndarray, "a b"], angle: float, reach: float
) -> Float32[np.ndarray, "a b"]:
    """Sine of the highest elevation in one direction; objects far in front occlude nothing."""
    highest = np.full(depth.shape, -1.0, dtype=np.float32)
    for i in range(1, STEPS + 1):
        away = reach * (i / STEPS) ** 1.6 + 1.0
        move = (round(away * math.cos(angle)), round(away * math.sin(angle)))
        rise = _moved(depth, move) - depth
        fade = np.clip(2.4 - rise / reach, 0.0, 1.0)
        slope = rise / np.sqrt(rise * rise + (move[0] ** 2 + move[1] ** 2))
        highest = np.maximum(highest, (slope + 1) * fade - 1)
    return highest


def _moved(image: Float32[np.ndarray, "a b"], move: tuple[int, int]) -> Float32[np.ndarray, "a b"]:
    """Each pixel's neighbour at a distance; at the edge, the edge itself."""
    rows = np.clip(np.arange(image.shape[0]) + move[0], 0, image.shape[0] - 1)
    columns = np.clip(np.arange(image.shape[1]) + move[1], 0, image.shape[1] - 1)
    moved: Float32[np.ndarray, "a b"] = image[rows][:, columns]
    return moved


def _shaded(
    base: Points,
    facing: Points,
    turn: Float64[np.ndarray, "3 3"],
    light: Float64[np.ndarray, " 3"],
    shade: Float64[np.ndarray, " p"],
    open_sky: Float64[np.ndarray, " p"],
) -> Points:
    """Sky from above, warm main light, cool fill from the right, a soft highlight and rim."""
    right, _, eye = turn
    key = np.clip(facing @ light, 0.0, 1.0) * shade
    fill = np.clip(facing @ _unit(0.9 * right + 0.1 * eye + np.array([0, 0, 0.25])), 0.0, 1.0)
    sky = 0.5 + 0.5 * facing[..., 2]
    halfway = np.clip(facing @ _unit(light + eye), 0.0, 1.0)
    gloss = (halfway**48 * 0.20 + halfway**10 * 0.06) * shade
    rim = (1 - np.clip(facing @ eye, 0.0, 1.0)) ** 3 * 0.16 * open_sky
    ambient = (0.24 + 0.26 * sky)[..., None] * np.array([0.93, 0.98, 1.06])
    direct = key[..., None] * 0.74 * np.array([1.04, 1.0, 0.94])
    cool = fill[..., None] * 0.16 * np.array([0.9, 0.98, 1.1])
    dim = open_sky[..., None]
    lit = base * (ambient * dim**1.3 + direct * (0.4 + 0.6 * dim) + cool * dim)
    lit = lit + (gloss + rim)[..., None]
    return np.asarray(1 - np.exp(-1.55 * lit**1.12), dtype=np.float64)


def _fading(place: Points, corners: Corners, span: float) -> Float64[np.ndarray, " p"]:
    """Visible share of the shadow on the plate, decreasing away from the part."""
    low, high = corners.min((0, 1))[:2], corners.max((0, 1))[:2]
    beyond = np.maximum(np.maximum(low - place[:, :2], place[:, :2] - high), 0.0)
    fade = 1 - np.linalg.norm(beyond, axis=1) / (0.55 * span)
    return np.asarray(np.maximum(fade, 0.0) ** 1.5, dtype=np.float64)


def _averaged(picture: Float64[np.ndarray, "a b 4"], finer: int) -> Float64[np.ndarray, "q r 4"]:
    """Pixels averaged with their alpha, turned so that the first row is the top."""
    a, b, _ = picture.shape
    blocks = picture.reshape(a // finer, finer, b // finer, finer, 4)
    alpha = blocks[..., 3:].mean((1, 3))
    colour = (blocks[..., :3] * blocks[..., 3:]).mean((1, 3)) / np.maximum(alpha, 1e-6)
    merged = np.concatenate([colour, alpha], -1)
    return np.asarray(merged.transpose(1, 0, 2)[::-1].clip(0.0, 1.0), dtype=np.float64)


def pixels_per_m(mesh: Trimesh, look: Look) -> float:
    """Length of a metre across the eye, in pixels of the picture."""
    corners = np.asarray(mesh.vertices[mesh.faces], dtype=np.float64)
    return _fit(corners, _eye(look), look)[0] / look.finer
