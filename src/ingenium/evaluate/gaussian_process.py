"""Gaussian process regression for screens, searches and generators.

scikit-learn fits it, and is imported when the first one is fitted; `kernels` has the kernels.
Searches that maximise an acquisition by gradients use BoTorch's.

Shapes: r known rows, n new rows, m numbers of a row, k outcomes.
Source: Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, algorithm 2.1, and
    section 5.4.2 (rows left out, in closed form).
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.linalg import LinAlgError, cho_solve, cholesky
from scipy.optimize import Bounds, minimize

JITTER = 1e-6

Outcomes = Float[np.ndarray, "r"] | Float[np.ndarray, "r k"]


@dataclass(frozen=True, eq=False)
class GaussianRegression:
    """A process of one outcome, or of several with the same kernel, each in its own units."""

    model: Any  # fitted, of scikit-learn; its kernel is a smooth part and noise

    @classmethod
    def of(
        cls,
        x: Float[np.ndarray, "r m"],
        y: Outcomes,
        kernel: Any,
        *,
        tuned: int | None = None,
        steps: int | None = None,
    ) -> "GaussianRegression":
        """Fit the process; its kernel maximises the likelihood of the rows.

        Args:
            x: the rows.
            y: their outcomes.
            kernel: a smooth part and noise, from which the ascent starts.
            tuned: number of leading rows on which the kernel is tuned; all if None.
            steps: most iterations of the ascent; until it converges if None.
        """
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.gaussian_process import GaussianProcessRegressor

        with warnings.catch_warnings():  # lengths at their bounds are numbers without effect
            warnings.simplefilter("ignore", ConvergenceWarning)
            ascent = "fmin_l_bfgs_b" if steps is None else partial(_ascended, steps=steps)
            few = GaussianProcessRegressor(kernel, optimizer=ascent, normalize_y=True)
            few.fit(x[:tuned], y[:tuned])
        if tuned is None or tuned >= len(x):
            return cls(few)
        whole = GaussianProcessRegressor(few.kernel_, optimizer=None, normalize_y=True)
        return cls(whole.fit(x, y))

    @property
    def noise(self) -> float:
        """Variance of the noise, over that of the outcomes."""
        return float(self.model.kernel_.k2.noise_level)

    @property
    def scale(self) -> Any:
        """Standard deviation of each outcome over the known rows."""
        return self.model._y_train_std

    @cached_property
    def inverse(self) -> Float[np.ndarray, "r r"]:
        """Inverse of the covariance of the known rows, with noise."""
        root = np.linalg.inv(self.model.L_)
        found: np.ndarray = root.T @ root
        return found

    def mean(self, x: Float[np.ndarray, "n m"]) -> np.ndarray:
        """Return the expected outcomes of new rows."""
        found: np.ndarray = self.model.predict(x)
        return found

    def predict(self, x: Float[np.ndarray, "n m"]) -> tuple[np.ndarray, np.ndarray]:
        """Return the expected outcomes of new rows, and their standard deviations with noise."""
        found: tuple[np.ndarray, np.ndarray] = self.model.predict(x, return_std=True)
        return found

    def moments(self, x: Float[np.ndarray, "n m"]) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and variance of new rows, without noise."""
        mean, spread = self.predict(x)
        return mean, np.maximum(spread**2 - self.scale**2 * self.noise, 0.0)

    def without(
        self, x: Float[np.ndarray, "n m"]
    ) -> tuple[Float[np.ndarray, "n r"], Float[np.ndarray, " r"]]:
        """Leave-one-out means of one outcome at new rows, and the errors at the left-out rows."""
        missed = self.missed
        weight = self.model.kernel_(x, self.model.X_train_) @ self.inverse
        return self.mean(x)[:, None] - self.scale * weight * missed, self.scale * missed

    @property
    def missed(self) -> Float[np.ndarray, " r"]:
        """Leave-one-out errors of one outcome at each known row, over its scale."""
        found: np.ndarray = self.model.alpha_ / np.diag(self.inverse)
        return found

    def posterior(self, x: Float[np.ndarray, "n m"]) -> tuple[np.ndarray, Float[np.ndarray, "n n"]]:
        """Return means of new rows, and their covariance over the variance of each outcome."""
        across = self.model.kernel_(x, self.model.X_train_)
        covariance = self.model.kernel_.k1(x) - across @ cho_solve((self.model.L_, True), across.T)
        return self.mean(x), covariance

    def samples(
        self, x: Float[np.ndarray, "n m"], times: int, rng: np.random.Generator
    ) -> Float[np.ndarray, "t n k"]:
        """Return joint samples of several outcomes at new rows, without noise."""
        mean, covariance = self.posterior(x)
        eps = rng.standard_normal((times, *mean.shape))
        return np.asarray(mean + self.scale * (_root(covariance) @ eps))


def _root(covariance: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    """Factor of a covariance that may be indefinite by rounding."""
    jitter = JITTER
    while True:  # ends: the diagonal outgrows the rounding error
        try:
            return np.asarray(cholesky(covariance + jitter * np.eye(len(covariance)), lower=True))
        except LinAlgError:
            jitter *= 10


def _ascended(
    loss: Callable[..., Any],
    start: np.ndarray,
    bounds: np.ndarray,
    *,
    steps: int,
) -> tuple[np.ndarray, float]:
    """Return the kernel's parameters after at most `steps` iterations of L-BFGS, and their loss."""
    within = Bounds(bounds[:, 0], bounds[:, 1])
    found = minimize(
        loss, start, jac=True, bounds=within, method="L-BFGS-B", options={"maxiter": steps}
    )
    return np.asarray(found.x), float(found.fun)
