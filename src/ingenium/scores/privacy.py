"""Tests for copies of training designs among proposals."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from numpy.typing import ArrayLike
from scipy.spatial.distance import cdist

from ingenium.evaluate.arrays import Standard, as_pair, flat
from ingenium.evaluate.event_scores import auc
from ingenium.evaluate.intervals import Interval, clopper_pearson

# The share of held-out real designs that are closer to the training designs than the bound.
CLOSE = 0.05
# Relative distance below which a proposal is the training design itself, in single precision.
EQUAL = 1e-6


@dataclass(frozen=True)
class Copies:
    """Distance of proposals to the training designs, compared with held-out real designs.

    `ratio` compares the median distances: 1 like new real designs, near 0 copies, above 1 further
    from the data than real designs are. `close` is the share of proposals nearer than the nearest 5
    % of held-out designs: 0.05 without copying.
    """

    ratio: float
    close: Interval
    duplicates: int


def copies(proposed: ArrayLike, training: ArrayLike, held_out: ArrayLike) -> Copies:
    """Compare the distances of proposals and of held-out designs to the nearest training design.

    Shapes: proposed (p, d) or (p, d, t), training (j, ...), held_out (n, ...).
    Source: distance to closest record, Zhao et al., CTAB-GAN, PMLR 157, 2021, sec. 4.
    """
    j, p = as_pair(training, proposed)
    _, n = as_pair(training, held_out)
    standard = Standard.of(j)
    known = flat(standard.apply(j))
    near_proposed = nearest(flat(standard.apply(p)), known)
    near_real = nearest(flat(standard.apply(n)), known)
    bound = float(np.quantile(near_real, CLOSE))
    count = int((near_proposed < bound).sum())
    size = np.sqrt(known.shape[1])  # the norm of a typical standardised design
    typical = float(np.median(near_real))
    return Copies(
        ratio=float(np.median(near_proposed)) / typical if typical > 0 else float("nan"),
        close=Interval(count / len(p), *clopper_pearson(count, len(p))),
        duplicates=int((near_proposed <= EQUAL * size).sum()),
    )


def membership_auc(
    proposed: Float64[np.ndarray, "p d"],
    training: Float64[np.ndarray, "j d"],
    held_out: Float64[np.ndarray, "n d"],
) -> float:
    """Area under the ROC curve for detecting training designs by their nearest proposal.

    0.5 without a leak. Source: Chen et al., GAN-Leaks, CCS 2020, the attack without a model.
    """
    away = [nearest(x, proposed) for x in (training, held_out)]
    inside = np.concatenate([np.ones(len(training)), np.zeros(len(held_out))]).astype(bool)
    return auc(inside, -np.concatenate(away))


def nearest(
    x: Float64[np.ndarray, "n cells"], known: Float64[np.ndarray, "j cells"]
) -> Float64[np.ndarray, " n"]:
    """Distance of each row to the nearest row of `known`; exactly 0 for equal rows.

    Squared differences are summed directly: the faster expansion by norms loses the digits that
    distinguish a duplicate from a neighbour.
    """
    step = max(1, 8_000_000 // len(known))
    parts = [cdist(x[i : i + step], known).min(1) for i in range(0, len(x), step)]
    return np.concatenate(parts)
