"""A kept operation: its folder, opened and checked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from ingenium.core.digest import file_digest
from ingenium.core.errors import CorruptError, InputError
from ingenium.core.netcdf import read_netcdf
from ingenium.core.spec import Limit

RECORD, COURSE, DECISIONS = "operation.json", "course.nc", "decisions.jsonl"


def margins(values: Mapping[str, float], limits: Sequence[Limit]) -> dict[str, float]:
    """Signed margins of what was counted; at least 0 holds."""
    found = {}
    for limit in limits:
        value, gaps = values[limit.quantity], []
        if limit.at_least is not None:
            gaps.append(value - limit.at_least)
        if limit.at_most is not None:
            gaps.append(limit.at_most - value)
        found[limit.label] = float(min(gaps))
    return found


@dataclass(frozen=True)
class OperationRecord:
    """An operation in its folder."""

    folder: Path
    record: Mapping[str, Any]

    @classmethod
    def opened(cls, folder: Path) -> "OperationRecord":
        """One that is over.

        Raises:
            InputError: if there is none in the folder.
            CorruptError: if its course or decisions are not those that were judged.
        """
        path = folder / RECORD
        if not path.is_file():
            raise InputError(
                "the folder of an operation", f"{folder}", "Write `ingenium operate` first."
            )
        try:
            record = json.loads(path.read_bytes())
            files = record["evidence"]["files"]
        except (ValueError, LookupError, TypeError) as error:
            raise CorruptError(str(path), f"is no record ({error})", "Operate again.") from error
        for name, known in files.items():
            if file_digest(folder / name) != known:
                raise CorruptError(
                    str(folder / name), "is not the file that was judged", "Operate again."
                )
        return cls(folder, record)

    @property
    def course(self) -> xr.Dataset:
        """What happened in each period.

        Raises:
            InputError: for a policy that was refused and never ran.
        """
        if self.record["verdict"] == "refused":
            raise InputError("an operation that ran", "one whose policy was refused")
        return read_netcdf(self.folder / COURSE, "the course of an operation")

    @property
    def decisions(self) -> list[dict[str, Any]]:
        """Who decided what, when and why."""
        lines = (self.folder / DECISIONS).read_text().splitlines()
        return [json.loads(line) for line in lines]
