"""Judging: measured values against limits, with signed margins."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Shaped

from ingenium.core.spec import Limit


class Verdict(StrEnum):
    """What the core says of a design; in arrays and records as this word, in files as its place."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"  # a limit is broken: knowledge about the design
    FAILED = "failed"  # the engine has no answer
    SCREENED = "screened"  # a screen kept it from the exact tier: no verdict yet


FLAGS = {v: i for i, v in enumerate((Verdict.ACCEPTED, Verdict.REJECTED, Verdict.FAILED))}


def answered(verdicts: Shaped[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
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
) -> Shaped[np.ndarray, " n"]:
    """The verdict on each design; FAILED where a measured value is not finite.

    A `dear` quantity without a value does not matter where another one breaks its limit: what is
    known suffices to reject.
    """
    held = (margin >= 0).all(1)
    verdicts = np.where(held, Verdict.ACCEPTED, Verdict.REJECTED)
    finite = np.isfinite(measured)
    if dear is None:
        dear = np.zeros(measured.shape[1], dtype=bool)
    unknown = ~finite[:, ~dear].all(1) | (~finite[:, dear].all(1) & ~(margin < 0).any(1))
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
    names = list(dict.fromkeys(x.quantity for x in limits))
    values = [verdicts[name].to_numpy() for name in names]
    plain = margins(np.stack(values, 1), names, limits) if names else verdicts["margin"].to_numpy()
    margin = plain - np.where(beyond, doubt, 0.0)
    code = verdicts["verdict"].to_numpy()
    lost = (code == Verdict.ACCEPTED) & ~(margin >= 0).all(1)
    told = {"long_name": "uncertainty of the margin, where it is not taken off already"}
    return verdicts.assign(
        margin=verdicts["margin"].copy(data=margin),
        verdict=verdicts["verdict"].copy(data=np.where(lost, Verdict.REJECTED, code)),
        margin_uncertainty=("limit", np.where(beyond, 0.0, doubt), told),
    )


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
