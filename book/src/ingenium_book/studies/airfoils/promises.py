"""What a further measurement promises, by Gaussian processes of scikit-learn over few points."""

import warnings
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from jaxtyping import Float64
from scipy.stats import norm
from sklearn.base import clone
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern

SCALES = (1.0, 2.0, 4.0, 8.0, 16.0)  # of a kernel, in spreads of one number
NOISES = (1e-6, 1e-3, 1e-2, 1e-1)  # variance, over that of the process
LEAST = 1e-9  # of a deviation

Values = Float64[np.ndarray, " m"]


@dataclass(frozen=True, eq=False)
class Likeliest:
    """A process about a constant, with that scale and noise of a few that make its data likeliest.

    Shapes: n points that were measured, d numbers of each, m others.
    Source: Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, algorithm 2.1.
    """

    model: GaussianProcessRegressor  # of standardised values, over its own amplitude
    middle: float
    spread: float

    @classmethod
    def fitted(cls, x: Float64[np.ndarray, "n d"], y: Float64[np.ndarray, " n"]) -> "Likeliest":
        """The likeliest; too few points to move scale and noise freely."""
        middle, spread = float(y.mean()), float(y.std()) or 1.0
        made = [
            GaussianProcessRegressor(Matern(scale, nu=2.5), alpha=noise, optimizer=None)
            for scale, noise in product(SCALES, NOISES)
        ]
        every = [cls(model.fit(x, (y - middle) / spread), middle, spread) for model in made]
        return max(every, key=lambda one: one.likelihood)

    @property
    def amplitude(self) -> float:
        """Likeliest variance of the process, standardised."""
        return max(float(self.model.y_train_ @ self.model.alpha_) / len(self.model.alpha_), LEAST)

    @property
    def likelihood(self) -> float:
        """Its logarithm, less what is the same for all."""
        size = float(np.log(np.diag(self.model.L_)).sum())
        return -0.5 * len(self.model.alpha_) * float(np.log(self.amplitude)) - size

    def at(self, z: Float64[np.ndarray, "m d"]) -> tuple[Values, Values]:
        """Mean and deviation, without noise."""
        with warnings.catch_warnings():  # of variances that rounding puts below 0
            warnings.simplefilter("ignore")
            mean, sd = self.model.predict(z, return_std=True)
        sd = np.sqrt(self.amplitude * np.square(sd).clip(LEAST))
        return self.middle + self.spread * mean, self.spread * sd

    def believing(self, z: Float64[np.ndarray, "m d"]) -> "Likeliest":
        """The same with further points at their means, as if they had been measured."""
        x = np.concatenate([self.model.X_train_, z])
        y = np.append(self.model.y_train_, self.model.predict(z))
        return replace(self, model=clone(self.model).fit(x, y))


def improvement(mean: Values, sd: Values, best: float) -> Values:
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
) -> Values:
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
