"""Features of designs for classifiers of real and proposed ones."""

import numpy as np
from jaxtyping import Float64
from numpy.typing import ArrayLike

from ingenium.evaluate.arrays import as_designs
from ingenium.scores.field_features import field_features

# Series are seen through this many block means: hours, for a day.
BLOCKS = 24
# Above this many channels products of pairs would outnumber everything else.
PAIRED = 30


def features(x: ArrayLike) -> Float64[np.ndarray, "n f"]:
    """Return features of each design: values and products of vectors, statistics of series.

    Series have block means, block means of absolute ramps, and for each channel its mean, spread,
    extremes, largest ramp, share of steps without change, share of exact zeros, roughness, and time
    of peak on the circle; and the correlations of its channels. For fields see `field_features`.

    Shapes: x (n, d), (n, d, t) or (n, k, x, y[, z]).
    """
    designs = as_designs(x, "x")
    if designs.ndim > 3:
        return field_features(designs)
    if designs.ndim == 2 or designs.shape[-1] < 2:
        values = designs.reshape(len(designs), -1)
        return np.concatenate([values, _products(values)], 1)
    ramp = np.diff(designs)
    parts = [_blocks(designs), _blocks(np.abs(ramp)), _summary(designs, ramp)]
    columns = [part.reshape(len(designs), -1) for part in parts]
    return np.concatenate([*columns, _correlations(designs)], 1)


def _products(x: Float64[np.ndarray, "n d"]) -> Float64[np.ndarray, "n q"]:
    d = x.shape[1]
    a, b = np.triu_indices(d) if d <= PAIRED else (np.arange(d), np.arange(d))
    products: np.ndarray = x[:, a] * x[:, b]
    return products


def _blocks(x: Float64[np.ndarray, "n d t"]) -> Float64[np.ndarray, "n d blocks"]:
    t = x.shape[-1]
    edges = np.unique(np.linspace(0, t, min(t, BLOCKS) + 1).astype(int))
    return np.add.reduceat(x, edges[:-1], -1) / np.diff(edges)


def _summary(
    x: Float64[np.ndarray, "n d t"], ramp: Float64[np.ndarray, "n d steps"]
) -> Float64[np.ndarray, "n d 11"]:
    angle = 2.0 * np.pi * x.argmax(-1) / x.shape[-1]
    spread = x.std(-1)
    roughness = np.log((ramp**2).mean(-1) + 1e-12) - np.log(spread**2 + 1e-12)
    columns = [
        x.mean(-1),
        spread,
        x.min(-1),
        x.max(-1),
        ramp.max(-1),
        ramp.min(-1),
        (ramp == 0).mean(-1),
        (x == 0).mean(-1),
        roughness,
        np.cos(angle),
        np.sin(angle),
    ]
    return np.stack(columns, -1)


def _correlations(x: Float64[np.ndarray, "n d t"]) -> Float64[np.ndarray, "n q"]:
    d = x.shape[1]
    if d > PAIRED:
        return np.empty((len(x), 0))
    centred = x - x.mean(-1, keepdims=True)
    norm = np.linalg.norm(centred, axis=-1, keepdims=True)
    tiny = 1e-9 * np.abs(x).max(-1, keepdims=True)
    unit = np.divide(centred, norm, out=np.zeros_like(x), where=norm > tiny)
    a, b = np.triu_indices(d, 1)
    correlations: np.ndarray = (unit @ unit.swapaxes(1, 2))[:, a, b]
    return correlations
