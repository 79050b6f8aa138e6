"""Place of this user's ledger, and a separate record of its last head."""

import os
from contextlib import suppress
from pathlib import Path

from ingenium.core.digest import digest
from ingenium.core.errors import StorageError
from ingenium.core.folders import cache_folder, write_atomic

PLACE = "INGENIUM_LEDGER"


def ledger_place() -> str:
    """Return the path or URL of the ledger: `INGENIUM_LEDGER`, or a file of the user's data."""
    named = os.environ.get(PLACE)
    if named:
        return named
    user = os.environ.get("XDG_DATA_HOME")
    folder = Path(user) if user else Path.home() / ".local" / "share"
    return str(folder / "ingenium" / "ledger.sqlite")


def head_file(where: str) -> Path:
    """File in the cache for the head of a ledger: it reveals a deleted or truncated ledger."""
    path = where.removeprefix("sqlite:///")
    known = path if "://" in path else os.path.abspath(path)  # noqa: PTH100 - raises for no name
    return cache_folder() / "ledgers" / digest(known)[7:31]


def remember(where: str, head: str) -> None:
    """Record the head of a ledger; if nothing can be written, none is known later."""
    with suppress(StorageError):
        write_atomic(head_file(where), head)


def remembered(where: str) -> str | None:
    """The head that a ledger had when this user last added to it, if that is known."""
    try:
        return head_file(where).read_text()
    except (OSError, UnicodeDecodeError):
        return None
