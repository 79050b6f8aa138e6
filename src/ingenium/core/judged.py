"""Records of what was judged besides designs, such as monitors: opened, checked and made again."""

import json
import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from ingenium.core.digest import file_digest
from ingenium.core.energy import Meter
from ingenium.core.errors import CorruptError, InputError
from ingenium.core.folders import write_atomic
from ingenium.core.provenance import code_digest, machine, versions


@dataclass(frozen=True)
class JudgedKind:
    """One kind of record: a JSON file in a folder, which names digests of the files beside it."""

    what: str  # such as `a monitor`
    record: str  # name of the file
    made_by: str  # the command
    again: str  # what to write where it is spoiled

    def opened(self, folder: Path, files: Mapping[str, Iterable[str]]) -> dict[str, Any]:
        """The record of a folder, once each file is the one that was judged.

        Args:
            folder: where it lies.
            files: of each file that must be there, the way to its digest in the record.

        Raises:
            InputError: if there is none in the folder.
            CorruptError: if it cannot be read, or a file is another one.
        """
        path = folder / self.record
        if not path.is_file():
            raise InputError(
                f"the folder of {self.what}", f"{folder}", f"Write `{self.made_by}` first."
            )
        try:
            found: dict[str, Any] = json.loads(path.read_bytes())
            known = {name: _at(found, way) for name, way in files.items()}
        except (ValueError, LookupError, TypeError) as error:
            raise CorruptError(str(path), f"is no record ({error})", self.again) from error
        for name, digest in known.items():
            if not (folder / name).is_file() or file_digest(folder / name) != digest:
                raise CorruptError(
                    str(folder / name), "is not the file that was judged", self.again
                )
        return found


@dataclass(frozen=True)
class JudgedReplay:
    """What comes out when a record is made again: by part, whether it is as recorded."""

    same: dict[str, bool]

    @property
    def holds(self) -> bool:
        """Whether all of it is."""
        return all(self.same.values())


class RecordMaking:
    """The making of one record, in a `with` block that begins with the work."""

    def __init__(self) -> None:
        self._meter, self._began = Meter(), time.monotonic()

    def __enter__(self) -> "RecordMaking":
        self._meter.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._meter.__exit__(kind, error, trace)

    def keep(
        self, kind: JudgedKind, folder: Path, told: Mapping[str, Any], evidence: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Write what is told with its evidence, by what it was made, and what that took."""
        by = {"code": code_digest(), "versions": versions(), "machine": machine()}
        record = finite(
            {
                **told,
                "evidence": {**evidence, **by},
                "seconds": round(time.monotonic() - self._began, 2),
                "energy": asdict(self._meter.read()),
            }
        )
        write_atomic(folder / kind.record, json.dumps(record, indent=2, allow_nan=False) + "\n")
        return dict(record)


def without_none(value: Any) -> Any:
    """Plain data without entries that are not set, which TOML cannot hold and a spec leaves out."""
    if isinstance(value, Mapping):
        return {str(k): without_none(v) for k, v in value.items() if v is not None}
    return [without_none(v) for v in value] if isinstance(value, (list, tuple)) else value


def finite(value: Any) -> Any:
    """Plain data with null for what is not finite, since JSON has no such numbers."""
    if isinstance(value, Mapping):
        return {str(k): finite(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(v) for v in value]
    if isinstance(value, np.generic):
        return finite(value.item())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _at(found: Any, way: Iterable[str]) -> str:
    for step in way:
        found = found[step]
    return str(found)
