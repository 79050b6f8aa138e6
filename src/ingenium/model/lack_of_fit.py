"""Lack of fit of a process model: smooth departures of the readings that no constants imitate.

Shapes: n readings, k tangents, q smooth directions.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.optimize import brentq
from scipy.special import fdtrc, fdtri, ncfdtr

from ingenium.model.fitting import FittedModel

LEAST_P = 0.01  # below which a smooth departure is no chance
WAVES, POWER = 4, 0.8  # cosines of each column, and the probability with which one shows
FEWEST = 3  # degrees of freedom that estimate the spread
MOST = 1e6  # noncentrality


@dataclass(frozen=True)
class LackOfFit:
    """A test of smooth departures from a fitted model, with its power."""

    p: float  # probability of such departures, if the model were right
    detectable: float  # departure (root mean square of logarithms) that shows with `POWER`

    @property
    def reported(self) -> str:
        """Describe the result and the power in words."""
        return (
            f"smooth departures from the model have p = {self.p:.2g}; one of "
            f"{100 * math.expm1(self.detectable):.2g} % of the readings, which no constants "
            f"imitate, would show with a probability of {POWER:.0%}"
        )


def lack_of_fit(fitted: FittedModel) -> LackOfFit | None:
    """Test whether cosines over time explain what the model leaves; None for too few readings.

    Residuals are projected off the tangents of the model, so a departure that other constants
    would imitate does not count.

    Source: Seber and Wild, Nonlinear Regression, 1989, section 5.9 (F test of added terms in the
    linearised model).
    """
    density = fitted.density
    constants, first, noise = density.parts(fitted.numbers)
    trajectory = density.model.sensitive(constants, first, density.time)
    if trajectory is None:
        return None
    states, moved = (part[:, : density.seen] for part in trajectory)
    rest = ((density.readings - np.log(states)) / noise).T.ravel()
    tangents = moved / states[:, :, None] * np.concatenate([constants, first]) / noise[:, None]
    own = _basis(tangents.transpose(1, 0, 2).reshape(len(rest), -1))
    most = (len(rest) - own.shape[1] - FEWEST) // density.seen
    waves = _waves(density.time, density.seen, min(WAVES, most))
    added = _basis(waves - own @ (own.T @ waves))
    left = rest - own @ (own.T @ rest)
    q, free = added.shape[1], len(rest) - own.shape[1] - added.shape[1]
    if q == 0 or free < FEWEST:
        return None
    explained = float(np.square(added.T @ left).sum())
    spread = max((float(left @ left) - explained) / free, 1e-300)
    p = float(fdtrc(q, free, explained / q / spread))
    scale = float(np.sqrt(spread * np.square(noise).mean()))
    detectable = scale * math.sqrt(_noncentrality(q, free) / len(rest))
    return LackOfFit(p, detectable) if math.isfinite(detectable) else None


def _waves(time: Float64[np.ndarray, " t"], columns: int, count: int) -> np.ndarray:
    """Cosines over the span of the times, of each column by itself, one column after the other."""
    share = (time - time[0]) / (time[-1] - time[0])
    waves = np.cos(np.pi * share[:, None] * np.arange(1, max(count, 0) + 1))
    return np.kron(np.eye(columns), waves)


def _basis(vectors: Float64[np.ndarray, "n k"]) -> Float64[np.ndarray, "n q"]:
    """Orthonormal basis of what columns span."""
    if not vectors.shape[1]:
        return vectors
    left, sizes, _ = np.linalg.svd(vectors, full_matrices=False)
    return np.asarray(left[:, sizes > 1e-8 * max(float(sizes[0]), 1e-300)])


def _noncentrality(q: int, free: int) -> float:
    """Noncentrality of an F test at `LEAST_P` that has the power `POWER`."""
    bar = float(fdtri(q, free, 1 - LEAST_P))

    def short(size: float) -> float:
        return float(ncfdtr(q, free, size, bar)) - (1 - POWER)

    return brentq(short, 1e-6, MOST) if short(MOST) < 0 else math.inf
