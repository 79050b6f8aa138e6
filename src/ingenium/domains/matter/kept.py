"""Cache files of long runs, each sealed by a digest of its whole content.

The seal detects damage and manual edits; it is not a signature.
"""

import json
from pathlib import Path
from typing import Any

from ingenium.core.digest import digest
from ingenium.core.folders import cache_folder, write_atomic

ASKED, SEAL = "asked", "seal"


def key(asked: dict[str, Any]) -> str:
    """Return the cache key of a query."""
    return digest(asked)[7:31]


def path(folder: str, name: str) -> Path:
    """Return the path of an answer in the cache."""
    own = cache_folder() / folder
    own.mkdir(parents=True, exist_ok=True)
    return own / f"{name}.json"


def write(place: Path, asked: dict[str, Any], told: dict[str, Any]) -> None:
    """Store a query with its answer."""
    kept = {ASKED: asked, **told}
    write_atomic(place, json.dumps({**kept, SEAL: digest(kept)}))


def read(place: Path) -> dict[str, Any] | None:
    """Read a cache file; None unless its seal is intact and its name is the digest of its query."""
    try:
        kept: dict[str, Any] = json.loads(place.read_text())
        whole = kept.pop(SEAL) == digest(kept) and key(kept[ASKED]) == place.stem
    except (OSError, ValueError, LookupError, AttributeError, TypeError, RecursionError):
        return None
    return kept if whole else None
