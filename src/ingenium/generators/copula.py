"""Gaussian copula: empirical marginals with a shrunk correlation of normal scores."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.evaluate.shrinkage import shrinkage
from ingenium.generators.classical import Classical
from ingenium.sampling.noise import gaussian
from ingenium.train.plan import Plan


class GaussianCopula(Classical):
    """Gaussian copula of conditions and variables together, conditioned on the conditions.

    The correlation is `(1 - s) Z'Z / m + s I` with the Ledoit-Wolf intensity `s`, so it is never
    formed: a joint sample costs one product with the m training scores, and Matheron's rule turns
    it into a sample given the conditions. Thousands of variables from hundreds of rows are fine.

    Shapes: m training rows, w = c + d variables together.
    Source: Sklar, 1959; Ledoit and Wolf, J. Multivariate Analysis 88, 2004, eq. 14; Matheron's
        rule as in Wilson et al., JMLR 22(105), 2021, eq. 8.
    """

    ordered_cond: Tensor  # (m, c), each column sorted
    ordered_x: Tensor  # (m, d), each column sorted
    scores: Tensor  # (m, w) normal scores of unit variance
    gain: Tensor  # (d, c) regression of scores of x on scores of cond
    shrinkage: Tensor

    def __init__(self, shape: tuple[int, ...], c: int) -> None:
        super().__init__(shape, c)
        self.empty("ordered_x", "ordered_cond", "scores", "gain", "shrinkage")

    def learn(
        self, x: Float[Tensor, "n d"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        self.ordered_cond, self.ordered_x = cond.sort(0).values, x.sort(0).values
        both = torch.cat([to_scores(cond, self.ordered_cond), to_scores(x, self.ordered_x)], 1)
        both = both - both.mean(0)
        spread = both.std(0, correction=0)
        both = both / torch.where(spread > 1e-6, spread, torch.inf)  # a constant has no correlation
        s = shrinkage(both.double().cpu().numpy(), centred=True)
        self.scores, self.shrinkage = both, torch.tensor([s], dtype=x.dtype, device=x.device)
        wide = both.double()
        cross = (1 - s) * wide.T @ wide[:, : self.c] / len(x)
        inner = cross[: self.c] + s * torch.eye(self.c, dtype=torch.float64, device=x.device)
        # The jitter keeps conditions that are exact functions of each other solvable.
        inner = inner + 1e-6 * torch.eye(self.c, dtype=torch.float64, device=x.device)
        self.gain = torch.linalg.solve(inner, cross[self.c :].T).T.to(x.dtype)
        return {}

    def sample(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, "n d"]:
        n, (m, w), s = len(cond), self.scores.shape, self.shrinkage
        common = gaussian(self.scores.new_empty(n, m), rng) @ self.scores / math.sqrt(m)
        joint = (1 - s).sqrt() * common + s.sqrt() * gaussian(self.scores.new_empty(n, w), rng)
        requested = to_scores(cond, self.ordered_cond)
        scores = joint[:, self.c :] + (requested - joint[:, : self.c]) @ self.gain.T
        return from_scores(scores, self.ordered_x)


def to_scores(values: Float[Tensor, "n w"], ordered: Float[Tensor, "m w"]) -> Float[Tensor, "n w"]:
    """Normal score of each value by its middle rank among the ordered column."""
    columns, requested = ordered.T.contiguous(), values.T.contiguous()
    below = torch.searchsorted(columns, requested)
    upto = torch.searchsorted(columns, requested, right=True)
    m = len(ordered)
    share = ((below + upto).to(values.dtype) / (2 * m)).clamp(0.5 / m, 1 - 0.5 / m)
    scores: Tensor = torch.special.ndtri(share).T
    return scores


def from_scores(
    scores: Float[Tensor, "n w"], ordered: Float[Tensor, "m w"]
) -> Float[Tensor, "n w"]:
    """Value of each normal score, linear between the ordered values of its column."""
    m = len(ordered)
    place = (torch.special.ndtr(scores) * m - 0.5).clamp(0, m - 1)
    low = place.floor().long()
    high = (low + 1).clamp(max=m - 1)
    return torch.lerp(ordered.gather(0, low), ordered.gather(0, high), place - low)
