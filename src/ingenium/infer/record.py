"""A kept posterior: its folder, opened and checked, and whether it is calibrated.

Shapes: n draws.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import CorruptError
from ingenium.core.judged import JudgedKind
from ingenium.core.netcdf import read_netcdf
from ingenium.core.spec import Limit
from ingenium.evaluate.interval_limits import margins
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

DRAWS, RECORD, RANKS = "posterior.nc", "posterior.json", "ranks.csv"
WEIGHT = "weight"
KIND = JudgedKind("a posterior", RECORD, "ingenium infer PROBLEM", "Infer it again.")
CALIBRATED, NOT_CALIBRATED = "calibrated", "not calibrated"
OUTSIDE, UNTOLD = "outside the prior", "not told"


@dataclass(frozen=True)
class PosteriorVerdict:
    """In a word, whether a posterior may be believed, and why not."""

    word: str
    reasons: tuple[str, ...]
    margins: dict[str, float]  # of the limits of the spec; at least 0 holds

    @property
    def holds(self) -> bool:
        """Whether it is calibrated and within its limits."""
        return self.word == CALIBRATED and all(m >= 0 for m in self.margins.values())

    @classmethod
    def of(
        cls, values: Mapping[str, Interval], limits: Sequence[Limit], quantities: int
    ) -> "PosteriorVerdict":
        """Of what was judged of so many quantities.

        Readings that the prior does not know come first: what is calibrated on its own draws says
        nothing of them. What speaks against a posterior counts however few truths there are; that
        nothing does counts only where enough of them could.
        """
        reasons, few = tuple(_reasons(values)), tuple(_untold(values, quantities))
        if values["prior_share"].value < LEAST_SHARE:
            word = OUTSIDE
        elif reasons:
            word = NOT_CALIBRATED
        else:
            word, reasons = (UNTOLD, few) if few else (CALIBRATED, ())
        return cls(word, reasons, margins(values, limits))


def _untold(values: Mapping[str, Interval], quantities: int) -> list[str]:
    found = []
    needed = {"truths": truths_needed(), "ranked": ranks_needed(quantities)}
    of = {"truths": "held-out designs", "ranked": "draws of the prior"}
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
        found.append("no design that was drawn explains the readings to within their errors")
    k = values["pareto_k"].value
    if k > TRUSTED_K:
        found.append(f"the weights have a tail of k = {k:.2f}, above {TRUSTED_K}")
    if values["rank_p"].value < LEAST_P:
        found.append("ranks of the prior's own draws are not uniform")
    for name, nominal in (("coverage_50", 0.5), ("coverage_90", 0.9), ("ellipse_90", 0.9)):
        own = values[name]
        reach = max(OFF, (own.high - own.low) / 2)
        if abs(own.value - nominal) > reach:
            found.append(
                f"{name} of held-out truths is {100 * own.value:.1f} % "
                f"({100 * own.low:.1f} to {100 * own.high:.1f})"
            )
    return found


@dataclass(frozen=True)
class Posterior:
    """A posterior in its folder."""

    folder: Path
    record: Mapping[str, Any]

    @classmethod
    def opened(cls, folder: Path) -> "Posterior":
        """A posterior that was inferred.

        Raises:
            InputError: if there is none in the folder.
            CorruptError: if its draws are not those that were judged.
        """
        return cls(folder, KIND.opened(folder, {n: ("evidence", n) for n in (DRAWS, RANKS)}))

    def draws(self) -> xr.Dataset:
        """Designs, their weights and the quantities that are told of them."""
        found = read_netcdf(self.folder / DRAWS, "draws of a posterior")
        if WEIGHT not in found or abs(float(found[WEIGHT].sum()) - 1) > 1e-6:
            raise CorruptError(str(self.folder / DRAWS), "has no weights that sum to 1")
        return found

    @property
    def count(self) -> int:
        """Draws."""
        return int(self.draws().sizes[DESIGN])
