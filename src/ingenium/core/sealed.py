"""Records of artifacts as files: plain data, sealed with its own digest."""

import json
import math
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from ingenium.core.digest import content_digest
from ingenium.core.energy import Meter
from ingenium.core.folders import write_atomic
from ingenium.core.provenance import code_digest, machine, versions
from ingenium.core.seals import SEAL


class RecordMaking:
    """Context that writes one record and measures the resources of the work in its `with` block."""

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

    def write(
        self, path: Path, content: Mapping[str, Any], evidence: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Write a record with its evidence, its provenance and the resources it took.

        Raises:
            StorageError: if it cannot be written.
        """
        by = {"code": code_digest(), "versions": versions(), "machine": machine()}
        record = finite(
            {
                **content,
                "evidence": {**evidence, **by},
                "seconds": round(time.monotonic() - self._began, 2),
                "energy": asdict(self._meter.read()),
            }
        )
        write_atomic(path, sealed_text(record))
        return dict(record)


def sealed_text(record: Mapping[str, Any]) -> str:
    """Return the text of a record file: the record, and its digest.

    An altered threshold or verdict in the file shows. It is no signature: a record that is
    rewritten and sealed again is only revealed by the ledger and a replay.
    """
    whole = {**record, SEAL: _seal(record)}
    return json.dumps(whole, indent=2, allow_nan=False) + "\n"


def unsealed(text: bytes) -> tuple[dict[str, Any], bool]:
    """Parse the text of a record file; return the record and whether its seal is valid.

    Raises:
        ValueError: for a text that is no record; so do TypeError, AttributeError, RecursionError.
    """
    found: dict[str, Any] = json.loads(text)
    seal = found.pop(SEAL, "")
    return found, seal == _seal(found)


def _seal(record: Mapping[str, Any]) -> str:
    """Digest of a record as a file returns it."""
    plain = json.loads(json.dumps(record, allow_nan=False))
    return content_digest(json.dumps(plain, sort_keys=True))


def without_none(value: Any) -> Any:
    """Remove entries that are None from plain data: TOML cannot hold them."""
    if isinstance(value, Mapping):
        return {str(k): without_none(v) for k, v in value.items() if v is not None}
    return [without_none(v) for v in value] if isinstance(value, (list, tuple)) else value


def finite(value: Any) -> Any:
    """Replace numbers that are not finite in plain data by null, since JSON has none of them."""
    if isinstance(value, Mapping):
        return {str(k): finite(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(v) for v in value]
    if isinstance(value, np.generic):
        return finite(value.item())
    return None if isinstance(value, float) and not math.isfinite(value) else value
