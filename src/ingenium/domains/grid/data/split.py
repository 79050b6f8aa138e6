"""Held-out weeks: neighbouring days are similar, so whole weeks are left out of training."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, Shaped

from ingenium.core.errors import InputError
from ingenium.domains.grid.data.conditions import SEASONS, seasons


@dataclass(frozen=True, eq=False)
class DaySplit:
    """Indices of training days and of held-out days; both rising."""

    train: Int[np.ndarray, " k"]
    held_out: Int[np.ndarray, " m"]


def check_split(every: int, seed: int = 0) -> None:
    """Refuse to hold out nothing or everything.

    Raises:
        InputError: with the entry of the setup.
    """
    if every < 2:
        raise InputError(
            "to hold out every second week or fewer", every, "Write held_out_every = 5."
        )
    if seed < 0:
        raise InputError("split_seed of at least 0", seed, "Write split_seed = 0.")


def split_weeks(
    dates: Shaped[np.ndarray, " n"], rng: np.random.Generator, *, every: int = 5
) -> DaySplit:
    """Hold out every `every`-th ISO week of each season, starting at a random one.

    A week belongs to the season of its Thursday, as ISO 8601 gives it to a year.

    Args:
        dates: the date of each day, in any order.
        rng: samples the first week of each season.
        every: interval of held-out weeks.

    Raises:
        InputError: if there are too few weeks to hold out one and train on one.
    """
    check_split(every)
    days = dates.astype("datetime64[D]")
    week = (days.astype(np.int64) + 3) // 7  # week 0 holds 1970-01-01, a Thursday
    weeks = np.unique(week)
    season = seasons((weeks * 7).astype("datetime64[D]"))
    chosen = []
    for name in SEASONS:
        own = weeks[season == name]
        if len(own) > 1:
            chosen.append(own[rng.integers(min(every, len(own))) :: every])
    held = np.isin(week, np.concatenate(chosen)) if chosen else np.zeros(len(days), bool)
    if not held.any() or held.all():
        raise InputError("days of at least two weeks of one season", f"{len(weeks)} weeks")
    return DaySplit(np.flatnonzero(~held), np.flatnonzero(held))
