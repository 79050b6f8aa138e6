"""Judging: measured values against limits, with signed margins."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Shaped

from ingenium.core.quantity import Quantity
from ingenium.core.spec import Limit

# Standard errors on either side of a mean over scenarios. Of a normal mean 0.27 % lie beyond; with
# eight looks while scenarios grow, 2.2 % at most.
BEYOND = 3.0
ERROR = "ancillary_variables"  # attribute of a variable, after CF: names its standard error


class Verdict(StrEnum):
    """The outcome of judging a design or an artifact; in arrays and records as this word."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"  # a limit is broken: knowledge about the design
    INCONCLUSIVE = "inconclusive"  # of an artifact: nothing against it, and too little for it
    FAILED = "failed"  # the engine has no answer
    SCREENED = "screened"  # a screen kept it from the exact tier: no verdict yet


OUTCOMES = (
    Verdict.ACCEPTED,
    Verdict.REJECTED,
    Verdict.INCONCLUSIVE,
    Verdict.FAILED,
)  # of artifacts
FLAGS = {v: i for i, v in enumerate((Verdict.ACCEPTED, Verdict.REJECTED, Verdict.FAILED))}


def answered(verdicts: Shaped[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    """Which designs an engine had an answer to."""
    known: np.ndarray = np.isin(verdicts, (Verdict.ACCEPTED, Verdict.REJECTED))
    return known


def errors_of(quantities: Sequence[Quantity]) -> dict[str, str]:
    """The standard error, by the quantity that has one."""
    return {q.name: q.error for q in quantities if q.error}


def margins(
    measured: Float[np.ndarray, "n k"],
    names: Sequence[str],
    limits: Sequence[Limit],
    errors: Mapping[str, str] | None = None,
) -> Float[np.ndarray, "n l"]:
    """Signed distance to each limit in the unit of its quantity; at least 0 is satisfied.

    Of a quantity with a standard error it is that of the worse end of its interval.
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
    """How wide the interval of each limit's quantity is; 0 of one without a standard error."""
    wide = np.zeros((len(measured), len(limits)))
    for i, limit in enumerate(limits):
        if errors and limit.quantity in errors:
            wide[:, i] = 2 * BEYOND * measured[:, names.index(errors[limit.quantity])]
    return wide


def judge(
    measured: Float[np.ndarray, "n k"],
    margin: Float[np.ndarray, "n l"],
    costly: Bool[np.ndarray, " k"] | None = None,
    *,
    slack: Float[np.ndarray, "n l"] | float = 0.0,
) -> Shaped[np.ndarray, " n"]:
    """The verdict on each design; FAILED where a measured value is not finite.

    Of means over scenarios a limit is held if the whole interval holds it, and broken if all of it
    breaks it: if it could gain its `slack` and still were broken. What is neither accepted nor
    rejected so is undecided, and FAILED: there is no answer yet.

    A `costly` quantity without a value does not matter where another one breaks its limit: what is
    known suffices to reject.
    """
    held = (margin >= 0).all(1)
    verdicts = np.where(held, Verdict.ACCEPTED, Verdict.REJECTED)
    verdicts[~held & ~(margin + slack < 0).any(1)] = Verdict.FAILED
    finite = np.isfinite(measured)
    if costly is None:
        costly = np.zeros(measured.shape[1], dtype=bool)
    broken = (margin + slack < 0).any(1)
    unknown = ~finite[:, ~costly].all(1) | (~finite[:, costly].all(1) & ~broken)
    verdicts[unknown] = Verdict.FAILED
    return verdicts


def weighed(
    verdicts: xr.Dataset, limits: Sequence[Limit], uncertainty: Mapping[str, float]
) -> xr.Dataset:
    """Verdicts beside the uncertainty of each limit's quantity, which some limits must exceed.

    The margin of a limit that must hold beyond the uncertainty is what is left of it, so that at
    least 0 holds here too.
    """
    doubt = np.array([uncertainty.get(x.quantity, 0.0) for x in limits], dtype=np.float64)
    beyond = np.array([bool(x.beyond_uncertainty) for x in limits], dtype=bool)
    plain = margins(*_limited(verdicts, limits)) if limits else verdicts["margin"].to_numpy()
    margin = plain - np.where(beyond, doubt, 0.0)
    code = verdicts["verdict"].to_numpy()
    lost = (code == Verdict.ACCEPTED) & ~(margin >= 0).all(1)
    meaning = {"long_name": "uncertainty of the margin, where it is not taken off already"}
    return verdicts.assign(
        margin=verdicts["margin"].copy(data=margin),
        verdict=verdicts["verdict"].copy(data=np.where(lost, Verdict.REJECTED, code)),
        margin_uncertainty=("limit", np.where(beyond, 0.0, doubt), meaning),
    )


def at_best(verdicts: xr.Dataset, limits: Sequence[Limit]) -> Float[np.ndarray, "n l"]:
    """Margins of the better ends of intervals; below 0 a limit is broken by the whole."""
    found: np.ndarray = verdicts["margin"].to_numpy()
    return found + slack(*_limited(verdicts, limits)) if limits else found


def _limited(
    verdicts: xr.Dataset, limits: Sequence[Limit]
) -> tuple[Float[np.ndarray, "n k"], list[str], Sequence[Limit], dict[str, str]]:
    """What margins are made of: values of the limits' quantities with their standard errors."""
    limited = dict.fromkeys(x.quantity for x in limits)
    told = {k: verdicts[k].attrs.get(ERROR, "") for k in limited}
    errors = {k: error for k, error in told.items() if error}
    names = [*limited, *errors.values()]
    return np.stack([verdicts[name].to_numpy() for name in names], 1), names, limits, errors


def undecided(verdicts: xr.Dataset) -> Bool[np.ndarray, " n"]:
    """Which designs have values and no verdict: intervals that reach across a limit."""
    margin, values = verdicts["margin"].to_numpy(), list(verdicts.data_vars.values())
    if not any(ERROR in v.attrs for v in values):
        return np.zeros(len(margin), dtype=bool)
    finite = np.isfinite(margin).all(1)
    found: np.ndarray = (verdicts["verdict"].to_numpy() == Verdict.FAILED) & finite
    return found


def close(verdicts: xr.Dataset) -> Bool[np.ndarray, "n l"]:
    """Which limits each design holds by less than the uncertainty; none where it is not known."""
    margin = verdicts["margin"].to_numpy()
    if "margin_uncertainty" not in verdicts:
        return np.zeros(margin.shape, dtype=bool)
    found: np.ndarray = (margin >= 0) & (margin < verdicts["margin_uncertainty"].to_numpy())
    return found


def flagged(verdicts: xr.Dataset) -> xr.Dataset:
    """Verdicts as numbers that say what they mean, as CF wants them in a file."""
    words = verdicts["verdict"].to_numpy().tolist()
    told = {"flag_values": list(FLAGS.values()), "flag_meanings": " ".join(FLAGS)}
    flags = np.array([FLAGS[Verdict(word)] for word in words], dtype=np.int64)
    return verdicts.assign(verdict=(verdicts["verdict"].dims, flags, told))


def unflagged(verdicts: xr.Dataset) -> xr.Dataset:
    """Verdicts as words, from what `flagged` made."""
    words = np.array(list(FLAGS))[verdicts["verdict"].to_numpy()]
    return verdicts.assign(verdict=(verdicts["verdict"].dims, words))
