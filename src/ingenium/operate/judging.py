"""Judgement of a run: its quantities, who decided what when and why, and responses to faults.

Shapes: t periods.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Bool

from ingenium.operate.drill import Drill
from ingenium.operate.plant import Plant, beyond
from ingenium.operate.running import Reason
from ingenium.operate.shell import (
    BARRIER,
    BYPASS,
    CALMING,
    LATE,
    LOST,
    NOTHING,
    PERSON,
    POLICY,
    STOPPED,
    STRANGE,
    WHO,
    WHY,
)
from ingenium.operate.transparency import DecisionCheck, SurrogateTree, checked

GAP_S = 0.25  # shorter spans of the policy between two moves of the barrier are merged into them
CAUSES = (LOST, NOTHING, LATE, STRANGE)


@dataclass(frozen=True)
class DecisionRecord:
    """A span of periods with one decider and one reason."""

    at_s: float
    until_s: float
    who: str
    why: str
    periods: int  # periods with this decider; the policy decided in the others
    name: str = ""  # of a person
    weighed: DecisionCheck | None = None  # of a policy that has criteria


def outside(trajectory: xr.Dataset, plant: Plant) -> Bool[np.ndarray, " t"]:
    """Periods in which the true value of a reading was beyond its range."""
    return beyond(plant, trajectory["truth"].to_numpy())


def measured(trajectory: xr.Dataset, plant: Plant, drill: Drill) -> dict[str, float]:
    """Measure the quantities of a run; NaN where the simulator gave no number."""
    who, why = trajectory["who"].to_numpy(), trajectory["why"].to_numpy()
    q = trajectory["wanted"].shape[1]
    error = (trajectory["wanted"].to_numpy() - trajectory["truth"].to_numpy()[:, :q])[
        who <= BARRIER
    ]
    time = trajectory["time"].to_numpy().tolist()
    requested = np.array([any(p.on(t) for p in drill.persons) for t in time], dtype=bool)
    requested &= ~_stopped(trajectory)
    answered = bool(np.isfinite(trajectory["truth"].to_numpy()).all())
    return {
        "outside": float(outside(trajectory, plant).sum()) if answered else float("nan"),
        "error": float(np.sqrt(np.square(error).mean())) if len(error) else 0.0,
        "barred": float((who == BARRIER).mean()),
        "bypassed": float((who == BYPASS).mean()),
        "by_person": float((who == PERSON).mean()),
        "override_respected": float((who[requested] == PERSON).mean()) if requested.any() else 1.0,
        "bypass_delay": float(_delay(who, why)),
        "missed": float(trajectory["late"].to_numpy().sum()),
        **({"covered": covered(trajectory)} if "foreseen" in trajectory.attrs else {}),
    }


def covered(trajectory: xr.Dataset) -> float:
    """Share of periods, decided by the policy, with a reading in the band of the policy's twin."""
    band = trajectory["foreseen"].to_numpy()
    at = np.isfinite(band).all(1) & (trajectory["who"].to_numpy() <= BARRIER)
    if not at.any():
        return float("nan")
    read = trajectory["seen"].sel(reading=trajectory.attrs["foreseen"]).to_numpy()
    return float(((band[at, 0] <= read[at]) & (read[at] <= band[at, 1])).mean())


def _stopped(trajectory: xr.Dataset) -> Bool[np.ndarray, " t"]:
    """Periods in which the run was stopped from outside, which no drill counts."""
    found: np.ndarray = trajectory["why"].to_numpy() == STOPPED
    return found


def _delay(who: np.ndarray, why: np.ndarray) -> int:
    """Largest number of periods from a cause to the bypass, unless somebody else took over."""
    cause = np.isin(why, CAUSES)
    worst, since = 0, -1
    for k, (now, acting) in enumerate(zip(cause, who, strict=True)):
        since = k if now and since < 0 else since
        if acting in (BYPASS, PERSON):
            worst, since = max(worst, k - since if since >= 0 else 0), -1
    return max(worst, len(who) - since if since >= 0 else 0)


def decisions(
    trajectory: xr.Dataset,
    drill: Drill,
    period_s: float,
    reasons: Sequence[Reason] = (),
    surrogate: SurrogateTree | None = None,
) -> list[DecisionRecord]:
    """List spans with decider, time and reason, and reasons of the policy at their seconds."""
    who, why = trajectory["who"].to_numpy().copy(), trajectory["why"].to_numpy().copy()
    moved = who == BARRIER
    _bridge(who, why, round(GAP_S / period_s))
    _calmed(who, why)
    edges = np.flatnonzero((np.diff(who) != 0) | (np.diff(why) != 0)) + 1
    found = []
    for first, last in zip([0, *edges.tolist()], [*edges.tolist(), len(who)], strict=True):
        periods = int(moved[first:last].sum()) if who[first] == BARRIER else last - first
        person = next((p for p in drill.persons if p.on(first * period_s)), None)
        name = person.who if person and who[first] == PERSON else ""
        at = (first * period_s, last * period_s)
        found.append(DecisionRecord(*at, WHO[who[first]], WHY[why[first]], periods, name))
    moves = [
        DecisionRecord(
            own.at_s, own.at_s + period_s, WHO[POLICY], own.why, 1,
            weighed=None if own.weighed is None else checked(own.weighed, surrogate),
        )
        for own in reasons
    ]  # fmt: skip
    return sorted([*found, *moves], key=lambda own: own.at_s)


def _bridge(who: np.ndarray, why: np.ndarray, longest: int) -> None:
    """Merge short spans of the policy between two moves of the barrier into the latter."""
    at = np.flatnonzero(who == BARRIER)
    for a, b in pairwise(at.tolist()):
        if 1 < b - a <= longest and (who[a + 1 : b] == POLICY).all():
            who[a + 1 : b], why[a + 1 : b] = BARRIER, why[a]


def _calmed(who: np.ndarray, why: np.ndarray) -> None:
    """Assign the time until readings settle to the cause before it."""
    for k in range(1, len(who)):
        if who[k] == BYPASS == who[k - 1] and why[k] == CALMING:
            why[k] = why[k - 1]


def met(trajectory: xr.Dataset, drill: Drill) -> list[Mapping[str, Any]]:
    """List for each fault when, how soon and why anybody but the policy first acted."""
    time, who, why = (trajectory[k].to_numpy() for k in ("time", "who", "why"))
    found: list[Mapping[str, Any]] = []
    for fault in drill.faults:
        on = np.array([fault.on(t) for t in time.tolist()], dtype=bool)
        at = np.flatnonzero(on & (who != POLICY))
        first = int(at[0]) if len(at) else None
        found.append(
            {
                "kind": fault.kind,
                "at_s": fault.at_s,
                "for_s": fault.for_s,
                "size": fault.size,
                "after_s": None if first is None else float(time[first] - fault.at_s),
                "by": "" if first is None else WHO[who[first]],
                "why": "" if first is None else WHY[why[first]],
            }
        )
    return found
