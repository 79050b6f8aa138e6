"""Files of what a long run answered, each under a seal of its whole content.

The seal shows damage and what was put there by hand, and is no signature.
"""

import json
from pathlib import Path
from typing import Any

from ingenium.core.digest import digest
from ingenium.core.folders import cache_folder, write_atomic

ASKED, SEAL = "asked", "seal"


def key(asked: dict[str, Any]) -> str:
    """The name of what was asked."""
    return digest(asked)[7:31]


def path(folder: str, name: str) -> Path:
    """Where an answer lies in the cache."""
    own = cache_folder() / folder
    own.mkdir(parents=True, exist_ok=True)
    return own / f"{name}.json"


def write(place: Path, asked: dict[str, Any], told: dict[str, Any]) -> None:
    """Keep what was asked beside what was answered."""
    kept = {ASKED: asked, **told}
    write_atomic(place, json.dumps({**kept, SEAL: digest(kept)}))


def read(place: Path) -> dict[str, Any] | None:
    """A kept file as it was written, whose name is the digest of what it says was asked."""
    try:
        kept: dict[str, Any] = json.loads(place.read_text())
        whole = kept.pop(SEAL) == digest(kept) and key(kept[ASKED]) == place.stem
    except (OSError, ValueError, LookupError, AttributeError, TypeError, RecursionError):
        return None
    return kept if whole else None
