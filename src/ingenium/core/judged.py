"""Records of what was judged besides designs, such as monitors: opened, checked and made again."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingenium.core.digest import file_digest
from ingenium.core.errors import CorruptError, InputError


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
    return None if isinstance(value, float) and not math.isfinite(value) else value


def record_text(record: Mapping[str, Any]) -> str:
    """What a record's file holds."""
    return json.dumps(finite(record), indent=2, allow_nan=False) + "\n"


def _at(found: Any, way: Iterable[str]) -> str:
    for step in way:
        found = found[step]
    return str(found)
