"""A monitor on a live stream: row by row, over gaps, late rows and restarts.

Shapes: k tags, w rows of a window.
"""

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float64

from ingenium.core.errors import CorruptError, InputError
from ingenium.core.folders import write_atomic
from ingenium.evaluate import event_scores
from ingenium.monitor.artifact import MODEL, Monitor
from ingenium.monitor.exported import Exported

HELD = 3  # rows without a reading for which the last one stands in
STILL = 3  # times the longest flat stretch in training, until a tag counts as flatlined
STILL_ROWS = 24  # and at least so many
OFF_BEAT = 0.1  # of a step, by which a stamp may be early or late


@dataclass(frozen=True)
class RowAlarm:
    """Result of a monitor for one row."""

    row: int
    stamp: str
    score: float | None  # None while there is no whole window
    alarm: bool
    began: bool
    shares: tuple[float, ...]  # how far each tag is out, in spreads
    faults: tuple[str, ...]
    microseconds: float


@dataclass
class Memory:
    """State of a monitor between rows, which a restart needs."""

    model: str
    last: int | None = None  # second of the newest row
    rows: list[list[float]] = field(default_factory=list)  # at most a window
    made: list[bool] = field(default_factory=list)  # rows that stand in for missing ones
    age: list[int] = field(default_factory=list)  # rows since each tag had a reading
    still: list[int] = field(default_factory=list)  # rows since it changed
    since: int | None = None  # rows since the threshold was reached; None without an alarm
    count: int = 0
    late: int = 0
    gaps: int = 0

    def write(self, path: Path) -> None:
        """Save it in a file."""
        write_atomic(path, json.dumps(asdict(self)) + "\n")

    @classmethod
    def read(cls, path: Path, model: str) -> "Memory":
        """Read a saved state; return a fresh one if there is no file.

        Raises:
            CorruptError: for a file of another kind.
            InputError: for the memory of another monitor.
        """
        if not path.is_file():
            return cls(model)
        try:
            found = cls(**json.loads(path.read_bytes()))
        except (ValueError, TypeError) as error:
            raise CorruptError(str(path), f"is no memory of a monitor ({error})") from error
        if found.model != model:
            raise InputError("the memory of this monitor", f"that of another in {path}")
        return found


class Watcher:
    """Takes rows in the order of arrival and returns for each whether it is an alarm."""

    def __init__(self, stored: Monitor, memory: Memory) -> None:
        self.stored, self.memory = stored, memory
        self.file = Exported(stored.folder / MODEL)
        self.step = float(stored.record["step_s"])
        self.learned_still = [int(n) for n in stored.record["still_rows"]]
        k = len(stored.tags)
        memory.age, memory.still = memory.age or [HELD + 1] * k, memory.still or [0] * k

    def feed(self, stamp: np.datetime64, values: Float64[np.ndarray, " k"]) -> RowAlarm:
        """Take one row; NaN where there is no reading.

        Raises:
            InputError: for a stamp off the monitor's time steps.
        """
        began = time.perf_counter()
        second, m = int(stamp.astype("datetime64[s]").astype(np.int64)), self.memory
        m.count += 1
        faults: list[str] = []
        if m.last is not None and second <= m.last:
            faults.append(self._late(second, values))
            return self._reported(stamp, None, (), faults, began, False)
        if m.last is not None:
            self._bridge((second - m.last) / self.step, stamp, faults)
        m.last = second
        self._take(values, faults)
        score, shares = self._score()
        return self._reported(stamp, score, shares, faults, began, self._alarm(score))

    def _late(self, second: int, values: Float64[np.ndarray, " k"]) -> str:
        """Take a row that arrives after a newer one; it replaces its stand-in, if any."""
        m = self.memory
        m.late += 1
        back = round((int(m.last or 0) - second) / self.step)
        if 0 < back < len(m.rows) and m.made[-1 - back] and np.isfinite(values).all():
            m.rows[-1 - back], m.made[-1 - back] = values.tolist(), False
            return f"row {m.count} is late by {back} steps and takes its place"
        return f"row {m.count} is late or comes twice, and is left out"

    def _bridge(self, steps: float, stamp: np.datetime64, faults: list[str]) -> None:
        """Add stand-ins for a few missing rows; after a long gap the window starts empty."""
        missing = round(steps) - 1
        if abs(steps - round(steps)) > OFF_BEAT or missing < 0:
            raise InputError(
                f"a row each {self.step:g} s",
                f"{stamp} in row {self.memory.count}, {steps * self.step:g} s after the newest",
                "Bring the clock of the stream to the monitor's beat.",
            )
        m = self.memory
        if not missing:
            return
        m.gaps += 1
        if missing <= HELD and m.rows:
            for _ in range(missing):
                self._push(list(m.rows[-1]), made=True)
            faults.append(
                f"{missing} rows missing before row {m.count}: the last readings are used"
            )
        else:
            m.rows, m.made, m.since = [], [], None
            m.still = [0] * len(m.still)
            faults.append(f"{missing} rows missing before row {m.count}: the window fills anew")

    def _take(self, values: Float64[np.ndarray, " k"], faults: list[str]) -> None:
        m, last = self.memory, self.memory.rows[-1] if self.memory.rows else None
        row = values.tolist()
        for i, tag in enumerate(self.stored.tags):
            if np.isfinite(values[i]):
                m.age[i] = 0
                moved = last is None or row[i] != last[i]
                m.still[i] = 0 if moved else m.still[i] + 1
                limit = max(STILL * self.learned_still[i], STILL_ROWS)
                if self.learned_still[i] >= 0 and m.still[i] == limit:
                    faults.append(
                        f"row {m.count}, column {tag}: stuck at {row[i]:g} for {limit} rows"
                    )
                continue
            m.age[i] += 1
            row[i] = last[i] if last is not None else float("nan")
            if m.age[i] in (1, HELD + 1):
                how = "the last one is used" if m.age[i] <= HELD and last else "no score"
                faults.append(f"row {m.count}, column {tag}: no reading, {how}")
        self._push(row, made=False)

    def _push(self, row: list[float], *, made: bool) -> None:
        m = self.memory
        m.rows, m.made = [*m.rows, row][-self.file.window :], [*m.made, made][-self.file.window :]

    def _score(self) -> tuple[float | None, tuple[float, ...]]:
        m = self.memory
        whole = np.array(m.rows, dtype=np.float32)
        if len(m.rows) < self.file.window or max(m.age) > HELD or not np.isfinite(whole).all():
            return None, ()
        score, shares = self.file.windows(whole[None])
        return float(score[0]), tuple(shares[0].tolist())

    def _alarm(self, score: float | None) -> bool:
        m = self.memory
        before = m.since
        if score is not None and score >= self.stored.rule.threshold:
            m.since = 0
        elif m.since is not None:
            m.since = m.since + 1 if m.since < self.stored.rule.hold else None
        return before is None and m.since is not None

    def _reported(
        self,
        stamp: np.datetime64,
        score: float | None,
        shares: tuple[float, ...],
        faults: list[str],
        started: float,
        began: bool,
    ) -> RowAlarm:
        took = 1e6 * (time.perf_counter() - started)
        on = self.memory.since is not None
        return RowAlarm(
            self.memory.count, str(stamp), score, on, began, shares, tuple(faults), took
        )


