"""Conformal bounds on a model's errors, and detection of unusual rows: by ranks alone.

Guarantees apply to a row that is exchangeable with the held-out ones; under a shift, as in a
search, only approximately.

Source: Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005, sections 2.2 and
    4.2 (ranks and p-values); Lei et al., J. Am. Stat. Assoc. 113:1094, 2018, theorem 2.2 (split
    conformal intervals).
"""

import numpy as np
from jaxtyping import Float

ROUNDING = 1e-9  # tolerance of a share of rows, for rounding


def bound(errors: Float[np.ndarray, " n"], coverage: float) -> float:
    """Bound that the next error satisfies with a probability of at least `coverage`.

    It is the smallest error whose rank is at least `coverage` (n + 1), and infinite where no rank
    is that high. The probability is exactly that rank over n + 1 where no two are equal.
    """
    rank = _rank(len(errors), coverage)
    return float(np.partition(errors, rank - 1)[rank - 1]) if rank <= len(errors) else np.inf


def upper_error(
    errors: Float[np.ndarray, "n l"], miscoverage: float, least: int
) -> Float[np.ndarray, " l"]:
    """Bound of each column that an error exceeds with a probability of at most `miscoverage`.

    Only finite errors count; with fewer than `least` of them the bound is infinite.
    """
    known = [column[np.isfinite(column)] for column in errors.T]
    found = [bound(column, 1 - miscoverage) if len(column) >= least else np.inf for column in known]
    return np.array(found, dtype=np.float64)


def jackknife_upper(
    without: Float[np.ndarray, "n r k"], residual: Float[np.ndarray, "r k"], miscoverage: float
) -> Float[np.ndarray, "n k"]:
    """Upper bound on each outcome of new rows, by models that left out the rows of their errors.

    `without` is the prediction for each new row by the model that left out the known row,
    `residual` the excess of that known row over the same model's prediction. An outcome exceeds the
    bound with a probability of at most 2 `miscoverage`, in practice `miscoverage`, if rows are
    exchangeable.

    Source: Barber, Candès, Ramdas and Tibshirani, Ann. Stat. 49:486, 2021 (jackknife+ and CV+,
        theorems 1 and 4), one-sided.
    """
    r = len(residual)
    rank = _rank(r, 1 - miscoverage)
    if rank > r:
        return np.full((len(without), residual.shape[1]), np.inf)
    reached: np.ndarray = np.partition(without + residual, rank - 1, axis=1)[:, rank - 1]
    return reached


def typical(
    strange: Float[np.ndarray, " n"], usual: Float[np.ndarray, " m"]
) -> Float[np.ndarray, " n"]:
    """P-value of each row's strangeness: the share of held-out rows that are at least as strange.

    Among exchangeable rows a share of at most p has a value of at most p, exactly p where p is a
    multiple of 1 / (m + 1) and no two are equal.
    """
    beyond = len(usual) - np.searchsorted(np.sort(usual), strange, side="left")
    found: np.ndarray = (1 + beyond) / (len(usual) + 1)
    return found


def shift(values: Float[np.ndarray, " n"], m: int) -> float:
    """P-value of a batch of `typical` values: how often rows like the `m` held-out ones exceed it.

    Source: Mann and Whitney, Ann. Math. Stat. 18:50, 1947.
    """
    from scipy.stats import mannwhitneyu  # a second of imports, here alone

    own = np.arange(1, m + 1) / (m + 1)
    return float(mannwhitneyu(values, own, alternative="less").pvalue)


def _rank(n: int, coverage: float) -> int:
    """The smallest rank among n errors that covers this share of n + 1."""
    return max(1, int(np.ceil(coverage * (n + 1) - ROUNDING)))
