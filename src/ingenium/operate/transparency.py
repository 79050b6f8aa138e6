"""A surrogate tree of a policy's decisions, its fidelity, and unusual combinations of criteria.

Shapes: n decisions, h held-out ones, d criteria.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64

from ingenium.evaluate.intervals import share_of
from ingenium.evaluate.measured import Interval
from ingenium.operate.plant import Weighing
from ingenium.trust.conformal import typical

DEPTH, LEAF = 5, 3  # of the tree: questions to a decision, fewest decisions of a leaf
NEAR = 3  # the distance to the so many-th nearest decision is a combination's strangeness
RARE = 0.05  # p-value at which a combination is unusual
SHRUNK = 0.02  # added variance, for criteria that follow from each other
FEWEST = 40  # decisions without which there is no surrogate


@dataclass(frozen=True)
class TreeNode:
    """A question on one criterion, or a kind of decision."""

    kind: str
    criterion: str = ""
    at: float = 0.0
    below: "TreeNode | None" = None
    above: "TreeNode | None" = None

    def decide(self, criteria: Mapping[str, float]) -> str:
        """Return the kind of decision of some criteria."""
        if self.below is None or self.above is None:
            return self.kind
        branch = self.below if criteria[self.criterion] <= self.at else self.above
        return branch.decide(criteria)

    def rules(self, before: tuple[str, ...] = ()) -> list[tuple[str, str]]:
        """List the conditions of each leaf, and its kind."""
        if self.below is None or self.above is None:
            return [(" and ".join(before) or "always", self.kind)]
        said = f"{self.criterion} {{}} {self.at:.3g}"
        return [
            *self.below.rules((*before, said.format("≤"))),
            *self.above.rules((*before, said.format(">"))),
        ]


def grown(
    x: Float64[np.ndarray, "n d"], kinds: np.ndarray, names: Sequence[str], depth: int = DEPTH
) -> TreeNode:
    """Grow a classification tree by the Gini index; equal branches are merged.

    Source: Breiman, Friedman, Olshen and Stone, Classification and Regression Trees, 1984, ch. 4.
    """
    usual = Counter(kinds.tolist()).most_common(1)[0][0]
    best = _split(x, kinds) if depth and len(set(kinds.tolist())) > 1 else None
    if best is None:
        return TreeNode(usual)
    which, at = best
    low = x[:, which] <= at
    below, above = (grown(x[own], kinds[own], names, depth - 1) for own in (low, ~low))
    if below == above and not below.criterion:
        return below
    return TreeNode(usual, names[which], at, below, above)


def _split(x: Float64[np.ndarray, "n d"], kinds: np.ndarray) -> tuple[int, float] | None:
    """Criterion and threshold of the purest split, if it is purer than none."""
    n, one = len(x), kinds[:, None] == np.unique(kinds)
    best, least = None, 1 - np.square(one.mean(0)).sum() - 1e-9
    for which in range(x.shape[1]):
        order = np.argsort(x[:, which], kind="stable")
        values, left = x[order, which], one[order].cumsum(0)[:-1]
        size = np.arange(1, n)[:, None]
        gini = (
            1 - np.square(left / size).sum(1),
            1 - np.square((left[-1] + one[order][-1] - left) / (n - size)).sum(1),
        )
        impure = (size[:, 0] * gini[0] + (n - size[:, 0]) * gini[1]) / n
        allowed = (np.diff(values) > 0) & (size[:, 0] >= LEAF) & (n - size[:, 0] >= LEAF)
        if allowed.any():
            i = int(np.where(allowed, impure, np.inf).argmin())
            if impure[i] < least:
                best, least = (which, float((values[i] + values[i + 1]) / 2)), impure[i]
    return best


@dataclass(frozen=True)
class DecisionCheck:
    """A decision with its criteria: what the tree says, and how usual the combination is."""

    kind: str
    criteria: Mapping[str, float]
    by_tree: str = ""
    typical: float | None = None  # p-value of the combination
    unusual: bool = False


@dataclass(frozen=True, eq=False)
class SurrogateTree:
    """A tree grown on decisions of some scenarios, judged on those of others."""

    tree: TreeNode
    names: tuple[str, ...]
    middle: Float64[np.ndarray, " d"]
    whitened: Float64[np.ndarray, "d d"]  # makes criteria uncorrelated, of spread 1
    known: Float64[np.ndarray, "n d"]  # scaled criteria that the tree was grown on
    usual: Float64[np.ndarray, " h"]  # strangeness of held-out decisions
    fidelity: Interval
    majority: float  # share of held-out decisions of the most frequent kind
    decisions: tuple[int, int]  # grown on, held out

    @classmethod
    def of(cls, weighed: Sequence[tuple[int, Weighing]]) -> "SurrogateTree | None":
        """Grow on two copies of three, judge on the others; None for too few decisions."""
        names = tuple(weighed[0][1].criteria) if weighed else ()
        rows = np.array([[own.criteria[k] for k in names] for _, own in weighed])
        kinds = np.array([own.kind for _, own in weighed])
        own = np.array([copy % 3 < 2 for copy, _ in weighed], dtype=bool)
        if min(own.sum(), (~own).sum()) < FEWEST:
            return None
        tree = grown(rows[own], kinds[own], names)
        right = [
            tree.decide(dict(zip(names, row, strict=True))) == kind
            for row, kind in zip(rows[~own].tolist(), kinds[~own].tolist(), strict=True)
        ]
        middle, spread = rows[own].mean(0), rows[own].std(0) + 1e-9
        close = np.cov(((rows[own] - middle) / spread).T) + SHRUNK * np.eye(len(names))
        values, vectors = np.linalg.eigh(close)
        whitened = vectors / np.sqrt(values) / spread[:, None]
        known = (rows[own] - middle) @ whitened
        most = Counter(kinds[own].tolist()).most_common(1)[0][0]
        return cls(
            tree, names, middle, whitened, known,
            _strange((rows[~own] - middle) @ whitened, known),
            share_of(right), float((kinds[~own] == most).mean()),
            (int(own.sum()), len(right)),
        )  # fmt: skip

    def check(self, weighed: Sequence[Weighing]) -> list[DecisionCheck]:
        """Compare decisions with the tree, and find unusual combinations of criteria."""
        if not weighed:
            return []
        rows = np.array([[own.criteria[k] for k in self.names] for own in weighed])
        p = typical(_strange((rows - self.middle) @ self.whitened, self.known), self.usual)
        rare: Bool[np.ndarray, " n"] = p <= max(RARE, 1 / (len(self.usual) + 1))
        return [
            DecisionCheck(own.kind, own.criteria, self.tree.decide(own.criteria), x, bool(odd))
            for own, x, odd in zip(weighed, p.tolist(), rare.tolist(), strict=True)
        ]

    @property
    def record(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "fidelity": [self.fidelity.value, self.fidelity.low, self.fidelity.high],
            "most_frequent": self.majority,
            "grown_on": self.decisions[0],
            "held_out": self.decisions[1],
            "rules": [{"where": where, "kind": kind} for where, kind in self.tree.rules()],
        }


def checked(weighed: Weighing, surrogate: SurrogateTree | None) -> DecisionCheck:
    """Return one decision with its criteria, compared with a surrogate if there is one."""
    if surrogate is None:
        return DecisionCheck(weighed.kind, weighed.criteria)
    return surrogate.check([weighed])[0]


def _strange(
    x: Float64[np.ndarray, "n d"], known: Float64[np.ndarray, "m d"]
) -> Float64[np.ndarray, " n"]:
    """Distance of each row to its `NEAR`-th nearest known one."""
    distance = np.sqrt(np.square(x[:, None] - known[None]).sum(-1))
    found: np.ndarray = np.partition(distance, NEAR - 1, axis=1)[:, NEAR - 1]
    return found