def rows(
    header: list[str], lines: Iterable[list[str]], tags: tuple[str, ...], where: str
) -> Iterator[tuple[int, list[str], Float64[np.ndarray, " k"]]]:
    """Number, cells and readings of each row of a stream as text; NaN for cells without a number.

    Blank lines are skipped, and counted.

    Raises:
        InputError: for a header that lacks a tag of the monitor or has one twice, or a row
            of other length.
    """
    names = [name.strip() for name in header]
    for tag in tags:
        if names.count(tag) > 1:
            raise InputError("each tag once", f"{tag} {names.count(tag)} times in row 1 of {where}")
        if tag not in names[1:]:
            strange = [n for n in names[1:] if n not in tags]
            raise InputError(
                f"a stream with all {len(tags)} tags of the monitor",
                f"no column {tag} in row 1 of {where}" + (f", but {strange[0]}" if strange else ""),
                "Name the columns as the monitor does; `ingenium monitor show` lists them.",
            )
    at = [names.index(tag, 1) for tag in tags]
    for number, cells in enumerate(lines, 2):
        if not cells:
            continue
        if len(cells) != len(names):
            raise InputError(f"{len(names)} cells", f"{len(cells)} in row {number} of {where}")
        yield number, cells, np.array([reading(cells[i]) for i in at])


def reading(cell: str) -> float:
    """Parse a cell; NaN if it is no number, such as `Inp OutRange`."""
    try:
        return float(cell)
    except ValueError:
        return float("nan")


def summary(
    reported: list[RowAlarm], memory: Memory, label: Bool[np.ndarray, " t"] | None = None
) -> dict[str, object]:
    """Counts of a run, for its report and for programs."""
    took = [t.microseconds for t in reported]
    return {
        "rows": len(reported),
        "scored": sum(t.score is not None for t in reported),
        "alarms": [{"row": t.row, "stamp": t.stamp, "score": t.score} for t in reported if t.began],
        "ranking": _ranking(reported, label),
        "late": memory.late,
        "gaps": memory.gaps,
        "faults": [f for t in reported for f in t.faults],
        "microseconds": {
            "median": float(np.median(took)) if took else None,
            "p99": float(np.quantile(took, 0.99)) if took else None,
        },
    }


def _ranking(
    reported: list[RowAlarm], label: Bool[np.ndarray, " t"] | None
) -> dict[str, float] | None:
    """Scores of BATADAL's competition, where events are known."""
    if label is None or not label.any():
        return None
    return event_scores.ranking(label, np.array([t.alarm for t in reported]))
