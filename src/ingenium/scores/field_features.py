"""Features of fields for classifiers, and pairs of their cells."""

import numpy as np
from jaxtyping import Float64, Int

BLOCKS = {2: 8, 3: 4}  # block means along each axis, by the number of axes
LAGS = (1, 2, 4)  # cells between those that are correlated
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
NEAR = 3  # cells along an axis within which pairs are near
TINY = 1e-12


def field_features(x: Float64[np.ndarray, "n k *cells"]) -> Float64[np.ndarray, "n f"]:
    """Return features of fields: their values, changes, and correlations of cells.

    For each channel: means over blocks of cells; the same of its absolute changes along each axis;
    mean, spread, quantiles and the shares of cells at its lowest and highest value; roughness,
    correlation a few cells apart, centre and extent along each axis. Channels are correlated with
    each other.

    Shapes: x (n, k, x, y) or (n, k, x, y, z).
    """
    n, k = x.shape[:2]
    axes = range(2, x.ndim)
    parts = [block_means(x).reshape(n, -1), _values(x).reshape(n, -1)]
    for axis in axes:
        if x.shape[axis] < 2:
            continue
        change = np.abs(np.diff(x, axis=axis))
        parts += [block_means(change).reshape(n, -1), _along(x, axis).reshape(n, -1)]
    if k > 1:
        flat = x.reshape(n, k, -1)
        unit = flat - flat.mean(-1, keepdims=True)
        unit /= np.sqrt((unit**2).sum(-1, keepdims=True)) + TINY
        a, b = np.triu_indices(k, 1)
        parts.append((unit @ unit.swapaxes(1, 2))[:, a, b])
    return np.concatenate(parts, 1)


def block_means(x: Float64[np.ndarray, "n k *cells"]) -> Float64[np.ndarray, "n k *blocks"]:
    """Means over blocks of neighbouring cells, at most 64 of them a channel."""
    for axis in range(2, x.ndim):
        cells = x.shape[axis]
        count = min(cells, BLOCKS[x.ndim - 2])
        edges = np.unique(np.linspace(0, cells, count + 1).astype(int))
        sums = np.add.reduceat(x, edges[:-1], axis)
        width = np.diff(edges).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
        x = sums / width
    return x


def near_pairs(
    shape: tuple[int, ...], count: int, rng: np.random.Generator
) -> Int[np.ndarray, "q 2"]:
    """Sample pairs of different cells of a channel, at most a few cells apart along each axis."""
    k, *cells = shape
    first = [rng.integers(n, size=count) for n in cells]
    second = [
        np.clip(a + rng.integers(-NEAR, NEAR + 1, size=count), 0, n - 1)
        for a, n in zip(first, cells, strict=True)
    ]
    channel = rng.integers(k, size=count)
    ends = [np.ravel_multi_index((channel, *at), shape) for at in (first, second)]
    pairs: np.ndarray = np.stack(ends, -1)
    different: np.ndarray = pairs[pairs[:, 0] != pairs[:, 1]]
    return different


def _values(x: Float64[np.ndarray, "n k *cells"]) -> Float64[np.ndarray, "n k 9"]:
    flat = x.reshape(*x.shape[:2], -1)
    low, high = flat.min(-1, keepdims=True), flat.max(-1, keepdims=True)
    columns = [
        flat.mean(-1),
        flat.std(-1),
        *np.quantile(flat, LEVELS, axis=-1),
        (flat == low).mean(-1),
        (flat == high).mean(-1),
    ]
    return np.stack(columns, -1)


def _along(x: Float64[np.ndarray, "n k *cells"], axis: int) -> Float64[np.ndarray, "n k g"]:
    """Roughness, correlations, centre and extent along one axis."""
    n, k, cells = *x.shape[:2], x.shape[axis]
    rows = np.moveaxis(x, axis, -1).reshape(n, k, -1, cells)
    centred = rows - rows.mean((2, 3), keepdims=True)
    power = (centred**2).mean((2, 3)) + TINY
    columns = [np.log((np.diff(rows) ** 2).mean((2, 3)) + TINY) - np.log(power)]
    columns += [
        (centred[..., :-lag] * centred[..., lag:]).mean((2, 3)) / power
        for lag in LAGS
        if lag < cells
    ]
    profile = rows.mean(2)
    weight = profile - profile.min(-1, keepdims=True) + TINY
    weight /= weight.sum(-1, keepdims=True)
    place = np.linspace(0, 1, cells)
    centre = (weight * place).sum(-1)
    columns += [centre, (weight * place**2).sum(-1) - centre**2]
    return np.stack(columns, -1)
