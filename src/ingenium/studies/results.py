"""Where results are kept: a JSON file for each row."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ingenium.core.errors import CorruptError
from ingenium.core.folders import cache_folder, locked, write_atomic
from ingenium.evaluate.intervals import Interval
from ingenium.studies.rules import Outcome, Status
from ingenium.studies.study import SOURCE, Result, Study


def results_folder() -> Path:
    """`studies/results` of the repository, or a folder in the user's cache where there is none."""
    root = SOURCE.parents[1]
    if (root / "pyproject.toml").is_file() and SOURCE.parent.name == "src":
        return root / "studies" / "results"
    return cache_folder() / "studies" / "results"


def parts_folder() -> Path:
    """Parts of long measurements, from which a stopped study goes on."""
    return cache_folder() / "studies" / "parts"


def keep(result: Result, folder: Path) -> bool:
    """Write a result; a quick one never takes the place of a full one. Says if it was written.

    Raises:
        StorageError: if it cannot be written.
        CorruptError: if what is there is no result.
    """
    path = folder / f"{result.row}.json"
    with locked(path):
        if result.quick:
            there = read(result.row, folder)
            if there is not None and not there.quick:
                return False
        write_atomic(path, json.dumps(_plain(asdict(result)), indent=2, allow_nan=False) + "\n")
    return True


def read(row: str, folder: Path) -> Result | None:
    """The kept result of a row, if there is one.

    Raises:
        CorruptError: if the file is not what `keep` writes.
    """
    path = folder / f"{row}.json"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        table = json.loads(text)
        return Result(
            **table
            | {
                "status": Status(table["status"]),
                "seeds": tuple(table["seeds"]),
                "notes": tuple(table["notes"]),
                "values": _intervals(table["values"]),
                "beside": _intervals(table["beside"]),
                "outcomes": {k: Outcome(v) for k, v in table["outcomes"].items()},
            }
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorruptError(
            str(path),
            f"is not a result of a study ({type(error).__name__}: {error})",
            f"Remove it and write: ingenium study run {row}",
        ) from error


def stale(study: Study, result: Result) -> bool:
    """Whether the source that a result rests on has changed since."""
    return result.code != study.code()


def _intervals(table: dict[str, dict[str, float | None]]) -> dict[str, Interval]:
    def number(value: float | None) -> float:
        return math.nan if value is None else float(value)

    return {
        k: Interval(number(v["value"]), number(v["low"]), number(v["high"]))
        for k, v in table.items()
    }


def _plain(value: Any) -> Any:
    """The same with null where a number is not finite."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
