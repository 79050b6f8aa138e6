"""Connectivity of periodic cells."""

from typing import no_type_check

import numpy as np
import torch
from jaxtyping import Bool, Float64, Int64
from numba import njit
from torch import Tensor


def pieces(solid: Bool[Tensor, "n *cells"]) -> tuple[Int64[Tensor, "n *cells"], list[np.ndarray]]:
    """Number the piece of each solid cell, 0 elsewhere; return each piece's directions of travel.

    Pieces are connected by whole faces, also across the borders of the cell. The directions are a
    (pieces, dim, dim) matrix for each design, the sum of the outer products of all ways around the
    torus: its rank is the number of independent axes along which the piece is periodic.
    """
    cells = solid.shape[1:]
    flat = solid.reshape(len(solid), *cells, *([1] * (3 - len(cells)))).numpy()
    label = np.zeros(flat.shape, np.int64)
    around = [
        _walk(s, out)[:, : len(cells), : len(cells)] for s, out in zip(flat, label, strict=True)
    ]
    return torch.from_numpy(label.reshape(solid.shape)), around


def connection(
    solid: Bool[Tensor, "n *cells"],
) -> tuple[Bool[Tensor, "n *cells"], Float64[Tensor, " n"], Float64[Tensor, " n"]]:
    """Return the largest piece, its share of the solid, and its number of periodic axes."""
    label, around = pieces(solid)
    main = torch.zeros_like(solid)
    axes = torch.zeros(len(solid), dtype=torch.float64)
    for i, (numbers, ways) in enumerate(zip(label, around, strict=True)):  # ragged: one by one
        if len(ways):
            size = torch.bincount(numbers.flatten(), minlength=len(ways) + 1)[1:]
            largest = int(size.argmax())
            main[i] = numbers == largest + 1
            axes[i] = float(np.linalg.matrix_rank(ways[largest]))
    count = solid.flatten(1).sum(1)
    return main, main.flatten(1).sum(1) / count.clamp(min=1).to(torch.float64), axes


@njit(cache=True)
@no_type_check  # compiled: no annotation is executed
def _walk(solid: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Number the pieces of one cell and sum up their ways around the torus."""
    nx, ny, nz = solid.shape
    shape = (nx, ny, nz)
    turns = np.zeros((nx, ny, nz, 3), np.int64)
    stack = np.empty((nx * ny * nz, 3), np.int64)
    around = np.zeros((nx * ny * nz, 3, 3))
    count = 0
    for start in range(nx * ny * nz):
        x, y, z = start // (ny * nz), start // nz % ny, start % nz
        if not solid[x, y, z] or label[x, y, z] > 0:
            continue
        count += 1
        label[x, y, z] = count
        stack[0, 0], stack[0, 1], stack[0, 2] = x, y, z
        high = 1
        while high > 0:
            high -= 1
            here = stack[high].copy()
            for axis in range(3):
                for step in (-1, 1):
                    to = here.copy()
                    to[axis] += step
                    turn = turns[here[0], here[1], here[2]].copy()
                    if to[axis] < 0 or to[axis] >= shape[axis]:
                        turn[axis] += step
                        to[axis] -= step * shape[axis]
                    a, b, c = to[0], to[1], to[2]
                    if not solid[a, b, c]:
                        continue
                    if label[a, b, c] == 0:
                        label[a, b, c] = count
                        turns[a, b, c] = turn
                        stack[high] = to
                        high += 1
                    else:
                        way = turn - turns[a, b, c]
                        for i in range(3):
                            for j in range(3):
                                around[count - 1, i, j] += way[i] * way[j]
    return around[:count]
