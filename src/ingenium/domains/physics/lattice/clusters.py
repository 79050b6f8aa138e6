"""Batched updates of spins on a torus: heat bath, and cluster flips.

Shapes: n chains, x rows, y columns, v sites.
"""

import numpy as np
import torch
from jaxtyping import Bool, Float64, Int64
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor


def heat_bath(
    spin: Float64[Tensor, "n x y"],
    coupling: Float64[Tensor, " n"],
    bonds: Float64[Tensor, "2 x y"],
    rng: torch.Generator,
) -> Float64[Tensor, "n x y"]:
    """Resample each spin given its neighbours, one field of the checkerboard after the other."""
    rows, columns = spin.shape[1:]
    black = (torch.arange(rows)[:, None] + torch.arange(columns)) % 2 == 0
    right, down = bonds
    for half in (black, ~black):
        pull = right * spin.roll(-1, 2) + (right * spin).roll(1, 2)
        pull = pull + down * spin.roll(-1, 1) + (down * spin).roll(1, 1)
        up = torch.sigmoid(2 * coupling[:, None, None] * pull)
        lot = torch.rand(spin.shape, generator=rng, dtype=spin.dtype)
        new = torch.where(lot < up, 1.0, -1.0).to(spin.dtype)
        spin = torch.where(half, new, spin)
    return spin


def swept(
    spin: Float64[Tensor, "n x y"],
    coupling: Float64[Tensor, " n"],
    bonds: Float64[Tensor, "2 x y"],
    rng: torch.Generator,
) -> Float64[Tensor, "n x y"]:
    """Flip the sign of each cluster of each chain at random (Swendsen-Wang).

    A bond between ends a and b is set with probability 1 - exp(-2 coupling a b) where that is
    positive, which is valid for the signs of fields of any size.
    Source: Swendsen and Wang, Phys. Rev. Lett. 58 (1987) 86.
    """
    other = torch.stack([spin.roll(-1, 2), spin.roll(-1, 1)], 1)
    pull = 2 * coupling[:, None, None, None] * bonds * spin[:, None] * other
    lot = torch.rand(other.shape, generator=rng, dtype=spin.dtype)
    label = labelled(lot < 1 - torch.exp(-pull.clamp_min(0)))
    turn = torch.rand(spin.shape, generator=rng, dtype=spin.dtype) < 0.5
    return torch.where(turn.flatten(1).gather(1, label).view_as(turn), -spin, spin)


def labelled(laid: Bool[Tensor, "n 2 x y"]) -> Int64[Tensor, "n v"]:
    """Label each site with the smallest site of its cluster, from bonds to the right and down.

    All chains are one graph, whose parts are numbered in the order of their first sites.
    """
    n, _, rows, columns = laid.shape
    v = rows * columns
    site = np.arange(v).reshape(rows, columns)
    ends = np.stack([np.roll(site, -1, 1), np.roll(site, -1, 0)], -1).ravel()
    on = laid.permute(0, 2, 3, 1).numpy()
    chain, place = np.divmod(np.flatnonzero(on), 2 * v)
    first = np.concatenate([[0], on.reshape(-1, 2).sum(1).cumsum()])  # bond of each site
    index = [x.astype(np.int32) for x in (ends[place] + chain * v, first)]
    graph = csr_array((np.ones(len(chain), np.int8), *index), shape=(n * v, n * v))
    count, part = connected_components(graph, directed=False)
    least = np.empty(count, np.int64)
    least[part[::-1]] = np.arange(n * v)[::-1]  # the last write remains
    return torch.from_numpy(least[part].reshape(n, v) % v)
