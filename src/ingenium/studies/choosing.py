"""Gaussian processes over few points, and what a further measurement promises."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float64
from scipy.linalg import cho_factor, cho_solve
from scipy.spatial.distance import cdist
from scipy.stats import norm

SCALES = (1.0, 2.0, 4.0, 8.0, 16.0)  # of a kernel, in spreads of one number
NOISES = (1e-6, 1e-3, 1e-2, 1e-1)  # variance, over that of the process
LEAST = 1e-9  # of a deviation

Kernel = Callable[[np.ndarray, np.ndarray, float], np.ndarray]


def matern(
    a: Float64[np.ndarray, "n d"], b: Float64[np.ndarray, "m d"], scale: float
) -> Float64[np.ndarray, "n m"]:
    """Of twice differentiable functions.

    Source: Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, equation 4.17.
    """
    far = np.sqrt(5.0) * cdist(a, b) / scale
    found: np.ndarray = (1 + far + far**2 / 3) * np.exp(-far)
    return found


def tanimoto(
    a: Float64[np.ndarray, "n d"], b: Float64[np.ndarray, "m d"], scale: float
) -> Float64[np.ndarray, "n m"]:
    """Share of common bits; it has no scale.

    Source: Ralaivola et al., Neural Networks 18:1093, 2005, section 4.2.
    """
    both = a @ b.T
    found: np.ndarray = both / (a.sum(1)[:, None] + b.sum(1) - both)
    return found


@dataclass(frozen=True, eq=False)
class Process:
    """A process about a constant, with the scale and noise that make its data most likely.

    Shapes: n points that were measured, d numbers of each, m others.
    Source: Rasmussen and Williams, 2006, algorithm 2.1 and equation 5.8.
    """

    kernel: Kernel
    scale: float
    noise: float
    x: Float64[np.ndarray, "n d"]
    y: Float64[np.ndarray, " n"]  # standardised
    middle: float
    spread: float

    @classmethod
    def fitted(
        cls,
        x: Float64[np.ndarray, "n d"],
        y: Float64[np.ndarray, " n"],
        *,
        kernel: Kernel = matern,
        scales: Sequence[float] = SCALES,
    ) -> "Process":
        """The most likely of a few, the amplitude by its best value for each."""
        middle, spread = float(y.mean()), float(y.std()) or 1.0
        made = [
            cls(kernel, scale, noise, x, (y - middle) / spread, middle, spread)
            for scale in scales
            for noise in NOISES
        ]
        return max(made, key=lambda p: p.likelihood)

    @cached_property
    def factor(self) -> tuple[np.ndarray, bool]:
        """Of the covariance, over the amplitude."""
        cover = self.kernel(self.x, self.x, self.scale)
        found: tuple[np.ndarray, bool] = cho_factor(cover + self.noise * np.eye(len(cover)), True)
        return found

    @cached_property
    def weights(self) -> Float64[np.ndarray, " n"]:
        """Of the points in a prediction."""
        found: np.ndarray = cho_solve(self.factor, self.y)
        return found

    @property
    def amplitude(self) -> float:
        """Variance of the process, standardised."""
        return max(float(self.y @ self.weights) / len(self.y), LEAST)

    @property
    def likelihood(self) -> float:
        """Its logarithm, less what is the same for all."""
        size = 2 * np.log(np.diag(self.factor[0])).sum()
        return float(-0.5 * (len(self.y) * np.log(self.amplitude) + size))

    def at(
        self, z: Float64[np.ndarray, "m d"]
    ) -> tuple[Float64[np.ndarray, " m"], Float64[np.ndarray, " m"]]:
        """Mean and deviation, without noise."""
        cross = self.kernel(z, self.x, self.scale)
        left = 1.0 - (cross * cho_solve(self.factor, cross.T).T).sum(1)
        sd = np.sqrt(self.amplitude * left.clip(LEAST))
        return self.middle + self.spread * (cross @ self.weights), self.spread * sd

    def believing(self, z: Float64[np.ndarray, "m d"]) -> "Process":
        """The same with further points at their means, as if they had been measured."""
        mean = (self.at(z)[0] - self.middle) / self.spread
        return replace(self, x=np.concatenate([self.x, z]), y=np.append(self.y, mean))


def improvement(
    mean: Float64[np.ndarray, " m"], sd: Float64[np.ndarray, " m"], best: float
) -> Float64[np.ndarray, " m"]:
    """What lies above `best`, on average.

    Source: Jones et al., J. Global Optim. 13:455, 1998, equation 15.
    """
    sd = np.maximum(sd, LEAST)
    u = (mean - best) / sd
    found: np.ndarray = sd * (norm.pdf(u) + u * norm.cdf(u))
    return found


def hypervolume_improvement(
    mean: Float64[np.ndarray, "m 2"],
    sd: Float64[np.ndarray, "m 2"],
    front: Float64[np.ndarray, "k 2"],
    least: Float64[np.ndarray, " 2"],
) -> Float64[np.ndarray, " m"]:
    """What two values, both to be large, add to the hypervolume above `least`, on average.

    Source: Yang et al., J. Global Optim. 75:3, 2019, section 3 (strips, each a product of two
        expected improvements).
    """
    front = front[(front > least).all(1)]
    front = front[front[:, 0].argsort()]
    left = np.append(least[0], front[:, 0])
    # Of the points at least as far right as a strip, the highest
    height = np.append(np.maximum.accumulate(front[::-1, 1])[::-1], least[1])
    beyond = [improvement(mean[:, 0], sd[:, 0], a) for a in left] + [np.zeros(len(mean))]
    above = [improvement(mean[:, 1], sd[:, 1], h) for h in height]
    strips = [(beyond[i] - beyond[i + 1]) * above[i] for i in range(len(left))]
    return np.asarray(np.sum(strips, 0))
