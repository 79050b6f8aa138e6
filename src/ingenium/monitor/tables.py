"""Streams as CSV: a row a step, a stamp, tags, and a label of events."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from ingenium.core.errors import InputError
from ingenium.core.reading.tables import DataTable, read_table
from ingenium.core.remarks import remark
from ingenium.evaluate.event_scores import spans
from ingenium.monitor.stream import Event, Stream

LABELS = ("att_flag", "label", "anomaly", "is_anomaly", "attack")
RARE = 0.2  # share of rows with 1 up to which a column may be one of labels
UNLABELLED = -999  # of BATADAL: taken as normal, as its participants had to
SHORT = re.compile(r"^\d\d/\d\d/\d\d \d\d$")  # dd/mm/yy hh, of BATADAL


def read(path: Path) -> Stream:
    """Read a user's own stream: stamps in the first column, then tags, and a label if there is one.

    Raises:
        InputError: for cells that are no numbers, stamps at uneven steps, labels other
            than 0 and 1, or a tag twice; naming row and column.
    """
    return _stream(_table(path))


def read_all(files: Sequence[Path]) -> tuple[Stream, ...]:
    """Read streams of several files; all of them have a label, or none has.

    Raises:
        InputError: as `read`, and for files with and without a label together: its events
            would be learned as normal.
    """
    tables = [_table(file) for file in files]
    found = tuple(map(_stream, tables))
    labels = [_label(table.heads) for table in tables]
    known = next((file for file, label in zip(files, labels, strict=True) if label), None)
    for file, label in zip(files, labels, strict=True):
        if known is not None and label is None:
            raise InputError(
                f"a column of labels in each file, as in {known.name}",
                f"none in row 1 of {file}",
                "Add the column, or take the file out of the folder.",
            )
    return found


def write(streams: Sequence[Stream], path: Path) -> None:
    """Write streams one after the other, in the layout that `read` and a running monitor take."""
    parts = list[pd.DataFrame]()
    for s in sorted(streams, key=lambda s: str(s.stamps[0])):
        frame = pd.DataFrame(s.values, columns=list(s.tags))
        frame.insert(0, "DATETIME", pd.Series(s.stamps.astype("datetime64[s]").astype(str)))
        frame["ATT_FLAG"] = s.label.astype(int)
        parts.append(frame)
    pd.concat(parts).to_csv(path, index=False, float_format="%.10g")


def stamp(text: str, row: int, path: Path) -> np.datetime64:
    """Parse a moment in the format of ISO 8601 or of BATADAL; with a zone, return UTC.

    Raises:
        InputError: naming the row of an invalid stamp.
    """
    own = text.strip()
    try:
        found = datetime.strptime(own, "%d/%m/%y %H") if SHORT.match(own) else _iso(own)
    except ValueError:
        raise InputError(
            "a stamp such as 2026-01-31 14:00:00 in the first column",
            f"{text!r} in row {row} of {path}",
        ) from None
    return np.datetime64(found, "s")


def _iso(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def _table(path: Path) -> DataTable:
    """Read a file whose headings are unique, and strip their blanks."""
    table = read_table(path, "a stream as CSV", delimiter=",")
    names = tuple(head.strip() for head in table.heads)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(
            "each column once", f"{twice} {names.count(twice)} times in row 1 of {path}"
        )
    if len(names) < 2 or len(table) < 3:
        raise InputError(
            "a stamp, tags and at least 3 rows",
            f"{len(names)} columns, {len(table)} rows in {path}",
        )
    return replace(table, heads=names)


def _stream(table: DataTable) -> Stream:
    first, *rest = table.heads
    label = _label(table.heads)
    texts = table.texts(first)
    stamps = np.array([stamp(text, row, table.path) for row, text in enumerate(texts, 2)])
    _check_even(stamps, table)
    tags = tuple(name for name in rest if name != label)
    flags = np.zeros(len(table)) if label is None else _flags(table, label)
    events = tuple(Event("event", a, b) for a, b in spans(flags == 1))
    values = np.column_stack([table.numbers(tag) for tag in tags])
    if label is None:
        _ask_for_label(tags, values, table.path)
    return Stream(table.path.stem, stamps, tags, values, events)


def _ask_for_label(tags: Sequence[str], values: np.ndarray, path: Path) -> None:
    """Say which columns of a file without labels look like one: rare spells of 1 among 0."""
    for tag, column in zip(tags, values.T, strict=True):
        if set(np.unique(column).tolist()) == {0.0, 1.0} and column.mean() < RARE:
            remark(
                f"Column {tag} of {path.name} holds 0 and, in {100 * column.mean():.2g} % of rows, "
                f"1. It is read as a tag; if it marks events, name it {LABELS[1]}."
            )


def _flags(table: DataTable, label: str) -> np.ndarray:
    """Parse labels of 0 and 1, or booleans, as many tools write them."""
    column = table.frame[table.at(label)]
    flags = column.to_numpy(np.float64) if column.dtype.kind == "b" else table.numbers(label)
    odd = np.flatnonzero(~np.isin(flags, (0, 1, UNLABELLED)))
    if len(odd):
        raise InputError(
            "labels of 0 and 1", f"{flags[odd[0]]:g} in {table.place(int(odd[0]), label)}"
        )
    return flags


def _label(columns: Sequence[str]) -> str | None:
    return next((c for c in columns if c.lower() in LABELS), None)


def _check_even(stamps: np.ndarray, table: DataTable) -> None:
    steps = np.diff(stamps).astype(np.float64)
    usual = float(np.median(steps))
    odd = np.flatnonzero(np.abs(steps - usual) > 0.01 * abs(usual)) if usual > 0 else np.array([0])
    if len(odd):
        row = int(odd[0])
        raise InputError(
            f"a row each {usual:g} s",
            f"{stamps[row + 1]} in {table.place(row + 1)}, {steps[row]:g} s after the one before",
            "Bring the clocks together, or fill the gap.",
        )
