"""What a grid takes in memory, and refusal of grids that take too much."""

import os

from ingenium.core.errors import InputError

SHARE = 0.5  # of the machine's memory


def machine_bytes() -> int:
    """Of the machine; 8 GiB where it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 8 * 2**30


def refuse_above(needed_bytes: int, what: str, instead: str) -> None:
    """Do nothing where the memory suffices.

    Raises:
        InputError: for more than half of the machine's memory, with what it would take.
    """
    room = int(SHARE * machine_bytes())
    if needed_bytes > room:
        raise InputError(
            f"{what} within {_readable(room)} (half of this machine's memory)",
            f"one that takes {_readable(needed_bytes)}",
            instead,
        )


def _readable(size: int) -> str:
    return f"{size / 2**30:.3g} GiB" if size >= 2**30 else f"{size / 2**20:.3g} MiB"
