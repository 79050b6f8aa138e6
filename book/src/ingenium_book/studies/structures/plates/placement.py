"""Which of many sensors to keep: what a choice tells of the modes, rules that choose, and a bound.

The numbers of the modes are Gaussian before anything is measured, and so is the noise of each
sensor, independent of the others'. What a choice of sensors tells of the modes is then half of
log det(1 + sum of a a^T) over the chosen, in nats, where `a` is the row of a sensor: the standard
deviation of what each mode adds to its signal, over that of its noise.

Shapes: p sensors, m modes, k chosen.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64
from scipy.linalg import qr

from ingenium_book.studies.structures.plates.plate import Modes

Rows = Float64[np.ndarray, "p m"]
Chosen = Int64[np.ndarray, " k"]
NOTHING = 1e-10  # nats; no exchange gains less


def rows_of(found: Modes, noise: float) -> Rows:
    """Sensors of a plate that white noise shakes in each mode, all modes damped alike.

    `noise` is in parts of the signal of the loudest patch (standard deviations).

    Source: Crandall and Mark, Random Vibration, 1963, section 2.3: the variance of a mode under
        white noise goes with frequency to the power of -3.
    """
    rows: Rows = found.heard * found.frequency**-1.5
    rows /= noise * float(np.sqrt(np.square(rows).sum(1).max()))
    return rows


def information(rows: Rows, chosen: Chosen | None = None) -> float:
    """What the chosen sensors, or all, tell of the modes (nats)."""
    own = rows if chosen is None else rows[chosen]
    return 0.5 * float(np.linalg.slogdet(np.eye(rows.shape[1]) + own.T @ own)[1])


def greedy(rows: Rows, k: int) -> Chosen:
    """One after the other, each the sensor that adds most.

    Source: Nemhauser, Wolsey and Fisher, Math. Program. 14:265, 1978: what it tells is at least
        1 - 1/e of the most that any k tell, since information is submodular here.
    """
    inverse, chosen = np.eye(rows.shape[1]), list[int]()
    for _ in range(k):
        gain = np.einsum("pi,ij,pj->p", rows, inverse, rows)
        gain[chosen] = -1.0
        chosen.append(int(gain.argmax()))
        way = inverse @ rows[chosen[-1]]
        inverse -= np.outer(way, way) / (1 + rows[chosen[-1]] @ way)
    return np.array(chosen)


def exchanged(rows: Rows, chosen: Chosen) -> Chosen:
    """The best exchange of one sensor for another, until none gains.

    Source: Fedorov, Theory of Optimal Experiments, 1972, section 3.2 (what an exchange gains).
    """
    chosen = chosen.copy()
    while True:
        own = rows[chosen]
        cov = rows @ np.linalg.solve(np.eye(rows.shape[1]) + own.T @ own, rows.T)
        d = cov.diagonal()
        both = (1 - d[chosen])[:, None] * (1 + d)[None] + np.square(cov[chosen])
        both[:, chosen] = 0.0
        out, into = np.unravel_index(both.argmax(), both.shape)
        if both[out, into] <= 1 + NOTHING:
            return chosen
        chosen[out] = into


def effective_independence(rows: Rows, k: int) -> Chosen:
    """Leaves out, one after the other, the sensor that tells least of what the others do not.

    Source: Kammer, J. Guid. Control Dyn. 14:251, 1991.
    """
    left = np.arange(len(rows))
    while len(left) > k:
        q, _ = np.linalg.qr(rows[left])
        left = np.delete(left, np.square(q).sum(1).argmin())
    return left


def pivoted(rows: Rows, k: int) -> Chosen:
    """The first pivots of the orthogonalised rows' products.

    Source: Manohar, Brunton, Kutz and Brunton, IEEE Control Syst. 38(3):63, 2018 (more sensors
        than modes).
    """
    left: np.ndarray = np.linalg.svd(rows, full_matrices=False)[0]
    order: np.ndarray = qr(left @ left.T, mode="r", pivoting=True)[1]
    return order[:k].astype(np.int64)


def at_random(rows: Rows, k: int, times: int, rng: np.random.Generator) -> list[Chosen]:
    """Random choices."""
    return [rng.choice(len(rows), k, replace=False) for _ in range(times)]


@dataclass(frozen=True, eq=False)
class Relaxation:
    """Weights from 0 to 1 that sum to k and tell most, and what no k sensors can exceed (nats)."""

    weights: Float64[np.ndarray, " p"]
    value: float
    bound: float

    def chosen(self, k: int) -> Chosen:
        """The k largest weights."""
        return np.argsort(-self.weights, kind="stable")[:k]


def relaxed(rows: Rows, k: int, *, steps: int = 1000, close: float = 1e-4) -> Relaxation:
    """Sensors that may be kept in part: a concave problem, by projected gradient steps.

    The bound is what the gradient allows over all weights, so it holds however far the steps came.

    Source: Joshi and Boyd, IEEE Trans. Signal Process. 57:451, 2009 (the relaxation); Jaggi, ICML
        2013, equation 2 (the bound).
    """
    weights, size = np.full(len(rows), k / len(rows)), 1.0
    value, slope = _partly(rows, weights)
    best = np.inf
    for _ in range(steps):
        best = min(best, value + np.sort(slope)[-k:].sum() - slope @ weights)
        if best - value <= close * best:
            break
        for _ in range(60):
            tried = _onto(weights + size * slope, k)
            found, other = _partly(rows, tried)
            step = tried - weights
            if found >= value + slope @ step - step @ step / (2 * size):
                break
            size /= 2
        weights, value, slope = tried, found, other
        size *= 1.5
    return Relaxation(weights, value, float(best))


def _partly(
    rows: Rows, weights: Float64[np.ndarray, " p"]
) -> tuple[float, Float64[np.ndarray, " p"]]:
    """What weighted sensors tell, and its slope."""
    whole = np.eye(rows.shape[1]) + rows.T @ (weights[:, None] * rows)
    slope = 0.5 * (rows * np.linalg.solve(whole, rows.T).T).sum(1)
    return 0.5 * float(np.linalg.slogdet(whole)[1]), slope


def _onto(x: Float64[np.ndarray, " p"], k: int) -> Float64[np.ndarray, " p"]:
    """The nearest weights from 0 to 1 that sum to k, by halving of what is taken off."""
    low, high = x.min() - 1.0, x.max()
    for _ in range(60):
        middle = 0.5 * (low + high)
        if np.clip(x - middle, 0, 1).sum() > k:
            low = middle
        else:
            high = middle
    found: np.ndarray = np.clip(x - high, 0, 1)
    return found
