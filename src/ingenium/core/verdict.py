"""Verdicts: measured values compared with limits, by signed margins."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Shaped

from ingenium.core.quantity import Quantity
from ingenium.core.spec import Limit

if TYPE_CHECKING:
    import xarray as xr

# Standard errors on either side of a mean over scenarios. Of a normal mean 0.27 % lie beyond; with
# eight looks while scenarios grow, 2.2 % at most.
BEYOND = 3.0
ERROR = "ancillary_variables"  # attribute of a variable, after CF: names its standard error


class Verdict(StrEnum):
    """Outcome of judging a design or an artifact; arrays and records hold its word."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"  # a limit is violated: knowledge about the design
    INCONCLUSIVE = "inconclusive"  # of an artifact: nothing against it, and too little for it
    FAILED = "failed"  # the engine has no answer
    SCREENED = "screened"  # rejected by a screen before the exact tier: no verdict yet


OUTCOMES = (
    Verdict.ACCEPTED,
    Verdict.REJECTED,
    Verdict.INCONCLUSIVE,
    Verdict.FAILED,
)  # of artifacts
FLAGS = {v: i for i, v in enumerate((Verdict.ACCEPTED, Verdict.REJECTED, Verdict.FAILED))}


def answered(verdicts: Shaped[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    """Mark designs with an answer of the engine (accepted or rejected)."""
    known: np.ndarray = np.isin(verdicts, (Verdict.ACCEPTED, Verdict.REJECTED))
    return known


def errors_of(quantities: Sequence[Quantity]) -> dict[str, str]:
    """Return the name of the standard error of each quantity that has one."""
    return {q.name: q.error for q in quantities if q.error}


def margins(
    measured: Float[np.ndarray, "n k"],
    names: Sequence[str],
    limits: Sequence[Limit],
    errors: Mapping[str, str] | None = None,
) -> Float[np.ndarray, "n l"]:
    """Signed distance to each limit in the unit of its quantity; at least 0 satisfies it.

    For a quantity with a standard error it is the distance of the worse end of its interval.
    """
    columns = []
    for limit in limits:
        value = measured[:, names.index(limit.quantity)]
        low = value - limit.at_least if limit.at_least is not None else np.inf
        high = limit.at_most - value if limit.at_most is not None else np.inf
        columns.append(np.minimum(low, high) + np.zeros(len(value)))
    plain = np.stack(columns, 1) if columns else np.empty((len(measured), 0))
    return plain - slack(measured, names, limits, errors) / 2 if errors else plain


def slack(
    measured: Float[np.ndarray, "n k"],
    names: Sequence[str],
    limits: Sequence[Limit],
    errors: Mapping[str, str] | None = None,
) -> Float[np.ndarray, "n l"]:
    """Return the width of the interval of each limit's quantity; 0 without a standard error."""
    wide = np.zeros((len(measured), len(limits)))
    for i, limit in enumerate(limits):
        if errors and limit.quantity in errors:
            wide[:, i] = 2 * BEYOND * measured[:, names.index(errors[limit.quantity])]
    return wide


def judge(
    measured: Float[np.ndarray, "n k"],
    margin: Float[np.ndarray, "n l"],
    expensive: Bool[np.ndarray, " k"] | None = None,
    *,
    slack: Float[np.ndarray, "n l"] | float = 0.0,
) -> Shaped[np.ndarray, " n"]:
    """Return the verdict on each design; FAILED where a measured value is not finite.

    For means over scenarios a limit is satisfied if the whole interval satisfies it, and violated
    if all of it violates it: if its margin plus its `slack` is still negative. A design that is
    neither accepted nor rejected so is undecided, and FAILED: there is no answer yet.

    An `expensive` quantity without a value does not matter where another one violates its
    limit: the known values suffice to reject.
    """
    held = (margin >= 0).all(1)
    verdicts = np.where(held, Verdict.ACCEPTED, Verdict.REJECTED)
    verdicts[~held & ~(margin + slack < 0).any(1)] = Verdict.FAILED
    finite = np.isfinite(measured)
    if expensive is None:
        expensive = np.zeros(measured.shape[1], dtype=bool)
    broken = (margin + slack < 0).any(1)
    unknown = ~finite[:, ~expensive].all(1) | (~finite[:, expensive].all(1) & ~broken)
    verdicts[unknown] = Verdict.FAILED
    return verdicts


def weighed(
    verdicts: "xr.Dataset", limits: Sequence[Limit], uncertainty: Mapping[str, float]
) -> "xr.Dataset":
    """Add the uncertainty of each limit's quantity to verdicts; some limits must exceed it.

    The margin of a limit that must hold beyond the uncertainty is reduced by it, so that here too a
    margin of at least 0 satisfies the limit.
    """
    uncertain = np.array([uncertainty.get(x.quantity, 0.0) for x in limits], dtype=np.float64)
    beyond = np.array([bool(x.beyond_uncertainty) for x in limits], dtype=bool)
    plain = margins(*_limited(verdicts, limits)) if limits else verdicts["margin"].to_numpy()
    margin = plain - np.where(beyond, uncertain, 0.0)
    code = verdicts["verdict"].to_numpy()
    lost = (code == Verdict.ACCEPTED) & ~(margin >= 0).all(1)
    meaning = {"long_name": "uncertainty of the margin, where it is not taken off already"}
    return verdicts.assign(
        margin=verdicts["margin"].copy(data=margin),
        verdict=verdicts["verdict"].copy(data=np.where(lost, Verdict.REJECTED, code)),
        margin_uncertainty=("limit", np.where(beyond, 0.0, uncertain), meaning),
    )


def at_best(verdicts: "xr.Dataset", limits: Sequence[Limit]) -> Float[np.ndarray, "n l"]:
    """Margins of the better ends of intervals; below 0 the whole interval violates the limit."""
    found: np.ndarray = verdicts["margin"].to_numpy()
    return found + slack(*_limited(verdicts, limits)) if limits else found


def _limited(
    verdicts: "xr.Dataset", limits: Sequence[Limit]
) -> tuple[Float[np.ndarray, "n k"], list[str], Sequence[Limit], dict[str, str]]:
    """Values of the limits' quantities with their standard errors, for margins."""
    limited = dict.fromkeys(x.quantity for x in limits)
    reported = {k: verdicts[k].attrs.get(ERROR, "") for k in limited}
    errors = {k: error for k, error in reported.items() if error}
    names = [*limited, *errors.values()]
    return np.stack([verdicts[name].to_numpy() for name in names], 1), names, limits, errors


def undecided(verdicts: "xr.Dataset") -> Bool[np.ndarray, " n"]:
    """Mark designs with values and no verdict: their interval includes the bound of a limit."""
    margin, values = verdicts["margin"].to_numpy(), list(verdicts.data_vars.values())
    if not any(ERROR in v.attrs for v in values):
        return np.zeros(len(margin), dtype=bool)
    finite = np.isfinite(margin).all(1)
    found: np.ndarray = (verdicts["verdict"].to_numpy() == Verdict.FAILED) & finite
    return found


def close(verdicts: "xr.Dataset") -> Bool[np.ndarray, "n l"]:
    """Mark limits that a design satisfies by less than the uncertainty; none if unknown."""
    margin = verdicts["margin"].to_numpy()
    if "margin_uncertainty" not in verdicts:
        return np.zeros(margin.shape, dtype=bool)
    found: np.ndarray = (margin >= 0) & (margin < verdicts["margin_uncertainty"].to_numpy())
    return found


def flagged(verdicts: "xr.Dataset") -> "xr.Dataset":
    """Encode verdicts as numbers with CF flag meanings, for files."""
    words = verdicts["verdict"].to_numpy().tolist()
    reported = {"flag_values": list(FLAGS.values()), "flag_meanings": " ".join(FLAGS)}
    flags = np.array([FLAGS[Verdict(word)] for word in words], dtype=np.int64)
    return verdicts.assign(verdict=(verdicts["verdict"].dims, flags, reported))


def unflagged(verdicts: "xr.Dataset") -> "xr.Dataset":
    """Return verdicts as words, from the codes of `flagged`."""
    words = np.array(list(FLAGS))[verdicts["verdict"].to_numpy()]
    return verdicts.assign(verdict=(verdicts["verdict"].dims, words))
