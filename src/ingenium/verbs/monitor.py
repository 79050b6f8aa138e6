"""Monitors in Python: streams of a run or of a user's own files, fitted, run and replayed."""

import csv
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingenium.core.artifact import Replay
from ingenium.core.errors import InputError
from ingenium.core.problem import Watch, silent
from ingenium.core.reading.files import check_plain
from ingenium.domains import open_problem
from ingenium.monitor import fitting, tables
from ingenium.monitor.artifact import Monitor
from ingenium.monitor.fitting import StreamSource
from ingenium.monitor.running import Memory, RowAlarm, Watcher, reading, rows
from ingenium.monitor.spec import MonitorSpec
from ingenium.monitor.stream import Stream, Watched
from ingenium.runs.replay import recorded_spec
from ingenium.trust.ledger import Ledger, ledger_or_own

Heard = Callable[[RowAlarm], None]
STORE_EVERY = 100  # rows, after which the memory of a running monitor is written


def streams_of(path: Path) -> tuple[tuple[Stream, ...], StreamSource]:
    """Return the streams of a finished run, or of a user's CSV files.

    Raises:
        InputError: for a run of a problem that cannot be watched, or a folder without streams or
            with some that label their events and some that do not.
    """
    if (path / "spec.toml").is_file():
        problem = open_problem(recorded_spec(path))
        if not isinstance(problem, Watched):
            raise InputError("a run of a problem that can be watched", f"one of {problem.name}")
        designs = next(iter(problem.formats.values())).read(path / "designs")
        source = StreamSource(str(path), problem.name, problem.layout(), tuple(problem.notes))
        return problem.streams(designs), source
    files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
    if not files:
        raise InputError("a run, or streams as CSV files", f"none in {path}")
    for file in files:
        check_plain(file, "a stream as CSV")
    return tables.read_all(files), StreamSource(str(path), "")


def fit(
    path: Path,
    spec: MonitorSpec,
    out: Path,
    *,
    watch: Watch = silent,
    overwrite: bool = False,
    ledger: Ledger | None = None,
) -> Monitor:
    """Fit a monitor to the streams of a run or of files, and save it in `out`."""
    watch("read streams", 0, 1)
    streams, source = streams_of(path)
    with ledger_or_own(ledger) as book:
        return fitting.fit(
            streams, spec, source, out, ledger=book, watch=watch, overwrite=overwrite
        )


def unheard(row: RowAlarm) -> None:
    """Ignore a row: the default listener."""


@dataclass(frozen=True)
class StreamRun:
    """A stream, and a monitor's alarms on it."""

    reported: list[RowAlarm]
    values: np.ndarray
    label: np.ndarray | None  # of events, where the stream has one
    memory: Memory


def run(
    stored: Monitor, stream: Path, state: Path | None = None, *, heard: Heard = unheard
) -> StreamRun:
    """Feed a stream to a monitor, row by row; `-` is standard input.

    With `state` it resumes from that file; its memory is saved there periodically, and also when
    the stream ends, for whatever reason. `heard` is called for each row.

    Raises:
        InputError: for a stream that the monitor cannot read; naming row and column.
    """
    model = stored.record["evidence"]["model"]
    memory = Memory.read(state, model) if state else Memory(model)
    watcher = Watcher(stored, memory)
    reported, values, labels = list[RowAlarm](), list[np.ndarray](), list[bool]()
    lines = _lines(_found(stored, stream))
    header = next(lines, [])
    place = next((i for i, n in enumerate(header) if n.strip().lower() in tables.LABELS), None)
    try:
        for number, cells, row in rows(header, lines, stored.tags, str(stream)):
            reported.append(watcher.feed(tables.stamp(cells[0], number, stream), row))
            heard(reported[-1])
            values.append(row)
            labels.append(place is not None and reading(cells[place]) == 1)
            if state is not None and number % STORE_EVERY == 0:
                memory.write(state)
    finally:
        if state is not None:
            memory.write(state)
    if not reported:
        raise InputError("a stream with rows below its header", f"none in {stream}")
    label = None if place is None else np.array(labels)
    return StreamRun(reported, np.array(values), label, memory)


def replay(stored: Monitor, folder: Path) -> Replay:
    """Fit it again from its own data, in a folder of its own, and compare.

    Raises:
        InputError: if that data no longer exists.
    """
    path = Path(stored.record["source"])
    if not path.exists():
        raise InputError("the streams that the monitor was fitted to", f"nothing at {path}")
    return stored.compared(fit(path, stored.spec, folder, overwrite=True).record)


def _found(stored: Monitor, stream: Path) -> Path:
    """Return the stream itself, or the one of its name in the monitor's folder."""
    alongside = stored.folder / stream
    return (
        alongside if not stream.exists() and alongside.is_file() and str(stream) != "-" else stream
    )


def _lines(path: Path) -> Iterator[list[str]]:
    if str(path) == "-":
        yield from csv.reader(sys.stdin)
        return
    check_plain(path, "a stream as CSV")
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        yield from csv.reader(file)
