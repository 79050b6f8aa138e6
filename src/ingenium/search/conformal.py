"""How far a screen errs, by the errors that it made: bounds that hold without a model of them."""

import numpy as np
from jaxtyping import Float


def upper_error(
    errors: Float[np.ndarray, "n l"], doubt: float, least: int
) -> Float[np.ndarray, " l"]:
    """What an error of each column exceeds with a probability of at most `doubt`.

    It is the smallest of the sorted errors whose rank is at least (1 - doubt) (n + 1), infinite
    where there are fewer than `least` finite ones or no rank is as high. It holds for a design
    that is exchangeable with those of the errors; in a search, which moves, only nearly.

    Source: Vovk et al., Algorithmic Learning in a Random World, 2005, section 2.2; Lei et al.,
        J. Am. Stat. Assoc. 113:1094, 2018, theorem 2.2 (split conformal).
    """
    found = []
    for column in errors.T:
        known = np.sort(column[np.isfinite(column)])
        rank = int(np.ceil((1 - doubt) * (len(known) + 1)))
        enough = len(known) >= least and rank <= len(known)
        found.append(float(known[rank - 1]) if enough else np.inf)
    return np.array(found, dtype=np.float64)


def jackknife_upper(
    without: Float[np.ndarray, "n r k"], residual: Float[np.ndarray, "r k"], doubt: float
) -> Float[np.ndarray, "n k"]:
    """What each outcome of new rows hardly exceeds, by models that left out what they err on.

    `without` is what is expected of each new row by the model that did not see the known row,
    `residual` how far that known row lay above what the same model expected of it. An outcome
    exceeds the bound with a probability of at most 2 `doubt`, and in practice about `doubt`, if
    rows are exchangeable.

    Source: Barber, Candès, Ramdas and Tibshirani, Ann. Stat. 49:486, 2021 (jackknife+ and CV+,
        theorems 1 and 4), one-sided.
    """
    r = len(residual)
    rank = int(np.ceil((1 - doubt) * (r + 1)))
    if rank > r:
        return np.full((len(without), residual.shape[1]), np.inf)
    reached = np.partition(without + residual, rank - 1, axis=1)
    bound: np.ndarray = reached[:, rank - 1]
    return bound
