"""The weights of the linear model, fitted to requests generated from contracts."""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize

from benchmarks.words_practice import practice
from ingenium.words.contract import Contract
from ingenium.words.pointing import FEATURES, RULES, Lexis, features, view
from ingenium.words.tokens import Request

PULL = 0.02  # towards the rules, so that weights of unseen features stay unchanged


def fitted(contracts: Sequence[Contract], count: int = 2000, seed: int = 0) -> np.ndarray:
    """Weights that maximise the probability of the meant entries, in a softmax over all."""
    lessons = _lessons(contracts, count, seed)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total, slope = 0.0, np.zeros(len(FEATURES))
        for table, right in lessons:
            score = table @ weights
            chance = np.exp(score - score.max())
            chance /= chance.sum()
            total -= np.log(chance[right].sum() + 1e-12)
            own = chance[right] / chance[right].sum()
            slope += chance @ table - own @ table[right]
        off = weights - RULES
        return total / len(lessons) + PULL * off @ off, slope / len(lessons) + 2 * PULL * off

    found = minimize(loss, RULES, jac=True, method="L-BFGS-B")
    return np.asarray(found.x)


def _lessons(
    contracts: Sequence[Contract], count: int, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Features of all entries for each number, and the index of the meant ones."""
    lexes = {c.problem: Lexis(c) for c in contracts}
    lessons = []
    for contract, one in practice(contracts, count, seed):
        lexis = lexes[contract.problem]
        request = Request(one.text)
        if len(request.measures) != len(one.entries):
            continue
        for i, entry in enumerate(one.entries):
            seen, measure = view(request, i), request.measures[i]
            rows = [(n.entry, features(lexis, n, seen, measure)) for n in lexis.numeric]
            kept = [(e, f) for e, f in rows if f is not None]
            same = {entry.name, entry.measured} - {None}
            right = [e is entry or e.name in same or (e.measured or "") in same for e, _ in kept]
            if any(right):
                lessons.append((np.array([f for _, f in kept]), np.array(right)))
    return lessons
