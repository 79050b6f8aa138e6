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

from ingenium.core.digest import content_digest, file_digest
from ingenium.core.energy import Meter
from ingenium.core.errors import CorruptError, InputError
from ingenium.core.folders import write_atomic
from ingenium.core.provenance import code_digest, machine, versions
from ingenium.core.seals import SEAL


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
            CorruptError: if it cannot be read, was altered, or a file is another one.
        """
        path = folder / self.record
        if not path.is_file():
            raise InputError(
                f"the folder of {self.what}", f"{folder}", f"Write `{self.made_by}` first."
            )
        try:
            found: dict[str, Any] = json.loads(path.read_bytes())
            whole = found.pop(SEAL, "") == _seal(found)
            known = {name: _at(found, way) for name, way in files.items()}
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise CorruptError(str(path), f"is no record ({error})", self.again) from error
        if not whole:
            raise CorruptError(str(path), "is not the record that was written", self.again)
        for name, digest in known.items():
            if not (folder / name).is_file() or file_digest(folder / name) != digest:
                raise CorruptError(
                    str(folder / name), "is not the file that was judged", self.again
                )
        return found

    def write(self, folder: Path, record: Mapping[str, Any]) -> None:
        """Keep a record, sealed, as `opened` wants it.

        Raises:
            StorageError: if it cannot be written.
        """
        write_atomic(folder / self.record, sealed_text(record))


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
        kind.write(folder, record)
        return dict(record)


def sealed_text(record: Mapping[str, Any]) -> str:
    """What the file of a record holds: what is told, and the digest of it.

    An alarm's bar or a verdict that is altered in the file shows. It is no signature: who writes
    the whole record anew can seal it anew, and then the ledger and a replay tell.
    """
    told = {**record, SEAL: _seal(record)}
    return json.dumps(told, indent=2, allow_nan=False) + "\n"


def _seal(record: Mapping[str, Any]) -> str:
    """Of a record as a file gives it back."""
    told = json.loads(json.dumps(record, allow_nan=False))
    return content_digest(json.dumps(told, sort_keys=True))


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
