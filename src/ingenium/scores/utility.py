"""Utility of proposed designs: models trained on them are tested on real ones."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits

from ingenium.core.errors import InputError
from ingenium.core.packages import COMPARE
from ingenium.evaluate.arrays import Standard, as_pair


@dataclass(frozen=True)
class UtilityForecast:
    """Known and predicted part of each series, in fractions of its length."""

    known: tuple[float, float] = (0.0, 0.5)
    requested: tuple[float, float] = (0.7, 0.9)
    blocks: int = 12

    def __post_init__(self) -> None:
        for name, (start, end) in (("known", self.known), ("requested", self.requested)):
            if not 0.0 <= start < end <= 1.0:
                raise InputError(f"0 <= start < end <= 1 of what is {name}", f"({start}, {end})")
        if self.blocks < 1:
            raise InputError("at least one block", self.blocks)


EVENING = UtilityForecast()


@dataclass(frozen=True)
class Utility:
    """Errors on real held-out designs of models trained on proposed and on real ones.

    Shapes: `proposed` and `real` (n,) mean absolute errors of each held-out design, in standard
        deviations. The ratio of their means is 1 where training on proposed designs is as good.
    """

    proposed: Float64[np.ndarray, " n"]
    real: Float64[np.ndarray, " n"]

    @property
    def ratio(self) -> float:
        """Error when trained on proposed designs over error when trained on real ones."""
        base = self.real.mean()
        return float(self.proposed.mean() / base) if base > 0 else float("nan")


def evening_from_morning(
    proposed: ArrayLike,
    training: ArrayLike,
    held_out: ArrayLike,
    *,
    forecast: UtilityForecast = EVENING,
) -> Utility:
    """Forecast the mean of each channel late in a series from its first part, by ridge regression.

    Shapes: proposed (p, d, t), training (j, d, t), held_out (n, d, t).
    Source: train on synthetic, test on real: Esteban, Hyland and Raetsch, arXiv:1706.02633, 2017.
    """
    p, j, n = _three(proposed, training, held_out)
    return _compare(_ridge(), *(_evening(x, forecast) for x in (p, j, n)))


def evening_total(
    proposed: ArrayLike,
    training: ArrayLike,
    held_out: ArrayLike,
    *,
    forecast: UtilityForecast = EVENING,
) -> Utility:
    """Forecast the mean over all channels in the same way, by gradient-boosted trees.

    Shapes: proposed (p, d, t), training (j, d, t), held_out (n, d, t).
    """
    p, j, n = _three(proposed, training, held_out)
    rows = [_evening(x, forecast) for x in (p, j, n)]
    totals = (_Rows(row.known, row.requested.mean(-1, keepdims=True)) for row in rows)
    return _compare(_trees(), *totals)


def next_block(
    proposed: ArrayLike,
    training: ArrayLike,
    held_out: ArrayLike,
    *,
    steps: int = 4,
    memory: int = 4,
) -> Utility:
    """Forecast every channel's mean over the next `steps` from the last `memory` steps, by ridge.

    Windows follow each other without overlap of their predicted parts.

    Shapes: proposed (p, d, t), training (j, d, t), held_out (n, d, t).
    """
    p, j, n = _three(proposed, training, held_out)
    if min(steps, memory) < 1 or steps + memory > n.shape[-1]:
        raise InputError(
            f"steps and memory of at least 1 that fit into {n.shape[-1]} steps",
            f"{steps} and {memory}",
        )
    by_window = _compare(_ridge(), *(_windows(x, steps, memory) for x in (p, j, n)))
    proposed_errors, real_errors = (
        error.reshape(len(n), -1).mean(1) for error in (by_window.proposed, by_window.real)
    )
    return Utility(proposed_errors, real_errors)


def variables_from_others(proposed: ArrayLike, training: ArrayLike, held_out: ArrayLike) -> Utility:
    """Predict each variable of a vector from all others, by ridge regression.

    Shapes: proposed (p, d), training (j, d), held_out (n, d), d of at least 2.
    """
    p, j, n = _three(proposed, training, held_out, kind=2)
    parts = [
        _compare(_ridge(), *(_Rows(np.delete(x, k, 1), x[:, [k]]) for x in (p, j, n)))
        for k in range(n.shape[1])
    ]
    errors = (np.mean([u.proposed for u in parts], 0), np.mean([u.real for u in parts], 0))
    return Utility(*errors)


def _three(
    proposed: ArrayLike, training: ArrayLike, held_out: ArrayLike, *, kind: int = 3
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Standardise all three by the training designs."""
    j, p = as_pair(training, proposed)
    _, n = as_pair(training, held_out)
    if j.ndim != kind or j.shape[-1] < 2:
        expected = "series (n, d, t)" if kind == 3 else "vectors (n, d)"
        raise InputError(f"{expected} with at least two on the last axis", f"shape {j.shape}")
    standard = Standard.of(j)
    return standard.apply(p), standard.apply(j), standard.apply(n)


@dataclass(frozen=True)
class _Rows:
    """Inputs and outputs of a model, row by row."""

    known: Float64[np.ndarray, "rows f"]
    requested: Float64[np.ndarray, "rows y"]


def _evening(x: Float64[np.ndarray, "n d t"], forecast: UtilityForecast) -> _Rows:
    t = x.shape[-1]
    start, end = (round(edge * t) for edge in forecast.known)
    end = max(end, start + 1)
    edges = np.unique(np.linspace(start, end, forecast.blocks + 1).astype(int))
    sums = np.add.reduceat(x[..., :end], edges[:-1], -1)
    first = round(forecast.requested[0] * t)
    last = max(first + 1, round(forecast.requested[1] * t))
    known = (sums / np.diff(edges)).reshape(len(x), -1)
    return _Rows(known, x[..., first:last].mean(-1))


def _windows(x: Float64[np.ndarray, "n d t"], steps: int, memory: int) -> _Rows:
    starts = range(memory, x.shape[-1] - steps + 1, steps)
    known = np.stack([x[..., s - memory : s] for s in starts], 1)
    requested = np.stack([x[..., s : s + steps].mean(-1) for s in starts], 1)
    rows = known.shape[0] * known.shape[1]
    return _Rows(known.reshape(rows, -1), requested.reshape(rows, -1))


def _ridge() -> Any:
    ridge = COMPARE.package("sklearn.linear_model").RidgeCV(alphas=np.logspace(-2, 5, 15))
    scaler = COMPARE.package("sklearn.preprocessing").StandardScaler()
    return COMPARE.package("sklearn.pipeline").make_pipeline(scaler, ridge)


def _trees() -> Any:
    return COMPARE.package("sklearn.ensemble").HistGradientBoostingRegressor(
        max_iter=100, max_leaf_nodes=8, min_samples_leaf=5, early_stopping=False
    )


def _compare(model: Any, proposed: _Rows, training: _Rows, held_out: _Rows) -> Utility:
    return Utility(_errors(model, proposed, held_out), _errors(model, training, held_out))


def _errors(model: Any, train: _Rows, held_out: _Rows) -> Float64[np.ndarray, " n"]:
    target = train.requested[:, 0] if train.requested.shape[1] == 1 else train.requested
    with threadpool_limits(1):  # threads of such small fits mostly wait for each other
        fitted = COMPARE.package("sklearn.base").clone(model).fit(train.known, target)
        predicted = fitted.predict(held_out.known).reshape(held_out.requested.shape)
    error: np.ndarray = np.abs(predicted - held_out.requested).mean(-1)
    return error
