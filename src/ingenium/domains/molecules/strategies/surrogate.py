"""A Gaussian process of molecules, which orders what is measured and never accepts."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.linalg import LinAlgError, cho_solve, cholesky

JITTER = 1e-6
NOISES = (1e-3, 1e-2, 3e-2, 1e-1, 3e-1)  # of the variance; the likeliest is taken


@dataclass(frozen=True)
class MoleculeProcess:
    """What outcomes of molecules are to be expected after some were measured.

    All outcomes have Tanimoto's kernel and one noise, and each its own mean and spread, so that
    they share one factor.

    Shapes: n measured molecules, m others, d bits, k outcomes.
    Source: Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, algorithm 2.1.
    """

    x: Float[np.ndarray, "n d"]
    factor: Float[np.ndarray, "n n"]  # lower Cholesky factor of kernel and noise
    weights: Float[np.ndarray, "n k"]
    mean: Float[np.ndarray, " k"]
    spread: Float[np.ndarray, " k"]
    evidence: float  # logarithm of the marginal likelihood of all outcomes

    @classmethod
    def of(cls, x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n k"]) -> "MoleculeProcess":
        """The process under the likeliest of a few noises."""
        mean, spread = y.mean(0), y.std(0)
        spread = np.where(spread > 0, spread, 1.0)
        plain, scaled = tanimoto(x, x), (y - mean) / spread
        tried = []
        for noise in NOISES:
            factor = cholesky(plain + noise * np.eye(len(x)), lower=True)
            weights = cho_solve((factor, True), scaled)
            size = y.shape[1] * float(np.log(np.diag(factor)).sum())
            evidence = -0.5 * float((scaled * weights).sum()) - size
            tried.append(cls(x, factor, weights, mean, spread, evidence))
        return max(tried, key=lambda process: process.evidence)

    def posterior(
        self, x: Float[np.ndarray, "m d"]
    ) -> tuple[Float[np.ndarray, "m k"], Float[np.ndarray, "m m"]]:
        """Means of the outcomes, and the covariance that they share, in their spreads."""
        across = tanimoto(x, self.x)
        known = cho_solve((self.factor, True), across.T)
        return self.mean + self.spread * (across @ self.weights), tanimoto(x, x) - across @ known

    def draws(
        self, x: Float[np.ndarray, "m d"], times: int, rng: np.random.Generator
    ) -> Float[np.ndarray, "t m k"]:
        """So many sets of outcomes that may be."""
        mean, covariance = self.posterior(x)
        root = _root(covariance)
        noise = rng.standard_normal((times, len(x), mean.shape[1]))
        return np.asarray(mean + self.spread * (root @ noise))


def _root(covariance: Float[np.ndarray, "m m"]) -> Float[np.ndarray, "m m"]:
    """A factor of a covariance that rounding may have spoiled."""
    jitter = JITTER
    while True:  # ends: the diagonal outgrows what rounding did
        try:
            return np.asarray(cholesky(covariance + jitter * np.eye(len(covariance)), lower=True))
        except LinAlgError:
            jitter *= 10


def tanimoto(a: Float[np.ndarray, "n d"], b: Float[np.ndarray, "m d"]) -> Float[np.ndarray, "n m"]:
    """Share of the bits that two rows have in common.

    Source: Ralaivola et al., Neural Networks 18:1093, 2005 (it is a kernel).
    """
    common = a @ b.T
    whole = a.sum(1)[:, None] + b.sum(1) - common
    return np.asarray(common / np.maximum(whole, 1.0), dtype=np.float64)
