"""Streams of tags with their events, as a domain provides them.

Shapes: t rows, k tags, n windows, w rows of a window.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Protocol, runtime_checkable

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float32, Float64, Int64

from ingenium.core.errors import InputError

BATCH = 512  # windows in a batch


@dataclass(frozen=True)
class Event:
    """An event that an alarm should detect, from its first to its last row."""

    kind: str
    first: int
    last: int
    where: str = ""  # what it happens to, such as a tank
    settled: int = 0  # row from which on nothing shows it any more; 0 if unknown


@dataclass(frozen=True, eq=False)
class Stream:
    """Tags at even steps in time, and their known events."""

    name: str
    stamps: np.ndarray  # datetime64[s], a row each
    tags: tuple[str, ...]
    values: Float64[np.ndarray, "t k"]
    events: tuple[Event, ...]
    before: tuple[Event, ...] = ()  # over before its first row, from which their rows are counted

    @property
    def step_s(self) -> float:
        """Time between two rows."""
        return float(np.median(np.diff(self.stamps).astype(np.float64)))

    @property
    def label(self) -> Bool[np.ndarray, " t"]:
        """True for rows in an event."""
        found = np.zeros(len(self.values), dtype=bool)
        for event in self.events:
            found[event.first : event.last + 1] = True
        return found

    def normal(self, recovery: int) -> Bool[np.ndarray, " t"]:
        """True for rows of normal operation: settled, in no event or its `recovery` rows."""
        found = ~self.label
        for event in (*self.before, *self.events):
            after = max(event.last + 1 + recovery, event.settled)
            found[max(event.first, 0) : max(after, 0)] = False
        return found

    def cut(self, first: int, last: int) -> "Stream":
        """Rows from first to before last, with their events."""
        every = [
            replace(
                e,
                first=e.first - first,
                last=min(e.last, last - 1) - first,
                settled=e.settled - first,
            )
            for e in (*self.before, *self.events)
            if e.first < last
        ]
        events = tuple(replace(e, first=max(e.first, 0)) for e in every if e.last >= 0)
        before = tuple(e for e in every if e.last < 0)
        name = f"{self.name}[{first}:{last}]"
        own = self.stamps[first:last], self.tags, self.values[first:last]
        return Stream(name, *own, events, before)


@dataclass(frozen=True, eq=False)
class PlantMap:
    """Places of a plant's tags, for its map."""

    lines: Float64[np.ndarray, "m 4"]  # x and y of both ends
    spots: tuple[tuple[str, float, float], ...]  # a name and its place
    tags: dict[str, str] = field(default_factory=dict)  # the spot of each tag


@runtime_checkable
class Watched(Protocol):
    """A problem whose designs can be monitored as streams."""

    def streams(self, designs: xr.Dataset) -> tuple[Stream, ...]:
        """Return a stream for each design, with the events of its physics."""
        ...

    def layout(self) -> PlantMap | None:
        """Map of its tags; None without one."""
        ...


def windows(
    values: Float64[np.ndarray, "t k"], rows: Int64[np.ndarray, " n"], length: int
) -> Float32[np.ndarray, "n w k"]:
    """Windows of `length` rows that end with each of these rows."""
    at = rows[:, None] + np.arange(1 - length, 1)
    return np.asarray(values, dtype=np.float32)[at]


def scored(
    stream: Stream, length: int, score: Callable[[np.ndarray], np.ndarray]
) -> Float64[np.ndarray, " t"]:
    """Score each row by the window that ends with it; NaN before the first whole one."""
    found = np.full(len(stream.values), np.nan)
    rows = np.arange(length - 1, len(found))
    for part in (rows[i : i + BATCH] for i in range(0, len(rows), BATCH)):
        found[part] = score(windows(stream.values, part, length))
    return found


def check_alike(streams: Sequence[Stream]) -> None:
    """Refuse streams with other tags or steps than the first one.

    Raises:
        InputError: naming the stream.
    """
    if not streams:
        raise InputError("at least one stream", "none")
    first = streams[0]
    for other in streams:
        if other.tags != first.tags:
            odd = sorted(set(other.tags) ^ set(first.tags)) or ["their order"]
            raise InputError(
                f"the tags of {first.name}", f"{other.name}, which differs in {odd[0]}"
            )
        if abs(other.step_s - first.step_s) > 0.01 * first.step_s:
            raise InputError(
                f"a row each {first.step_s:g} s, as in {first.name}",
                f"one each {other.step_s:g} s in {other.name}",
                "Resample it.",
            )


def pieces(streams: Sequence[Stream], rows: int) -> list[Stream]:
    """Cut streams longer than twice `rows` into pieces of that length, the last one longer."""
    found = []
    for stream in streams:
        count = max(len(stream.values) // rows, 1)
        ends = [*(i * rows for i in range(count)), len(stream.values)]
        parts = [stream.cut(a, b) for a, b in pairwise(ends)]
        found += [stream] if count == 1 else parts
    return found
