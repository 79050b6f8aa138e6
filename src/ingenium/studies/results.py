"""Where results are kept: a JSON file for each row."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ingenium.core.digest import digest
from ingenium.core.errors import CorruptError
from ingenium.core.folders import cache_folder, locked, write_atomic
from ingenium.core.provenance import versions
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
        write_atomic(path, json.dumps(sealed(asdict(result)), indent=2, allow_nan=False) + "\n")
    return True


def sealed(table: Mapping[str, Any]) -> dict[str, Any]:
    """The table of a result as it is written, with the digest of all the rest as its seal.

    The seal shows that a file was changed after it was written. It is no signature: who wants to
    deceive can seal again, and then the outcomes must still follow from the values by the rule.
    """
    content = _plain({k: v for k, v in table.items() if k != "seal"})
    return {**content, "seal": digest(content)}


def read(row: str, folder: Path) -> Result | None:
    """The kept result of a row, if there is one.

    Raises:
        CorruptError: if the file is not what `keep` writes, or was changed since.
    """
    path = folder / f"{row}.json"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    instead = f"Remove it and write: ingenium study run {row}"
    try:
        table = json.loads(text)
        seal = table.pop("seal", "")
        if seal and seal != digest(table):
            raise CorruptError(str(path), "was changed after it was written", instead)
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
            instead,
        ) from error


def stale(study: Study, result: Result) -> bool:
    """Whether the source that a result rests on, or the data in it, has changed since."""
    if result.code != study.code() or result.core not in ("", study.core()):
        return True
    return result.shipped not in ("", study.shipped())


def moved(study: Study, result: Result) -> dict[str, tuple[str, str]]:
    """Packages of the study whose version is another one now: what it was, what it is.

    They bring engines and data, so that a number may differ; the result is not stale for that.
    """
    now = versions(study.packages)
    kept = {k: v for k, v in result.versions.items() if k in study.packages}
    return {k: (v, now[k]) for k, v in kept.items() if now[k] != v}


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
