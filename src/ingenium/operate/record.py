"""A kept operation: its folder, opened and checked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from ingenium.core.errors import InputError
from ingenium.core.judged import JudgedKind
from ingenium.core.netcdf import read_netcdf

RECORD, COURSE, DECISIONS = "operation.json", "course.nc", "decisions.jsonl"
KIND = JudgedKind("an operation", RECORD, "ingenium operate", "Operate again.")


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
        record = KIND.opened(folder, {})
        ran = () if record.get("verdict") == "refused" else (COURSE, DECISIONS)
        return cls(folder, KIND.opened(folder, {n: ("evidence", "files", n) for n in ran}))

    @property
    def acting(self) -> str:
        """Which policy, in words."""
        own = self.record["policy"]
        return (
            f"family {own['family']}"
            if own["family"]
            else f"design {own['design']} of {own['run']}"
        )

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
