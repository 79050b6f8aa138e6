"""Storage of outcomes: a JSON file for each row, in a folder of each package.

A file holds what was measured and no verdict: that is derived whenever it is read.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ingenium.core.errors import CorruptError
from ingenium.core.folders import cache_folder, locked, write_atomic
from ingenium.evaluate.measured import Control, FitCurve, Interval, Value
from ingenium_book.history import BOOK, root
from ingenium_book.study import Result

RESULTS, CHECKS = "results", "checks"  # in the folder of a book


def book_folder(package: str = BOOK) -> Path:
    """Return `outcomes` in the repository of a package, or a folder of the user's cache."""
    place = root(package).parent
    home = place.parent if place.name == "src" else place
    if (home / "pyproject.toml").is_file():
        return home / "outcomes"
    return cache_folder() / "studies" / package


def results_folder(package: str = BOOK) -> Path:
    """Folder of the results of a package's rows."""
    return book_folder(package) / RESULTS


def pieces_folder() -> Path:
    """Folder of pieces of long measurements, from which a stopped study resumes."""
    return cache_folder() / "studies" / "pieces"


def store(result: Result, folder: Path) -> bool:
    """Write a result; a quick one never replaces a full one. Return True if it was written.

    Raises:
        StorageError: if it cannot be written.
        CorruptError: if the present file is no result.
    """
    path = folder / f"{result.row}.json"
    with locked(path):
        if result.quick:
            there = read(result.row, folder)
            if there is not None and not there.quick:
                return False
        write_table(path, asdict(result))
    return True


def read(row: str, folder: Path) -> Result | None:
    """Read the stored result of a row, if there is one.

    Raises:
        CorruptError: if the file is no result.
    """
    path, again = folder / f"{row}.json", f"Remove it and write: ingenium study run {row}"
    table = read_table(path, again)
    if table is None:
        return None
    try:
        return Result(
            **table
            | {
                "seeds": tuple(table["seeds"]),
                "notes": tuple(table["notes"]),
                "values": {name: _value(value) for name, value in table["values"].items()},
                "control": _control(table["control"]),
            }
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        fault = f"is not a result of a study ({type(error).__name__}: {error})"
        raise CorruptError(str(path), fault, again) from error


def write_table(path: Path, table: Mapping[str, Any]) -> None:
    """Write a table; numbers that are not finite become null."""
    write_atomic(path, json.dumps(_plain(dict(table)), indent=2, allow_nan=False) + "\n")


def read_table(path: Path, instead: str) -> dict[str, Any] | None:
    """Read a table; None if there is no file.

    Raises:
        CorruptError: if it is no table.
    """
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        found = f"is not an outcome ({type(error).__name__}: {error})"
        raise CorruptError(str(path), found, instead) from error


def _value(table: Mapping[str, Any]) -> Value:
    return Value(_interval(table["interval"]), tuple(_number(x) for x in table["by_seed"]))


def _interval(ends: Mapping[str, float | None]) -> Interval:
    return Interval(*(_number(ends[k]) for k in ("value", "low", "high")))


def _control(table: Mapping[str, Any] | None) -> Control | None:
    if table is None:
        return None
    curve = table["curve"]
    if curve is not None:
        losses = {k: tuple(map(_number, curve[k])) for k in ("step", "training", "held_out")}
        curve = FitCurve(**losses, nothing=_number(curve["nothing"]))
    return Control(
        _interval(table["over_nearest"]),
        _interval(table["over_random"]),
        curve,
        tuple((_number(rows), _number(loss)) for rows, loss in table["by_rows"]),
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _plain(value: Any) -> Any:
    """Replace numbers that are not finite by null."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
