"""The verdict on a posterior: by the support of the prior, its calibration, and its limits."""

import math
from collections.abc import Mapping, Sequence

from ingenium.core.judgement import Judgement
from ingenium.core.spec import Limit
from ingenium.evaluate.measured import Interval
from ingenium.infer.calibration import (
    LEAST_P,
    LEAST_PREDICTED,
    LEAST_SHARE,
    OFF,
    REGIONS,
    ranks_needed,
    truths_needed,
)
from ingenium.infer.weights import TRUSTED_K


def judge(values: Mapping[str, Interval], limits: Sequence[Limit], quantities: int) -> Judgement:
    """Judge the measured values of a posterior over a number of quantities.

    Readings outside the prior come first, since calibration on the prior's own samples says nothing
    of them. Evidence against a posterior counts however few truths there are; its absence counts
    only if there are enough truths to reveal a miscalibration.
    """
    against, caveats = _reasons(values), _caveats(values, quantities)
    return Judgement.of(values, limits, against=against, caveats=caveats)


def _caveats(values: Mapping[str, Interval], quantities: int) -> list[str]:
    found = []
    needed = {"truths": truths_needed(), "ranked": ranks_needed(quantities)}
    of = {"truths": "held-out designs", "ranked": "samples of the prior"}
    for name, least in needed.items():
        count = int(values[name].value)
        if count < least:
            found.append(f"too few truths, {count} {of[name]} ({name}), {least} needed")
    judged = (*(f"coverage_{100 * region:.0f}" for region in REGIONS), "rank_p")
    return found + [f"{k} is not a number" for k in judged if not math.isfinite(values[k].value)]


def _reasons(values: Mapping[str, Interval]) -> list[str]:
    found = []
    share = values["prior_share"].value
    if share < LEAST_SHARE:
        found.append(
            f"the readings lie further out than {100 * (1 - share):.4g} % of those that the prior "
            "gives"
        )
    if values["predictive_p"].value < LEAST_PREDICTED:
        found.append("no sampled design explains the readings within their errors")
    k = values["pareto_k"].value
    if k > TRUSTED_K:
        found.append(f"the weights have a tail of k = {k:.2f}, above {TRUSTED_K}")
    if values["rank_p"].value < LEAST_P:
        found.append("ranks of samples of the prior are not uniform")
    for name, nominal in (("coverage_50", 0.5), ("coverage_90", 0.9), ("ellipse_90", 0.9)):
        own = values[name]
        reach = max(OFF, (own.high - own.low) / 2)
        if abs(own.value - nominal) > reach:
            found.append(
                f"{name} of held-out truths is {100 * own.value:.1f} % "
                f"({100 * own.low:.1f} to {100 * own.high:.1f})"
            )
    return found
