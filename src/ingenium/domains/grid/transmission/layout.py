"""Positions of buses for diagrams, from the network alone."""

import numpy as np
from jaxtyping import Float

from ingenium.domains.grid.transmission.net import Transmission

STEPS = 300


def positions(net: Transmission) -> Float[np.ndarray, "b 2"]:
    """Return positions by springs between neighbours, from the first modes of the graph on.

    Source: Fruchterman and Reingold, Graph drawing by force-directed placement, 1991.
    """
    n = len(net.bus)
    laplacian = np.zeros((n, n))
    np.add.at(laplacian, (net.f, net.t), -1.0)
    np.add.at(laplacian, (net.t, net.f), -1.0)
    np.fill_diagonal(laplacian, 0.0)
    linked = laplacian < 0
    np.fill_diagonal(laplacian, -laplacian.sum(1))
    _, modes = np.linalg.eigh(laplacian)
    x = modes[:, 1:3] / np.abs(modes[:, 1:3]).max(0).clip(min=1e-9)
    x = x * np.where(x[np.abs(x).argmax(0), [0, 1]] < 0, -1.0, 1.0)
    size = 1.6 / np.sqrt(n)
    for step in range(STEPS):
        gap = x[:, None] - x[None]
        far = np.sqrt(np.square(gap).sum(2)).clip(min=1e-3)
        pull = size**2 / far**2 - linked * far / size
        move = (gap * (pull / far)[:, :, None] * far[:, :, None]).sum(1) / size
        length = np.sqrt(np.square(move).sum(1)).clip(min=1e-9)
        most = 0.1 * (1.0 - step / STEPS) + 1e-3
        x = x + move * (np.minimum(length, most) / length)[:, None]
    return np.asarray(x - x.mean(0))
