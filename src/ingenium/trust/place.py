"""Where the ledger of this user is kept."""

import os
from pathlib import Path

PLACE = "INGENIUM_LEDGER"


def ledger_place() -> str:
    """Where the ledger is kept: `INGENIUM_LEDGER` (path or URL), or a file of the user's data."""
    named = os.environ.get(PLACE)
    if named:
        return named
    user = os.environ.get("XDG_DATA_HOME")
    folder = Path(user) if user else Path.home() / ".local" / "share"
    return str(folder / "ingenium" / "ledger.sqlite")
