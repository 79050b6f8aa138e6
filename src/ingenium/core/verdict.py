"""Judging: measured values against limits, with signed margins."""

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from jaxtyping import Bool, Float, Int

from ingenium.core.spec import Limit


class Verdict(IntEnum):
    """What the core says of a design."""

    ACCEPTED = 0
    REJECTED = 1  # a limit is broken: knowledge about the design
    FAILED = 2  # the engine has no answer
    SCREENED = 3  # a screen kept it from the exact tier, so that nothing is known: no verdict yet


def answered(verdicts: Int[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    """Which designs an engine had an answer to."""
    known: np.ndarray = np.isin(verdicts, (Verdict.ACCEPTED, Verdict.REJECTED))
    return known


def margins(
    measured: Float[np.ndarray, "n k"], names: Sequence[str], limits: Sequence[Limit]
) -> Float[np.ndarray, "n l"]:
    """Signed distance to each limit in the unit of its quantity; at least 0 holds."""
    columns = []
    for limit in limits:
        value = measured[:, names.index(limit.quantity)]
        low = value - limit.at_least if limit.at_least is not None else np.inf
        high = limit.at_most - value if limit.at_most is not None else np.inf
        columns.append(np.minimum(low, high) + np.zeros(len(value)))
    return np.stack(columns, 1) if columns else np.empty((len(measured), 0))


def judge(
    measured: Float[np.ndarray, "n k"],
    margin: Float[np.ndarray, "n l"],
    dear: Bool[np.ndarray, " k"] | None = None,
) -> Int[np.ndarray, " n"]:
    """The verdict on each design; FAILED where a measured value is not finite.

    A `dear` quantity without a value does not matter where another one breaks its limit: what is
    known suffices to reject.
    """
    held = (margin >= 0).all(1)
    verdicts = np.where(held, Verdict.ACCEPTED, Verdict.REJECTED).astype(np.int64)
    finite = np.isfinite(measured)
    if dear is None:
        dear = np.zeros(measured.shape[1], dtype=bool)
    unknown = ~finite[:, ~dear].all(1) | (~finite[:, dear].all(1) & ~(margin < 0).any(1))
    verdicts[unknown] = Verdict.FAILED
    return verdicts
