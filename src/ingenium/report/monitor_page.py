"""Pages of monitors: how one was judged, and what it said of a stream."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ingenium.core.folders import make_folder, write_atomic
from ingenium.drawing.figures import picture
from ingenium.monitor import pictures
from ingenium.monitor.record import Monitor
from ingenium.monitor.running import Memory, RowAlarm, Watcher
from ingenium.report.template import template

Table = Sequence[Sequence[str]]


def write_fit(kept: Monitor) -> None:
    """`report.html` of a fitted monitor: its verdict, its events, and its held-out weeks."""
    record = kept.record
    heldout = pd.read_csv(kept.folder / "heldout.csv")
    told, values, label = _seen(kept, heldout)
    _write(
        kept.folder,
        record["spec"]["title"] or f"A monitor by {record['family']}",
        f"{record['verdict']}; judged on {len(record['events'])} events and "
        f"{record['calm_weeks']:.3g} calm weeks that it never saw",
        [("What was measured", _measured(record)), ("Events by kind", _kinds(record))],
        [
            ("Weeks that it never saw", pictures.timeline(kept, told, label)),
            ("Tags that were furthest out", pictures.strips(kept, told, values, label)),
        ],
        record["notes"],
    )


def write_run(
    kept: Monitor,
    told: Sequence[RowAlarm],
    values: np.ndarray,
    label: np.ndarray | None,
    found: dict[str, Any],
    folder: Path,
) -> None:
    """`report.html`, and each row with its score as CSV."""
    make_folder(folder)
    rows = [(t.row, t.stamp, t.score, int(t.alarm)) for t in told]
    frame = pd.DataFrame(rows, columns=["row", "stamp", "score", "alarm"])
    write_atomic(folder / "rows.csv", frame.to_csv(index=False))
    figures = [
        ("Alarms over time", pictures.timeline(kept, told, label)),
        ("Tags that were furthest out", pictures.strips(kept, told, values, label)),
    ]
    shown = [t for t in told if t.shares]
    if kept.layout is not None and shown:
        rung = [t for t in shown if t.alarm and t.score is not None] or shown
        worst = max(rung, key=lambda t: -np.inf if t.score is None else t.score)
        figures.append(
            (f"The plant at {worst.stamp}", pictures.plant(kept.layout, kept.tags, worst.shares))
        )
    alarms = [("row", "stamp", "score")]
    alarms += [(str(a["row"]), a["stamp"], f"{a['score']:.4g}") for a in found["alarms"]]
    _write(
        folder,
        "What the monitor said",
        f"{len(found['alarms'])} alarms in {found['rows']} rows",
        [("Alarms", alarms)],
        figures,
        found["faults"],
    )


def _seen(kept: Monitor, frame: pd.DataFrame) -> tuple[list[RowAlarm], np.ndarray, np.ndarray]:
    values = frame[list(kept.tags)].to_numpy(np.float64)
    watcher = Watcher(kept, Memory(kept.record["evidence"]["model"]))
    stamps = frame["DATETIME"].to_numpy().astype("datetime64[s]")
    told = [watcher.feed(s, v) for s, v in zip(stamps, values, strict=True)]
    return told, values, frame["ATT_FLAG"].to_numpy() == 1


def _measured(record: Any) -> Table:
    rows = [("quantity", "value", "95 % interval", "unit")]
    for name, own in record["measured"].items():
        value, low, high = (
            "unknown" if own[k] is None else f"{own[k]:.3g}" for k in ("value", "low", "high")
        )
        rows.append((name, value, f"{low} to {high}", own["unit"]))
    if record["chance"]:
        adjusted = f"{record['chance']['point_adjusted_f1']:.2f}"
        rows.append(("F1 of a random alarm under point adjustment", adjusted, "never use it", "1"))
    return rows


def _kinds(record: Any) -> Table:
    rows = [("kind", "events", "missed", "median delay, h", "learned")]
    for name, own in record["kinds"].items():
        delay = "" if own["delay"] is None else f"{own['delay']:.3g}"
        seen = "yes" if own["seen"] else "never"
        rows.append((name, str(own["events"]), str(own["missed"]), delay, seen))
    return rows


def _write(
    folder: Path,
    title: str,
    lead: str,
    tables: Sequence[tuple[str, Table]],
    figures: Sequence[tuple[str, Figure]],
    notes: Sequence[str],
) -> None:
    drawn = [(name, picture(f, f"f{i}")) for i, (name, f) in enumerate(figures)]
    page = template("monitor.html.jinja").render(
        title=title, lead=lead, tables=tables, figures=drawn, notes=notes
    )
    write_atomic(folder / "report.html", page)
