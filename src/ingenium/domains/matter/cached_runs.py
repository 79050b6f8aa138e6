"""Cache files of long runs, each sealed by a digest of its whole content.

The seal detects damage and manual edits; it is not a signature.
"""

import json
from pathlib import Path
from typing import Any

from ingenium.core.digest import digest
from ingenium.core.folders import cache_folder, write_atomic

REQUESTED, SEAL = "asked", "seal"


def key(requested: dict[str, Any]) -> str:
    """Return the cache key of a query."""
    return digest(requested)[7:31]


def path(folder: str, name: str) -> Path:
    """Return the path of an answer in the cache."""
    own = cache_folder() / folder
    own.mkdir(parents=True, exist_ok=True)
    return own / f"{name}.json"


def write(place: Path, requested: dict[str, Any], reported: dict[str, Any]) -> None:
    """Store a query with its answer."""
    retained = {REQUESTED: requested, **reported}
    write_atomic(place, json.dumps({**retained, SEAL: digest(retained)}))


def read(place: Path) -> dict[str, Any] | None:
    """Read a cache file; None unless its seal is intact and its name is the digest of its query."""
    try:
        retained: dict[str, Any] = json.loads(place.read_text())
        whole = retained.pop(SEAL) == digest(retained) and key(retained[REQUESTED]) == place.stem
    except (OSError, ValueError, LookupError, AttributeError, TypeError, RecursionError):
        return None
    return retained if whole else None
