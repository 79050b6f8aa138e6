"""Co-kriging of two tiers: the exact tier is predicted from the cheap one and their gap."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ingenium.evaluate.gaussian_process import GaussianRegression
from ingenium.searches.surrogates import one_outcome

FEWEST = 4  # rows of both tiers from which a factor is estimated
LENGTHS = np.logspace(-1.3, 1.3, 14)  # of the gap, over that of the cube's diagonal
NOISES = (1e-8, 1e-4, 1e-2)


@dataclass(frozen=True)
class CoKriging:
    """Model of one outcome of the exact tier: a factor times the cheap one, plus a process.

    Shapes: n new rows, r rows of the cheap tier, h of these measured by both, m numbers.
    Source: Kennedy and O'Hagan, Biometrika 87:1, 2000 (the autoregressive model); Le Gratiet and
        Garnier, Int. J. Uncertain. Quantif. 4:365, 2014 (one process after the other, which is
        the same where all that the exact tier measured was measured by the cheap one too).
    """

    cheap: GaussianRegression | None  # None where it contains no information
    factor: float
    gap: GaussianRegression

    @classmethod
    def of(
        cls,
        x: Float[np.ndarray, "r m"],
        cheap: Float[np.ndarray, " r"],
        exact: Float[np.ndarray, " r"],
    ) -> "CoKriging":
        """Fit the model to rows; `exact` is NaN where only the cheap tier measured.

        Rows with an answer of the exact tier alone are left out, unless few are left. The factor
        maximises the likelihood, with the gap's own level, length and noise.
        """
        known, seen = np.isfinite(exact), np.isfinite(cheap)
        both = known & seen
        if both.sum() < FEWEST or not np.ptp(cheap[both]) > 0:
            return cls(None, 0.0, one_outcome(x[known], exact[known]))
        factor = likeliest_factor(x[both], cheap[both], exact[both])
        gap = one_outcome(x[both], exact[both] - factor * cheap[both])
        return cls(one_outcome(x[seen], cheap[seen]), factor, gap)

    def expected(
        self, x: Float[np.ndarray, "n m"]
    ) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """Return mean and variance of the exact tier, and the reduction by a cheap measurement."""
        mean, variance = self.gap.moments(x)
        if self.cheap is None:
            return mean, variance, np.zeros_like(variance)
        low, spread = self.cheap.moments(x)
        own = self.factor**2 * spread
        return mean + self.factor * low, variance + own, own


def likeliest_factor(
    x: Float[np.ndarray, "h m"], cheap: Float[np.ndarray, " h"], exact: Float[np.ndarray, " h"]
) -> float:
    """Estimate the slope of the exact tier over the cheap one, with a gap that varies with `x`.

    Level, slope and variance of the gap follow from its length and noise, which maximise the
    likelihood on a grid. This separates a smooth gap from a curved one: least squares alone would
    attribute the curvature of the cheap tier to the gap.

    Source: Forrester, Sóbester and Keane, Proc. R. Soc. A 463:3251, 2007, equations 3.9 to 3.13.
    """
    distance = np.sqrt(np.square(x[:, None] - x[None]).sum(2))
    columns = np.stack([np.ones_like(cheap), (cheap - cheap.mean()) / cheap.std()], 1)
    best, factor = np.inf, 0.0
    for length in LENGTHS * np.sqrt(x.shape[1]):
        scaled = np.sqrt(5) * distance / length
        alike = (1 + scaled + scaled**2 / 3) * np.exp(-scaled)
        for noise in NOISES:
            root = np.linalg.cholesky(alike + noise * np.eye(len(x)))
            a, z = (np.linalg.solve(root, v) for v in (columns, exact))
            slope, rest, _, _ = np.linalg.lstsq(a, z, rcond=None)
            left = float(rest[0]) if len(rest) else float(np.square(z - a @ slope).sum())
            unlikely = len(x) * np.log(max(left, 1e-300)) + 2 * np.log(np.diag(root)).sum()
            if unlikely < best:
                best, factor = unlikely, float(slope[1]) / float(cheap.std())
    return factor
