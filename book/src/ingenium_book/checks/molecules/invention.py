"""Rounds of a search for molecules that have a route, first and in the later half."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ingenium_book.findings import Commands

SPENT = 192  # molecules that the search may measure
COUNTS = ("calls", "accepted", "repeated")


def rounds(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Share accepted by round and in the later half of the budget, and repeats in that half."""
    record = values["made"]["answer"]["record"]["rounds"]
    total, held, again = ([0, *(int(r[name]) for r in record)] for name in COUNTS)
    half = int(np.searchsorted(total, SPENT / 2))  # rounds until half of the budget is spent
    measured, twice = total[-1] - total[half], again[-1] - again[half]
    return {
        "calls": total[1:],
        "share": (np.diff(held) / np.diff(total).clip(1)).tolist(),
        "late": (held[-1] - held[half]) / measured,
        "again": twice / (twice + measured),
    }


def known(commands: Commands, values: Mapping[str, Any]) -> float:
    """Share of the molecules that were in the training data."""
    limits = values["made"]["answer"]["summary"]["limits"]
    (found,) = (x["share"] for x in limits if x["quantity"] == "in_training")
    return float(found)
