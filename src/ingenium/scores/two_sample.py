"""Classifier two-sample test of proposed and real designs."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits

from ingenium.core.errors import InputError
from ingenium.core.packages import COMPARE
from ingenium.evaluate.arrays import Groups, as_groups, as_pair
from ingenium.evaluate.intervals import LEVEL, RESAMPLES, Interval
from ingenium.scores.features import features


@dataclass(frozen=True)
class TwoSample:
    """Distinguishability of real and proposed designs: 0.5 not at all, 1 always.

    `auc` is that of the better classifier, with its interval. The maximum of two is slightly biased
    upwards when the sets are equal.
    """

    auc: Interval
    by_classifier: dict[str, Interval]


def classifier_auc(
    real: ArrayLike,
    proposed: ArrayLike,
    rng: np.random.Generator,
    *,
    groups: tuple[Groups, Groups] | None = None,
    folds: int = 5,
) -> TwoSample:
    """Return the area under the ROC curve of two classifiers, by cross-validation.

    The classifiers are logistic regression and gradient-boosted trees on `features`; a group (a
    week, of both sides) lies in one fold. Only designs of the same fold are compared, so the level
    of a fold's scores has no effect. The interval resamples whole groups.

    Shapes: real (n, d) or (n, d, t), proposed (p, d) or (p, d, t), groups ((n,), (p,)) labels of
    one common kind; without them each design is its own group.
    Source: Lopez-Paz and Oquab, arXiv:1610.06545, 2017; Hanley and McNeil, Radiology 143, 1982.

    Raises:
        InputError: if shapes differ, or for too few designs or groups for two folds.
    """
    a, b = as_pair(real, proposed)
    x = np.concatenate([features(a), features(b)])
    label = np.repeat([False, True], [len(a), len(b)])
    both = None if groups is None else np.concatenate([np.asarray(g) for g in groups])
    group = as_groups(both, len(x))
    count = min(folds, len(a), len(b), len(np.unique(group)))
    if count < 2:
        raise InputError(
            "designs of both kinds and groups for at least two folds",
            f"{len(a)} real, {len(b)} proposed, {len(np.unique(group))} groups, folds={folds}",
        )
    state = int(rng.integers(2**31))
    folded = COMPARE.package("sklearn.model_selection").StratifiedGroupKFold
    splitter = folded(count, shuffle=True, random_state=state)
    parts = [test for _, test in splitter.split(x, label, group)]
    weight = _group_weights(int(group.max()) + 1, rng)
    found = {
        name: _auc(_out_of_fold(model, x, label, parts), label, group, parts, weight)
        for name, model in _classifiers(state).items()
    }
    return TwoSample(max(found.values(), key=lambda interval: interval.value), found)


def _classifiers(state: int) -> dict[str, Any]:
    linear, pipeline = COMPARE.package("sklearn.linear_model"), COMPARE.package("sklearn.pipeline")
    logistic = linear.LogisticRegression(C=0.1, max_iter=2000, class_weight="balanced")
    trees = COMPARE.package("sklearn.ensemble").HistGradientBoostingClassifier(
        max_iter=60,
        max_leaf_nodes=8,
        min_samples_leaf=5,
        max_features=0.3,
        max_bins=32,
        early_stopping=False,
        random_state=state,
    )
    scaler = COMPARE.package("sklearn.preprocessing").StandardScaler()
    return {"logistic": pipeline.make_pipeline(scaler, logistic), "trees": trees}


def _out_of_fold(
    model: Any,
    x: Float64[np.ndarray, "rows f"],
    label: Bool[np.ndarray, " rows"],
    parts: list[Int[np.ndarray, " _"]],
) -> Float64[np.ndarray, " rows"]:
    score = np.zeros(len(x))
    # On a busy machine, threads that wait for each other cost these small fits ten times the work.
    with threadpool_limits(1):
        for test in parts:
            train = np.setdiff1d(np.arange(len(x)), test)
            if label[train].all() or not label[train].any():  # one kind only: nothing to learn
                continue
            score[test] = (
                COMPARE.package("sklearn.base")
                .clone(model)
                .fit(x[train], label[train])
                .predict_proba(x[test])[:, 1]
            )
    return score


def _group_weights(groups: int, rng: np.random.Generator) -> Float64[np.ndarray, "draws groups"]:
    """Bootstrap counts of each group; the first row has every group once."""
    sampled = rng.multinomial(groups, np.full(groups, 1.0 / groups), size=RESAMPLES)
    return np.concatenate([np.ones((1, groups)), sampled]).astype(np.float64)


def _auc(
    score: Float64[np.ndarray, " rows"],
    label: Bool[np.ndarray, " rows"],
    group: Int[np.ndarray, " rows"],
    parts: list[Int[np.ndarray, " _"]],
    weight: Float64[np.ndarray, "draws groups"],
) -> Interval:
    """Share of pairs within folds in which the proposed design scores higher; ties count half."""
    won, pairs = np.zeros(len(weight)), np.zeros(len(weight))
    for test in parts:
        high, low = test[label[test]], test[~label[test]]
        gap = score[high][:, None] - score[low]
        wins = (gap > 0) + 0.5 * (gap == 0)
        weight_high, weight_low = weight[:, group[high]], weight[:, group[low]]
        won += ((weight_high @ wins) * weight_low).sum(1)
        pairs += weight_high.sum(1) * weight_low.sum(1)
    if pairs[0] == 0:
        raise InputError(
            "a fold with real and proposed designs",
            "groups that hold only one kind in every fold",
            "Give both sides the same group labels, or none.",
        )
    auc = won[pairs > 0] / pairs[pairs > 0]
    low_end, high_end = np.quantile(auc[1:], ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Interval(float(auc[0]), float(low_end), float(high_end))
