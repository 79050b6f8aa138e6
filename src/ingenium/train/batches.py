"""Split of rows for training and early stopping, and shuffled batches."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor


def stream(seed: int, *path: int) -> torch.Generator:
    """Return an independent generator for each path of whole numbers under one seed."""
    state = np.random.SeedSequence([seed, *path]).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(state[0]) >> 1)


@dataclass(frozen=True)
class Split:
    """Rows to train on, and rows held out for early stopping."""

    train: Int[Tensor, " m"]
    held_out: Int[Tensor, " k"]


def split(n: int, share: float, rng: torch.Generator) -> Split:
    """Hold out a share of the rows; at least one on each side where `share` is positive."""
    order = torch.randperm(n, generator=rng)
    retained = min(max(round(n * share), 1), n - 1) if share > 0 else 0
    return Split(order[retained:].sort().values, order[:retained].sort().values)


@dataclass
class Batches:
    """Endless shuffled passes over the rows, determined by seed and number of batches so far."""

    rows: Int[Tensor, " m"]
    size: int
    seed: int
    sampled: int = 0  # batches so far; the only state that a resumed fit needs

    def __post_init__(self) -> None:
        self.size = min(self.size, len(self.rows))
        self._pass = -1
        self._order = self.rows

    def __iter__(self) -> Iterator[Int[Tensor, " b"]]:
        return self

    def __next__(self) -> Int[Tensor, " b"]:
        whole, place = divmod(self.sampled, len(self.rows) // self.size)
        if whole != self._pass:
            shuffled = torch.randperm(len(self.rows), generator=stream(self.seed, 2, whole))
            self._pass, self._order = whole, self.rows[shuffled]
        self.sampled += 1
        return self._order[place * self.size : (place + 1) * self.size]
