"""Reading of the files of a run, from any author."""

import json
from pathlib import Path
from typing import Any

from ingenium.core.errors import CorruptError, InputError


def said(run: Path, name: str) -> dict[str, Any]:
    """Return the entries of one JSON file of a run.

    Raises:
        InputError: if there is no such file.
        CorruptError: if it has none.
    """
    path = run / name
    if not path.is_file():
        raise InputError("the folder of a finished run", f"{run}, without {name}")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise CorruptError(str(path), f"is no JSON ({error})", "Run the spec again.") from error
    if not isinstance(found, dict):
        raise CorruptError(str(path), "holds no entries", "Run the spec again.")
    return found


def engine_of(record: dict[str, Any]) -> dict[str, Any]:
    """Name and version of the engine in a record of evidence; empty if it names none."""
    found = record.get("engine")
    return found if isinstance(found, dict) else {}
