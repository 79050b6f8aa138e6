"""Judgement of a small generator by the domain's verifier, its own loss, and the board."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from ingenium.core.judgement import margins
from ingenium.core.spec import Limit
from ingenium.edge.device import Cost, DeviceSheet
from ingenium.evaluate.intervals import LEVEL, wilson
from ingenium.evaluate.measured import Interval

RESAMPLES = 400
ENOUGH = 16  # least number of measured designs that gives a distribution
UNKNOWN = Interval(math.nan, math.nan, math.nan)
COSTS = ("flash", "ram", "instructions", "latency", "energy")


@dataclass(frozen=True)
class JudgedGenerator:
    """Accepted designs of a generator, their measured values, and its losses."""

    accepted: Bool[np.ndarray, " n"]
    measured: Float[np.ndarray, "n k"]
    losses: Float[np.ndarray, " m"] | None


def costs(cost: Cost, sheet: DeviceSheet) -> dict[str, Interval]:
    """Costs of a design: counted, and for latency and energy derived from counts."""
    found = {
        "flash": float(cost.flash),
        "ram": float(cost.ram),
        "instructions": cost.instructions,
        "latency": sheet.latency_s(cost.instructions),
        "energy": sheet.energy_j(cost.instructions, cost.weight_bytes),
    }
    return {k: Interval(v, v, v) for k, v in found.items()}


def quality(own: JudgedGenerator, original: JudgedGenerator, seed: int) -> dict[str, Interval]:
    """Shares and losses, absolute and against the original, with intervals of 95 %."""
    accepted, losses = own.accepted, own.losses
    n, rng = len(accepted), np.random.default_rng(seed)
    share = Interval(float(accepted.mean()), *wilson(int(accepted.sum()), n))
    sampled = rng.integers(n, size=(RESAMPLES, n))
    rival = original.accepted[rng.integers(len(original.accepted), size=(RESAMPLES, n))].mean(1)
    retained = accepted[sampled].mean(1) / np.maximum(rival, 1 / n)
    base = float(original.accepted.mean())
    found = {
        "accepted": share,
        "acceptance_ratio": _between(share.value / base, retained) if base else UNKNOWN,
        "distance": _distance(own.measured, original.measured),
    }
    if losses is None or original.losses is None:
        return found | dict.fromkeys(("loss", "loss_rise"), UNKNOWN)
    rows = rng.integers(len(losses), size=(RESAMPLES, len(losses)))
    mine, theirs = losses[rows].mean(1), original.losses[rows].mean(1)
    mean, before = float(losses.mean()), float(original.losses.mean())
    return found | {
        "loss": _between(mean, mine),
        "loss_rise": _between((mean - before) / abs(before), (mine - theirs) / np.abs(theirs)),
    }


def _distance(own: Float[np.ndarray, "n k"], other: Float[np.ndarray, "m k"]) -> Interval:
    """Largest difference of the distributions of each quantity, averaged over all that vary.

    A generator that repeats one good design is accepted, but far from the original.
    Source: Kolmogorov, 1933; Massart, 1990, doi:10.1214/aop/1176990746 (the width).
    """
    found, widths = [], []
    for x, y in zip(own.T, other.T, strict=True):
        x, y = np.sort(x[np.isfinite(x)]), np.sort(y[np.isfinite(y)])
        if min(len(x), len(y)) < ENOUGH or x[0] == x[-1] == y[0] == y[-1]:
            continue
        at = np.concatenate([x, y])
        below = [np.searchsorted(v, at, "right") / len(v) for v in (x, y)]
        found.append(np.abs(below[0] - below[1]).max())
        widths.append(math.sqrt(math.log(2 / (1 - LEVEL)) / 2 * (1 / len(x) + 1 / len(y))))
    if not found:
        return UNKNOWN
    value, width = float(np.mean(found)), float(np.mean(widths))
    return Interval(value, max(0.0, value - width), min(1.0, value + width))


def cost_margins(cost: Cost, sheet: DeviceSheet) -> dict[str, float]:
    """Margins of the limits on costs, as shares of the limits; at least 0 satisfies them."""
    own = [x for x in sheet.limits if x.quantity in COSTS]
    found = margins(costs(cost, sheet), own)
    return {x.label: found[x.label] / _size(x) for x in own}


def _size(limit: Limit) -> float:
    bounds = [abs(b) for b in (limit.at_most, limit.at_least) if b is not None]
    return max([*bounds, 1e-12])


def _between(value: float, sampled: np.ndarray) -> Interval:
    low, high = np.quantile(sampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value, float(low), float(high))
