"""Streams with known faults: four tags that oscillate together, one of which jumps at times."""

from pathlib import Path

import numpy as np

from ingenium.monitor import tables
from ingenium.monitor.stream import Event, Stream

HOURS, WEEKS = 168, 12


def week(index: int, *, attacked: bool, seed: int = 0) -> Stream:
    rng = np.random.default_rng([seed, index])
    hour = np.arange(HOURS)
    swing = np.sin(2 * np.pi * hour / 24)[:, None] * np.array([1.0, 0.8, -1.0, 0.5])
    values = 10 + swing + 0.05 * rng.standard_normal((HOURS, 4))
    events = ()
    if attacked:
        first = 60 + 3 * index
        kind = ("jump", "drift", "swap")[index % 3]
        values[first : first + 20, 0] += 1.5
        events = (Event(kind, first, first + 19, "A"),)
    begins = np.datetime64("2026-01-05", "s") + np.timedelta64(7 * index, "D")
    return Stream(
        f"week {index}", begins + hour * np.timedelta64(3600, "s"), tuple("ABCD"), values, events
    )


def weeks(count: int = WEEKS) -> list[Stream]:
    return [week(i, attacked=i % 2 == 1) for i in range(count)]


def table(folder: Path, count: int = WEEKS) -> Path:
    path = folder / "own.csv"
    tables.write(weeks(count), path)
    return path
