"""An isolation forest of scikit-learn, whose trees are walked by operations that ONNX has."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.packages import Extra
from ingenium.monitor.families.detector import Buffered, WindowExamples

TREES, ROWS = 100, 256


class IsolationForest(Buffered):
    """The last row of a window, scored by how few splits isolate it.

    Shapes: n windows, w rows, k tags, e trees, s nodes of the largest tree.

    Source: Liu, Ting and Zhou, ICDM 2008.
    """

    feature: Tensor
    threshold: Tensor
    below: Tensor
    above: Tensor
    length: Tensor
    usual: Tensor

    def learn(self, examples: WindowExamples) -> dict[str, list[float]]:
        rows = examples.normal[:, -1].numpy()
        forest = (
            Extra("monitor")
            .package("sklearn.ensemble")
            .IsolationForest(
                n_estimators=TREES,
                max_samples=min(ROWS, len(rows)),
                random_state=examples.plan.seed,
            )
            .fit(rows)
        )
        trees = [e.tree_ for e in forest.estimators_]
        most = max(t.node_count for t in trees)
        columns = {
            "feature": np.zeros((len(trees), most)),
            "threshold": np.zeros((len(trees), most)),
        }
        columns |= {
            k: np.tile(np.arange(most), (len(trees), 1)).astype(float) for k in ("below", "above")
        }
        columns["length"] = np.zeros((len(trees), most))
        for i, (tree, own) in enumerate(zip(trees, forest.estimators_features_, strict=True)):
            leaf = tree.children_left < 0
            size = tree.node_count
            columns["feature"][i, :size] = np.where(leaf, 0, own[np.maximum(tree.feature, 0)])
            columns["threshold"][i, :size] = tree.threshold
            for name, side in (("below", tree.children_left), ("above", tree.children_right)):
                columns[name][i, :size] = np.where(leaf, np.arange(size), side)
            depth = _depths(tree.children_left, tree.children_right)
            columns["length"][i, :size] = depth + _usual(tree.n_node_samples)
        self.store(**{k: torch.from_numpy(v) for k, v in columns.items()})
        self.store(usual=torch.tensor(float(_usual(np.array([forest.max_samples_]))[0])))
        self.steps = int(np.ceil(np.log2(max(forest.max_samples_, 2))))
        return {}

    steps = 8  # levels of a tree of 256 rows

    def score(self, x: Float[Tensor, "n w k"]) -> Float[Tensor, " n"]:
        last = x[:, -1]
        tree = torch.arange(len(self.threshold)) + torch.zeros_like(last[:, :1], dtype=torch.int64)
        place = torch.zeros_like(tree)
        for _ in range(self.steps):
            feature = self.feature[tree, place].to(torch.int64)
            under = last.gather(1, feature) <= self.threshold[tree, place]
            place = torch.where(under, self.below[tree, place], self.above[tree, place]).to(
                torch.int64
            )
        mean = self.length[tree, place].mean(1)
        return 2.0 ** (-mean / self.usual)


def _depths(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Count splits from the root to each node; a parent precedes its children."""
    depth = np.zeros(len(left))
    for node in np.flatnonzero(left >= 0):
        depth[[left[node], right[node]]] = depth[node] + 1
    return depth


def _usual(count: np.ndarray) -> np.ndarray:
    """Mean length of an unsuccessful search among `count` rows."""
    n = count.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        long = 2 * (np.log(n - 1) + np.euler_gamma) - 2 * (n - 1) / n
    return np.where(n <= 1, 0.0, np.where(n == 2, 1.0, long))
