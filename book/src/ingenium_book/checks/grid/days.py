"""Distances of days from real ones, and jumps over midnight compared with those of real weeks."""

from collections.abc import Mapping
from typing import Any

from ingenium.evaluate.intervals import t_interval
from ingenium.scores.distances import profile_distance
from ingenium_book.findings import Commands

FAMILIES = ("flow", "vae", "gan")


def distances(commands: Commands, values: Mapping[str, Any]) -> dict[str, float]:
    """Distance of other real days, and of the days of each family, from real days."""
    real = values["real_1"]["load_p"][:, None]
    others = {name: values[name]["load_p"][:, None] for name in FAMILIES}
    others["real"] = values["real_2"]["load_p"][:, None]
    return {name: float(profile_distance(real, own)[0]) for name, own in others.items()}


def midnights(commands: Commands, values: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Excess of jumps over midnight relative to real weeks under the same conditions."""
    found = {}
    for grid in ("low", "medium"):
        jump, real = (values[name]["midnight_jump"] for name in (grid, f"{grid}_real"))
        more = t_interval(jump - real)
        found[grid] = {"low": more.low, "high": more.high}
    return found
