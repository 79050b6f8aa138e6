"""Randomness of designs: one seed and the index of a design give that design alone.

Designs are proposed in blocks of fixed size, each from its own generator. A design depends on the
seed, its block and its place in it, never on how many are requested: the last block is filled up
and cut. Blocks keep the shapes of all tensor operations the same, and `one_thread` the order of
their sums, so that replaying one design gives the same bits as proposing a thousand.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

BLOCK = 64


def units(n: int, size: int) -> list[tuple[int, range]]:
    """Split designs 0 to n-1 into units of `size` (divides `BLOCK`): block and rows of each."""
    starts = range(0, n, size)
    return [(s // BLOCK, range(s % BLOCK, s % BLOCK + min(size, n - s))) for s in starts]


def block_rng(seed: int, block: int, purpose: str) -> torch.Generator:
    """Return the generator of one block for one purpose (`conditions`, `proposal`, ...)."""
    words = np.random.SeedSequence([seed, block, *purpose.encode()]).generate_state(2, np.uint32)
    state = int(words[0]) << 32 | int(words[1])
    return torch.Generator().manual_seed(state & (2**63 - 1))


@contextmanager
def one_thread() -> Iterator[None]:
    """Run tensor operations on one thread inside the block, whatever the machine has.

    Sums are then taken in one order, so fits and proposals repeat bit for bit; the matrices of
    a design are small, and threads would cost more than they give.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
