"""Storage of outcomes: a sealed JSON file for each row, in a folder of each package.

The seal shows that a file was changed after it was written. It is no signature: a deceiver can seal
again, but the verdict must still follow from the values by the rule.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ingenium.core.digest import digest
from ingenium.core.errors import CorruptError
from ingenium.core.folders import cache_folder, locked, write_atomic
from ingenium.evaluate.measured import Control, Interval, Value
from ingenium_book.closure import BOOK, root
from ingenium_book.study import Result
from ingenium_book.verdicts import RowVerdict

RESULTS, CHECKS, CANARIES = "results", "checks", "canaries"  # in the folder of a book


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
        write_sealed(path, asdict(result))
    return True


def read(row: str, folder: Path) -> Result | None:
    """Read the stored result of a row, if there is one.

    Raises:
        CorruptError: if the file was not written by `store`, or was changed since.
    """
    path = folder / f"{row}.json"
    table = read_sealed(path, f"Remove it and write: ingenium study run {row}")
    if table is None:
        return None
    try:
        return Result(
            **table
            | {
                "verdict": RowVerdict(table["verdict"]),
                "seeds": tuple(table["seeds"]),
                "notes": tuple(table["notes"]),
                "values": {name: _value(value) for name, value in table["values"].items()},
                "control": _control(table["control"]),
            }
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorruptError(
            str(path),
            f"is not a result of a study ({type(error).__name__}: {error})",
            f"Remove it and write: ingenium study run {row}",
        ) from error


def write_sealed(path: Path, table: Mapping[str, Any]) -> None:
    """Write a table with the digest of its content as its seal."""
    write_atomic(path, json.dumps(sealed(table), indent=2, allow_nan=False) + "\n")


def sealed(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the table with the digest of its other entries as its seal."""
    content = _plain({k: v for k, v in table.items() if k != "seal"})
    return {**content, "seal": digest(content)}


def read_sealed(path: Path, instead: str) -> dict[str, Any] | None:
    """Read a sealed table, without its seal; None if there is no file.

    Raises:
        CorruptError: if it is no such table, has no seal, or was changed after it was written.
    """
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        seal = table.pop("seal")
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        found = f"is not a sealed outcome ({type(error).__name__}: {error})"
        raise CorruptError(str(path), found, instead) from error
    if seal != digest(table):
        raise CorruptError(str(path), "was changed after it was written", instead)
    return dict(table)


def _value(table: Mapping[str, Any]) -> Value:
    ends = table["interval"]
    interval = Interval(*(_number(ends[k]) for k in ("value", "low", "high")))
    return Value(interval, tuple(_number(x) for x in table["by_seed"]))


def _control(table: Mapping[str, Any] | None) -> Control | None:
    if table is None:
        return None
    ends = {
        k: Interval(**{e: _number(x) for e, x in table[k].items()})
        for k in ("over_nearest", "over_random")
    }
    return Control(
        **ends, half_loss=_number(table["half_loss"]), full_loss=_number(table["full_loss"])
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
