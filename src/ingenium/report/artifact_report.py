"""The report of an artifact: its verdict with reasons, its figures, its tables and its notes."""

from collections.abc import Sequence
from pathlib import Path

from ingenium.core.artifact import Artifact, Drawn, Table
from ingenium.core.folders import write_atomic
from ingenium.drawing.figures import picture
from ingenium.report.template import template


def write(
    artifact: Artifact,
    figures: Sequence[Drawn] | None = None,
    tables: Sequence[tuple[str, Table]] = (),
) -> None:
    """Write `report.html` into the folder of an artifact.

    Args:
        artifact: of any kind.
        figures: figures to draw; by default the artifact's own, from its folder.
        tables: further tables, below its own.

    Raises:
        StorageError: if it cannot be written.
    """
    framed(
        artifact.folder,
        artifact.title,
        artifact.lead,
        artifact.figures() if figures is None else figures,
        [*artifact.tables(), *tables],
        reasons=artifact.reasons,
        notes=artifact.notes,
    )


def framed(
    folder: Path,
    title: str,
    lead: str,
    figures: Sequence[Drawn],
    tables: Sequence[tuple[str, Table]],
    *,
    reasons: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> None:
    """Write `report.html` with these parts into a folder."""
    page = template("artifact.html.jinja").render(
        title=title,
        lead=lead,
        reasons=reasons,
        figures=[(h, t, picture(f, f"f{i}")) for i, (h, t, f) in enumerate(figures)],
        tables=tables,
        notes=notes,
    )
    write_atomic(folder / "report.html", page)
