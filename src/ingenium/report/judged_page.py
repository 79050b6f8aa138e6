"""The report on folders of designs from any tools: shares, limits, and what could not be read."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from ingenium.core.artifact import Drawn, Table
from ingenium.core.folders import write_atomic
from ingenium.drawing.style import INK, OURS, REJECTED, SMALL, dress, panels
from ingenium.report import words
from ingenium.report.artifact_report import framed
from ingenium.runs.judged import FolderJudgement, FolderJudgements

LISTED = 50  # files that could not be read, and reasons, in the report; all are in its data
PANELS, COLUMNS = 6, 3  # limits whose margins are drawn


def write(found: FolderJudgements, folder: Path) -> None:
    """Write `report.html` and `designs.csv` into a folder."""
    names = _names(found.folders)
    framed(
        folder,
        f"Designs of {len(names)} folder{'' if len(names) == 1 else 's'}, judged",
        f"{found.problem}; every design measured by {found.engine} and judged under one spec",
        list(_figures(found, names)),
        list(_tables(found, names)),
    )
    write_atomic(folder / "designs.csv", _csv(found))


def _names(folders: Sequence[FolderJudgement]) -> list[str]:
    """Shortest ends of the paths that tell the folders from each other."""
    parts = [Path(f.folder).parts for f in folders]
    for depth in range(1, max(map(len, parts)) + 1):
        names = ["/".join(p[-depth:]) for p in parts]
        if len(set(names)) == len(names):
            return names
    return [f.folder for f in folders]


def _figures(found: FolderJudgements, names: list[str]) -> Iterator[Drawn]:
    share = np.array([f.accepted / f.proposed for f in found.folders])
    ends = np.array([(f.acceptance_low, f.acceptance_high) for f in found.folders])
    figure, grid = panels(1, 1, (6.4, 0.9 + 0.36 * len(names)))
    axes, places = grid[0, 0], np.arange(len(names))[::-1]
    axes.barh(places, 100 * share, color=OURS, height=0.6)
    reach = np.abs(100 * (ends - share[:, None])).T
    axes.errorbar(100 * share, places, xerr=reach, fmt="none", ecolor=INK, capsize=3)
    axes.set_yticks(places, names)
    axes.set_xlim(0, 100)
    dress(axes, "designs that meet every limit (%), 95 % interval", grid=True)
    yield (
        "Accepted share",
        "Of all designs of each folder, with files and records that cannot be read.",
        figure,
    )
    if found.limits:
        text = "Positive margins meet the limit; each point is a design that has the quantity."
        yield "Margins", text, _margins(found, names)


def _margins(found: FolderJudgements, names: list[str]) -> Figure:
    labels = [x.label for x in found.limits][:PANELS]
    columns = min(COLUMNS, len(labels))
    rows = -(-len(labels) // columns)
    figure, grid = panels(rows, columns, (3.2, 0.9 + 0.3 * len(names)), sharey=True)
    rng = np.random.default_rng(0)
    for axes, label, limit in zip(grid.flat, labels, found.limits, strict=False):
        for place, folder in enumerate(found.folders):
            own = [d.audited.margins[label] for d in found.designs if d.folder == folder.folder]
            values = np.array([x for x in own if x is not None and np.isfinite(x)])
            at = len(names) - 1 - place + rng.uniform(-0.22, 0.22, len(values))
            axes.scatter(
                values, at, 8, np.where(values < 0, REJECTED, OURS), linewidths=0, alpha=0.6
            )
        axes.axvline(0.0, color=INK, linewidth=1.0, linestyle="--")
        axes.set_yticks(np.arange(len(names))[::-1], names, fontsize=SMALL)
        dress(axes, f"margin to {words.limit(limit)}")
    for axes in grid.flat[len(labels) :]:
        axes.set_axis_off()
    return figure


def _tables(found: FolderJudgements, names: list[str]) -> Iterator[tuple[str, Table]]:
    compared = any(f.new is not None for f in found.folders)
    read = ("folder", "files", "unreadable", "designs")
    met = ("accepted", "95 % interval", "distinct", *(("new",) if compared else ()))
    head = (*read, *met, "rejected", "failed")
    rows = [
        (
            name,
            str(f.files),
            str(len(f.unreadable)),
            str(f.designs),
            f"{f.accepted} ({words.percent(f.accepted / f.proposed)})",
            f"{words.percent(f.acceptance_low)} to {words.percent(f.acceptance_high)}",
            str(f.distinct),
            *((str(f.new),) if compared else ()),
            str(f.rejected),
            str(f.failed),
        )
        for name, f in zip(names, found.folders, strict=True)
    ]
    yield "Folders", (head, *rows)
    labels = {x.label: words.limit(x) for x in found.limits}
    if labels:
        body = [
            (text, *(str(f.violated.get(label, 0)) for f in found.folders))
            for label, text in labels.items()
        ]
        yield "Designs that violate a limit", (("limit", *names), *body)
    each = list(zip(names, found.folders, strict=True))
    why = [(n, str(count), text) for n, f in each for text, count in f.reasons.items()]
    if why:
        yield "Why the engine failed", (("folder", "designs", "reason"), *why[:LISTED])
    unread = [(n, Path(file).name, text) for n, f in each for file, text in f.unreadable.items()]
    if unread:
        yield "Files that could not be read", (("folder", "file", "reason"), *unread[:LISTED])


def _csv(found: FolderJudgements) -> str:
    """Every design with its verdict and values, and every file that could not be read."""
    quantities = list(found.designs[0].audited.measured) if found.designs else []
    with io.StringIO(newline="") as text:
        out = csv.writer(text)
        out.writerow(
            ["folder", "file", "design", "verdict", "reasons", "equals", "known", *quantities]
        )
        for d in found.designs:
            own = d.audited
            known = "" if d.known is None else str(d.known).lower()
            values = [own.measured[q]["value"] for q in quantities]
            reasons = "; ".join(own.reasons)
            out.writerow(
                [d.folder, own.file, own.design, own.verdict, reasons, d.equals, known, *values]
            )
        for f in found.folders:
            for file, reason in f.unreadable.items():
                out.writerow(
                    [f.folder, file, "", "unreadable", reason, "", "", *[""] * len(quantities)]
                )
        return text.getvalue()
