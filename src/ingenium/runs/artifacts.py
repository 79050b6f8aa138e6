"""The kinds of artifacts, identified by the file of their record and imported when opened."""

from importlib.metadata import entry_points
from pathlib import Path

from ingenium.core.artifact import Artifact, named
from ingenium.core.errors import InputError

RUN_RECORDS = ("run.json", "search.json")  # of a proposal and of a search
KINDS = {  # the class of an artifact, by the file that holds its record
    **dict.fromkeys(RUN_RECORDS, "ingenium.runs.opened:OpenedRun"),
    "monitor.json": "ingenium.monitor.artifact:Monitor",
    "posterior.json": "ingenium.infer.artifact:Posterior",
    "operation.json": "ingenium.operate.artifact:OperationRecord",
    "model.json": "ingenium.model.artifact:StoredModel",
    "edge.json": "ingenium.edge.artifact:SmallGenerator",
    "fit.json": "ingenium.generators.artifact:FitRecord",
    "drill.json": "ingenium.verbs.drill:FinishedDrill",
}
GROUP = "ingenium.artifacts"  # entry points by which other packages name kinds of their own


def kinds() -> dict[str, str]:
    """Return all kinds, also of other packages, as `module:Class` by the file of the record."""
    return {e.name: e.value for e in entry_points(group=GROUP)} | KINDS


def record_in(folder: Path) -> str | None:
    """Return the name of the record that makes a folder an artifact; None where there is none."""
    for place, names in ((folder, kinds()), (folder / "result", RUN_RECORDS)):
        for name in names:
            if (place / name).is_file():
                return name
    return None


def open_artifact(folder: Path) -> Artifact:
    """Open the artifact in a folder, whatever its kind.

    Raises:
        InputError: if there is none, or one of an older version.
        CorruptError: if one of its files was altered.
    """
    name = record_in(folder)
    if name is None:
        expected = f"the folder of an artifact, which holds one of {', '.join(kinds())}"
        raise InputError(expected, f"{folder}", "Name the folder that was given with --out.")
    kind: type[Artifact] = named(kinds()[name])
    return kind.open(folder)
