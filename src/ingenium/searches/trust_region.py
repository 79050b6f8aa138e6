"""A trust region, and its best points by Thompson sampling or by an acquisition function."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from ingenium.searches.packages import package

MOVED = 20  # approximate number of coordinates that differ from the best point
POINTS = 1000  # among which the next ones are chosen
AT_ONCE = 250  # of them that an acquisition weighs together


@dataclass(frozen=True)
class Region:
    """A cube about the best point, which grows with success and shrinks otherwise.

    Source: Eriksson et al., NeurIPS 2019, arXiv:1910.01739 (TuRBO; the numbers are theirs).
    """

    side: float = 0.8
    wins: int = 0
    losses: int = 0

    def after(self, better: bool, patience: int) -> "Region":
        """Return the cube after a batch; the initial one again where it has become too small."""
        wins, losses = (self.wins + 1, 0) if better else (0, self.losses + 1)
        side = self.side
        if wins == 3:
            side, wins = min(2 * side, 1.6), 0
        elif losses == patience:
            side, losses = side / 2, 0
        return Region() if side < 0.5**7 else Region(side, wins, losses)


def near(centre: Float[np.ndarray, " m"], side: float) -> Float[np.ndarray, "n m"]:
    """Return many points of the cube about a centre, with about 20 changed numbers each."""
    m = len(centre)
    sobol = torch.quasirandom.SobolEngine(m, scramble=True, seed=int(torch.randint(2**31, ())))
    low, high = (np.clip(centre + s * side / 2, 0.0, 1.0) for s in (-1, 1))
    points = low + (high - low) * sobol.draw(POINTS, dtype=torch.float64).numpy()
    moved = torch.rand(POINTS, m) < min(1.0, MOVED / m)
    moved[torch.arange(POINTS), torch.randint(m, (POINTS,))] = True
    found: np.ndarray = np.where(moved.numpy(), points, centre)
    return found


def sampled(
    model: Any, points: Float[np.ndarray, "n m"], limits: Float[np.ndarray, " l"], q: int
) -> Float[np.ndarray, "q m"]:
    """Choose the best of many points, by one sample of all outcomes for each of `q`.

    The best of a sample is the point of the largest objective among those with all margins above 0
    (several objectives along a random direction); if there is none, that of the least violation.

    Args:
        model: BoTorch's model of all margins and then of all objectives, to be maximised.
        points: the candidates.
        limits: spread of each margin.
        q: number of points to choose.

    Shapes: m numbers of a point, l limits.
    Source: Eriksson et al., 2019, appendix (sampling, and number of coordinates); Eriksson and
        Poloczek, AISTATS 2021, arXiv:2002.08526, section 3 (SCBO: limits).
    """
    count = len(limits)
    with torch.no_grad():
        samples = model.posterior(torch.from_numpy(points)).rsample(torch.Size([q]))
    chosen: list[int] = []
    for outcome in samples.numpy():
        short = (np.maximum(-outcome[:, :count], 0.0) / limits).sum(1)
        worth = _along(outcome[:, count:])
        rank = np.lexsort((-worth, short))
        chosen.append(next(i for i in rank.tolist() if i not in chosen))
    return points[chosen]


def promising(worth: Any, points: Float[np.ndarray, "n m"], q: int) -> Float[np.ndarray, "q m"]:
    """Choose points of the largest acquisition from many, one after another."""
    found, _ = package("botorch.optim").optimize_acqf_discrete(
        worth, q=q, choices=torch.from_numpy(points), max_batch_size=AT_ONCE
    )
    return np.asarray(found.numpy())


def _along(outcome: Float[np.ndarray, "n o"]) -> Float[np.ndarray, " n"]:
    """Objectives as one number: along a random direction; 0 where there are none."""
    if outcome.shape[1] < 2:
        return np.asarray(outcome.sum(1))
    scaled = (outcome - outcome.min(0)) / np.maximum(np.ptp(outcome, axis=0), 1e-12)
    weights = torch.rand(outcome.shape[1]).numpy()
    least: np.ndarray = (scaled / (weights / weights.sum() + 1e-3)).min(1)
    return least
