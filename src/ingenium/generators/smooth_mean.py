"""Smooth conditional mean of columns, for designs in no particular order."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.generators.learned_buffers import LearnedBuffers

RIDGES = (*(10.0**power for power in range(-3, 4)), math.inf)  # the last leaves the plain mean
LENGTHS = (0.5, 1.0, 2.0)  # of the kernel, in deviations a condition
LANDMARKS = 256  # training rows that span the kernel
FLOOR = 1e-6  # of the eigenvalues of the kernel among landmarks


class SmoothMean(LearnedBuffers):
    """Ridge regression on conditions and on a Gaussian kernel of them.

    One length of the kernel for all columns and a ridge for each column are those with the least
    squared error on rows left out one by one, in closed form; a column that conditions do not
    explain gets its plain mean. For many rows the kernel is evaluated at landmarks only, so the
    cost grows with their number and not with its cube.

    Shapes: n rows, c spec features, w columns, b landmarks, f features.
    Source: Rasmussen and Williams, 2006, sec. 8.3.1 (Nyström features); Hastie, Tibshirani and
        Friedman, 2009, eq. 7.64 (rows left out one by one).
    """

    centre: Tensor  # (c,)
    spread: Tensor  # (c,)
    length: Tensor  # ()
    landmarks: Tensor  # (b, c) standardised conditions
    whitening: Tensor  # (b, b)
    offset: Tensor  # (w,)
    weight: Tensor  # (f, w)

    def __init__(self) -> None:
        super().__init__()
        self.empty("centre", "spread", "length", "landmarks", "whitening", "offset", "weight")

    def learn(self, y: Float[Tensor, "n w"], cond: Float[Tensor, "n c"]) -> Float[Tensor, "n w"]:
        """Fit to all rows; return the error of each row when that row is left out."""
        y, cond = y.to(torch.float64), cond.to(torch.float64)
        self.centre, spread = cond.mean(0), cond.std(0, correction=0)
        self.spread = torch.where(spread > 1e-9, spread, 1.0)
        standard = (cond - self.centre) / self.spread
        places = torch.linspace(0, len(y) - 1, min(LANDMARKS, len(y))).round().long()
        self.landmarks = standard[places]
        least, best = math.inf, (y, y)
        for length in LENGTHS:
            reach = torch.tensor(length * math.sqrt(cond.shape[1]), dtype=torch.float64)
            whitening = _whitening(_kernel(self.landmarks, self.landmarks, reach))
            features = _features(standard, self.landmarks, reach, whitening)
            weight, missed = _left_out(features, y)
            error = float(missed.square().sum())
            if error < least:
                least, best = error, (weight, missed)
                self.length, self.whitening = reach, whitening
                self.offset = y.mean(0) - features.mean(0) @ weight
        self.weight = best[0]
        return best[1]

    def mean(self, cond: Float[Tensor, "n c"]) -> Float[Tensor, "n w"]:
        """Expected columns of each row."""
        standard = (cond.to(torch.float64) - self.centre) / self.spread
        features = _features(standard, self.landmarks, self.length, self.whitening)
        return self.offset + features @ self.weight


def _features(
    standard: Float[Tensor, "n c"],
    landmarks: Float[Tensor, "b c"],
    length: Float[Tensor, ""],
    whitening: Float[Tensor, "b b"],
) -> Float[Tensor, "n f"]:
    """Conditions, and features whose inner products are the kernel of the landmarks."""
    return torch.cat([standard, _kernel(standard, landmarks, length) @ whitening], 1)


def _kernel(
    a: Float[Tensor, "n c"], b: Float[Tensor, "m c"], length: Float[Tensor, ""]
) -> Float[Tensor, "n m"]:
    """Gaussian kernel by differences, so that a row gets the same bits in any batch."""
    distance = torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")
    return torch.exp(-0.5 * (distance / length).square())


def _whitening(kernel: Float[Tensor, "b b"]) -> Float[Tensor, "b b"]:
    values, vectors = torch.linalg.eigh(kernel)
    whitening: Tensor = vectors * (values.clamp(min=0) + FLOOR).rsqrt()
    return whitening


def _left_out(
    features: Float[Tensor, "n f"], y: Float[Tensor, "n w"]
) -> tuple[Float[Tensor, "f w"], Float[Tensor, "n w"]]:
    """Weights, and errors of rows left out one by one, each column for its best ridge."""
    rows, size, turn = torch.linalg.svd(features - features.mean(0), full_matrices=False)
    centred = y - y.mean(0)
    seen = rows.T @ centred
    least = torch.full_like(y[0], torch.inf)
    weight, missed = torch.zeros_like(seen), torch.zeros_like(y)
    for ridge in RIDGES:
        share = size.square() / (size.square() + ridge)
        lever = rows.square() @ share + 1 / len(y)
        left = (centred - rows @ (share[:, None] * seen)) / (1 - lever[:, None]).clamp(min=1e-6)
        error = left.square().sum(0)
        better = error < least
        least = torch.where(better, error, least)
        weight = torch.where(better, (size / (size.square() + ridge))[:, None] * seen, weight)
        missed = torch.where(better, left, missed)
    return turn.T @ weight, missed
