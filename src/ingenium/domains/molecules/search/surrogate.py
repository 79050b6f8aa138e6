"""A Gaussian process on several outcomes at once, and draws from it that say what to measure next.

It orders what is measured and never accepts: verdicts are the engine's alone.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.linalg import LinAlgError, cho_solve, cholesky

from ingenium.domains.molecules.search.aim import Aim

Kernel = Callable[[np.ndarray, np.ndarray], Float[np.ndarray, "n m"]]  # 1 for equal rows
JITTER = 1e-6
NOISES = (1e-3, 1e-2, 3e-2, 1e-1, 3e-1)  # of the variance; the likeliest is taken


@dataclass(frozen=True)
class Process:
    """What outcomes of designs are to be expected after some were measured.

    All outcomes have one kernel and one noise, and each its own mean and spread, so that they
    share one factor.

    Shapes: n measured designs, m designs that may be, k outcomes.
    Source: Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, algorithm 2.1.
    """

    kernel: Kernel
    x: np.ndarray
    factor: Float[np.ndarray, "n n"]  # lower Cholesky factor of kernel and noise
    weights: Float[np.ndarray, "n k"]
    mean: Float[np.ndarray, " k"]
    spread: Float[np.ndarray, " k"]
    evidence: float  # logarithm of the marginal likelihood of all outcomes

    @classmethod
    def of(cls, kernel: Kernel, x: np.ndarray, y: Float[np.ndarray, "n k"]) -> "Process":
        """The process under the likeliest of a few noises."""
        mean, spread = y.mean(0), y.std(0)
        spread = np.where(spread > 0, spread, 1.0)
        plain, scaled = kernel(x, x), (y - mean) / spread
        tried = []
        for noise in NOISES:
            factor = cholesky(plain + noise * np.eye(len(x)), lower=True)
            weights = cho_solve((factor, True), scaled)
            evidence = -0.5 * float((scaled * weights).sum()) - y.shape[1] * float(
                np.log(np.diag(factor)).sum()
            )
            tried.append(cls(kernel, x, factor, weights, mean, spread, evidence))
        return max(tried, key=lambda process: process.evidence)

    def posterior(self, x: np.ndarray) -> tuple[Float[np.ndarray, "m k"], Float[np.ndarray, "m m"]]:
        """Means of the outcomes, and the covariance that they share, in their spreads."""
        across = self.kernel(x, self.x)
        known = cho_solve((self.factor, True), across.T)
        return self.mean + self.spread * (across @ self.weights), self.kernel(x, x) - across @ known

    def drawn(
        self, x: np.ndarray, times: int, rng: np.random.Generator
    ) -> Float[np.ndarray, "t m k"]:
        """So many sets of outcomes that may be."""
        mean, covariance = self.posterior(x)
        root = _root(covariance)
        noise = rng.standard_normal((times, len(x), mean.shape[1]))
        drawn: np.ndarray = mean + self.spread * (root @ noise)
        return drawn


def _root(covariance: Float[np.ndarray, "m m"]) -> Float[np.ndarray, "m m"]:
    """A factor of a covariance that rounding may have spoiled."""
    jitter = JITTER
    while True:  # ends: the diagonal outgrows what rounding did
        try:
            return np.asarray(cholesky(covariance + jitter * np.eye(len(covariance)), lower=True))
        except LinAlgError:
            jitter *= 10


def promising(
    process: Process,
    x: np.ndarray,
    count: int,
    aim: Aim,
    rng: np.random.Generator,
    *,
    taken: Bool[np.ndarray, " m"] | None = None,
) -> Int[np.ndarray, " j"]:
    """Designs to measure: each the best of one set of outcomes that may be.

    Source: Thompson, Biometrika 25:285, 1933; Eriksson et al., NeurIPS 2019, arXiv:1910.01739
        (batches by as many draws).
    """
    cost = aim.cost(process.drawn(x, min(count, len(x)), rng))
    if taken is not None:
        cost[:, taken] = np.inf
    chosen: list[int] = []
    for row in cost:  # what one draw takes is gone for the next
        row[chosen] = np.inf
        chosen.append(int(row.argmin()))
    return np.array(chosen, dtype=np.int64)


def tanimoto(a: Float[np.ndarray, "n d"], b: Float[np.ndarray, "m d"]) -> Float[np.ndarray, "n m"]:
    """Share of the bits that two rows have in common.

    Source: Ralaivola et al., Neural Networks 18:1093, 2005 (it is a kernel).
    """
    common = a @ b.T
    whole = a.sum(1)[:, None] + b.sum(1) - common
    return np.asarray(common / np.maximum(whole, 1.0), dtype=np.float64)


def matern(
    a: Float[np.ndarray, "n d"], b: Float[np.ndarray, "m d"], length: float
) -> Float[np.ndarray, "n m"]:
    """Matérn's kernel of smoothness 5/2, whose length is for one dimension of many.

    Source: Rasmussen and Williams, 2006, equation 4.17.
    """
    square = (a * a).sum(1)[:, None] + (b * b).sum(1) - 2.0 * (a @ b.T)
    r = np.sqrt(5.0 * np.maximum(square, 0.0) / a.shape[1]) / length
    return np.asarray((1.0 + r + r * r / 3.0) * np.exp(-r), dtype=np.float64)
