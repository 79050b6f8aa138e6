"""Averages of Tanimoto similarities between many fingerprints, in blocks of a matrix product."""

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from ingenium.core.problem import Watch, silent

BLOCK = 4000  # fingerprints per batch: 64 MB a product


def mean_of_nearest(
    rows: UInt8[np.ndarray, "n bits"], stock: UInt8[np.ndarray, "m bits"], watch: Watch = silent
) -> float:
    """Return the mean over rows of the similarity to the most similar row of `stock`."""
    best = torch.zeros(len(rows))
    for here, block in _blocks(rows, stock, watch):
        best[here] = torch.maximum(best[here], block.amax(1))
    return float(best.double().mean())


def diversity(rows: UInt8[np.ndarray, "n bits"], power: int = 1) -> float:
    """Return one less the mean over rows of the power mean of similarities to all rows.

    Source: Benhenda, 2017, arXiv:1708.08227; the power 2 as in MOSES.
    """
    total = torch.zeros(len(rows), dtype=torch.float64)
    for here, block in _blocks(rows, rows, silent):
        total[here] += block.pow(power).double().sum(1)
    return 1 - float((total / len(rows)).pow(1 / power).mean())


def _blocks(
    rows: UInt8[np.ndarray, "n bits"], stock: UInt8[np.ndarray, "m bits"], watch: Watch
) -> Iterator[tuple[slice, Float[Tensor, "b c"]]]:
    """Similarities, block by block, with the rows of each block.

    Counts of common bits are whole numbers below 2**24, which float32 represents exactly.
    """
    own = rows.sum(1, dtype=np.int64)
    for j in range(0, len(stock), BLOCK):
        watch("similarities", j, len(stock))
        there = torch.from_numpy(stock[j : j + BLOCK]).float()
        others = there.sum(1)
        for i in range(0, len(rows), BLOCK):
            here = slice(i, min(i + BLOCK, len(rows)))
            common = torch.from_numpy(rows[here]).float() @ there.T
            either = torch.from_numpy(own[here]).float()[:, None] + others - common
            alike = torch.where(either > 0, common / either.clamp(min=1), torch.ones(()))
            yield here, alike
